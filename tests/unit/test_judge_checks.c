/* Thresholds on a made run record: which checks they become, and how each ends. */
#include "base/clock.h"
#include "base/mem.h"
#include "judge/judge.h"
#include "model/metric.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TIMELINE, STOCK, ADD_ORDER, N_STATEMENTS };

/* Three statements, 1000 calls each, equal on both arms; no samples. */
struct fixture {
	struct run run;
	struct samples samples;
};

static void add_statement(struct run *run, const char *name, bool writes, const char *table)
{
	struct run_statement *s;

	GROW(run->statements, run->n_statements, run->cap_statements);
	s = &run->statements[run->n_statements++];
	*s = (struct run_statement){
	    .name = xstrdup(name),
	    .queryid = xasprintf("%zu", run->n_statements),
	    .writes = writes,
	    .share_time = 0.3,
	};
	strv_add(&s->tables, table);
	for (int arm = 0; arm < N_ARMS; arm++) {
		s->arms[arm].scheduled = s->arms[arm].ok = 1000;
		s->arms[arm].work = (struct work){
		    .calls = 1000,
		    .rows = 1000,
		    .shared_hit = 5000,
		    .wal_records = writes ? 3000 : 0,
		    .wal_bytes = writes ? 300000 : 0,
		};
	}
	s->production = s->arms[0].work;
}

static struct fixture *fixture_new(void)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	add_statement(&f->run, "customer timeline", false, "orders");
	add_statement(&f->run, "stock level", false, "inventory");
	add_statement(&f->run, "add order", true, "public.orders");
	f->run.n_replayed = N_STATEMENTS;
	f->run.alpha = 0.01;
	f->run.dead_band = 0.02;
	f->run.guard = 0.25;
	f->run.coverage_time = 0.95;
	f->run.coverage_calls = 0.95;
	f->run.generator.duration_s = 60;
	return f;
}

static void fixture_free(struct fixture *f)
{
	run_release(&f->run);
	free(f);
}

static void add_index(
    struct fixture *f, const char *name, const char *columns, enum index_role role, double scans)
{
	struct run_index index = {
	    .name = xstrdup(name),
	    .table = xstrdup("public.orders"),
	    .definition = xasprintf("CREATE INDEX %s ON public.orders USING btree (%s)", name, columns),
	    .role = role,
	    .build_seconds = 2,
	};

	for (int arm = 0; arm < N_ARMS; arm++)
		if (role == INDEX_EXISTING || arm == ARM_CANDIDATE)
			index.arms[arm] = (struct run_index_arm){true, true, 8e6, 0, scans, 0, 0};
	GROW(f->run.indexes, f->run.n_indexes, f->run.cap_indexes);
	f->run.indexes[f->run.n_indexes++] = index;
}

static void add_table(
    struct fixture *f, const char *name, double updated, double hot_baseline, double hot_candidate)
{
	struct run_table table = {.name = xstrdup(name)};

	for (int arm = 0; arm < N_ARMS; arm++)
		table.arms[arm] = (struct run_table_arm){
		    0, updated, arm == ARM_BASELINE ? hot_baseline : hot_candidate, 0, 100, 1e6, 0, NAN};
	GROW(f->run.tables, f->run.n_tables, f->run.cap_tables);
	f->run.tables[f->run.n_tables++] = table;
}

static void add_error(struct fixture *f, size_t statement, enum arm arm, double count,
    const char *sqlstate, const char *message)
{
	struct run_statement_arm *a = &f->run.statements[statement].arms[arm];

	GROW(a->error_counts, a->n_error_counts, a->cap_error_counts);
	a->error_counts[a->n_error_counts] =
	    (struct error_count){.message = xstrdup(message), .count = count};
	memcpy(a->error_counts[a->n_error_counts++].sqlstate, sqlstate, 6);
	a->errors += count;
	a->ok -= count;
}

static void judge_with(struct fixture *f, const char *yaml)
{
	struct judge_input input = {.samples = &f->samples, .final = true, .planned_seconds = 60};
	struct err err = {0};

	for (size_t i = 0; i < f->run.n_thresholds; i++)
		threshold_release(&f->run.thresholds[i]);
	f->run.n_thresholds = 0;
	GROW(f->run.thresholds, f->run.n_thresholds, f->run.cap_thresholds);
	if (threshold_parse(yaml, &f->run.thresholds[f->run.n_thresholds++], &err) < 0)
		fail_msg("%s: %s", yaml, err.message);
	f->run.thresholds[0].line = 1; /* somebody asked for it: it is not the default policy's */
	judge_run(&input, &f->run);
}

static const struct check *find(struct fixture *f, const char *id)
{
	for (size_t i = 0; i < f->run.n_checks; i++)
		if (strcmp(f->run.checks[i].id, id) == 0)
			return &f->run.checks[i];
	fail_msg("there is no check \"%s\"", id);
	return NULL;
}

static void assert_outcome(
    struct fixture *f, const char *yaml, enum outcome outcome, const char *why_part)
{
	const struct check *check;

	judge_with(f, yaml);
	assert_true(f->run.n_checks > 0);
	check = &f->run.checks[0];
	for (size_t i = 1; i < f->run.n_checks; i++)
		if (f->run.checks[i].outcome > check->outcome || f->run.checks[i].outcome == OUTCOME_FAIL)
			check = &f->run.checks[i];
	if (check->outcome != outcome || !strstr(check->why, why_part))
		fail_msg("%s: %s: \"%s\" (expected %s with \"%s\")", yaml, outcome_name(check->outcome),
		    check->why, outcome_name(outcome), why_part);
	assert_int_equal(f->run.verdict.outcome, outcome);
	assert_int_equal(f->run.verdict.reasons.n > 0, outcome != OUTCOME_PASS);
}

