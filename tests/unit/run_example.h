/*
 * run_example: a run record as a rehearsal would leave it, for tests that need one.
 *
 * run_example(&run) fills six replayed statements, one skipped, sixty slices, tables, indexes and
 * checks of every outcome; run_release frees it. Figures follow from simple formulas, so that a
 * test can name them.
 */
#ifndef TESTS_RUN_EXAMPLE_H
#define TESTS_RUN_EXAMPLE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "measure/histogram.h"
#include "model/run.h"

#include <math.h>
#include <string.h>

#define EXAMPLE_SLICES 60

static inline void example_latency(
    struct latency *ret, double median_s, double spread, double n, uint64_t seed)
{
	struct histogram *h = histogram_new(1, 3600 * NS_PER_S, 3, NULL);
	struct rng rng;

	rng_init(&rng, seed, 0);
	for (double i = 0; i < n; i++)
		histogram_record(h, (uint64_t)(1e9 * median_s * exp(spread * rng_normal(&rng))) + 1);
	*ret = (struct latency){
	    .count = n,
	    .mean = histogram_mean(h) / 1e9,
	    .p50 = (double)histogram_value_at_quantile(h, 0.50) / 1e9,
	    .p90 = (double)histogram_value_at_quantile(h, 0.90) / 1e9,
	    .p95 = (double)histogram_value_at_quantile(h, 0.95) / 1e9,
	    .p99 = (double)histogram_value_at_quantile(h, 0.99) / 1e9,
	    .p999 = (double)histogram_value_at_quantile(h, 0.999) / 1e9,
	    .max = (double)histogram_max(h) / 1e9,
	    .histogram = histogram_encode_base64(h, NULL),
	};
	histogram_free(h);
}

struct example_statement {
	const char *name, *text, *table;
	enum statement_kind kind;
	double share_time, share_calls, calls;
	double median_s[N_ARMS];                        /* service time */
	double blocks[N_ARMS], wal_bytes[N_ARMS], rows; /* per call */
	const char *plan[N_ARMS];
};

#define PLAN_TIMELINE_BEFORE                                                                       \
	"[{\"Plan\":{\"Node Type\":\"Limit\",\"Startup Cost\":4310.2,\"Total Cost\":4310.4,"           \
	"\"Plan Rows\":50,\"Plan Width\":44,\"Plans\":[{\"Node Type\":\"Sort\",\"Startup Cost\":"      \
	"4310.2,\"Total Cost\":4310.9,\"Plan Rows\":310,\"Plan Width\":44,\"Sort Key\":[\"created_at " \
	"DESC\"],\"Plans\":[{\"Node Type\":\"Seq Scan\",\"Relation Name\":\"orders\",\"Alias\":"       \
	"\"orders\",\"Startup Cost\":0.0,\"Total Cost\":4298.0,\"Plan Rows\":310,\"Plan Width\":44,"   \
	"\"Filter\":\"(customer_id = $1)\"}]}]}}]"
#define PLAN_TIMELINE_AFTER                                                                        \
	"[{\"Plan\":{\"Node Type\":\"Limit\",\"Startup Cost\":0.42,\"Total Cost\":58.4,"               \
	"\"Plan Rows\":50,\"Plan Width\":44,\"Plans\":[{\"Node Type\":\"Index Scan\",\"Scan "          \
	"Direction\":\"Forward\",\"Index Name\":\"orders_customer_created\",\"Relation Name\":"        \
	"\"orders\",\"Alias\":\"orders\",\"Startup Cost\":0.42,\"Total Cost\":360.1,\"Plan Rows\":"    \
	"310,\"Plan Width\":44,\"Index Cond\":\"(customer_id = $1)\"}]}}]"
#define PLAN_KEY                                                                                   \
	"[{\"Plan\":{\"Node Type\":\"Index Scan\",\"Index Name\":\"orders_pkey\",\"Relation Name\":"   \
	"\"orders\",\"Startup Cost\":0.42,\"Total Cost\":8.44,\"Plan Rows\":1,\"Plan Width\":44,"      \
	"\"Index Cond\":\"(id = $1)\"}}]"

