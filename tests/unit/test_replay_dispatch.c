/*
 * The dispatcher with a fake clock and fake sessions: minutes of schedule in milliseconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "replay/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SLOTS 16

/* A world in which every request takes service_ns, and time goes from event to event. */
struct world {
	uint64_t now_ns;
	uint64_t service_ns;
	struct dispatch *dispatch;
	struct {
		bool busy;
		uint64_t done_ns;
		bool control;
	} slots[MAX_SLOTS];
	size_t n_slots;
	char log[4000]; /* what was sent, in short */
	struct sample *samples;
	size_t n_samples, cap_samples;
	size_t errors;
	/* Planted trouble: the n-th request from now (1 is the next) fails; 0 for none. */
	int fail_in, send_fail_in;
	size_t down_slot; /* whose send failed */
	const char *fail_sqlstate;
};

static uint64_t world_now(void *ctx)
{
	return ((struct world *)ctx)->now_ns;
}

static int begin_request(struct world *w, size_t slot, bool control, const char *what)
{
	if (w->send_fail_in > 0 && --w->send_fail_in == 0) {
		w->down_slot = slot;
		return ERR_ENV;
	}
	assert_false(w->slots[slot].busy);
	w->slots[slot].busy = true;
	w->slots[slot].control = control;
	w->slots[slot].done_ns = w->now_ns + w->service_ns;
	if (strlen(w->log) + 40 < sizeof(w->log))
		sprintf(w->log + strlen(w->log), "%zu:%s ", slot, what);
	return 0;
}

static int world_send_op(void *ctx, size_t slot, size_t statement, uint64_t ordinal)
{
	char what[40];

	snprintf(what, sizeof(what), "s%zu/%d", statement, (int)ordinal);
	return begin_request(ctx, slot, false, what);
}

static int world_send_control(void *ctx, size_t slot, enum control control)
{
	static const char *const names[] = {"BEGIN", "COMMIT", "ROLLBACK"};

	return begin_request(ctx, slot, true, names[control]);
}

static void world_sample(void *ctx, const struct sample *sample)
{
	struct world *w = ctx;

	GROW(w->samples, w->n_samples, w->cap_samples);
	w->samples[w->n_samples++] = *sample;
}

static void world_error(void *ctx, const struct sample *sample, const struct session_result *result)
{
	(void)sample;
	(void)result;
	((struct world *)ctx)->errors++;
}

/* Two statements; transactions: {0}, {1}, or {0, 1, 0} by what the test asks for. */
static size_t single_0[] = {0}, single_1[] = {1}, triple[] = {0, 1, 0};
static struct transaction singles[] = {{single_0, 1, 3.0}, {single_1, 1, 1.0}};
static struct transaction triples[] = {{triple, 3, 1.0}};
static struct transaction mixed[] = {{single_0, 1, 1.0}, {triple, 3, 1.0}};
static struct bound_statement statements[2];

static struct vectors make_vectors(struct transaction *transactions, size_t n)
{
	return (struct vectors){
	    .statements = statements,
	    .n_statements = 2,
	    .transactions = transactions,
	    .n_transactions = n,
	};
}

struct setup {
	struct vectors vectors;
	struct clock clock;
	struct schedule *schedule;
	struct world world;
};