static void scopes_become_checks(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	judge_with(f, "{metric: rows_per_call, scope: each, max_ratio: 1.1}");
	assert_int_equal(f->run.n_checks, 3);
	find(f, "rows_per_call of customer timeline");
	judge_with(f, "{metric: rows_per_call, scope: each write, max_ratio: 1.1}");
	assert_int_equal(f->run.n_checks, 1);
	find(f, "rows_per_call of add order");
	judge_with(f, "{metric: rows_per_call, scope: all reads, max_ratio: 1.1}");
	assert_true(find(f, "rows_per_call of all reads")->samples[0] == 2000);
	judge_with(f, "{metric: rows_per_call, scope: \"table:orders\", max_ratio: 1.1}");
	assert_true(find(f, "rows_per_call of table:orders")->samples[0] == 2000);
	judge_with(f, "{metric: rows_per_call, scope: \"name:stock level\", max_ratio: 1.1}");
	find(f, "rows_per_call of stock level");
	judge_with(f, "{metric: rows_per_call, scope: \"queryid:3\", max_ratio: 1.1}");
	assert_true(find(f, "rows_per_call of queryid:3")->samples[0] == 1000);
	fixture_free(f);
}

static void a_scope_that_matches_nothing_is_inconclusive(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_outcome(f, "{metric: latency.p95, scope: \"name:custmer timeline\", max_ratio: 1.1}",
	    OUTCOME_INCONCLUSIVE, "the nearest name is \"customer timeline\"");
	assert_outcome(f, "{metric: latency.p95, scope: \"table:nothing\", max_ratio: 1.1}",
	    OUTCOME_INCONCLUSIVE, "matches no replayed statement");
	add_statement(&f->run, "vacuum", false, "orders");
	f->run.statements[3].skip_reason = xstrdup("a utility statement");
	assert_outcome(f, "{metric: latency.p95, scope: \"name:vacuum\", max_ratio: 1.1}",
	    OUTCOME_INCONCLUSIVE, "was not replayed: a utility statement");
	fixture_free(f);
}

static void counters_fail_above_their_limit_and_not_before(void **state)
{
	struct fixture *f = fixture_new();
	struct work *work = &f->run.statements[TIMELINE].arms[ARM_CANDIDATE].work;
	const char *yaml = "{metric: buffers.touched_per_call, scope: each read, max_ratio: 1.10}";

	(void)state;
	assert_outcome(f, yaml, OUTCOME_PASS, "5 instead of 5");
	assert_outcome(f,
	    "{metric: buffers.touched_per_call, scope: \"name:customer timeline\", max_ratio: 0.50}",
	    OUTCOME_FAIL, "at most 0.50×"); /* an improvement was demanded, and there is none */
	work->shared_hit = 5499;
	assert_outcome(f, yaml, OUTCOME_PASS, "at most 1.10× is allowed");
	work->shared_hit = 5510; /* 1.102: within the tolerance */
	assert_outcome(f, yaml, OUTCOME_PASS, "two equal clones");
	work->shared_hit = 7500;
	assert_outcome(f, yaml, OUTCOME_FAIL,
	    "buffers.touched_per_call of customer timeline is 1.50× the baseline (7.50 instead of 5)");
	fixture_free(f);
}

static void a_counter_never_fails_on_a_trifle(void **state)
{
	struct fixture *f = fixture_new();
	struct work *base = &f->run.statements[STOCK].arms[ARM_BASELINE].work;
	struct work *candidate = &f->run.statements[STOCK].arms[ARM_CANDIDATE].work;
	const char *yaml =
	    "{metric: buffers.touched_per_call, scope: \"name:stock level\", max_ratio: 1.10}";

	(void)state;
	base->shared_hit = 3; /* of 1000 calls: three blocks against five */
	candidate->shared_hit = 5;
	assert_outcome(f, yaml, OUTCOME_PASS, "two equal clones");
	base->calls = candidate->calls = 6; /* few calls: 18 blocks against 21 */
	base->shared_hit = 18;
	candidate->shared_hit = 21;
	assert_outcome(f, yaml, OUTCOME_PASS, "two equal clones");
	candidate->shared_hit = 900;
	assert_outcome(f, yaml, OUTCOME_FAIL, "50.0×");
	fixture_free(f);
}

static void look_as(struct fixture *f, const char *yaml, struct judge_input input)
{
	input.samples = &f->samples;
	input.planned_seconds = 60;
	judge_with(f, yaml);
	judge_run(&input, &f->run);
}

static void look_with(struct fixture *f, const char *yaml, bool counted)
{
	look_as(f, yaml, (struct judge_input){.counted = counted});
}

static void look_in_overtime(struct fixture *f, const char *yaml)
{
	look_as(f, yaml, (struct judge_input){.counted = true, .overtime = true});
}