static const struct example_statement example_statements[] = {
    {"customer timeline",
        "SELECT id, status, total FROM orders WHERE customer_id = $1 ORDER BY created_at DESC "
        "LIMIT "
        "$2",
        "public.orders", STATEMENT_SELECT, 0.46, 0.31, 6000, {0.00412, 0.00031}, {812, 12}, {0, 0},
        42, {PLAN_TIMELINE_BEFORE, PLAN_TIMELINE_AFTER}},
    {"order by id", "SELECT * FROM orders WHERE id = $1", "public.orders", STATEMENT_SELECT, 0.12,
        0.33, 6400, {0.00012, 0.00012}, {4, 4}, {0, 0}, 1, {PLAN_KEY, PLAN_KEY}},
    {"order with items",
        "SELECT o.id, i.product_id, i.quantity FROM orders o JOIN order_items i ON i.order_id = "
        "o.id "
        "WHERE o.id = $1",
        "public.orders", STATEMENT_SELECT, 0.11, 0.12, 2300, {0.00021, 0.00021}, {9, 9}, {0, 0},
        3.1, {NULL, NULL}},
    {"place order",
        "INSERT INTO orders (customer_id, created_at, status, total) VALUES ($1, now(), $2, $3)",
        "public.orders", STATEMENT_INSERT, 0.10, 0.09, 1700, {0.00016, 0.00018}, {6.2, 9.1},
        {310, 402}, 1, {NULL, NULL}},
    {"take from stock",
        "UPDATE inventory SET quantity = quantity - $1, updated_at = now() WHERE product_id = $2",
        "public.inventory", STATEMENT_UPDATE, 0.09, 0.10, 1900, {0.00014, 0.00014}, {5.5, 5.5},
        {142, 142}, 1, {NULL, NULL}},
    {"cancel order", "UPDATE orders SET status = $1 WHERE id = $2 AND status <> $1",
        "public.orders", STATEMENT_UPDATE, 0.05, 0.04, 760, {0.00019, 0.00021}, {7, 8.8},
        {205, 290}, 0.97, {NULL, NULL}},
};
#define N_EXAMPLE_STATEMENTS (sizeof(example_statements) / sizeof(example_statements[0]))

static inline struct work example_work(
    double calls, double mean_s, double blocks, double rows, double wal_bytes)
{
	struct work work = {
	    .calls = calls,
	    .rows = calls * rows,
	    .exec_ms = 1e3 * calls * mean_s,
	    .stddev_ms = 400 * mean_s,
	    .max_ms = 9e3 * mean_s,
	    .shared_hit = calls * blocks,
	    .wal_bytes = calls * wal_bytes,
	    .wal_records = wal_bytes > 0 ? calls * floor(wal_bytes / 100) : 0,
	};

	return work;
}

static inline struct run_statement *example_add_statement(struct run *run)
{
	GROW(run->statements, run->n_statements, run->cap_statements);
	run->statements[run->n_statements] = (struct run_statement){0};
	return &run->statements[run->n_statements++];
}

static inline void example_add_plan(struct run_plans *plans, const char *json, double cost)
{
	struct run_plan *plan = run_plans_add(plans);

	plan->rank = 197;
	plan->of = 200;
	plan->vector = 12;
	plan->share = 1;
	plan->hash = xasprintf("%016zx", strlen(json));
	plan->cost = cost;
	plan->json = xstrdup(json);
}

/* The Sort and the Seq Scan of the timeline make room for an index scan. */
static inline void example_add_plan_change(struct run_statement *s)
{
	GROW(s->plan_changes.items, s->plan_changes.n, s->plan_changes.cap);
	s->plan_changes.items[s->plan_changes.n++] = (struct run_plan_change){
	    .kind = xstrdup("seq_to_index"),
	    .object = xstrdup("orders"),
	    .text = xstrdup("orders: a sequential scan, now orders_customer_created"),
	    .severity = PLAN_BETTER,
	    .rank = 197,
	    .of = 200,
	    .share = 1,
	    .cost_ratio = 58.4 / 4310.4,
	    .buffers_ratio = 12 / 812.0,
	};
	example_add_plan(&s->predicted, PLAN_TIMELINE_AFTER, 61.2);
}

static inline void example_fill_statement(
    struct run_statement *s, const struct example_statement *from, size_t number)
{
	s->name = xstrdup(from->name);
	s->queryid = xasprintf("-%zu203685477580701", number + 3);
	s->text = xstrdup(from->text);
	s->kind = from->kind;
	s->writes = from->kind != STATEMENT_SELECT;
	strv_add(&s->tables, from->table);
	s->share_time = from->share_time;
	s->share_calls = from->share_calls;
	s->value_source = xstrdup("witness rows");
	s->production = example_work(1e6 * from->share_calls, from->median_s[0], from->blocks[0] * 1.1,
	    from->rows, from->wal_bytes[0]);
	for (int arm = 0; arm < N_ARMS; arm++) {
		struct run_statement_arm *a = &s->arms[arm];

		a->scheduled = a->ok = from->calls;
		a->rows = from->calls * from->rows;
		example_latency(&a->service, from->median_s[arm], 0.45, from->calls, number * 4 + 1);
		example_latency(
		    &a->response, from->median_s[arm] + 0.00004, 0.5, from->calls, number * 4 + 2);
		a->work = example_work(
		    from->calls, from->median_s[arm], from->blocks[arm], from->rows, from->wal_bytes[arm]);
		if (from->plan[arm])
			example_add_plan(&a->plans, from->plan[arm], arm == ARM_BASELINE ? 4310.4 : 58.4);
	}
}

