/* run.json: everything a run holds comes back, and a wrong file is refused with the key's path. */
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GOLDEN TEST_SOURCE_DIR "/golden/run.json"

static char dir[] = "/tmp/test_run.XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
	struct err err = {0};

	(void)state;
	return chdir("/") < 0 ? -1 : file_remove_tree(dir, &err);
}

/* Every double of a struct of doubles gets another value, so that no two can be mixed up. */
static double next_value;

static void fill_doubles(void *doubles, size_t bytes)
{
	double *figure = doubles;

	for (size_t i = 0; i < bytes / sizeof(*figure); i++)
		figure[i] = next_value += 0.25;
}

static struct latency some_latency(void)
{
	struct latency latency = {0};

	fill_doubles(&latency, offsetof(struct latency, histogram));
	latency.histogram = xstrdup("HISTFAAAAB942pNpmSzMwMDAxQABzFCaEUoz2X+AMAA=");
	return latency;
}

static void fill_plans(struct run_plans *plans)
{
	for (int rank = 0; rank < 200; rank += 197) {
		struct run_plan *plan = run_plans_add(plans);

		plan->rank = rank;
		plan->of = rank ? 200 : 0;
		plan->vector = rank / 2;
		plan->hash = xstrdup("00c0ffee00c0ffee");
		plan->timed_out = plan->unstable = rank > 0;
		plan->error = rank ? xstrdup("division by zero") : NULL;
		plan->json = rank ? NULL : xstrdup("[{\"Plan\": {\"Node Type\": \"Index Scan\"}}]");
		fill_doubles(&plan->share, sizeof(double));
		fill_doubles(&plan->cost, sizeof(double));
		fill_doubles(&plan->rows, sizeof(double));
		fill_doubles(&plan->actual_rows, sizeof(double));
		fill_doubles(&plan->buffers, sizeof(double));
		fill_doubles(&plan->wal_bytes, sizeof(double));
		fill_doubles(&plan->exec_seconds, sizeof(double));
	}
}

static void fill_plan_changes(struct run_plan_changes *changes)
{
	GROW(changes->items, changes->n, changes->cap);
	changes->items[changes->n++] = (struct run_plan_change){
	    .kind = xstrdup("index_to_seq"),
	    .object = xstrdup("orders"),
	    .text = xstrdup("orders: reads sequentially"),
	    .severity = PLAN_HARMFUL,
	    .rank = 197,
	    .of = 200,
	    .share = 0.005,
	    .cost_ratio = 12.5,
	    .buffers_ratio = 80.25,
	};
}

static void fill_statement(struct run_statement *s, const char *name)
{
	*s = (struct run_statement){
	    .name = xstrdup(name),
	    .queryid = xstrdup("-8219876543210987654"),
	    .text = xstrdup("SELECT \"é\" FROM orders WHERE customer_id = $1"),
	    .kind = STATEMENT_UPDATE,
	    .writes = true,
	    .share_time = 0.625,
	    .share_calls = 0.5,
	    .value_source = xstrdup("witness"),
	    .note = xstrdup("declared $1 as bigint"),
	    .skip_reason = xstrdup("not this time"),
	};
	strv_add(&s->tables, "public.orders");
	strv_add(&s->tables, "customers");
	fill_doubles(&s->production, sizeof(s->production));
	s->rewrite = (struct run_rewrite){.sql = xstrdup("SELECT 1"),
	    .compared = 20,
	    .mismatches = 3,
	    .unstable = 1,
	    .reordered = 2,
	    .unknown = 4,
	    .difference = xstrdup("with vector 7 the rewrite returns 2 rows instead of 0")};
	fill_plans(&s->predicted);
	fill_plan_changes(&s->plan_changes);
	for (int i = 0; i < N_ARMS; i++) {
		struct run_statement_arm *arm = &s->arms[i];

		fill_doubles(arm, offsetof(struct run_statement_arm, service));
		arm->service = some_latency();
		arm->response = some_latency();
		fill_doubles(&arm->work, sizeof(arm->work));
		fill_plans(&arm->plans);
		GROW(arm->error_counts, arm->n_error_counts, arm->cap_error_counts);
		arm->error_counts[arm->n_error_counts++] = (struct error_count){
		    .sqlstate = "40P01", .message = xstrdup("deadlock detected"), .count = 3};
	}
}

