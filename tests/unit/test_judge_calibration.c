/* What two equal clones differ by is found when it is there, and nothing is found when it is not. */
#include "../bench/trust/synthetic.h"
#include "judge/calibration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void calibrate(double ratio, uint64_t seed, struct calibration *ret)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;

	plan.seconds = 60;
	plan.rate_per_s = 400;
	plan.n_statements = 4;
	plan.slow_ratio = ratio;
	synthetic_make(&plan, seed, &s);
	calibrate_run(&s.samples, &s.run, ret);
	synthetic_release(&s);
}

static void equal_clones_need_no_wider_band(void **state)
{
	int shown = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct calibration c;

		calibrate(1, seed, &c);
		shown += c.dead_band > 0;
		for (size_t f = 0; f < CALIBRATION_FIGURES; f++)
			assert_true(
			    c.figures[f].lower < c.figures[f].ratio && c.figures[f].ratio < c.figures[f].upper);
		assert_int_equal(c.figures[0].n_compared, 5);
		calibration_release(&c);
	}
	assert_true(shown <= 2);
}

static void a_clone_that_is_slower_or_faster_by_itself_is_measured(void **state)
{
	static const double ratios[] = {1.06, 1 / 1.06};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct calibration c;

		calibrate(ratios[i], 7, &c);
		assert_true(c.dead_band > 0.04 && c.dead_band < 0.12);
		assert_string_equal(c.figures[0].widest_of, "s0");
		assert_float_equal(c.figures[0].widest, 0.06, 0.02);
		calibration_release(&c);
	}
}

static void too_few_requests_measure_nothing(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct calibration c;
	struct synthetic s;

	(void)state;
	plan.rate_per_s = 3;
	synthetic_make(&plan, 1, &s);
	calibrate_run(&s.samples, &s.run, &c);
	for (size_t f = 0; f < CALIBRATION_FIGURES; f++)
		assert_true(isnan(c.figures[f].ratio) && c.figures[f].n_compared == 0);
	assert_true(c.dead_band == 0);
	calibration_release(&c);
	synthetic_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_clones_need_no_wider_band),
	    cmocka_unit_test(a_clone_that_is_slower_or_faster_by_itself_is_measured),
	    cmocka_unit_test(too_few_requests_measure_nothing),
	};

	return cmocka_run_group_tests_name("judge: calibration", tests, NULL, NULL);
}
