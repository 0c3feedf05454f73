/*
 * The judge on imagined runs with fixed seeds: an unchanged candidate must not FAIL, and planted
 * slow-downs must be found. The margins are wide; tests/bench/trust/simulate prints the rates.
 */
#include "../bench/trust/synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct rates {
	int fail, pass, inconclusive;
};

static struct rates simulate(const struct synthetic_plan *plan, const char *const *names,
    enum scope_kind scope, double limit, int runs, uint64_t seed)
{
	struct rates rates = {0};

	for (int i = 0; i < runs; i++) {
		struct synthetic s;

		synthetic_make(plan, seed + (uint64_t)i, &s);
		for (int k = 0; names[k]; k++)
			synthetic_add_threshold(&s, names[k], scope, BOUND_MAX_RATIO, limit);
		synthetic_judge(&s, plan->seconds, true);
		rates.fail += s.run.verdict.outcome == OUTCOME_FAIL;
		rates.pass += s.run.verdict.outcome == OUTCOME_PASS;
		rates.inconclusive += s.run.verdict.outcome == OUTCOME_INCONCLUSIVE;
		synthetic_release(&s);
	}
	return rates;
}

static const char *const p50[] = {"latency.p50", NULL};
static const char *const p95[] = {"latency.p95", NULL};
static const char *const three[] = {"latency.p50", "latency.p95", "latency.p99", NULL};

static void an_unchanged_candidate_never_fails(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct rates rates;

	(void)state;
	plan.n_statements = 4;
	plan.stalls_per_s = 0.5;
	plan.stall_s = 0.05;
	plan.drift = 0.25;
	rates = simulate(&plan, three, SCOPE_EACH, 1.10, 300, 1000);
	assert_int_equal(rates.fail, 0);
	assert_true(rates.pass >= 240);
}

static void a_quarter_slower_is_found(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;

	(void)state;
	plan.slow_ratio = 1.25;
	assert_true(simulate(&plan, p50, SCOPE_ALL, 1.10, 40, 1).fail >= 38);
	assert_true(simulate(&plan, p95, SCOPE_ALL, 1.10, 40, 1).fail >= 26);
	plan.seconds = 60;
	assert_true(simulate(&plan, p95, SCOPE_ALL, 1.10, 30, 1).fail >= 28);
	assert_int_equal(simulate(&plan, p95, SCOPE_ALL, 1.10, 30, 1).pass, 0);
}

static void exactly_at_the_limit_is_neither(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct rates rates;

	(void)state;
	plan.slow_ratio = 1.10;
	plan.seconds = 60;
	rates = simulate(&plan, p50, SCOPE_ALL, 1.10, 60, 1);
	assert_true(rates.fail <= 2 && rates.pass <= 6);
	rates = simulate(&plan, p95, SCOPE_ALL, 1.10, 60, 1);
	assert_true(rates.fail <= 2 && rates.pass <= 6);
}

static void an_improvement_must_be_as_large_as_demanded(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;

	(void)state;
	plan.seconds = 60;
	plan.slow_ratio = 0.70;
	assert_true(simulate(&plan, p95, SCOPE_ALL, 0.80, 30, 1).pass >= 28);
	plan.slow_ratio = 0.85;
	assert_true(simulate(&plan, p95, SCOPE_ALL, 0.80, 30, 1).pass <= 1);
	plan.slow_ratio = 1;
	assert_true(simulate(&plan, p95, SCOPE_ALL, 0.80, 30, 1).fail >= 28);
}

static void one_slow_statement_of_many_is_found(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct rates rates;

	(void)state;
	plan.rate_per_s = 400;
	plan.n_statements = 10;
	plan.slow_ratio = 1.5;
	rates = simulate(&plan, three, SCOPE_EACH, 1.10, 20, 1);
	assert_true(rates.fail >= 19);
	assert_int_equal(rates.pass, 0);
}

/* Two of a hundred calls sleep: the median cannot see it, the tail must. */
static void a_slow_tail_is_found_in_the_tail(void **state)
{
	static const char *const p99[] = {"latency.p99", NULL};
	struct synthetic_plan plan = synthetic_unchanged;

	(void)state;
	plan.seconds = 60;
	plan.sleep_share = 0.02;
	plan.sleep_s = 0.05;
	assert_true(simulate(&plan, p99, SCOPE_ALL, 1.25, 20, 1).fail >= 19);
	assert_int_equal(simulate(&plan, p50, SCOPE_ALL, 1.25, 20, 1).fail, 0);
}