/* The opposite: what is not known, everywhere it may be. */
static void leave_unknown(struct run_statement *s)
{
	*s = (struct run_statement){.name = xstrdup("nothing known"), .share_time = NAN};
	s->production = work_unknown;
	for (int i = 0; i < N_ARMS; i++) {
		struct latency none = {0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NULL};

		s->arms[i].service = s->arms[i].response = none;
		s->arms[i].work = work_unknown;
	}
}

static void fill_source(struct workload_source *source)
{
	*source = (struct workload_source){
	    .kind = xstrdup("pg_stat_statements"),
	    .server_version_num = 150014,
	    .system_identifier = xstrdup("7316826420164623847"),
	    .database = xstrdup("orders"),
	    .role = xstrdup("monitor"),
	    .search_path = xstrdup("\"$user\", public"),
	    .captured_at = xstrdup("2026-05-04T09:30:12Z"),
	    .window_s = 60,
	    .since_reset = true,
	    .dealloc = 2,
	    .lost_time_share = 0.125,
	};
	GROW(source->settings, source->n_settings, source->cap_settings);
	source->settings[source->n_settings++] =
	    (struct workload_setting){xstrdup("random_page_cost"), xstrdup("1.1")};
	GROW(source->relations, source->n_relations, source->cap_relations);
	source->relations[source->n_relations++] =
	    (struct workload_relation){xstrdup("public.orders"), 300000, 4412};
}

static void fill_arms(struct run *run)
{
	run->n_slices = 2;
	for (int i = 0; i < N_ARMS; i++) {
		struct run_arm *arm = &run->arms[i];

		*arm = (struct run_arm){
		    .server_version = xstrdup("15.14 (Debian 15.14-0+deb12u1)"),
		    .server_version_num = 150014,
		    .database = xstrdup(i ? "candidate" : "baseline"),
		    .system_identifier = xstrdup("7316826420164623847"),
		    .database_bytes_before = 5e7,
		    .database_bytes_after = 6e7 + i,
		    .sessions_lost = i,
		    .standbys = 2,
		    .replica_lag_max = 7e6,
		    .replica_lag_mean = 1e5 + i,
		    .replica_share = 0.25 + 0.5 * i,
		    .replica_problem = xstrdup(i ? "a standby went away during the replay" : NULL),
		};
		GROW(arm->settings, arm->n_settings, arm->cap_settings);
		arm->settings[arm->n_settings++] =
		    (struct workload_setting){xstrdup("autovacuum"), xstrdup("off")};
		GROW(arm->cache, arm->n_cache, arm->cap_cache);
		arm->cache[arm->n_cache++] =
		    (struct run_cache_look){.at_s = 1.25, .touched = 5000, .read = 40 + i};
		run->slices[i] = xcalloc(run->n_slices, sizeof(*run->slices[i]));
		fill_doubles(run->slices[i], run->n_slices * sizeof(*run->slices[i]));
	}
	fill_doubles(&run->generator, sizeof(run->generator));
}

