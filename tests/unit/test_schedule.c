/* The schedule: a pure function of the plan, at the promised rate, with a fair order of arms. */
#include "base/clock.h"
#include "base/mem.h"
#include "model/gate.h"
#include "model/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Three statements: a single read (weight 3), a transaction of two (weight 1) that sends
 * statement 1 twice around statement 2, and one of weight 0 that must never appear. */
static size_t read_only[] = {0}, purchase[] = {1, 2, 1}, never[] = {0};
static struct transaction transactions[] = {
    {read_only, 1, 3},
    {purchase, 3, 1},
    {never, 1, 0},
};
static struct bound_statement statements[3];
static struct vectors vectors = {
    .statements = statements,
    .n_statements = 3,
    .transactions = transactions,
    .n_transactions = 3,
};

static struct schedule *new_schedule(
    double rate, uint64_t seconds, uint64_t seed, enum arrivals arrivals)
{
	struct schedule_plan plan = {rate, seconds * NS_PER_S, seed, arrivals, {0}};
	struct err err = {0};
	struct schedule *s = schedule_new(&vectors, &plan, &err);

	if (!s)
		fail_msg("%s", err.message);
	return s;
}

static void the_same_plan_gives_the_same_schedule(void **state)
{
	struct schedule *a = new_schedule(500, 20, 42, ARRIVALS_POISSON);
	struct schedule *b = new_schedule(500, 20, 42, ARRIVALS_POISSON);
	struct schedule *other = new_schedule(500, 20, 43, ARRIVALS_POISSON);
	struct schedule_entry x, y, z;
	size_t n = 0, equal = 0;

	(void)state;
	while (schedule_next(a, &x)) {
		assert_true(schedule_next(b, &y));
		assert_true(x.due_ns == y.due_ns && x.transaction == y.transaction &&
		            x.first_arm == y.first_arm && x.first_op == y.first_op);
		equal += schedule_next(other, &z) && z.due_ns == x.due_ns;
		n++;
	}
	assert_false(schedule_next(b, &y));
	assert_true(n > 5000);
	assert_true(equal < 5);
	schedule_free(a);
	schedule_free(b);
	schedule_free(other);
}

/* 200,000 ops expected; the bounds are six standard deviations. */
static void rate_mix_and_order_are_as_promised(void **state)
{
	struct schedule *s = new_schedule(1000, 200, 7, ARRIVALS_POISSON);
	struct schedule_entry e;
	double ops = 0, entries = 0, purchases = 0, candidate_first = 0, gaps2 = 0, last = 0;
	double mean;

	(void)state;
	while (schedule_next(s, &e)) {
		double gap = (double)e.due_ns - last;

		assert_true(e.due_ns < 200 * NS_PER_S && gap >= 0);
		assert_true(e.transaction < 2);
		assert_true(e.index == (uint64_t)entries && e.first_op == (uint64_t)ops);
		entries++;
		ops += (double)transactions[e.transaction].n_statements;
		purchases += e.transaction == 1;
		candidate_first += e.first_arm;
		gaps2 += gap * gap;
		last = (double)e.due_ns;
	}
	assert_float_equal(ops, 200000, 6 * sqrt(3.0 / 1.5 * 200000));
	assert_float_equal(purchases / entries, 0.25, 6 * sqrt(0.25 * 0.75 / entries));
	assert_float_equal(candidate_first / entries, 0.5, 6 * sqrt(0.25 / entries));
	/* Exponential gaps: the mean of squares is twice the square of the mean. */
	mean = last / entries;
	assert_float_equal(gaps2 / entries / (mean * mean), 2, 0.1);
	schedule_free(s);
}

static void uniform_arrivals_are_evenly_spaced(void **state)
{
	struct schedule *s = new_schedule(300, 10, 1, ARRIVALS_UNIFORM);
	struct schedule_entry e;
	uint64_t n = 0;

	(void)state;
	while (schedule_next(s, &e)) {
		assert_float_equal((double)e.due_ns, (double)n * 5e6, 1); /* 200 transactions/s */
		n++;
	}
	assert_int_equal(n, 2000);
	schedule_free(s);
}