/* Twenty seconds hold too few slow calls for a p99. A check about that alone must say so. */
static void too_few_slow_calls_are_no_pass(void **state)
{
	static const char *const p99[] = {"latency.p99", NULL};
	struct synthetic_plan plan = synthetic_unchanged;

	(void)state;
	plan.slow_ratio = 1.25;
	assert_true(simulate(&plan, p99, SCOPE_ALL, 1.10, 40, 1).pass <= 3);
}

/* A statement of which a minute has a few dozen calls: too few for blocks, not for pairs. */
static struct synthetic_plan rare(double slow_ratio, double ops)
{
	struct synthetic_plan plan = synthetic_unchanged;

	plan.seconds = 60;
	plan.n_statements = 30;
	plan.rate_per_s = ops * (double)plan.n_statements / plan.seconds;
	plan.slow_ratio = slow_ratio;
	return plan;
}

static void a_rare_statement_that_is_three_times_as_slow_is_found(void **state)
{
	struct synthetic_plan plan = rare(3, 30);
	struct rates rates = simulate(&plan, p50, SCOPE_EACH, 1.10, 40, 1);

	(void)state;
	assert_true(rates.fail >= 38);
	assert_int_equal(rates.pass, 0);
}

/* The median says nothing of a tail of one or two calls; that nearly all calls are slower does. */
static void a_rare_statement_that_is_slower_is_no_pass_for_its_tail(void **state)
{
	struct synthetic_plan plan = rare(3, 30);
	struct rates rates = simulate(&plan, p95, SCOPE_EACH, 1.10, 40, 1);

	(void)state;
	assert_int_equal(rates.fail, 0);
	assert_true(rates.pass <= 1);
}

/* Not enough to prove anything, far too much to call it a PASS. */
static void a_handful_of_calls_that_take_ten_times_as_long_is_no_pass(void **state)
{
	struct synthetic_plan plan = rare(10, 8);
	struct rates rates = simulate(&plan, three, SCOPE_EACH, 1.10, 40, 1);

	(void)state;
	assert_true(rates.pass <= 4);
}

static void rare_statements_that_are_unchanged_pass(void **state)
{
	(void)state;
	for (double ops = 4; ops < 50; ops *= 1.6) {
		struct synthetic_plan plan = rare(1, ops);
		struct rates rates;

		plan.stalls_per_s = 0.5;
		plan.stall_s = 0.05;
		plan.drift = 0.25;
		rates = simulate(&plan, three, SCOPE_EACH, 1.10, 40, 500);
		assert_int_equal(rates.fail, 0);
		assert_true(rates.pass >= 38);
	}
}