static void set_up(struct setup *s, struct transaction *transactions, size_t n_transactions,
    double rate, uint64_t duration_ns, struct dispatch_config config)
{
	struct schedule_plan plan = {.rate_per_s = rate, .duration_ns = duration_ns, .seed = 7};
	struct err err = {0};

	memset(s, 0, sizeof(*s));
	s->vectors = make_vectors(transactions, n_transactions);
	s->clock = (struct clock){.now_ns = world_now, .ctx = &s->world};
	s->schedule = schedule_new(&s->vectors, &plan, &err);
	assert_non_null(s->schedule);
	config.vectors = &s->vectors;
	config.schedule = s->schedule;
	config.end_ns = duration_ns;
	config.clock = &s->clock;
	config.arms[0] = ARM_BASELINE;
	config.arms[1] = ARM_CANDIDATE;
	if (!config.n_jobs)
		config.n_jobs = 1;
	config.ops = (struct dispatch_ops){
	    .send_op = world_send_op,
	    .send_control = world_send_control,
	    .sample = world_sample,
	    .error = world_error,
	    .ctx = &s->world,
	};
	s->world.service_ns = NS_PER_MS;
	s->world.n_slots = (size_t)config.n_arms * config.slots_per_arm;
	s->world.dispatch = dispatch_new(&config);
	for (size_t i = 0; i < s->world.n_slots; i++)
		dispatch_session_up(s->world.dispatch, i);
}

static void tear_down(struct setup *s)
{
	dispatch_free(s->world.dispatch);
	schedule_free(s->schedule);
	free(s->world.samples);
}

static void answer(struct world *w, size_t slot)
{
	struct session_result result = {.ok = true, .rows = 5};

	w->slots[slot].busy = false;
	if ((w->fail_in > 0 && --w->fail_in == 0)) {
		result = (struct session_result){.ok = false};
		strcpy(result.sqlstate, w->fail_sqlstate);
	}
	dispatch_answer(w->dispatch, slot, &result, w->now_ns);
}

/* The slot whose answer comes next; n_slots when none is under way. */
static size_t next_answer(const struct world *w)
{
	size_t next = w->n_slots;

	for (size_t i = 0; i < w->n_slots; i++)
		if (w->slots[i].busy &&
		    (next == w->n_slots || w->slots[i].done_ns < w->slots[next].done_ns))
			next = i;
	return next;
}

/* When something happens next; DISPATCH_NEVER for not at all. */
static uint64_t next_event_ns(const struct world *w)
{
	uint64_t due_ns = dispatch_next_due_ns(w->dispatch);
	size_t slot = next_answer(w);

	if (slot == w->n_slots || due_ns <= w->slots[slot].done_ns)
		return due_ns > w->now_ns ? due_ns : w->now_ns;
	return w->slots[slot].done_ns;
}

/* One event: what is due, or an answer. */
static void step(struct world *w)
{
	size_t slot = next_answer(w);

	w->now_ns = next_event_ns(w);
	if (slot < w->n_slots && w->slots[slot].done_ns <= w->now_ns &&
	    dispatch_next_due_ns(w->dispatch) > w->now_ns)
		answer(w, slot);
	else
		dispatch_due(w->dispatch, w->now_ns);
}

static void run_until(struct world *w, uint64_t when_ns)
{
	while (next_event_ns(w) < when_ns)
		step(w);
	w->now_ns = when_ns;
}

static void run_to_end(struct world *w)
{
	while (!dispatch_finished(w->dispatch)) {
		assert_true(next_event_ns(w) != DISPATCH_NEVER);
		step(w);
	}
}

static int compare_samples(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->arm != y->arm)
		return x->arm < y->arm ? -1 : 1;
	return (x->op > y->op) - (x->op < y->op);
}

static void sort_samples(struct world *w)
{
	qsort(w->samples, w->n_samples, sizeof(w->samples[0]), compare_samples);
}

/* Every op of the schedule exactly once on each arm, with times that make sense. */
static void assert_complete(struct world *w, size_t n_arms, size_t *ret_ops)
{
	size_t ops = w->n_samples / n_arms;

	assert_int_equal(w->n_samples % n_arms, 0);
	sort_samples(w);
	for (size_t i = 0; i < w->n_samples; i++) {
		const struct sample *s = &w->samples[i];

		assert_int_equal(s->op, i % ops);
		assert_int_equal(s->arm, i / ops);
		assert_true(s->due_ns <= s->picked_ns);
		assert_true(s->picked_ns <= s->sent_ns);
		assert_true(s->sent_ns <= s->done_ns);
	}
	*ret_ops = ops;
}

