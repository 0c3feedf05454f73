/* What is cut off the start of a run: until response times and buffer caches have settled. */
#include "../bench/trust/synthetic.h"
#include "base/mem.h"
#include "judge/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_slow_start_is_cut_and_noise_is_not(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;

	(void)state;
	plan.seconds = 60;
	synthetic_make(&plan, 3, &s);
	assert_true(judge_warmup_seconds(&s.samples, &s.run, 60) <= 5);
	for (size_t i = 0; i < s.samples.n; i++)
		if (s.items[i].due_ns < UINT64_C(6000000000))
			s.items[i].done_ns += 2 * (s.items[i].done_ns - s.items[i].sent_ns);
	assert_true(judge_warmup_seconds(&s.samples, &s.run, 60) >= 5);
	assert_true(judge_warmup_seconds(&s.samples, &s.run, 60) <= 15);
	synthetic_release(&s);
}

/* One look a second, of which read[i] in a thousand blocks come from outside the cache. */
static void look_at(struct run_arm *arm, const int *read, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		GROW(arm->cache, arm->n_cache, arm->cap_cache);
		arm->cache[arm->n_cache++] =
		    (struct run_cache_look){.at_s = (double)i + 1.1, .touched = 1000, .read = read[i]};
	}
}

/* The cut after looks at both arms, no sample being there. */
static double cut(const int *baseline, const int *candidate, size_t n, double duration_s)
{
	struct run run = {0};
	struct samples none = {0};
	double seconds;

	look_at(&run.arms[ARM_BASELINE], baseline, n);
	look_at(&run.arms[ARM_CANDIDATE], candidate, n);
	seconds = judge_warmup_seconds(&none, &run, duration_s);
	free(run.arms[ARM_BASELINE].cache);
	free(run.arms[ARM_CANDIDATE].cache);
	return seconds;
}

#define LOOKS 20

static const int warm[LOOKS] = {9, 0, 3, 5, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
static const int fills[LOOKS] = {500, 300, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
static const int too_large[LOOKS] = {200, 210, 190, 200, 205, 195, 200, 200, 200, 200, 200, 200,
    200, 200, 200, 200, 200, 200, 200, 200};
static const int falls[LOOKS] = {
    900, 800, 700, 600, 500, 450, 400, 350, 300, 250, 200, 180, 160, 140, 120, 100, 90, 80, 70, 60};

static void a_cache_that_fills_is_waited_for_on_either_arm(void **state)
{
	(void)state;
	assert_true(cut(warm, warm, LOOKS, 20) == 0);
	/* The fourth look is the first of five without reads, and began when the third ended. */
	assert_true(cut(fills, warm, LOOKS, 20) == 3.5);
	assert_true(cut(warm, fills, LOOKS, 20) == 3.5);
}

static void reads_that_stay_are_part_of_the_work(void **state)
{
	(void)state;
	assert_true(cut(too_large, too_large, LOOKS, 20) == 0);
}

static void a_cache_that_does_not_settle_costs_a_quarter_of_the_time(void **state)
{
	(void)state;
	assert_true(cut(falls, warm, LOOKS, 20) == 5);
	assert_true(cut(fills, warm, LOOKS, 8) == 2);
}

static void a_run_without_looks_is_cut_by_its_times(void **state)
{
	(void)state;
	assert_true(cut(fills, fills, 0, 20) == 0);
	assert_true(cut(warm, warm, 3, 20) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_slow_start_is_cut_and_noise_is_not),
	    cmocka_unit_test(a_cache_that_fills_is_waited_for_on_either_arm),
	    cmocka_unit_test(reads_that_stay_are_part_of_the_work),
	    cmocka_unit_test(a_cache_that_does_not_settle_costs_a_quarter_of_the_time),
	    cmocka_unit_test(a_run_without_looks_is_cut_by_its_times),
	};

	return cmocka_run_group_tests_name("judge: warm-up", tests, NULL, NULL);
}
