/*
 * Arms that take turns: imagined runs from a real schedule, with a load that drifts. The arms meet
 * it at different times, a slice apart.
 */
#include "../bench/trust/synthetic.h"
#include "base/clock.h"
#include "model/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct effects {
	double paired, alone; /* how many times as slow the candidate is */
};

static size_t only[] = {0};
static struct transaction transaction = {only, 1, 1};
static struct bound_statement statement;
static struct vectors vectors = {
    .statements = &statement,
    .n_statements = 1,
    .transactions = &transaction,
    .n_transactions = 1,
};

static void add_sample(struct synthetic *s, size_t *cap, struct rng *noise, const double *load,
    const struct schedule_entry *entry, int arm, uint64_t due_ns, double ratio)
{
	struct synthetic_plan plan = synthetic_unchanged;
	double service;

	plan.slow_ratio = arm == ARM_CANDIDATE ? ratio : 1;
	service = synthetic_service(&plan, noise, 0, arm, load[due_ns / (NS_PER_S / 10)]);
	GROW(s->items, s->samples.n, *cap);
	s->items[s->samples.n++] = (struct sample){.due_ns = due_ns,
	    .picked_ns = due_ns,
	    .sent_ns = due_ns,
	    .done_ns = due_ns + (uint64_t)(service * 1e9),
	    .op = (uint32_t)entry->first_op,
	    .arm = (uint8_t)arm};
}

static void make(const struct replay_options *options, struct effects effects, uint64_t seed,
    struct synthetic *s)
{
	double seconds = (double)options->duration_ns / 1e9;
	struct synthetic_plan plan = synthetic_unchanged;
	struct schedule_plan how = {
	    200, options->duration_ns, seed, ARRIVALS_POISSON, turns_of(options)};
	_cleanup_free_ double *load = NULL;
	struct schedule_entry entry;
	struct schedule *schedule;
	struct rng world, noise[N_ARMS];
	struct err err = {0};
	size_t cap = 0;

	*s = (struct synthetic){0};
	plan.seconds = seconds;
	plan.drift = 0.15;
	synthetic_make_run(&plan, s);
	s->run.replay = *options;
	rng_init(&world, seed, 10);
	rng_init(&noise[0], seed, 11);
	rng_init(&noise[1], seed, 12);
	load = synthetic_load(&plan, &world, (size_t)(seconds * 10) + 20);
	schedule = schedule_new(&vectors, &how, &err);
	assert_non_null(schedule);
	while (schedule_next(schedule, &entry)) {
		uint64_t apart_ns = entry.apart_ns ? entry.apart_ns : NS_PER_MS;
		double ratio = entry.apart_ns ? effects.alone : effects.paired;

		for (int i = 0; i < N_ARMS; i++) {
			int arm = i ? 1 - entry.first_arm : entry.first_arm;

			add_sample(
			    s, &cap, &noise[arm], load, &entry, arm, entry.due_ns + (i ? apart_ns : 0), ratio);
		}
	}
	s->samples.items = s->items;
	schedule_free(schedule);
}

static enum outcome outcome_of(const struct synthetic *s, const char *metric)
{
	for (size_t i = 0; i < s->run.n_checks; i++)
		if (strcmp(s->run.checks[i].metric->name, metric) == 0)
			return s->run.checks[i].outcome;
	fail_msg("no check of %s", metric);
	return OUTCOME_INCONCLUSIVE;
}