/* What a look FAILs ends the replay, so it is beyond what ops in flight can do; all else waits. */
static void a_look_fails_counters_that_are_clear(void **state)
{
	struct fixture *f = fixture_new();
	struct work *work = &f->run.statements[STOCK].arms[ARM_CANDIDATE].work;
	const char *touched =
	    "{metric: buffers.touched_per_call, scope: \"name:stock level\", max_ratio: 1.10}";
	const char *hot = "{metric: table.hot_ratio, scope: \"table:orders\", min_ratio: 0.95}";

	(void)state;
	work->shared_hit = 7500;
	look_with(f, touched, true);
	assert_int_equal(f->run.verdict.outcome, OUTCOME_FAIL);
	assert_true(judge_is_clear(&f->run));
	look_with(f, touched, false);
	assert_int_equal(f->run.n_checks, 0);
	work->shared_hit = 5900; /* a FAIL at the end */
	assert_outcome(f, touched, OUTCOME_FAIL, "1.18×");
	look_with(f, touched, true);
	assert_int_equal(f->run.n_checks, 0);
	assert_false(judge_is_clear(&f->run));
	f->run.replay.clients = 40; /* and each may have read catalogs */
	work->shared_hit = 7500;
	look_with(f, touched, true);
	assert_int_equal(f->run.n_checks, 0);
	work->shared_hit = 17500;
	look_with(f, touched, true);
	assert_true(judge_is_clear(&f->run));
	work->calls = 40; /* too early to tell */
	work->shared_hit = 2000;
	look_with(f, touched, true);
	assert_int_equal(f->run.n_checks, 0);
	add_table(f, "public.orders", 1000, 950, 0);
	look_with(f, hot, true);
	assert_int_equal(f->run.verdict.outcome, OUTCOME_FAIL);
	f->run.tables[0].arms[ARM_CANDIDATE].hot_updated = 940;
	look_with(f, hot, true);
	assert_int_equal(f->run.n_checks, 0);
	look_with(f, "{metric: table.size_bytes, scope: all, max_ratio: 0.10}", true);
	assert_int_equal(f->run.n_checks, 0);
	fixture_free(f);
}

/* Each session caches its own plans, so an op may run a custom plan on one arm and a generic one on
 * the other; where calls differ a lot, that moves the total. */
static void a_counter_of_uneven_calls_needs_more_of_them(void **state)
{
	struct fixture *f = fixture_new();
	struct work *base = &f->run.statements[TIMELINE].arms[ARM_BASELINE].work;
	struct work *candidate = &f->run.statements[TIMELINE].arms[ARM_CANDIDATE].work;
	const char *yaml =
	    "{metric: buffers.touched_per_call, scope: \"name:customer timeline\", max_ratio: 1.10}";

	(void)state;
	base->exec_ms = 2000;
	base->stddev_ms = 6;
	base->shared_hit = 300000;
	candidate->shared_hit = 316000;
	assert_outcome(f, yaml, OUTCOME_PASS, "1.05×");
	candidate->shared_hit = 345000;
	assert_outcome(f, yaml, OUTCOME_INCONCLUSIVE, "1000 of them do not settle it");
	look_with(f, yaml, true);
	assert_int_equal(f->run.n_checks, 0);
	look_in_overtime(f, yaml); /* which is there to settle it */
	assert_int_equal(f->run.n_checks, 1);
	assert_int_equal(f->run.checks[0].outcome, OUTCOME_INCONCLUSIVE);
	candidate->shared_hit = 600000;
	assert_outcome(f, yaml, OUTCOME_FAIL, "2.00×");
	base->stddev_ms = 0.2; /* even calls: nothing to hide behind */
	candidate->shared_hit = 345000;
	assert_outcome(f, yaml, OUTCOME_FAIL, "1.15×");
	fixture_free(f);
}

/* The first call of a changed function in each session reads the catalogs: in ten thousand calls
 * that is nothing. */
static void what_compiles_a_function_is_not_what_it_touches(void **state)
{
	static const char touched[] =
	    "{metric: buffers.touched_per_call, scope: \"name:stock level\", max_ratio: 1.10}";
	struct fixture *f = fixture_new();
	struct work *work = &f->run.statements[STOCK].arms[ARM_CANDIDATE].work;

	(void)state;
	f->run.replay.clients = 8;
	work->shared_hit += 8 * 220;
	assert_outcome(f, touched, OUTCOME_FAIL, "1.35×");
	GROW(f->run.changes, f->run.n_changes, f->run.cap_changes);
	f->run.changes[f->run.n_changes++] =
	    (struct run_change){.sql = xstrdup("CREATE INDEX ON inventory ((a function (sku)))")};
	assert_outcome(f, touched, OUTCOME_FAIL, "1.35×");
	free(f->run.changes[0].sql);
	f->run.changes[0].sql = xstrdup("create or replace function price(text) returns int ...");
	assert_outcome(f, touched, OUTCOME_INCONCLUSIVE, "changes a function or trigger");
	look_with(f, touched, true);
	assert_int_equal(f->run.n_checks, 0);
	work->shared_hit = 12000;
	assert_outcome(f, touched, OUTCOME_FAIL, "2.40×");
	fixture_free(f);
}

/* Which updates find room on their page depends on the moment, and some tenths of them move the
 * total. */
static void a_counter_of_updates_needs_more_of_them(void **state)
{
	static const char touched[] =
	    "{metric: buffers.touched_per_call, scope: each write, max_ratio: 1.10}";
	static const char bytes[] = "{metric: wal.bytes_per_call, scope: each write, max_ratio: 1.10}";
	struct fixture *f = fixture_new();
	struct run_statement *s = &f->run.statements[ADD_ORDER];

	(void)state;
	s->kind = STATEMENT_UPDATE;
	for (int arm = 0; arm < N_ARMS; arm++)
		s->arms[arm].work = (struct work){.calls = 400,
		    .rows = 400,
		    .shared_hit = arm ? 4200 : 3560,
		    .wal_records = arm ? 740 : 620,
		    .wal_bytes = arm ? 80000 : 62000};
	assert_outcome(f, touched, OUTCOME_INCONCLUSIVE, "400 of them do not settle it");
	s->kind = STATEMENT_INSERT;
	assert_outcome(f, touched, OUTCOME_FAIL, "1.18×");
	assert_outcome(f, bytes, OUTCOME_FAIL, "1.29×");
	s->kind = STATEMENT_UPDATE;
	/* What a read logs is what it clears away. */
	s = &f->run.statements[STOCK];
	for (int arm = 0; arm < N_ARMS; arm++) {
		s->arms[arm].work.wal_records = arm ? 1290 : 1020;
		s->arms[arm].work.wal_bytes = arm ? 129000 : 102000;
	}
	assert_outcome(f, "{metric: wal.records_per_call, scope: each read, max_ratio: 1.05}",
	    OUTCOME_INCONCLUSIVE, "1000 of them do not settle it");
	s = &f->run.statements[ADD_ORDER];
	s->arms[ARM_CANDIDATE].work.shared_hit = 5700;
	s->arms[ARM_CANDIDATE].work.wal_bytes = 150000;
	assert_outcome(f, touched, OUTCOME_FAIL, "1.60×");
	assert_outcome(f, bytes, OUTCOME_FAIL, "2.42×");
	fixture_free(f);
}

