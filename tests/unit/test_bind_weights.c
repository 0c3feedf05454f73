/* Weights under which the mean work is production's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bind/weights.h"

#include <math.h>

#define N 200

/* Many light vectors and a few heavy ones; blocks follow rows, but not strictly. */
static void fill(struct check_figures *figures)
{
	struct rng rng;

	rng_init(&rng, 5, 0);
	for (int i = 0; i < N; i++) {
		figures[i].rows = floor(exp(6 * rng_uniform(&rng)));
		figures[i].blocks = 3 + figures[i].rows * (0.2 + 0.3 * rng_uniform(&rng));
	}
}

static bool tilt_to(const struct check_figures *figures, double rows, double blocks, double *ret)
{
	struct check_figures target = {.rows = rows, .blocks = blocks, .looked = 1, .kept = NAN};

	return weights_tilt(figures, N, &target, ret);
}

static double effective(const double *weights)
{
	double sum = 0, squares = 0;

	for (int i = 0; i < N; i++) {
		sum += weights[i];
		squares += weights[i] * weights[i];
	}
	return sum * sum / squares;
}

static void both_means_are_hit(void **state)
{
	struct check_figures figures[N], before, mean;
	double weights[N];

	(void)state;
	fill(figures);
	before = weights_mean(figures, NULL, N);
	assert_true(tilt_to(figures, before.rows * 0.6, before.blocks * 0.65, weights));
	mean = weights_mean(figures, weights, N);
	assert_true(fabs(mean.rows / (before.rows * 0.6) - 1) < 0.01);
	assert_true(fabs(mean.blocks / (before.blocks * 0.65) - 1) < 0.01);
}

static void the_share_that_a_filter_keeps_is_hit_too(void **state)
{
	struct check_figures figures[N], target, mean;
	double weights[N];

	(void)state;
	fill(figures);
	for (int i = 0; i < N; i++) {
		figures[i].looked = 100 + i % 7;
		figures[i].kept = figures[i].looked * (i % 10 == 0 ? 0.02 : 0.3);
	}
	target = weights_mean(figures, NULL, N);
	target.looked = 1;
	target.kept = 0.05;
	assert_true(weights_tilt(figures, N, &target, weights));
	mean = weights_mean(figures, weights, N);
	assert_true(fabs(mean.kept / mean.looked / 0.05 - 1) < 0.01);
	assert_true(fabs(mean.rows / target.rows - 1) < 0.01);
	assert_true(fabs(mean.blocks / target.blocks - 1) < 0.01);
}

static void an_unknown_target_is_left_out(void **state)
{
	struct check_figures figures[N], before, mean;
	double weights[N];

	(void)state;
	fill(figures);
	before = weights_mean(figures, NULL, N);
	assert_true(tilt_to(figures, NAN, before.blocks * 1.5, weights));
	mean = weights_mean(figures, weights, N);
	assert_true(fabs(mean.blocks / (before.blocks * 1.5) - 1) < 0.01);
}

static void a_target_out_of_reach_leaves_vectors_to_draw(void **state)
{
	struct check_figures figures[N];
	double weights[N];

	(void)state;
	fill(figures);
	assert_true(tilt_to(figures, 1e6, 1e6, weights));
	assert_true(effective(weights) >= 11.9);
	assert_true(weights_mean(figures, weights, N).rows > weights_mean(figures, NULL, N).rows);
	assert_true(tilt_to(figures, 0, 0, weights));
	assert_true(effective(weights) >= 11.9);
}

static void what_is_right_already_is_left_alone(void **state)
{
	struct check_figures figures[N], mean;
	double weights[N];

	(void)state;
	fill(figures);
	mean = weights_mean(figures, NULL, N);
	assert_false(tilt_to(figures, mean.rows, mean.blocks, weights));
	for (int i = 0; i < N; i++)
		figures[i] = (struct check_figures){1, 4};
	assert_false(tilt_to(figures, 10, 40, weights));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_means_are_hit),
	    cmocka_unit_test(the_share_that_a_filter_keeps_is_hit_too),
	    cmocka_unit_test(an_unknown_target_is_left_out),
	    cmocka_unit_test(a_target_out_of_reach_leaves_vectors_to_draw),
	    cmocka_unit_test(what_is_right_already_is_left_alone),
	};

	return cmocka_run_group_tests_name("weights of vectors", tests, NULL, NULL);
}