static const struct sample *find(const struct world *w, enum arm arm, uint32_t op)
{
	for (size_t i = 0; i < w->n_samples; i++)
		if (w->samples[i].arm == arm && w->samples[i].op == op)
			return &w->samples[i];
	fail_msg("no sample of op %u on arm %d", op, (int)arm);
	return NULL;
}

static void every_op_once_per_arm_a_gap_apart(void **state)
{
	struct setup s;
	size_t ops, candidate_first = 0;

	(void)state;
	set_up(&s, singles, 2, 200, 60 * NS_PER_S,
	    (struct dispatch_config){.n_arms = 2, .slots_per_arm = 8, .pair_gap_ns = NS_PER_MS});
	run_to_end(&s.world);
	assert_complete(&s.world, 2, &ops);
	assert_in_range(ops, 11500, 12500);
	for (size_t i = 0; i < ops; i++) {
		const struct sample *a = &s.world.samples[i], *b = &s.world.samples[ops + i];
		int64_t gap = (int64_t)(b->due_ns - a->due_ns);

		assert_true(gap == (int64_t)NS_PER_MS || gap == -(int64_t)NS_PER_MS);
		assert_int_equal(a->statement, b->statement);
		candidate_first += gap < 0;
	}
	assert_in_range(candidate_first, ops * 45 / 100, ops * 55 / 100);
	assert_int_equal(dispatch_ops_scheduled(s.world.dispatch), 2 * ops);
	tear_down(&s);
}

static void jobs_share_the_schedule_without_changing_it(void **state)
{
	struct setup one, two[2];
	struct world both = {0};
	size_t ops, ops_of_both;

	(void)state;
	set_up(&one, mixed, 2, 300, 10 * NS_PER_S,
	    (struct dispatch_config){.n_arms = 2, .slots_per_arm = 4, .pair_gap_ns = NS_PER_MS});
	run_to_end(&one.world);
	assert_complete(&one.world, 2, &ops);
	for (unsigned job = 0; job < 2; job++) {
		set_up(&two[job], mixed, 2, 300, 10 * NS_PER_S,
		    (struct dispatch_config){.n_arms = 2,
		        .slots_per_arm = 4,
		        .pair_gap_ns = NS_PER_MS,
		        .job = job,
		        .n_jobs = 2});
		run_to_end(&two[job].world);
		for (size_t i = 0; i < two[job].world.n_samples; i++)
			world_sample(&both, &two[job].world.samples[i]);
		tear_down(&two[job]);
	}
	assert_complete(&both, 2, &ops_of_both);
	assert_int_equal(ops_of_both, ops);
	for (size_t i = 0; i < both.n_samples; i++)
		assert_int_equal(both.samples[i].statement, one.world.samples[i].statement);
	free(both.samples);
	tear_down(&one);
}

static void waiting_for_a_session_is_queueing_not_lag(void **state)
{
	struct setup s;
	size_t ops;
	uint64_t longest = 0;

	(void)state;
	set_up(
	    &s, singles, 2, 100, NS_PER_S, (struct dispatch_config){.n_arms = 1, .slots_per_arm = 1});
	s.world.service_ns = 50 * NS_PER_MS; /* 20 a second are possible, 100 come */
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	for (size_t i = 0; i < ops; i++) {
		const struct sample *sample = &s.world.samples[i];

		assert_int_equal(sample_lag_ns(sample), 0);
		assert_int_equal(sample_service_ns(sample), 50 * NS_PER_MS);
		if (sample_response_ns(sample) > longest)
			longest = sample_response_ns(sample);
	}
	assert_true(longest > 3 * NS_PER_S); /* the user would have waited for all before */
	tear_down(&s);
}