static inline void example_add_skipped(struct run *run)
{
	struct run_statement *s = example_add_statement(run);

	s->name = xstrdup("nightly report");
	s->queryid = xstrdup("8123456789012345678");
	s->text = xstrdup("SELECT * FROM dblink($1, $2) AS t(a int)");
	s->kind = STATEMENT_SELECT;
	s->share_time = 0.03;
	s->share_calls = 0.0001;
	s->value_source = xstrdup("none");
	s->skip_reason = xstrdup("calls dblink, which leaves the clone");
	s->production = example_work(100, 3.0, 1e5, 10, 0);
	for (int arm = 0; arm < N_ARMS; arm++)
		s->arms[arm].work = work_unknown;
}

static inline struct check *example_add_check(struct run *run, const char *metric,
    const char *scope, enum bound_kind bound, double limit, enum outcome outcome, const char *why)
{
	struct check *check;

	GROW(run->checks, run->n_checks, run->cap_checks);
	check = &run->checks[run->n_checks++];
	*check = (struct check){
	    .id = xasprintf("%s of %s", metric, scope),
	    .metric = metric_find(metric),
	    .scope = xstrdup(scope),
	    .bound = bound,
	    .limit = limit,
	    .baseline = NAN,
	    .candidate = NAN,
	    .estimate = NAN,
	    .lower = NAN,
	    .upper = NAN,
	    .needs_seconds = NAN,
	    .outcome = outcome,
	    .proven = outcome == OUTCOME_PASS,
	    .why = xstrdup(why),
	};
	return check;
}

static inline void example_add_checks(struct run *run)
{
	struct check *c;

	c = example_add_check(run, "latency.p95", "customer timeline", BOUND_MAX_RATIO, 0.5,
	    OUTCOME_PASS,
	    "p95 of customer timeline: at most 0.08 times the baseline's, which is within 0.50");
	c->baseline = run->statements[0].arms[ARM_BASELINE].service.p95;
	c->candidate = run->statements[0].arms[ARM_CANDIDATE].service.p95;
	c->estimate = 0.0752, c->lower = 0.071, c->upper = 0.0801;
	c->samples[0] = c->samples[1] = 6000;
	c = example_add_check(run, "latency.p95", "all writes", BOUND_MAX_RATIO, 1.25,
	    OUTCOME_INCONCLUSIVE,
	    "p95 of all writes is 1.19 times the baseline's, but it may be anything from 1.05 to 1.34");
	c->baseline = 0.00031, c->candidate = 0.00037;
	c->estimate = 1.19, c->lower = 1.05, c->upper = 1.34;
	c->samples[0] = c->samples[1] = 4360;
	c->needs_seconds = 85;
	c->proven = false;
	c = example_add_check(run, "wal.bytes_per_call", "place order", BOUND_MAX_RATIO, 1.2,
	    OUTCOME_FAIL, "place order writes 402 B of WAL per call, 1.30 times the baseline's 310 B");
	c->baseline = 310, c->candidate = 402, c->estimate = 402 / 310.0;
	c->samples[0] = c->samples[1] = 1700;
	c->proven = false;
	c = example_add_check(run, "index.size_bytes", "public.orders_customer_created", BOUND_MAX,
	    64 * 0x1p20, OUTCOME_PASS, "public.orders_customer_created takes 9.40 MiB");
	c->candidate = c->estimate = 9856614;
	c = example_add_check(
	    run, "errors.rate", "all", BOUND_MAX, 0.001, OUTCOME_PASS, "no op failed on the candidate");
	c->baseline = c->candidate = c->estimate = 0;
	c->samples[0] = c->samples[1] = 19060;
	run->verdict.outcome = OUTCOME_FAIL;
	run->verdict.needs_seconds = NAN;
	strv_add(&run->verdict.reasons,
	    "place order writes 402 B of WAL per call, 1.30 times the baseline's 310 B");
	strv_add(&run->verdict.reasons,
	    "p95 of all writes is 1.19 times the baseline's, but it may be anything from 1.05 to 1.34");
}

