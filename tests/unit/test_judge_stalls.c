/* Stalls of the machine: pairs that met one are told apart, and excuse nobody. */
#include "../bench/trust/synthetic.h"
#include "judge/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STALL_S 0.1

/* One stall a second, during which the ops of one arm or of both stand still. */
static void make_stalled(int arms, struct synthetic *s)
{
	struct synthetic_plan plan = synthetic_unchanged;

	plan.stalls_per_s = 0;
	plan.seconds = 60;
	synthetic_make(&plan, 3, s);
	for (double at = 0.5; at < plan.seconds; at++) {
		GROW(s->run.stalls, s->run.n_stalls, s->run.cap_stalls);
		s->run.stalls[s->run.n_stalls++] = (struct run_stall){at, STALL_S};
	}
	for (size_t i = 0; i < s->samples.n; i++) {
		double due = (double)s->items[i].due_ns / 1e9, within = fmod(due, 1) - 0.5;

		if (within >= 0 && within < STALL_S && (s->items[i].arm == ARM_CANDIDATE || arms == 2))
			s->items[i].done_ns += (uint64_t)((STALL_S - within) * 1e9);
	}
	synthetic_add_threshold(s, "latency.p95", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	synthetic_judge(s, plan.seconds, true);
}

static void the_estimate_without_stalls_is_told_beside(void **state)
{
	const struct check *check;
	struct synthetic s;

	(void)state;
	make_stalled(1, &s);
	check = &s.run.checks[0];
	assert_true(check->estimate > 2);
	assert_true(check->unstalled > 0.9 && check->unstalled < 1.1);
	/* A tenth of the ops, and those that reached into a stall. */
	assert_true(check->stalled_pairs > 0.09 * check->samples[1]);
	assert_true(check->stalled_pairs < 0.13 * check->samples[1]);
	assert_non_null(strstr(check->why, "met a stall of the machine it is 1.0"));
	assert_int_equal(s.run.verdict.outcome, OUTCOME_FAIL);
	synthetic_release(&s);
}

static void both_halves_of_a_pair_go(void **state)
{
	bool *stalled, one_arm_only = false;
	struct synthetic s;

	(void)state;
	make_stalled(2, &s);
	stalled = samples_stalled(&s.samples, &s.run);
	assert_non_null(stalled);
	/* The half that was due a millisecond before the stall did not meet it. */
	for (size_t i = 0; i < s.samples.n; i++) {
		double begun = fmod((double)s.items[i].due_ns / 1e9, 1);
		double ended = fmod((double)s.items[i].done_ns / 1e9, 1);

		one_arm_only = one_arm_only || (stalled[s.items[i].op] && begun < 0.5 && ended < 0.5);
	}
	assert_true(one_arm_only);
	assert_false(isnan(s.run.checks[0].unstalled));
	free(stalled);
	synthetic_release(&s);
}

static void a_calm_machine_has_one_estimate(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;

	(void)state;
	synthetic_make(&plan, 1, &s);
	synthetic_add_threshold(&s, "latency.p95", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	synthetic_judge(&s, 20, true);
	assert_true(isnan(s.run.checks[0].unstalled));
	assert_true(s.run.checks[0].stalled_pairs == 0);
	assert_null(strstr(s.run.checks[0].why, "stall"));
	synthetic_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_estimate_without_stalls_is_told_beside),
	    cmocka_unit_test(both_halves_of_a_pair_go),
	    cmocka_unit_test(a_calm_machine_has_one_estimate),
	};

	return cmocka_run_group_tests_name("judge: stalls", tests, NULL, NULL);
}
