/* The block test and its intervals on values whose answer is known. */
#include "judge/estimates.h"

#include "base/mem.h"
#include "base/random.h"
#include "judge/distributions.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BLOCKS  40
#define PER_ARM 4000

struct fixture {
	uint64_t values[2][PER_ARM];
	size_t n[2];
	struct series_pair pair;
};

/* Log-normal values around 1 ms in even blocks; the load of each block is common to both arms. */
static void fixture_init(struct fixture *f, uint64_t seed, double ratio, double drift)
{
	_cleanup_free_ uint64_t *scratch = xcalloc(PER_ARM, sizeof(*scratch));
	const uint64_t *sorted[2];
	struct rng rng;
	double load[BLOCKS];

	rng_init(&rng, seed, 0);
	for (int b = 0; b < BLOCKS; b++)
		load[b] = drift * rng_normal(&rng);
	for (int arm = 0; arm < 2; arm++) {
		f->n[arm] = PER_ARM;
		for (size_t i = 0; i < PER_ARM; i++) {
			size_t block = i * BLOCKS / PER_ARM;
			double ms = exp(load[block] + 0.4 * rng_normal(&rng)) * (arm ? ratio : 1);

			f->values[arm][i] = series_pack((uint64_t)(ms * 1e6), block);
		}
		series_sort(f->values[arm], scratch, PER_ARM);
		sorted[arm] = f->values[arm];
	}
	series_pair_init(&f->pair, sorted, f->n, BLOCKS);
}

static const struct estimand p95 = {0.95, HYPOTHESIS_RATIO};
static const struct estimand mean = {0, HYPOTHESIS_RATIO};

static void sorting_orders_by_value_at_any_size(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 63, 64, 65, 1000, 30000};

	(void)state;
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		uint64_t *values = xcalloc(sizes[k] + 1, sizeof(*values));
		uint64_t *scratch = xcalloc(sizes[k] + 1, sizeof(*scratch));
		struct rng rng;
		uint64_t sum = 0, sum_after = 0;

		rng_init(&rng, k, 0);
		for (size_t i = 0; i < sizes[k]; i++)
			sum += values[i] =
			    series_pack(rng_next(&rng) >> rng_below(&rng, 50), rng_below(&rng, 9));
		series_sort(values, scratch, sizes[k]);
		for (size_t i = 0; i < sizes[k]; i++) {
			sum_after += values[i];
			assert_true(i == 0 || series_value(values[i - 1]) <= series_value(values[i]));
		}
		assert_true(sum == sum_after);
		free(values);
		free(scratch);
	}
}

static void the_test_falls_as_the_hypothesis_grows(void **state)
{
	struct fixture f;
	double last = INFINITY;

	(void)state;
	fixture_init(&f, 1, 1, 0.2);
	for (double ratio = 0.7; ratio < 1.5; ratio += 0.05) {
		double t = block_test(&f.pair, p95, ratio);

		assert_true(t < last);
		last = t;
	}
	series_pair_release(&f.pair);
}

/* A drift common to both arms is taken out by the blocks: it must not widen the interval much. */
static void common_drift_does_not_widen_the_interval(void **state)
{
	struct fixture calm, drifting;
	double width[2];

	(void)state;
	fixture_init(&calm, 3, 1, 0);
	fixture_init(&drifting, 3, 1, 0.3);
	width[0] = interval_end(&calm.pair, mean, -2) / interval_end(&calm.pair, mean, 2);
	width[1] = interval_end(&drifting.pair, mean, -2) / interval_end(&drifting.pair, mean, 2);
	assert_true(log(width[1]) < 1.5 * log(width[0]));
	series_pair_release(&calm.pair);
	series_pair_release(&drifting.pair);
}