static inline void example_add_index(struct run *run, const char *name, const char *definition,
    enum index_role role, double size_bytes, double scans)
{
	struct run_index *index;

	GROW(run->indexes, run->n_indexes, run->cap_indexes);
	index = &run->indexes[run->n_indexes++];
	*index = (struct run_index){
	    .name = xstrdup(name),
	    .table = xstrdup("public.orders"),
	    .definition = xstrdup(definition),
	    .role = role,
	    .is_unique = strstr(definition, "UNIQUE") != NULL,
	    .build_seconds = role == INDEX_CREATED ? 0.84 : NAN,
	    .predicted_bytes = role == INDEX_CREATED ? 9469952 : NAN,
	    .cost = role == INDEX_CREATED
	                ? (struct run_index_cost){24, 212, 301, 0.92, 0.92}
	                : run_index_cost_unknown,
	};
	for (int arm = 0; arm < N_ARMS; arm++) {
		const bool exists = !(role == INDEX_CREATED && arm == ARM_BASELINE);

		index->arms[arm] = (struct run_index_arm){
		    .exists = exists,
		    .valid = exists,
		    .size_bytes = exists ? size_bytes : NAN,
		    .growth_bytes = exists ? 81920 : NAN,
		    .scans = exists ? scans : NAN,
		    .tuples_read = exists ? scans * 42 : NAN,
		    .tuples_fetched = exists ? scans * 40 : NAN,
		    .bloat = exists ? 0.08 : NAN,
		};
	}
}

static inline void example_add_relations(struct run *run)
{
	const char *const names[] = {"public.orders", "public.inventory", "public.customers"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct run_table *table;

		GROW(run->tables, run->n_tables, run->cap_tables);
		table = &run->tables[run->n_tables++];
		*table = (struct run_table){.name = xstrdup(names[i])};
		for (int arm = 0; arm < N_ARMS; arm++)
			table->arms[arm] = (struct run_table_arm){
			    .inserted = i == 0 ? 1700 : 0,
			    .updated = i == 0   ? 740
			               : i == 1 ? 1900
			                        : 0,
			    .hot_updated = i == 0   ? (arm ? 0 : 611)
			                   : i == 1 ? 1888
			                            : 0,
			    .dead_tuples = i < 2 ? 700 + 300 * arm : 0,
			    .size_bytes = 31e6 / (double)(i + 1),
			    .growth_bytes = i < 2 ? 253952 : 0,
			    .vacuum_seconds = i < 2 ? 0.051 + 0.02 * arm : NAN,
			};
	}
	example_add_index(run, "public.orders_customer_created",
	    "CREATE INDEX orders_customer_created ON public.orders USING btree (customer_id, "
	    "created_at "
	    "DESC)",
	    INDEX_CREATED, 9856614, 6000);
	example_add_index(run, "public.orders_pkey",
	    "CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)", INDEX_EXISTING,
	    6758400, 9460);
	strv_add(&run->indexes[0].used_by, "customer timeline");
	run->indexes[1].is_primary = run->indexes[1].is_constraint = true;
	GROW(run->changes, run->n_changes, run->cap_changes);
	run->changes[run->n_changes++] = (struct run_change){
	    .sql = xstrdup("CREATE INDEX CONCURRENTLY orders_customer_created ON orders (customer_id, "
	                   "created_at DESC)"),
	    .kind = xstrdup("create index"),
	    .seconds = 0.84,
	    .wal_bytes = 9.9e6,
	    .temp_bytes = 1.5e6,
	    .locks = xstrdup("ShareUpdateExclusiveLock on public.orders"),
	    .lock_seconds = 0.012,
	};
}

static inline void example_add_slices(struct run *run)
{
	struct rng rng;

	rng_init(&rng, 7, 0);
	run->n_slices = EXAMPLE_SLICES;
	for (int arm = 0; arm < N_ARMS; arm++) {
		run->slices[arm] = xcalloc(EXAMPLE_SLICES, sizeof(struct run_slice));
		for (size_t i = 0; i < EXAMPLE_SLICES; i++) {
			const double wave = 1 + 0.1 * sin((double)i / 5) + 0.05 * rng_uniform(&rng);

			run->slices[arm][i] = (struct run_slice){
			    .start_s = (double)i,
			    .ok = 300 + (double)rng_below(&rng, 40),
			    .p50 = (arm ? 0.00019 : 0.00024) * wave,
			    .p95 = (arm ? 0.00052 : 0.0081) * wave,
			    .p99 = (arm ? 0.00105 : 0.0112) * wave,
			    .max = (arm ? 0.004 : 0.031) * wave,
			    .service_p50 = (arm ? 0.00016 : 0.0002) * wave,
			    .lag_p99 = 0.00008 * wave,
			    .lag_max = 0.0007 * wave * wave,
			};
		}
	}
}