static void fill_relations(struct run *run)
{
	struct run_table *table;
	struct run_index *index;

	GROW(run->tables, run->n_tables, run->cap_tables);
	table = &run->tables[run->n_tables++];
	table->name = xstrdup("public.orders");
	fill_doubles(table->arms, sizeof(table->arms));
	GROW(run->indexes, run->n_indexes, run->cap_indexes);
	index = &run->indexes[run->n_indexes++];
	*index = (struct run_index){
	    .name = xstrdup("public.orders_customer_timeline"),
	    .table = xstrdup("public.orders"),
	    .definition = xstrdup("CREATE INDEX ..."),
	    .role = INDEX_CREATED,
	    .is_unique = true,
	    .is_constraint = true,
	    .build_seconds = 1.5,
	    .predicted_bytes = 8.5e6,
	    .redundant_with = xstrdup("public.orders_pkey"),
	};
	strv_add(&index->used_by, "customer timeline");
	index->arms[ARM_BASELINE] =
	    (struct run_index_arm){false, false, NAN, NAN, NAN, NAN, NAN, NAN, false};
	index->arms[ARM_CANDIDATE] =
	    (struct run_index_arm){true, true, 9e6, -8192, 431, 5000, 4999, 0.125, true};
	index->cost = (struct run_index_cost){64, 210, 290, 0.875, 0.25};
	GROW(run->changes, run->n_changes, run->cap_changes);
	run->changes[run->n_changes++] =
	    (struct run_change){xstrdup("CREATE INDEX ..."), xstrdup("create index"), 1.5, 9.5e6, 4096,
	        xstrdup("ShareLock on public.orders"), 0.25, xstrdup("could not extend file")};
	run->build = (struct run_build){.under_load = true, .start_s = 5, .end_s = 7.5};
	for (int phase = 0; phase < N_BUILD_PHASES; phase++)
		for (int arm = 0; arm < N_ARMS; arm++) {
			double first = 10 * (2 * phase + arm);

			run->build.phases[phase][arm] = (struct run_phase){
			    first + 1, first + 2, first + 3, first + 4, first + 5, first + 6};
		}
}

static void fill_judgement(struct run *run)
{
	struct err err = {0};

	run->alpha = 0.01;
	run->dead_band = 0.02;
	run->guard = 0.25;
	GROW(run->thresholds, run->n_thresholds, run->cap_thresholds);
	assert_int_equal(threshold_parse("metric: latency.p95, scope: name:customer timeline, "
	                                 "max_ratio: 0.5",
	                     &run->thresholds[run->n_thresholds++], &err),
	    0);
	run->thresholds[0].line = 11;
	assert_int_equal(threshold_parse("metric: slow.count, over: 250ms, max: 3",
	                     &run->thresholds[run->n_thresholds++], &err),
	    0);
	GROW(run->checks, run->n_checks, run->cap_checks);
	run->checks[run->n_checks++] = (struct check){
	    .id = xstrdup("latency.p95 of customer timeline"),
	    .metric = metric_find("latency.p95"),
	    .scope = xstrdup("customer timeline"),
	    .bound = BOUND_MAX_RATIO,
	    .limit = 0.5,
	    .baseline = 0.004,
	    .candidate = 0.0015,
	    .estimate = 0.375,
	    .lower = 0.25,
	    .upper = 0.4375,
	    .samples = {1200, 1201},
	    .needs_seconds = NAN,
	    .outcome = OUTCOME_INCONCLUSIVE,
	    .proven = true,
	    .why = xstrdup("at most 56% slower than it may be"),
	};
	run->verdict.outcome = OUTCOME_FAIL;
	run->verdict.proven = true;
	run->verdict.needs_seconds = 95.5;
	strv_add(&run->verdict.reasons, "index.used of public.unused");
	run_add_disturbance(run, "checkpoint", true, "%d checkpoints on the %s arm", 2, "baseline");
}