static void a_frozen_server_counts_from_the_due_time(void **state)
{
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, singles, 2, 100, 4 * NS_PER_S,
	    (struct dispatch_config){.n_arms = 1, .slots_per_arm = 2});
	run_until(&s.world, NS_PER_S);
	for (size_t i = 0; i < 2; i++)
		if (s.world.slots[i].busy)
			s.world.slots[i].done_ns += 2 * NS_PER_S;
	s.world.service_ns += 2 * NS_PER_S;
	run_until(&s.world, NS_PER_S + NS_PER_S / 2);
	s.world.service_ns -= 2 * NS_PER_S;
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	for (size_t i = 0; i < ops; i++) {
		const struct sample *sample = &s.world.samples[i];

		if (sample->due_ns >= NS_PER_S + NS_PER_S / 10 && sample->due_ns < NS_PER_S + NS_PER_S / 2)
			assert_true(sample_response_ns(sample) >= NS_PER_S + NS_PER_S / 2);
	}
	tear_down(&s);
}

static void sessions_take_turns(void **state)
{
	struct setup s;

	(void)state;
	set_up(&s, (struct transaction[]){{single_0, 1, 1.0}}, 1, 10, NS_PER_S / 2,
	    (struct dispatch_config){.n_arms = 1, .slots_per_arm = 3});
	run_to_end(&s.world);
	assert_non_null(strstr(s.world.log, "0:s0/0 1:s0/1 2:s0/2 0:s0/3"));
	tear_down(&s);
}

static void a_transaction_stays_on_one_session(void **state)
{
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, triples, 1, 30, NS_PER_S / 4,
	    (struct dispatch_config){.n_arms = 1, .slots_per_arm = 1});
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	assert_int_equal(ops % 3, 0);
	assert_memory_equal(s.world.log, "0:BEGIN 0:s0/0 0:s1/0 0:s0/1 0:COMMIT 0:BEGIN 0:s0/2 ", 52);
	/* BEGIN belongs to the first op, COMMIT to the last; no time is lost between them. */
	assert_int_equal(sample_service_ns(&s.world.samples[0]), 2 * NS_PER_MS);
	assert_int_equal(sample_service_ns(&s.world.samples[1]), 1 * NS_PER_MS);
	assert_int_equal(sample_service_ns(&s.world.samples[2]), 2 * NS_PER_MS);
	assert_int_equal(s.world.samples[1].due_ns, s.world.samples[0].done_ns);
	assert_int_equal(s.world.samples[2].due_ns, s.world.samples[1].done_ns);
	assert_int_equal(s.world.samples[2].rows, 5);
	tear_down(&s);
}

static void a_failed_op_skips_the_rest_and_rolls_back(void **state)
{
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, triples, 1, 30, NS_PER_S / 4,
	    (struct dispatch_config){.n_arms = 1, .slots_per_arm = 1});
	s.world.fail_in = 3; /* BEGIN, first, second */
	s.world.fail_sqlstate = "23505";
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	assert_memory_equal(s.world.log, "0:BEGIN 0:s0/0 0:s1/0 0:ROLLBACK ", 33);
	assert_int_equal(s.world.samples[0].status, SAMPLE_OK);
	assert_int_equal(s.world.samples[1].status, SAMPLE_ERROR);
	assert_int_equal(s.world.samples[1].sqlstate, sqlstate_pack("23505"));
	assert_int_equal(s.world.samples[2].status, SAMPLE_SKIPPED);
	assert_int_equal(s.world.errors, 1);
	tear_down(&s);
}

static void a_failed_commit_is_the_last_ops_error(void **state)
{
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, triples, 1, 30, NS_PER_S / 4,
	    (struct dispatch_config){.n_arms = 1, .slots_per_arm = 1});
	s.world.fail_in = 5;
	s.world.fail_sqlstate = "40001";
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	assert_int_equal(s.world.samples[1].status, SAMPLE_OK);
	assert_int_equal(s.world.samples[2].status, SAMPLE_ERROR);
	assert_int_equal(s.world.samples[2].sqlstate, sqlstate_pack("40001"));
	assert_int_equal(s.world.samples[3].status, SAMPLE_OK);
	tear_down(&s);
}