static void add_costed_plan(struct run_plans *plans, const char *hash, double cost, double buffers)
{
	struct run_plan *plan = run_plans_add(plans);

	plan->hash = xstrdup(hash);
	plan->json = xasprintf("[{\"Plan\": {\"Node Type\": \"Index Scan\", \"Relation Name\": "
	                       "\"inventory\", \"Index Name\": \"i%s\"}}]",
	    hash);
	plan->cost = cost;
	plan->buffers = buffers;
}

/* Arms that were analysed one by one take different plans where two are about as good. */
static void a_tie_between_plans_is_not_the_candidates_doing(void **state)
{
	struct fixture *f = fixture_new();
	struct run_statement *stock = &f->run.statements[STOCK];
	const char *yaml =
	    "{metric: buffers.touched_per_call, scope: \"name:stock level\", max_ratio: 1.10}";

	(void)state;
	stock->arms[ARM_CANDIDATE].work.shared_hit = 7500;
	add_costed_plan(&stock->arms[ARM_BASELINE].plans, "1", 100, 500);
	add_costed_plan(&stock->arms[ARM_CANDIDATE].plans, "2", 110, 900);
	assert_outcome(f, yaml, OUTCOME_FAIL, "1.50×");
	run_add_disturbance(&f->run, RUN_STATISTICS_DIFFER, false, "other statistics");
	assert_outcome(f, yaml, OUTCOME_INCONCLUSIVE, "different statistics");
	stock->arms[ARM_BASELINE].plans.items[0].share =
	    stock->arms[ARM_CANDIDATE].plans.items[0].share = 1;
	assert_outcome(
	    f, "{metric: plan.regressions, max: 0}", OUTCOME_PASS, "Not counted: 1 with a plan");
	assert_outcome(f, "{metric: plan.cost, scope: \"name:stock level\", max_ratio: 1.05}",
	    OUTCOME_INCONCLUSIVE, "different statistics");
	/* The other plan's index is the candidate's doing. */
	add_index(f, "public.i2", "sku", INDEX_CREATED, 500);
	free(f->run.indexes[0].table);
	f->run.indexes[0].table = xstrdup("public.inventory");
	assert_outcome(f, yaml, OUTCOME_FAIL, "1.50×");
	assert_outcome(f, "{metric: plan.regressions, max: 0}", OUTCOME_FAIL, "changed for the worse");
	f->run.indexes[0].role = INDEX_EXISTING;
	assert_outcome(f, yaml, OUTCOME_INCONCLUSIVE, "different statistics");
	stock->arms[ARM_CANDIDATE].plans.items[0].cost = 300;
	assert_outcome(f, yaml, OUTCOME_FAIL, "1.50×");
	assert_outcome(f, "{metric: plan.cost, scope: \"name:stock level\", max_ratio: 1.05}",
	    OUTCOME_FAIL, "3.00×");
	fixture_free(f);
}

static void calls_that_differ_are_compared_per_call(void **state)
{
	struct fixture *f = fixture_new();
	struct work *work = &f->run.statements[STOCK].arms[ARM_CANDIDATE].work;
	const char *yaml = "{metric: buffers.touched_per_call, scope: each read, max_ratio: 1.10}";

	(void)state;
	work->calls = 980;
	work->shared_hit = 4900;
	assert_outcome(f, yaml, OUTCOME_PASS, "1.00×");
	work->calls = 500;
	work->shared_hit = 2500;
	assert_outcome(f, yaml, OUTCOME_INCONCLUSIVE, "1000 calls and the candidate 500");
	work->calls = 0;
	assert_outcome(f, yaml, OUTCOME_INCONCLUSIVE, "was not measured on the candidate");
	fixture_free(f);
}

static void blocks_read_alone_tell_about_the_cache(void **state)
{
	struct fixture *f = fixture_new();
	struct work *work = &f->run.statements[STOCK].arms[ARM_CANDIDATE].work;
	const char *yaml = "{metric: buffers.read_per_call, scope: each read, max_ratio: 1.20}";

	(void)state;
	f->run.statements[STOCK].arms[ARM_BASELINE].work.shared_read = 500;
	f->run.statements[STOCK].arms[ARM_BASELINE].work.shared_hit = 4500;
	work->shared_read = 2000;
	work->shared_hit = 3000;
	assert_outcome(f, yaml, OUTCOME_INCONCLUSIVE, "in cache");
	work->shared_hit = 30000;
	assert_outcome(f, yaml, OUTCOME_FAIL, "4.00×");
	fixture_free(f);
}