/* A run record in which every member holds something. */
static void fill_run(struct run *run)
{
	next_value = 0;
	*run = (struct run){
	    .run_id = xstrdup("20260504T093012Z-customer_timeline"),
	    .name = xstrdup("customer timeline index"),
	    .started_at = xstrdup("2026-05-04T09:30:12Z"),
	    .finished_at = xstrdup("2026-05-04T09:31:20Z"),
	    .version = xstrdup("0.1.0"),
	    .command = xstrdup("pgrehearse gate gate.yaml"),
	    .stopped_by = xstrdup("time"),
	    .candidate_name = xstrdup("customer_timeline.sql"),
	    .up_sql = xstrdup("CREATE INDEX CONCURRENTLY ...;\n"),
	    .down_sql = xstrdup("DROP INDEX CONCURRENTLY ...;\n"),
	    .replay = {.rate_per_s = 400,
	        .duration_ns = UINT64_C(60000000000),
	        .max_duration_ns = UINT64_C(180000000000),
	        .clients = 8,
	        .jobs = 2,
	        .protocol = PROTOCOL_PREPARED,
	        .arrivals = ARRIVALS_UNIFORM,
	        .seed = UINT64_C(18446744073709551615),
	        .design = DESIGN_SEQUENTIAL,
	        .slice_ns = UINT64_C(500000000),
	        .pair_gap_ns = 1000000,
	        .statement_timeout_ns = UINT64_C(30000000000),
	        .drain_timeout_ns = UINT64_C(10000000001),
	        .early_stop = true},
	    .clone_driver = xstrdup("template"),
	    .coverage_time = 0.9375,
	    .coverage_calls = 0.875,
	};
	fill_source(&run->source);
	fill_arms(run);
	run->statements = xcalloc(2, sizeof(*run->statements));
	run->n_statements = run->cap_statements = 2;
	GROW(run->stalls, run->n_stalls, run->cap_stalls);
	run->stalls[run->n_stalls++] = (struct run_stall){12.5, 0.0625};
	run->n_replayed = 1;
	fill_statement(&run->statements[0], "customer timeline");
	leave_unknown(&run->statements[1]);
	fill_relations(run);
	fill_judgement(run);
}