static void intervals_hold_the_truth_as_often_as_they_say(void **state)
{
	static const struct estimand what[] = {
	    {0.5, HYPOTHESIS_RATIO}, {0.95, HYPOTHESIS_RATIO}, {0, HYPOTHESIS_RATIO}};
	double score = student_upper_quantile(0.05, BLOCKS - 1);

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		int below = 0, above = 0;

		for (uint64_t seed = 0; seed < 150; seed++) {
			struct fixture f;

			fixture_init(&f, 100 + seed, 1.3, 0.15);
			below += interval_end(&f.pair, what[k], score) > 1.3;
			above += interval_end(&f.pair, what[k], -score) < 1.3;
			series_pair_release(&f.pair);
		}
		/* 7.5 expected on each side; 18 has a chance below one in a thousand. */
		assert_true(below <= 18 && above <= 18);
	}
}

static void an_interval_contains_its_estimate(void **state)
{
	static const struct estimand what[] = {{0.5, HYPOTHESIS_RATIO}, {0.99, HYPOTHESIS_RATIO},
	    {0, HYPOTHESIS_SHIFT}, {0.95, HYPOTHESIS_SHIFT}, {0.95, HYPOTHESIS_LEVEL},
	    {0, HYPOTHESIS_LEVEL}};
	struct fixture f;

	(void)state;
	fixture_init(&f, 7, 1.2, 0.1);
	for (size_t k = 0; k < sizeof(what) / sizeof(what[0]); k++) {
		double estimate = point_estimate(&f.pair, what[k]);

		assert_true(interval_end(&f.pair, what[k], 2.5) < estimate);
		assert_true(interval_end(&f.pair, what[k], -2.5) > estimate);
	}
	series_pair_release(&f.pair);
}

static void the_test_at_an_interval_end_is_the_score(void **state)
{
	struct fixture f;
	double end;

	(void)state;
	fixture_init(&f, 8, 1.2, 0.1);
	end = interval_end(&f.pair, mean, 2.5);
	assert_true(fabs(block_test(&f.pair, mean, end) - 2.5) < 0.01);
	series_pair_release(&f.pair);
}

static void too_little_gives_no_answer(void **state)
{
	uint64_t one[1] = {series_pack(1000000, 0)};
	const uint64_t *sorted[2] = {one, one};
	size_t n[2] = {1, 1}, none[2] = {0, 0};
	struct series_pair pair;

	(void)state;
	series_pair_init(&pair, sorted, n, 20);
	assert_true(isnan(block_test(&pair, p95, 1.1)));
	assert_true(isnan(interval_end(&pair, p95, 2)));
	assert_true(exceedances(&pair, p95) == 0);
	series_pair_release(&pair);
	series_pair_init(&pair, sorted, none, 20);
	assert_true(isnan(block_test(&pair, mean, 1.1)));
	assert_true(isnan(point_estimate(&pair, p95)));
	series_pair_release(&pair);
}

/* Equal values everywhere: there is no spread, and the answer is certain. */
static void values_without_spread_are_certain(void **state)
{
	uint64_t values[2][400];
	const uint64_t *sorted[2] = {values[0], values[1]};
	size_t n[2] = {400, 400};
	struct series_pair pair;

	(void)state;
	for (size_t i = 0; i < 400; i++) {
		values[0][i] = series_pack(1000000, i % 40);
		values[1][i] = series_pack(2000000, i % 40);
	}
	series_pair_init(&pair, sorted, n, 40);
	assert_true(block_test(&pair, mean, 1.1) > 1e6);
	assert_true(block_test(&pair, mean, 2.5) < -1e6);
	assert_true(point_estimate(&pair, p95) == 2);
	series_pair_release(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sorting_orders_by_value_at_any_size),
	    cmocka_unit_test(the_test_falls_as_the_hypothesis_grows),
	    cmocka_unit_test(common_drift_does_not_widen_the_interval),
	    cmocka_unit_test(intervals_hold_the_truth_as_often_as_they_say),
	    cmocka_unit_test(an_interval_contains_its_estimate),
	    cmocka_unit_test(the_test_at_an_interval_end_is_the_score),
	    cmocka_unit_test(too_little_gives_no_answer),
	    cmocka_unit_test(values_without_spread_are_certain),
	};

	return cmocka_run_group_tests_name("judge: estimates", tests, NULL, NULL);
}
