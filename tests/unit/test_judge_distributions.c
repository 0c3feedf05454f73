/* distributions against printed tables and closed forms. */
#include "judge/distributions.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_close(double figure, double expected, double tolerance)
{
	if (!(fabs(figure - expected) <= tolerance))
		fail_msg("%.12g is not %.12g", figure, expected);
}

static void normal_quantiles_are_those_of_the_tables(void **state)
{
	(void)state;
	assert_close(normal_upper_quantile(0.5), 0, 1e-9);
	assert_close(normal_upper_quantile(0.05), 1.644853627, 1e-8);
	assert_close(normal_upper_quantile(0.01), 2.326347874, 1e-8);
	assert_close(normal_upper_quantile(0.999), -3.090232306, 1e-8);
	assert_close(normal_upper_tail(6), 9.865876e-10, 1e-15);
}

static void student_quantiles_are_those_of_the_tables(void **state)
{
	(void)state;
	assert_close(student_upper_quantile(0.05, 1), 6.313751515, 1e-6);
	assert_close(student_upper_quantile(0.01, 19), 2.539483190, 1e-7);
	assert_close(student_upper_quantile(0.025, 30), 2.042272456, 1e-7);
	assert_close(student_upper_quantile(0.0005, 60), 3.460200469, 1e-6);
	assert_close(student_upper_quantile(0.95, 19), -1.729132812, 1e-7);
}

static void student_tails_match_their_closed_forms(void **state)
{
	(void)state;
	for (double t = -30; t <= 30; t += 0.37) {
		assert_close(student_upper_tail(t, 1), 0.5 - atan(t) / M_PI, 1e-12);
		assert_close(student_upper_tail(t, 2), 0.5 - t / (2 * sqrt(2 + t * t)), 1e-12);
		assert_close(student_upper_tail(t, 1e7), normal_upper_tail(t), 1e-6);
	}
	assert_close(student_upper_tail(INFINITY, 5), 0, 0);
	assert_close(student_upper_tail(-INFINITY, 5), 1, 0);
	assert_true(student_upper_tail(12, 39) > 1e-15 && student_upper_tail(12, 39) < 1e-13);
}

static void coin_tails_are_sums_of_their_terms(void **state)
{
	(void)state;
	assert_close(fair_coin_upper_tail(0, 8), 1, 0);
	assert_close(fair_coin_upper_tail(9, 8), 0, 0);
	assert_close(fair_coin_upper_tail(8, 8), 1 / 256.0, 1e-12);
	assert_close(fair_coin_upper_tail(7, 8), 9 / 256.0, 1e-12);
	assert_close(fair_coin_upper_tail(501, 1001), 0.5, 1e-9);
	assert_true(fair_coin_upper_tail(400, 400) < 1e-100);
}

static void poisson_tails_are_sums_of_their_terms(void **state)
{
	(void)state;
	assert_close(poisson_upper_tail(0, 3), 1, 0);
	assert_close(poisson_upper_tail(1, 0.3), 1 - exp(-0.3), 1e-12);
	assert_close(poisson_upper_tail(3, 0.3), 1 - exp(-0.3) * (1 + 0.3 + 0.045), 1e-12);
	assert_close(poisson_upper_tail(1, 0), 0, 0);
	assert_close(poisson_upper_tail(1040, 1000), 0.106, 0.003);
}

/* The bound must be wider than the fixed one at every look and stay within reach of it. */
static void the_bound_for_every_look_is_wider_than_a_fixed_one(void **state)
{
	double fixed = normal_upper_quantile(0.01);

	(void)state;
	for (double k = 20; k <= 120; k++) {
		assert_true(sequence_score(0.01, k, 120) > fixed);
		assert_true(sequence_score(0.01, k, 120) < 1.6 * fixed);
	}
	assert_true(sequence_score(0.001, 60, 120) > sequence_score(0.01, 60, 120));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(normal_quantiles_are_those_of_the_tables),
	    cmocka_unit_test(student_quantiles_are_those_of_the_tables),
	    cmocka_unit_test(student_tails_match_their_closed_forms),
	    cmocka_unit_test(coin_tails_are_sums_of_their_terms),
	    cmocka_unit_test(poisson_tails_are_sums_of_their_terms),
	    cmocka_unit_test(the_bound_for_every_look_is_wider_than_a_fixed_one),
	};

	return cmocka_run_group_tests_name("judge: distributions", tests, NULL, NULL);
}