static void clear_cases_end_early_and_open_ones_do_not(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;

	(void)state;
	plan.seconds = 60;
	for (int i = 0; i < 3; i++) {
		static const double ratios[] = {1, 2, 1.10};
		struct synthetic s;
		double seconds;
		bool clear;

		plan.slow_ratio = ratios[i];
		synthetic_make(&plan, 5, &s);
		synthetic_add_threshold(&s, "latency.p50", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
		seconds = synthetic_watch(&s, 60, &clear);
		assert_int_equal(clear, i < 2);
		assert_true(i < 2 ? seconds < 20 : seconds == 60);
		assert_int_equal(s.run.verdict.outcome, i == 0   ? OUTCOME_PASS
		                                        : i == 1 ? OUTCOME_FAIL
		                                                 : OUTCOME_INCONCLUSIVE);
		synthetic_release(&s);
	}
}

/* A look must not take too few calls for a PASS: what the planned time could still find is waited for. */
static void rare_statements_are_waited_for(void **state)
{
	struct synthetic_plan plan = rare(1, 50);

	(void)state;
	plan.n_statements = 10;
	plan.seconds = 20;
	plan.rate_per_s = 25;
	for (double slow = 1; slow < 4; slow += 2) {
		struct synthetic s;
		bool clear;

		plan.slow_ratio = slow;
		synthetic_make(&plan, 3, &s);
		synthetic_add_threshold(&s, "latency.p50", SCOPE_EACH, BOUND_MAX_RATIO, 1.10);
		synthetic_add_threshold(&s, "latency.p95", SCOPE_EACH, BOUND_MAX_RATIO, 1.10);
		assert_true(synthetic_watch(&s, 20, &clear) == 20 || slow > 1);
		assert_int_equal(s.run.verdict.outcome, slow > 1 ? OUTCOME_FAIL : OUTCOME_PASS);
		synthetic_release(&s);
	}
}

/* In mid-run the slowest ops have no sample yet. A candidate that stopped answering must not look
 * as good as what it answered before. */
static void unanswered_ops_count_against_their_arm(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;
	size_t n = 0;

	(void)state;
	synthetic_make(&plan, 4, &s);
	for (size_t i = 0; i < s.samples.n; i++) {
		bool hangs = s.items[i].arm == ARM_CANDIDATE && s.items[i].due_ns > UINT64_C(15000000000);

		if (!hangs)
			s.items[n++] = s.items[i];
	}
	s.samples.n = n;
	s.run.replay.early_stop = true;
	synthetic_add_threshold(&s, "latency.p50", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	synthetic_add_threshold(&s, "latency.p95", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	synthetic_judge(&s, 60, false);
	assert_int_not_equal(s.run.verdict.outcome, OUTCOME_PASS);
	assert_true(s.run.checks[1].estimate > 2);
	synthetic_release(&s);
}

/* Nothing timed there counts: to stop would be to give up before the machine is free again. */
static void a_saturated_machine_ends_nothing_early(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;
	bool clear;

	(void)state;
	plan.seconds = 30;
	plan.slow_ratio = 2;
	synthetic_make(&plan, 5, &s);
	synthetic_add_threshold(&s, "latency.p50", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	s.run.generator.machine_busy = 0.99;
	s.run.generator.lag_p99 = 0.004;
	assert_true(synthetic_watch(&s, 30, &clear) == 30);
	assert_false(clear);
	assert_int_equal(s.run.verdict.outcome, OUTCOME_INCONCLUSIVE);
	synthetic_release(&s);
}

/* Many looks must not add up to false alarms. */
static void looking_every_second_raises_no_false_alarm(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	int fails = 0;

	(void)state;
	plan.seconds = 40;
	plan.rate_per_s = 100;
	plan.slow_ratio = 1.10; /* the worst case that is still allowed */
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct synthetic s;
		bool clear;

		synthetic_make(&plan, seed, &s);
		synthetic_add_threshold(&s, "latency.p50", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
		synthetic_add_threshold(&s, "latency.p95", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
		synthetic_watch(&s, 40, &clear);
		fails += s.run.verdict.outcome == OUTCOME_FAIL;
		synthetic_release(&s);
	}
	assert_true(fails <= 1);
}

static void the_same_samples_give_the_same_verdict(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;
	_cleanup_free_ char *why = NULL;
	double upper;

	(void)state;
	synthetic_make(&plan, 9, &s);
	synthetic_add_threshold(&s, "latency.p95", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	synthetic_judge(&s, 20, true);
	why = xstrdup(s.run.checks[0].why);
	upper = s.run.checks[0].upper;
	synthetic_judge(&s, 20, true);
	assert_string_equal(s.run.checks[0].why, why);
	assert_true(s.run.checks[0].upper == upper);
	assert_int_equal(s.run.n_checks, 1);
	synthetic_release(&s);
}

/* Two calls in a hundred sleep: with 18 of 1800 above a p99 it cannot FAIL, and must not pass. */
static void a_slow_tail_of_few_calls_is_no_pass(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged, slow = synthetic_unchanged;
	const char *const p99[] = {"latency.p99", NULL};

	(void)state;
	plan.seconds = slow.seconds = 60;
	plan.rate_per_s = slow.rate_per_s = 30;
	slow.sleep_share = slow.sleep_s = 0.02;
	assert_true(simulate(&plan, p99, SCOPE_EACH, 1.10, 40, 1).pass >= 38);
	assert_int_equal(simulate(&slow, p99, SCOPE_EACH, 1.10, 40, 1).inconclusive, 40);
}

static void add_plan(struct run *run, int arm, const char *index, double cost, double buffers)
{
	struct run_plan *plan = run_plans_add(&run->statements[0].arms[arm].plans);

	plan->hash = xstrdup(index);
	plan->json =
	    xasprintf("[{\"Plan\": {\"Node Type\": \"Index Scan\", \"Relation Name\": \"orders\", "
	              "\"Index Name\": \"%s\"}}]",
	        index);
	plan->cost = cost;
	plan->buffers = buffers;
}

/* Clones that were analysed one by one: what takes longer may be a toss of the planner. */
static void a_tie_between_plans_is_no_fail(void **state)
{
	struct judge_input overtime = {.overtime = true, .planned_seconds = 20};
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;

	(void)state;
	plan.slow_ratio = 1.5;
	synthetic_make(&plan, 5, &s);
	synthetic_add_threshold(&s, "latency.p50", SCOPE_EACH, BOUND_MAX_RATIO, 1.10);
	add_plan(&s.run, ARM_BASELINE, "a", 100, 500);
	add_plan(&s.run, ARM_CANDIDATE, "b", 110, 900);
	synthetic_judge(&s, 20, true);
	assert_int_equal(s.run.verdict.outcome, OUTCOME_FAIL);
	run_add_disturbance(&s.run, RUN_STATISTICS_DIFFER, false, "other statistics");
	synthetic_judge(&s, 20, false);
	assert_false(judge_is_clear(&s.run));
	overtime.samples = &s.samples; /* more time does not settle it */
	judge_run(&overtime, &s.run);
	assert_true(judge_is_clear(&s.run));
	synthetic_judge(&s, 20, true);
	assert_int_equal(s.run.verdict.outcome, OUTCOME_INCONCLUSIVE);
	assert_non_null(strstr(s.run.checks[0].why, "different statistics"));
	s.run.statements[0].arms[ARM_CANDIDATE].plans.items[0].cost = 300;
	synthetic_judge(&s, 20, true);
	assert_int_equal(s.run.verdict.outcome, OUTCOME_FAIL);
	synthetic_release(&s);
}

/* "About N more seconds": with them most runs are decided, and with a third of them fewer. */
static void what_an_open_run_asks_for_is_about_what_it_needs(void **state)
{
	static const struct {
		double ratio, seconds;
	} cases[] = {{2, 5}, {1.5, 20}, {1, 20}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct synthetic_plan plan = synthetic_unchanged;
		int open = 0, decided = 0, decided_in_a_third = 0;

		plan.slow_ratio = cases[i].ratio;
		for (uint64_t seed = 1; seed <= 30; seed++) {
			double all_s =
			    cases[i].seconds + synthetic_needs(&plan, "latency.p99", cases[i].seconds, seed);

			if (!(all_s > cases[i].seconds) || all_s > 300)
				continue;
			open++;
			decided += synthetic_needs(&plan, "latency.p99", all_s, seed) == 0;
			decided_in_a_third +=
			    synthetic_needs(&plan, "latency.p99", fmax(all_s / 3, cases[i].seconds), seed) == 0;
		}
		assert_true(open >= 8);
		assert_true(decided >= 0.6 * open);
		assert_true(decided_in_a_third <= 0.7 * open && decided_in_a_third < decided);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_unchanged_candidate_never_fails),
	    cmocka_unit_test(a_quarter_slower_is_found),
	    cmocka_unit_test(exactly_at_the_limit_is_neither),
	    cmocka_unit_test(an_improvement_must_be_as_large_as_demanded),
	    cmocka_unit_test(one_slow_statement_of_many_is_found),
	    cmocka_unit_test(a_slow_tail_is_found_in_the_tail),
	    cmocka_unit_test(too_few_slow_calls_are_no_pass),
	    cmocka_unit_test(a_rare_statement_that_is_three_times_as_slow_is_found),
	    cmocka_unit_test(a_rare_statement_that_is_slower_is_no_pass_for_its_tail),
	    cmocka_unit_test(a_handful_of_calls_that_take_ten_times_as_long_is_no_pass),
	    cmocka_unit_test(rare_statements_that_are_unchanged_pass),
	    cmocka_unit_test(clear_cases_end_early_and_open_ones_do_not),
	    cmocka_unit_test(a_saturated_machine_ends_nothing_early),
	    cmocka_unit_test(rare_statements_are_waited_for),
	    cmocka_unit_test(unanswered_ops_count_against_their_arm),
	    cmocka_unit_test(looking_every_second_raises_no_false_alarm),
	    cmocka_unit_test(the_same_samples_give_the_same_verdict),
	    cmocka_unit_test(a_slow_tail_of_few_calls_is_no_pass),
	    cmocka_unit_test(a_tie_between_plans_is_no_fail),
	    cmocka_unit_test(what_an_open_run_asks_for_is_about_what_it_needs),
	};

	return cmocka_run_group_tests_name("judge: simulation", tests, NULL, NULL);
}