/* One second each: arms A B, B A, A B, ... and every op on both, a slice apart. */
static void arms_that_take_turns_get_the_same_ops(void **state)
{
	struct replay_options options = {
	    .duration_ns = 21 * NS_PER_S, .design = DESIGN_SLICES, .slice_ns = NS_PER_S};
	struct schedule_plan plan = {400, 21 * NS_PER_S, 5, ARRIVALS_POISSON, turns_of(&options)};
	struct err err = {0};
	struct schedule *s = schedule_new(&vectors, &plan, &err);
	struct schedule_entry e;
	double ops = 0, last_s = 0;

	(void)state;
	while (schedule_next(s, &e)) {
		uint64_t second = e.due_ns / NS_PER_S;

		assert_int_equal(second % 2, 0);
		assert_int_equal(e.first_arm, second / 2 % 2);
		assert_true(e.apart_ns == NS_PER_S);
		assert_true(turns_twin_ns(&plan.turns, e.due_ns, e.first_arm) == e.due_ns + NS_PER_S);
		assert_true(turns_folded_ns(&plan.turns, e.due_ns + NS_PER_S, 1 - e.first_arm) ==
		            turns_folded_ns(&plan.turns, e.due_ns, e.first_arm));
		ops += (double)transactions[e.transaction].n_statements;
		last_s = (double)e.due_ns / 1e9;
	}
	/* The eleventh period has no second turn, so it has no first one either. */
	assert_true(last_s > 18 && last_s < 19);
	assert_float_equal(ops, 4000, 6 * sqrt(3.0 / 1.5 * 4000));
	schedule_free(s);
}

static void arms_are_alone_for_the_share_that_was_asked_for(void **state)
{
	struct replay_options options = {
	    .duration_ns = 60 * NS_PER_S, .alone = 0.2, .slice_ns = 250 * NS_PER_MS};
	struct schedule_plan plan = {1000, 60 * NS_PER_S, 5, ARRIVALS_POISSON, turns_of(&options)};
	struct err err = {0};
	struct schedule *s = schedule_new(&vectors, &plan, &err);
	struct schedule_entry e;
	double n = 0, alone = 0;

	(void)state;
	while (schedule_next(s, &e)) {
		assert_true((e.apart_ns > 0) == turns_alone(&plan.turns, e.due_ns));
		n++;
		alone += e.apart_ns > 0;
	}
	/* A tenth of the time is the second turn, with the same ops. */
	assert_float_equal(alone / n, 0.1 / 0.9, 0.02);
	schedule_free(s);
}

static void the_baseline_goes_first_in_a_sequence(void **state)
{
	struct replay_options options = {.duration_ns = 20 * NS_PER_S, .design = DESIGN_SEQUENTIAL};
	struct schedule_plan plan = {100, 20 * NS_PER_S, 5, ARRIVALS_POISSON, turns_of(&options)};
	struct err err = {0};
	struct schedule *s = schedule_new(&vectors, &plan, &err);
	struct schedule_entry e;

	(void)state;
	while (schedule_next(s, &e)) {
		assert_true(e.due_ns < 10 * NS_PER_S);
		assert_int_equal(e.first_arm, 0);
		assert_true(e.apart_ns == 10 * NS_PER_S);
	}
	schedule_free(s);
}

static void ordinals_count_the_ops_of_each_statement(void **state)
{
	struct schedule *s = new_schedule(400, 5, 3, ARRIVALS_POISSON);
	struct schedule_entry e;
	uint64_t seen[3] = {0};

	(void)state;
	while (schedule_next(s, &e)) {
		const struct transaction *t = &transactions[e.transaction];

		for (size_t i = 0; i < t->n_statements; i++)
			assert_int_equal(e.ordinals[i], seen[t->statements[i]]++);
	}
	assert_true(seen[1] == 2 * seen[2] && seen[2] > 100);
	schedule_free(s);
}

static void impossible_plans_are_refused(void **state)
{
	static const struct {
		double rate;
		uint64_t seconds;
		const char *said;
	} cases[] = {
	    {0, 10, "rate must be above 0"},
	    {-1, 10, "rate must be above 0"},
	    {NAN, 10, "rate must be above 0"},
	    {INFINITY, 10, "rate must be above 0"},
	    {1e6, 86400, "too many for one run"},
	};
	struct vectors empty = {0};
	struct schedule_plan plan = {100, NS_PER_S, 1, ARRIVALS_POISSON};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct schedule_plan wrong = {
		    cases[i].rate, cases[i].seconds * NS_PER_S, 1, ARRIVALS_POISSON};

		assert_null(schedule_new(&vectors, &wrong, &err));
		assert_int_equal(err.code, ERR_USAGE);
		assert_non_null(strstr(err.message, cases[i].said));
	}
	assert_null(schedule_new(&empty, &plan, &err));
	assert_non_null(strstr(err.message, "nothing to replay"));
	empty.transactions = &transactions[2];
	empty.n_transactions = 1;
	assert_null(schedule_new(&empty, &plan, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_plan_gives_the_same_schedule),
	    cmocka_unit_test(rate_mix_and_order_are_as_promised),
	    cmocka_unit_test(uniform_arrivals_are_evenly_spaced),
	    cmocka_unit_test(arms_that_take_turns_get_the_same_ops),
	    cmocka_unit_test(arms_are_alone_for_the_share_that_was_asked_for),
	    cmocka_unit_test(the_baseline_goes_first_in_a_sequence),
	    cmocka_unit_test(ordinals_count_the_ops_of_each_statement),
	    cmocka_unit_test(impossible_plans_are_refused),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