static void wal_is_judged_without_full_page_images(void **state)
{
	struct fixture *f = fixture_new();
	struct run_statement *s = &f->run.statements[ADD_ORDER];
	const char *yaml = "{metric: wal.bytes_per_call, scope: each write, max_ratio: 1.30}";

	(void)state;
	/* The same records; the candidate happened to log twice the images. */
	for (int arm = 0; arm < N_ARMS; arm++) {
		s->arms[arm].work.wal_fpi = 500 * (arm + 1);
		s->arms[arm].work.wal_bytes = 300000 + 8000 * s->arms[arm].work.wal_fpi;
	}
	assert_outcome(f, yaml, OUTCOME_PASS, "");
	/* And now one record more per call, images as before. */
	s->arms[ARM_CANDIDATE].work.wal_records = 4500;
	s->arms[ARM_CANDIDATE].work.wal_bytes += 150000;
	assert_outcome(f, yaml, OUTCOME_FAIL, "");
	/* Without images it is plain. */
	for (int arm = 0; arm < N_ARMS; arm++)
		s->arms[arm].work.wal_fpi = 0;
	s->arms[ARM_BASELINE].work.wal_bytes = 300000;
	s->arms[ARM_CANDIDATE].work.wal_bytes = 450000;
	assert_outcome(f, yaml, OUTCOME_FAIL, "1.50× the baseline (450 B instead of 300 B)");
	fixture_free(f);
}

static void errors_on_the_candidate_fail(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_outcome(f, "{metric: errors.rate, max: 0.1%}", OUTCOME_PASS, "0 of 3000 ops");
	add_error(f, STOCK, ARM_CANDIDATE, 1000, "42703", "column \"qty\" does not exist");
	assert_outcome(f, "{metric: errors.rate, max: 0.1%}", OUTCOME_FAIL,
	    "SQLSTATE 42703: column \"qty\" does not exist");
	assert_outcome(f, "{metric: errors.rate, scope: each, max: 0.1%}", OUTCOME_FAIL,
	    "errors.rate of stock level is 100% (1000 of 1000 ops)");
	/* What is left to time says nothing: the latency of the statement is not a PASS. */
	assert_outcome(
	    f, "{metric: latency.p95, scope: each, max_ratio: 1.1}", OUTCOME_INCONCLUSIVE, "");
	fixture_free(f);
}

/* Five where one is allowed come by chance in 0.37% of the cases: less than the gate's error, and more
 * than what each of three statements has of it. */
static void the_checks_of_an_each_share_the_error(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	add_error(f, STOCK, ARM_CANDIDATE, 5, "40001", "could not serialize access");
	assert_outcome(f, "{metric: errors.rate, scope: \"name:stock level\", max: 0.1%}", OUTCOME_FAIL,
	    "0.50% (5 of 1000 ops)");
	assert_outcome(f, "{metric: errors.rate, scope: each, max: 0.1%}", OUTCOME_INCONCLUSIVE, "");
	fixture_free(f);
}

static void rewrites_must_return_the_same(void **state)
{
	static const char yaml[] = "{metric: result.mismatches, scope: \"name:stock level\", max: 0}";
	struct fixture *f = fixture_new();
	struct run_rewrite *rewrite = &f->run.statements[STOCK].rewrite;

	(void)state;
	*rewrite = (struct run_rewrite){.sql = xstrdup("SELECT 1"), .compared = 20, .reordered = 2};
	assert_outcome(f, yaml, OUTCOME_PASS,
	    "0 of 20 vectors give other rows when they are rewritten; 2 give the same rows in another "
	    "order");
	rewrite->mismatches = 3;
	rewrite->difference = xstrdup("with vector 7 the rewrite returns 2 rows instead of 0");
	assert_outcome(f, yaml, OUTCOME_FAIL, "3 of 20 vectors give other rows");
	assert_outcome(f, yaml, OUTCOME_FAIL, "stock level: with vector 7 the rewrite returns 2 rows");
	/* No result is no equal result. */
	rewrite->mismatches = rewrite->reordered = 0;
	rewrite->unstable = 20;
	assert_outcome(f, yaml, OUTCOME_INCONCLUSIVE, "the results of stock level could not be");
	fixture_free(f);
}

static void sessions_at_work_are_those_of_the_busiest_second(void **state)
{
	/* One session is busy for 1.5 s across a full second; on the candidate another one joins it. */
	const struct sample items[] = {
	    {.op = 1, .arm = ARM_BASELINE, .sent_ns = NS_PER_S / 2, .done_ns = 2 * NS_PER_S},
	    {.op = 1, .arm = ARM_CANDIDATE, .sent_ns = NS_PER_S / 2, .done_ns = 2 * NS_PER_S},
	    {.op = 2, .arm = ARM_CANDIDATE, .sent_ns = NS_PER_S, .done_ns = 3 * NS_PER_S / 2},
	};
	struct fixture *f = fixture_new();

	(void)state;
	f->samples = (struct samples){.items = items, .n = 3};
	f->run.replay.clients = 2;
	judge_with(f, "{metric: connections.utilisation, max: 80%}");
	assert_float_equal(f->run.checks[0].baseline, 0.5, 1e-9);
	assert_float_equal(f->run.checks[0].candidate, 0.75, 1e-9);
	assert_int_equal(f->run.checks[0].outcome, OUTCOME_PASS);
	judge_with(f, "{metric: connections.utilisation, max: 70%}");
	assert_int_equal(f->run.checks[0].outcome, OUTCOME_FAIL);
	judge_with(f, "{metric: connections.utilisation, max_ratio: 1.2}"); /* of one second each */
	assert_int_equal(f->run.checks[0].outcome, OUTCOME_INCONCLUSIVE);
	f->samples.n = 0;
	judge_with(f, "{metric: connections.utilisation, max: 80%}");
	assert_int_equal(f->run.checks[0].outcome, OUTCOME_INCONCLUSIVE);
	fixture_free(f);
}

static void errors_on_both_arms_are_the_replays_fault(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	for (int arm = 0; arm < N_ARMS; arm++)
		add_error(f, STOCK, (enum arm)arm, 1000, "22P02", "invalid input syntax for type integer");
	assert_outcome(f, "{metric: errors.rate, max: 0.1%}", OUTCOME_INCONCLUSIVE,
	    "the replay is at fault, not the candidate; most often stock level: SQLSTATE 22P02: "
	    "invalid");
	fixture_free(f);
}