static inline void example_add_source(struct workload_source *source)
{
	source->kind = xstrdup("pg_stat_statements");
	source->server_version_num = 150008;
	source->system_identifier = xstrdup("7412345678901234567");
	source->database = xstrdup("shop");
	source->role = xstrdup("shop_app");
	source->search_path = xstrdup("\"$user\", public");
	source->captured_at = xstrdup("2026-05-04T09:00:00Z");
	source->window_s = 600;
	source->lost_time_share = 0.002;
	GROW(source->settings, source->n_settings, source->cap_settings);
	source->settings[source->n_settings++] =
	    (struct workload_setting){xstrdup("random_page_cost"), xstrdup("1.1")};
}

static inline void run_example(struct run *run)
{
	*run = (struct run){
	    .run_id = xstrdup("20260504-093012-9f3a"),
	    .name = xstrdup("customer timeline index"),
	    .started_at = xstrdup("2026-05-04T09:30:12Z"),
	    .finished_at = xstrdup("2026-05-04T09:31:58Z"),
	    .version = xstrdup("0.1.0"),
	    .command = xstrdup("pgrehearse gate workloads/orders/gate.yaml --random-seed 42"),
	    .stopped_by = xstrdup("time"),
	    .candidate_name = xstrdup("customer_timeline.sql"),
	    .up_sql = xstrdup("CREATE INDEX CONCURRENTLY orders_customer_created\n\tON orders "
	                      "(customer_id, created_at DESC);\n"),
	    .down_sql = xstrdup("DROP INDEX CONCURRENTLY orders_customer_created;\n"),
	    .replay = {.rate_per_s = 320,
	        .duration_ns = 60 * NS_PER_S,
	        .clients = 8,
	        .jobs = 1,
	        .protocol = PROTOCOL_PREPARED,
	        .seed = 42,
	        .pair_gap_ns = NS_PER_MS,
	        .statement_timeout_ns = 30 * NS_PER_S,
	        .drain_timeout_ns = 10 * NS_PER_S,
	        .early_stop = true},
	    .clone_driver = xstrdup("template"),
	    .coverage_time = 0.968,
	    .coverage_calls = 0.998,
	    .generator = {.scheduled = 38120,
	        .completed = 38120,
	        .lag_p50 = 0.000009,
	        .lag_p99 = 0.00006,
	        .lag_max = 0.0011,
	        .queueing_p99 = 0.00002,
	        .cpu_seconds = 0.61,
	        .machine_busy = 0.41,
	        .machine_stalls = 2,
	        .machine_stall_max = 0.0071,
	        .offered_rate = 320,
	        .achieved_rate = 317.7,
	        .duration_s = 60.01,
	        .warmup_s = 4},
	    .alpha = 0.01,
	    .dead_band = 0.02,
	    .guard = 0.25,
	};
	example_add_source(&run->source);
	for (int arm = 0; arm < N_ARMS; arm++)
		run->arms[arm] = (struct run_arm){
		    .server_version = xstrdup("15.8"),
		    .server_version_num = 150008,
		    .database = xasprintf("shop_%s", arm ? "candidate" : "baseline"),
		    .system_identifier = xstrdup("7499999999999999999"),
		    .database_bytes_before = 91e6,
		    .standbys = 1,
		    .replica_lag_max = 3.2e6,
		    .replica_lag_mean = 4e5,
		    .replica_share = arm == ARM_BASELINE ? 0.46 : 0.54,
		    .database_bytes_after = 92e6 + 1e7 * arm,
		};
	for (size_t i = 0; i < N_EXAMPLE_STATEMENTS; i++)
		example_fill_statement(example_add_statement(run), &example_statements[i], i);
	run->n_replayed = run->n_statements;
	example_add_plan_change(&run->statements[0]);
	example_add_skipped(run);
	example_add_relations(run);
	example_add_slices(run);
	example_add_checks(run);
	GROW(run->disturbances, run->n_disturbances, run->cap_disturbances);
	run->disturbances[run->n_disturbances++] = (struct run_disturbance){
	    .kind = xstrdup("stall"),
	    .text = xstrdup("2 stalls of this machine, the longest 7.1 ms"),
	};
}

#endif