static void judged(const struct replay_options *options, struct effects effects, uint64_t seed,
    bool alone, struct synthetic *s)
{
	make(options, effects, seed, s);
	synthetic_add_threshold(s, "latency.p50", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	if (alone)
		synthetic_add_threshold(s, "alone.p50", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	synthetic_judge(s, (double)options->duration_ns / 1e9, true);
}

static const struct replay_options slices = {
    .duration_ns = 60 * NS_PER_S, .design = DESIGN_SLICES, .slice_ns = NS_PER_S};
static const struct replay_options partly_alone = {
    .duration_ns = 90 * NS_PER_S, .alone = 0.2, .slice_ns = 250 * NS_PER_MS};
static const struct replay_options sequential = {
    .duration_ns = 60 * NS_PER_S, .design = DESIGN_SEQUENTIAL};

static void slices_find_what_is_there_and_nothing_else(void **state)
{
	int unchanged_fails = 0, slow_fails = 0, passes = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct synthetic s;

		judged(&slices, (struct effects){1, 1}, seed, false, &s);
		unchanged_fails += s.run.verdict.outcome == OUTCOME_FAIL;
		passes += s.run.verdict.outcome == OUTCOME_PASS;
		synthetic_release(&s);
		judged(&slices, (struct effects){1.5, 1.5}, seed, false, &s);
		slow_fails += s.run.verdict.outcome == OUTCOME_FAIL;
		synthetic_release(&s);
	}
	assert_int_equal(unchanged_fails, 0);
	assert_true(passes >= 54);
	assert_true(slow_fails >= 58);
}

/* What the candidate does to the whole machine slows both arms of a pair. */
static void a_slow_down_that_pairs_hide_is_found_alone(void **state)
{
	int found = 0, alarms = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct synthetic s;

		judged(&partly_alone, (struct effects){1, 1.5}, seed, true, &s);
		assert_int_equal(outcome_of(&s, "latency.p50"), OUTCOME_PASS);
		found += outcome_of(&s, "alone.p50") == OUTCOME_FAIL;
		synthetic_release(&s);
		judged(&partly_alone, (struct effects){1, 1}, seed, true, &s);
		alarms += s.run.verdict.outcome == OUTCOME_FAIL;
		synthetic_release(&s);
	}
	assert_true(found >= 27);
	assert_int_equal(alarms, 0);
}

/* And what is slow only beside the other arm is not hidden by what an arm does alone. */
static void pairs_are_judged_by_pairs(void **state)
{
	struct synthetic s;

	(void)state;
	judged(&partly_alone, (struct effects){1.5, 1}, 3, true, &s);
	assert_int_equal(outcome_of(&s, "latency.p50"), OUTCOME_FAIL);
	assert_int_not_equal(outcome_of(&s, "alone.p50"), OUTCOME_FAIL);
	/* Every op counts once: beside the other arm, or alone. */
	assert_true(s.run.checks[0].samples[0] + s.run.checks[1].samples[0] ==
	            (double)s.samples.n / N_ARMS);
	synthetic_release(&s);
}

static void a_sequence_gives_figures_and_no_verdict(void **state)
{
	struct synthetic s;

	(void)state;
	for (int i = 0; i < 2; i++) {
		judged(&sequential, (struct effects){1, i ? 3 : 1}, 3, false, &s);
		assert_int_equal(s.run.verdict.outcome, OUTCOME_INCONCLUSIVE);
		assert_non_null(strstr(s.run.verdict.reasons.items[0], "sequential"));
		assert_true(s.run.checks[0].estimate > (i ? 2 : 0.6));
		assert_true(s.run.checks[0].samples[0] == s.run.checks[0].samples[1]);
		assert_false(judge_is_clear(&s.run));
		synthetic_release(&s);
	}
}

/* A look in the middle of a period has seen one arm alone: that says nothing about the other. */
static void a_look_waits_for_the_other_arms_turn(void **state)
{
	int fails = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct synthetic s;
		bool clear;

		make(&slices, (struct effects){1, 1}, seed, &s);
		synthetic_add_threshold(&s, "latency.p50", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
		synthetic_watch(&s, 60, &clear);
		fails += s.run.verdict.outcome == OUTCOME_FAIL;
		synthetic_release(&s);
	}
	assert_int_equal(fails, 0);
}

static void what_was_never_measured_is_open(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;

	(void)state;
	synthetic_make(&plan, 1, &s);
	synthetic_add_threshold(&s, "alone.p50", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	synthetic_judge(&s, 20, true);
	assert_int_equal(s.run.verdict.outcome, OUTCOME_INCONCLUSIVE);
	assert_non_null(strstr(s.run.checks[0].why, "replay: alone"));
	synthetic_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slices_find_what_is_there_and_nothing_else),
	    cmocka_unit_test(a_slow_down_that_pairs_hide_is_found_alone),
	    cmocka_unit_test(pairs_are_judged_by_pairs),
	    cmocka_unit_test(a_sequence_gives_figures_and_no_verdict),
	    cmocka_unit_test(a_look_waits_for_the_other_arms_turn),
	    cmocka_unit_test(what_was_never_measured_is_open),
	};

	return cmocka_run_group_tests_name("judge: turns", tests, NULL, NULL);
}