static void a_single_error_may_be_chance(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	add_error(f, STOCK, ARM_CANDIDATE, 2, "40P01", "deadlock detected");
	assert_outcome(f, "{metric: errors.rate, scope: \"name:stock level\", max: 0.1%}",
	    OUTCOME_INCONCLUSIVE, "may be chance");
	assert_outcome(f, "{metric: errors.rate, max: 0.1%}", OUTCOME_PASS, "2 of 3000 ops");
	assert_outcome(f, "{metric: errors.rate, max: 0}", OUTCOME_FAIL, "deadlock");
	fixture_free(f);
}

static void an_index_that_nobody_uses_fails(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	add_index(f, "public.orders_pkey", "id", INDEX_EXISTING, 0);
	assert_outcome(
	    f, "{metric: index.used, min: 1}", OUTCOME_PASS, "the candidate creates no index");
	add_index(f, "public.timeline", "customer_id, created_at", INDEX_CREATED, 500);
	assert_outcome(f, "{metric: index.used, min: 1}", OUTCOME_PASS, "500 scans");
	add_index(f, "public.unused", "note", INDEX_CREATED, 0);
	assert_outcome(f, "{metric: index.used, min: 1}", OUTCOME_FAIL,
	    "no statement of the replay used public.unused");
	find(f, "index.used of public.unused");
	for (size_t i = 0; i < f->run.n_statements; i++)
		f->run.statements[i].arms[ARM_CANDIDATE].ok = 0;
	assert_outcome(f, "{metric: index.used, min: 1}", OUTCOME_INCONCLUSIVE,
	    "whether public.unused is used is not known: no op was answered on the candidate");
	f->run.indexes[2].is_unique = true;
	assert_outcome(f, "{metric: index.used, min: 1}", OUTCOME_PASS, "");
	fixture_free(f);
}

static void index_size_build_and_redundancy(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	add_index(f, "public.timeline", "customer_id, created_at", INDEX_EXISTING, 5);
	add_index(f, "public.customer", "customer_id", INDEX_CREATED, 5);
	assert_outcome(f, "{metric: index.size_bytes, max: 64MiB}", OUTCOME_PASS, "7.63 MiB");
	assert_outcome(f, "{metric: index.size_bytes, max: 1MiB}", OUTCOME_FAIL, "7.63 MiB");
	assert_outcome(f, "{metric: index.build_seconds, max: 1s}", OUTCOME_FAIL, "2.00 s");
	assert_outcome(f, "{metric: index.redundant, max: 0}", OUTCOME_FAIL,
	    "public.timeline can do all that public.customer does");
	assert_outcome(
	    f, "{metric: index.size_bytes, max_ratio: 1.1}", OUTCOME_PASS, "public.timeline");
	assert_outcome(f, "{metric: index.size_bytes, scope: \"index:timeline\", max_ratio: 0.7}",
	    OUTCOME_FAIL, "is 1.00× the baseline");
	assert_outcome(f, "{metric: index.size_bytes, scope: \"index:typo\", max: 1MiB}",
	    OUTCOME_INCONCLUSIVE, "matches no index");
	fixture_free(f);
}

static void hot_updates_that_end_fail(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_outcome(
	    f, "{metric: table.hot_ratio, min_ratio: 0.95}", OUTCOME_INCONCLUSIVE, "not measured");
	add_table(f, "public.orders", 0, 0, 0);
	assert_outcome(f, "{metric: table.hot_ratio, min_ratio: 0.95}", OUTCOME_PASS, "no table");
	add_table(f, "public.inventory", 5000, 4900, 4880);
	assert_outcome(f, "{metric: table.hot_ratio, min_ratio: 0.95}", OUTCOME_PASS, "1.00×");
	f->run.tables[1].arms[ARM_CANDIDATE].hot_updated = 0;
	assert_outcome(f, "{metric: table.hot_ratio, min_ratio: 0.95}", OUTCOME_FAIL,
	    "table.hot_ratio of public.inventory is 0.00× the baseline");
	assert_outcome(f, "{metric: table.hot_ratio, scope: \"table:inventory\", min: 50%}",
	    OUTCOME_FAIL, "at least 50.0% is required");
	f->run.tables[1].arms[ARM_BASELINE].updated = f->run.tables[1].arms[ARM_CANDIDATE].updated = 20;
	f->run.tables[1].arms[ARM_BASELINE].hot_updated = 19;
	f->run.tables[1].arms[ARM_CANDIDATE].hot_updated = 17;
	assert_outcome(f, "{metric: table.hot_ratio, min_ratio: 0.95}", OUTCOME_INCONCLUSIVE, "chance");
	fixture_free(f);
}

static void the_default_policy_does_not_ask_for_plans_that_were_not_taken(void **state)
{
	struct fixture *f = fixture_new();
	struct judge_input input = {.samples = &f->samples, .final = true};

	(void)state;
	judge_with(f, "{metric: plan.regressions, max: 0}");
	f->run.thresholds[0].line = 0;
	judge_run(&input, &f->run);
	assert_int_equal(f->run.n_checks, 0);
	assert_int_equal(f->run.verdict.outcome, OUTCOME_PASS);
	fixture_free(f);
}

static void too_little_coverage_is_inconclusive_not_a_failure(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_outcome(f, "{metric: coverage.time, min: 90%}", OUTCOME_PASS, "95.0%");
	f->run.coverage_time = 0.5;
	assert_outcome(f, "{metric: coverage.time, min: 90%}", OUTCOME_INCONCLUSIVE,
	    "coverage.time is 50.0%; at least 90.0% is required");
	assert_outcome(f, "{metric: fidelity.rows, min: 90%}", OUTCOME_PASS, "100%");
	f->run.statements[STOCK].production.rows = 90000;
	assert_outcome(f, "{metric: fidelity.rows, min: 90%}", OUTCOME_INCONCLUSIVE, "66.7%");
	fixture_free(f);
}