static void a_lost_session_leaves_unfinished_ops_and_comes_back(void **state)
{
	static const struct session_result gone = {.connection_lost = true};
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, triples, 1, 300, 2 * NS_PER_S,
	    (struct dispatch_config){.n_arms = 1, .slots_per_arm = 2});
	s.world.service_ns = 30 * NS_PER_MS;
	run_until(&s.world, 100 * NS_PER_MS);
	for (size_t i = 0; i < 2; i++) {
		s.world.slots[i].busy = false;
		dispatch_session_lost(s.world.dispatch, i, &gone, s.world.now_ns);
	}
	run_until(&s.world, NS_PER_S); /* meanwhile ops queue up */
	dispatch_session_up(s.world.dispatch, 0);
	dispatch_session_up(s.world.dispatch, 1);
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	for (size_t i = 0, unfinished = 0; i < ops; i++) {
		unfinished += s.world.samples[i].status == SAMPLE_UNFINISHED;
		if (i == ops - 1)
			assert_int_equal(unfinished, 2);
	}
	tear_down(&s);
}

static void a_send_that_fails_goes_to_another_session(void **state)
{
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, singles, 2, 50, NS_PER_S, (struct dispatch_config){.n_arms = 1, .slots_per_arm = 2});
	s.world.send_fail_in = 4;
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	for (size_t i = 0; i < ops; i++)
		assert_int_equal(s.world.samples[i].status, SAMPLE_OK);
	tear_down(&s);
}

static void a_queued_op_whose_send_fails_stays_first(void **state)
{
	struct setup s;
	size_t ops;
	uint64_t sent_before = 0;

	(void)state;
	set_up(
	    &s, singles, 2, 100, NS_PER_S, (struct dispatch_config){.n_arms = 1, .slots_per_arm = 2});
	s.world.service_ns = 50 * NS_PER_MS;
	run_until(&s.world, NS_PER_S / 2);
	s.world.send_fail_in = 1;
	run_until(&s.world, NS_PER_S * 3 / 4);
	assert_int_equal(s.world.send_fail_in, 0);
	dispatch_session_up(s.world.dispatch, s.world.down_slot);
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	for (size_t i = 0; i < ops; i++) {
		assert_int_equal(s.world.samples[i].status, SAMPLE_OK);
		assert_true(s.world.samples[i].sent_ns >= sent_before);
		sent_before = s.world.samples[i].sent_ns;
	}
	tear_down(&s);
}

static void losing_an_idle_session_loses_nothing(void **state)
{
	static const struct session_result gone = {.connection_lost = true};
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, singles, 2, 50, NS_PER_S, (struct dispatch_config){.n_arms = 1, .slots_per_arm = 3});
	dispatch_session_lost(s.world.dispatch, 1, &gone, 0);
	run_to_end(&s.world);
	assert_complete(&s.world, 1, &ops);
	assert_null(strstr(s.world.log, "1:"));
	assert_non_null(strstr(s.world.log, "2:"));
	tear_down(&s);
}

static void stopping_early_completes_pairs(void **state)
{
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, singles, 2, 1000, 60 * NS_PER_S,
	    (struct dispatch_config){.n_arms = 2, .slots_per_arm = 4, .pair_gap_ns = 5 * NS_PER_MS});
	run_until(&s.world, 2 * NS_PER_S);
	dispatch_end_at(s.world.dispatch, s.world.now_ns);
	run_to_end(&s.world);
	assert_complete(&s.world, 2, &ops);
	assert_in_range(ops, 1800, 2200);
	tear_down(&s);
}