static char *text_of(const char *path)
{
	struct buf text = BUF_INIT;
	struct err err = {0};

	if (file_read(path, 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.message);
	return buf_detach(&text);
}

static void everything_survives_a_round_trip(void **state)
{
	struct run run, again = {0};
	struct err err = {0};
	_cleanup_free_ char *first = NULL, *second = NULL, *golden = NULL;

	(void)state;
	fill_run(&run);
	assert_int_equal(run_save(&run, "first.json", &err), 0);
	if (run_load("first.json", &again, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(run_save(&again, "second.json", &err), 0);
	first = text_of("first.json");
	second = text_of("second.json");
	assert_string_equal(first, second);

	assert_true(again.replay.seed == UINT64_MAX);
	assert_int_equal(again.statements[0].plan_changes.items[0].severity, PLAN_HARMFUL);
	assert_string_equal(run_plan_json(&again.statements[0].arms[0].plans, 1),
	    run.statements[0].arms[0].plans.items[0].json);
	assert_true(again.replay.drain_timeout_ns == UINT64_C(10000000001));
	assert_int_equal(again.replay.design, DESIGN_SEQUENTIAL);
	assert_int_equal(again.n_stalls, 1);
	assert_float_equal(again.stalls[0].length_s, 0.0625, 0);
	assert_int_equal(again.statements[0].kind, STATEMENT_UPDATE);
	assert_memory_equal(
	    &again.statements[0].arms[1].work, &run.statements[0].arms[1].work, sizeof(struct work));
	assert_memory_equal(&again.generator, &run.generator, sizeof(run.generator));
	assert_memory_equal(again.slices[1], run.slices[1], 2 * sizeof(struct run_slice));
	assert_true(isnan(again.statements[1].arms[0].service.p95));
	assert_true(isnan(again.checks[0].needs_seconds));
	assert_null(again.statements[1].text);
	assert_ptr_equal(again.checks[0].metric, run.checks[0].metric);
	assert_true(again.thresholds[1].over == 0.25);

	/* The golden record is what the schema is held against. */
	if (getenv("PGREHEARSE_UPDATE_GOLDEN"))
		assert_int_equal(run_save(&run, GOLDEN, &err), 0);
	golden = text_of(GOLDEN);
	assert_string_equal(first, golden);
	run_release(&run);
	run_release(&again);
}

static void an_empty_run_can_be_saved(void **state)
{
	struct run run = {.run_id = xstrdup("x"), .name = xstrdup("y")}, again = {0};
	struct err err = {0};

	(void)state;
	run.source.kind = xstrdup("pg_stat_statements");
	assert_int_equal(run_save(&run, "empty.json", &err), 0);
	if (run_load("empty.json", &again, &err) < 0)
		fail_msg("%s", err.message);
	assert_null(again.stopped_by);
	assert_int_equal(again.n_statements, 0);
	run_release(&run);
	run_release(&again);
}

/* The golden record with one value replaced is refused, and the message holds `said`. */
static void assert_refused(const char *from, const char *to, const char *said)
{
	_cleanup_free_ char *text = text_of(GOLDEN);
	_cleanup_buf_ struct buf changed = BUF_INIT;
	char *at = strstr(text, from);
	struct run run;
	struct err err = {0};

	if (!at)
		fail_msg("the golden record has no %s", from);
	buf_add(&changed, text, (size_t)(at - text));
	buf_adds(&changed, to);
	buf_adds(&changed, at + strlen(from));
	assert_int_equal(file_write_atomic("bad.json", changed.data, changed.len, 0600, &err), 0);
	assert_int_equal(run_load("bad.json", &run, &err), ERR_USAGE);
	if (!strstr(err.message, said))
		fail_msg("wanted \"%s\", got \"%s\"", said, err.message);
}

static void wrong_values_are_named_by_path(void **state)
{
	(void)state;
	assert_refused("\"name\": \"customer timeline\"", "\"name\": 5",
	    "bad.json: statements[0].name must be a string");
	assert_refused("\"scheduled\": ", "\"scheduled\": \"x\", \"was\": ",
	    "bad.json: generator.scheduled must be a number");
	assert_refused("\"exists\": false", "\"exists\": 0",
	    "indexes[0].arms.baseline.exists must be true or false");
	assert_refused("\"outcome\": \"FAIL\"", "\"outcome\": \"MAYBE\"",
	    "verdict.outcome is \"MAYBE\"; it must be one of: PASS, FAIL, INCONCLUSIVE");
	assert_refused(
	    "\"role\": \"created\"", "\"role\": \"invented\"", "indexes[0].role is \"invented\"");
	assert_refused("\"metric\": \"latency.p95\"", "\"metric\": \"latency.p96\"",
	    "checks[0].metric is \"latency.p96\", which this version does not know");
	assert_refused("\"sqlstate\": \"40P01\"", "\"sqlstate\": \"40P011\"",
	    "statements[0].arms.baseline.error_counts[0].sqlstate is \"40P011\"");
	assert_refused(
	    "\"replayed\": 1", "\"replayed\": 3", "replayed must be a whole number from 0 to 2");
	assert_refused("\"seed\": \"18446744073709551615\"", "\"seed\": \"1x\"",
	    "replay.seed must be a number in a string");
	assert_refused(
	    "\"duration_s\": 60", "\"duration_s\": -1", "replay.duration_s must not be negative");
	assert_refused(
	    "\"duration_s\": 60", "\"duration_s\": 1e300", "replay.duration_s is longer than a year");
	assert_refused("\"disturbances\": [\n    {", "\"disturbances\": [\n    5, {",
	    "disturbances[0] must be an object");
	assert_refused("\"scope\": \"name:customer timeline\"", "\"scope\": \"nam:x\"",
	    "thresholds[0].scope is wrong: unknown scope");
	assert_refused("\"slices\"", "\"splices\"", "bad.json: slices is missing");
	assert_refused("pgrehearse-run/1", "pgrehearse-run/2", "this version reads");
	assert_refused("pgrehearse-run/1", "pgrehearse-workload/1", "is not a pgrehearse-run file");
	assert_refused("{", "{,", "bad.json:1:2: not valid JSON");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_survives_a_round_trip),
	    cmocka_unit_test(an_empty_run_can_be_saved),
	    cmocka_unit_test(wrong_values_are_named_by_path),
	};

	return cmocka_run_group_tests_name("run.json", tests, make_dir, remove_dir);
}