static void set_standby(struct fixture *f, enum arm arm, double standbys, double lag, double share)
{
	f->run.arms[arm].standbys = standbys;
	f->run.arms[arm].replica_lag_max = lag;
	f->run.arms[arm].replica_share = share;
}

static void a_standby_behind_each_arm_is_judged_by_its_lag(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	set_standby(f, ARM_BASELINE, 1, 1e6, 1);
	set_standby(f, ARM_CANDIDATE, 1, 5e6, 1);
	assert_outcome(f, "{metric: replica.lag_bytes, max: 8MB}", OUTCOME_PASS, "4.77 MiB");
	assert_outcome(f, "{metric: replica.lag_bytes, max: 2MB}", OUTCOME_FAIL, "4.77 MiB");
	assert_outcome(f, "{metric: replica.lag_bytes, max_increase: 2MB}", OUTCOME_FAIL, "3.81 MiB");
	assert_outcome(f, "{metric: replica.lag_bytes, max_ratio: 6}", OUTCOME_PASS, "5.00");
	/* A standby that is too slow for the baseline says nothing about the candidate. */
	assert_outcome(f, "{metric: replica.lag_bytes, max: 500kB}", OUTCOME_INCONCLUSIVE, "baseline");
	fixture_free(f);
}

static void a_standby_of_both_arms_is_shared_by_their_wal(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	set_standby(f, ARM_BASELINE, 1, 10e6, 0.2);
	set_standby(f, ARM_CANDIDATE, 1, 10e6, 0.8);
	assert_outcome(f, "{metric: replica.lag_bytes, max: 9MB}", OUTCOME_PASS,
	    "up to 9.54 MiB behind, and 80% of their WAL is the candidate's");
	assert_outcome(f, "{metric: replica.lag_bytes, max: 7MB}", OUTCOME_FAIL, "one server");
	assert_outcome(f, "{metric: replica.lag_bytes, max_increase: 5MB}", OUTCOME_FAIL, "5.72 MiB");
	set_standby(f, ARM_CANDIDATE, 1, 10e6, NAN);
	assert_outcome(f, "{metric: replica.lag_bytes, max: 9MB}", OUTCOME_INCONCLUSIVE, "whose WAL");
	fixture_free(f);
}

static void a_standby_that_is_not_there_is_inconclusive(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	set_standby(f, ARM_BASELINE, NAN, NAN, NAN);
	set_standby(f, ARM_CANDIDATE, NAN, NAN, NAN);
	assert_outcome(
	    f, "{metric: replica.lag_bytes, max: 1MB}", OUTCOME_INCONCLUSIVE, "not measured");
	set_standby(f, ARM_CANDIDATE, 0, NAN, 1);
	assert_outcome(
	    f, "{metric: replica.lag_bytes, max: 1MB}", OUTCOME_INCONCLUSIVE, "pg_basebackup -R");
	f->run.arms[ARM_CANDIDATE].replica_problem = xstrdup("a standby went away during the replay");
	assert_outcome(f, "{metric: replica.lag_bytes, max: 1MB}", OUTCOME_INCONCLUSIVE, "went away");
	fixture_free(f);
}

static void add_plan(struct run_plans *plans, const char *hash, double cost, const char *node)
{
	struct run_plan *plan = run_plans_add(plans);

	plan->hash = xstrdup(hash);
	plan->cost = cost;
	plan->buffers = cost;
	plan->share = 1;
	plan->json = xasprintf("[{\"Plan\": {\"Node Type\": %s, \"Relation Name\": \"orders\", "
	                       "\"Alias\": \"orders\", \"Total Cost\": %g}}]",
	    node, cost);
}

static const char index_scan[] = "\"Index Scan\", \"Index Name\": \"orders_pkey\"";
static const char seq_scan[] = "\"Seq Scan\"";

static void a_plan_that_changed_for_the_worse_is_named(void **state)
{
	struct fixture *f = fixture_new();
	struct run_plans *baseline = &f->run.statements[TIMELINE].arms[ARM_BASELINE].plans;
	struct run_plans *candidate = &f->run.statements[TIMELINE].arms[ARM_CANDIDATE].plans;

	(void)state;
	assert_outcome(f, "{metric: plan.regressions, max: 0}", OUTCOME_INCONCLUSIVE, "not compared");
	add_plan(baseline, "aaaa", 8.5, index_scan);
	add_plan(candidate, "aaaa", 8.5, index_scan);
	assert_outcome(f, "{metric: plan.regressions, max: 0}", OUTCOME_PASS, "of 1 statements none");
	run_plans_release(candidate);
	add_plan(candidate, "bbbb", 5000, seq_scan);
	assert_outcome(f, "{metric: plan.regressions, max: 0}", OUTCOME_FAIL,
	    "changed for the worse: customer timeline (orders: ");
	assert_outcome(f, "{metric: plan.cost, scope: \"name:customer timeline\", max_ratio: 2}",
	    OUTCOME_FAIL, "588× the baseline");
	fixture_free(f);
}

static void every_metric_is_judged_or_says_why_not(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	for (size_t i = 0; i < n_metrics; i++) {
		_cleanup_free_ char *yaml = xasprintf("{metric: %s, %s%s}", metrics[i].name,
		    metrics[i].higher_is_worse ? "max: 0" : "min: 0",
		    strcmp(metrics[i].name, "slow.count") == 0 ? ", over: 1s" : "");

		judge_with(f, yaml);
		assert_true(f->run.n_checks >= 1);
		for (size_t k = 0; k < f->run.n_checks; k++)
			assert_true(f->run.checks[k].why && strlen(f->run.checks[k].why) > 10);
	}
	fixture_free(f);
}