static void giving_up_accounts_for_everything(void **state)
{
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, mixed, 2, 200, NS_PER_S,
	    (struct dispatch_config){.n_arms = 2, .slots_per_arm = 2, .pair_gap_ns = 5 * NS_PER_MS});
	s.world.service_ns = 3600 * NS_PER_S;
	run_until(&s.world, NS_PER_S / 2);
	dispatch_end_at(s.world.dispatch, s.world.now_ns);
	dispatch_give_up(s.world.dispatch);
	assert_true(dispatch_finished(s.world.dispatch));
	assert_complete(&s.world, 2, &ops);
	assert_true(ops > 50);
	for (size_t i = 0; i < s.world.n_samples; i++)
		assert_true(s.world.samples[i].status == SAMPLE_UNFINISHED ||
		            s.world.samples[i].status == SAMPLE_SKIPPED);
	tear_down(&s);
}

static void our_own_cancel_is_not_an_error(void **state)
{
	struct setup s;

	(void)state;
	set_up(&s, singles, 2, 100, NS_PER_S / 10,
	    (struct dispatch_config){.n_arms = 1, .slots_per_arm = 8});
	s.world.service_ns = 10 * NS_PER_S;
	run_until(&s.world, NS_PER_S / 10);
	s.world.fail_in = 1;
	s.world.fail_sqlstate = "57014"; /* first: the statement timeout, which is one */
	answer(&s.world, 0);
	dispatch_cancelling(s.world.dispatch);
	s.world.fail_in = 1;
	answer(&s.world, 1);
	assert_int_equal(find(&s.world, ARM_BASELINE, 0)->status, SAMPLE_ERROR);
	assert_int_equal(find(&s.world, ARM_BASELINE, 1)->status, SAMPLE_UNFINISHED);
	assert_int_equal(s.world.errors, 1);
	tear_down(&s);
}

static void closed_loop_keeps_every_session_busy(void **state)
{
	struct setup s;
	size_t ops;

	(void)state;
	set_up(&s, singles, 2, 1e6, 2 * NS_PER_S,
	    (struct dispatch_config){.n_arms = 2, .slots_per_arm = 4, .closed_loop = true});
	dispatch_end_at(s.world.dispatch, NS_PER_S);
	dispatch_due(s.world.dispatch, 0);
	run_to_end(&s.world);
	assert_complete(&s.world, 2, &ops);
	assert_int_equal(ops, 4000); /* 4 sessions, 1 ms each, 1 s */
	for (size_t i = 0; i < s.world.n_samples; i++)
		assert_int_equal(sample_response_ns(&s.world.samples[i]), NS_PER_MS);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_op_once_per_arm_a_gap_apart),
	    cmocka_unit_test(jobs_share_the_schedule_without_changing_it),
	    cmocka_unit_test(waiting_for_a_session_is_queueing_not_lag),
	    cmocka_unit_test(a_frozen_server_counts_from_the_due_time),
	    cmocka_unit_test(sessions_take_turns),
	    cmocka_unit_test(a_transaction_stays_on_one_session),
	    cmocka_unit_test(a_failed_op_skips_the_rest_and_rolls_back),
	    cmocka_unit_test(a_failed_commit_is_the_last_ops_error),
	    cmocka_unit_test(a_lost_session_leaves_unfinished_ops_and_comes_back),
	    cmocka_unit_test(a_send_that_fails_goes_to_another_session),
	    cmocka_unit_test(a_queued_op_whose_send_fails_stays_first),
	    cmocka_unit_test(losing_an_idle_session_loses_nothing),
	    cmocka_unit_test(stopping_early_completes_pairs),
	    cmocka_unit_test(giving_up_accounts_for_everything),
	    cmocka_unit_test(our_own_cancel_is_not_an_error),
	    cmocka_unit_test(closed_loop_keeps_every_session_busy),
	};

	return cmocka_run_group_tests_name("replay dispatch", tests, NULL, NULL);
}