static void a_late_generator_forbids_a_pass_but_not_a_counted_failure(void **state)
{
	struct fixture *f = fixture_new();
	struct work *work = &f->run.statements[STOCK].arms[ARM_CANDIDATE].work;

	(void)state;
	f->run.generator.lag_p99 = 0.050;
	judge_with(f, "{metric: buffers.touched_per_call, scope: each, max_ratio: 1.10}");
	assert_int_equal(f->run.verdict.outcome, OUTCOME_INCONCLUSIVE);
	assert_non_null(strstr(f->run.verdict.reasons.items[0], "generator was late"));
	work->shared_hit = 90000;
	judge_with(f, "{metric: buffers.touched_per_call, scope: each, max_ratio: 1.10}");
	assert_int_equal(f->run.verdict.outcome, OUTCOME_FAIL);
	fixture_free(f);
}

static void two_bounds_on_one_figure_keep_their_own_ids(void **state)
{
	struct fixture *f = fixture_new();
	struct judge_input input = {.samples = &f->samples, .final = true};

	(void)state;
	judge_with(f, "{metric: errors.rate, max: 0.1%}");
	GROW(f->run.thresholds, f->run.n_thresholds, f->run.cap_thresholds);
	assert_int_equal(threshold_parse("{metric: errors.rate, max_increase: 0.1%}",
	                     &f->run.thresholds[f->run.n_thresholds++], NULL),
	    0);
	judge_run(&input, &f->run);
	find(f, "errors.rate of all");
	find(f, "errors.rate of all (max_increase)");
	fixture_free(f);
}

/* A rare statement may get no call at all. That must neither open every gate nor hide that a third
 * of production was left out. */
static void a_statement_without_calls_opens_no_check_of_each(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	for (int arm = 0; arm < N_ARMS; arm++) {
		f->run.statements[STOCK].arms[arm].scheduled = f->run.statements[STOCK].arms[arm].ok = 0;
		f->run.statements[STOCK].arms[arm].work = (struct work){0};
	}
	f->run.statements[STOCK].share_time = 0.02;
	judge_with(f, "{metric: buffers.touched_per_call, scope: each, max_ratio: 1.1}");
	assert_int_equal(find(f, "buffers.touched_per_call of stock level")->outcome, OUTCOME_PASS);
	assert_int_equal(f->run.verdict.outcome, OUTCOME_PASS);
	judge_with(f, "{metric: errors.rate, scope: each, max: 0.1%}");
	assert_int_equal(find(f, "errors.rate of stock level")->outcome, OUTCOME_PASS);
	judge_with(f, "{metric: errors.rate, scope: \"name:stock level\", max: 0.1%}");
	assert_int_equal(f->run.verdict.outcome, OUTCOME_INCONCLUSIVE);
	f->run.statements[STOCK].share_time = 0.3;
	judge_with(f, "{metric: buffers.touched_per_call, scope: each, max_ratio: 1.1}");
	assert_int_equal(f->run.verdict.outcome, OUTCOME_INCONCLUSIVE);
	assert_non_null(strstr(f->run.verdict.reasons.items[0], "no call of stock level"));
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scopes_become_checks),
	    cmocka_unit_test(a_scope_that_matches_nothing_is_inconclusive),
	    cmocka_unit_test(counters_fail_above_their_limit_and_not_before),
	    cmocka_unit_test(a_counter_never_fails_on_a_trifle),
	    cmocka_unit_test(a_look_fails_counters_that_are_clear),
	    cmocka_unit_test(a_counter_of_uneven_calls_needs_more_of_them),
	    cmocka_unit_test(what_compiles_a_function_is_not_what_it_touches),
	    cmocka_unit_test(a_counter_of_updates_needs_more_of_them),
	    cmocka_unit_test(a_tie_between_plans_is_not_the_candidates_doing),
	    cmocka_unit_test(calls_that_differ_are_compared_per_call),
	    cmocka_unit_test(blocks_read_alone_tell_about_the_cache),
	    cmocka_unit_test(wal_is_judged_without_full_page_images),
	    cmocka_unit_test(errors_on_the_candidate_fail),
	    cmocka_unit_test(the_checks_of_an_each_share_the_error),
	    cmocka_unit_test(rewrites_must_return_the_same),
	    cmocka_unit_test(sessions_at_work_are_those_of_the_busiest_second),
	    cmocka_unit_test(errors_on_both_arms_are_the_replays_fault),
	    cmocka_unit_test(a_single_error_may_be_chance),
	    cmocka_unit_test(an_index_that_nobody_uses_fails),
	    cmocka_unit_test(index_size_build_and_redundancy),
	    cmocka_unit_test(hot_updates_that_end_fail),
	    cmocka_unit_test(too_little_coverage_is_inconclusive_not_a_failure),
	    cmocka_unit_test(a_standby_behind_each_arm_is_judged_by_its_lag),
	    cmocka_unit_test(a_standby_of_both_arms_is_shared_by_their_wal),
	    cmocka_unit_test(a_standby_that_is_not_there_is_inconclusive),
	    cmocka_unit_test(a_plan_that_changed_for_the_worse_is_named),
	    cmocka_unit_test(the_default_policy_does_not_ask_for_plans_that_were_not_taken),
	    cmocka_unit_test(every_metric_is_judged_or_says_why_not),
	    cmocka_unit_test(a_late_generator_forbids_a_pass_but_not_a_counted_failure),
	    cmocka_unit_test(a_statement_without_calls_opens_no_check_of_each),
	    cmocka_unit_test(two_bounds_on_one_figure_keep_their_own_ids),
	};

	return cmocka_run_group_tests_name("judge: checks", tests, NULL, NULL);
}
