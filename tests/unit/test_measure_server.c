/* measure against a real server: what each statement, table and index cost on each clone. */
#include "base/mem.h"
#include "measure/measure.h"
#include "model/metric.h"
#include "stage_servers.h"

#include <math.h>

enum { READ, UPDATE, N_STATEMENTS };

#define READ_SQL   "SELECT count(*) FROM orders WHERE total = $1"
#define UPDATE_SQL "UPDATE orders SET total = total + 1 WHERE id = $1"

static struct db *arms[N_ARMS];
static struct run run;

/* Two clones; the candidate has an index on the column that the updates change. */
static int make_arms(void **state)
{
	struct db *db;

	if (start_servers(state) < 0)
		return -1;
	db = connect_to(staging.dbname);
	run_sql(db, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
	run_sql(db, "VACUUM ANALYZE");
	db_close(db);
	db = connect_to("postgres");
	for (int arm = 0; arm < N_ARMS; arm++) {
		_cleanup_free_ char *sql =
		    xasprintf("CREATE DATABASE %s TEMPLATE %s", arm_name((enum arm)arm), staging.dbname);

		run_sql(db, sql);
		arms[arm] = connect_to(arm_name((enum arm)arm));
	}
	db_close(db);
	run_sql(arms[ARM_CANDIDATE], "CREATE INDEX orders_total ON orders (total)");
	run.n_statements = run.n_replayed = N_STATEMENTS;
	run.statements = xcalloc(N_STATEMENTS, sizeof(*run.statements));
	GROW(run.changes, run.n_changes, run.cap_changes);
	run.changes[run.n_changes++] = (struct run_change){
	    .sql = xstrdup("CREATE INDEX orders_total ON orders (total)"),
	    .kind = xstrdup("create index"),
	    .seconds = 0.25,
	};
	return 0;
}

static int drop_arms(void **state)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		db_close(arms[arm]);
	run_release(&run);
	return stop_servers(state);
}

static void replay(struct db *db, size_t number, const char *sql, int calls)
{
	_cleanup_free_ char *marker = measure_marker(number);
	_cleanup_free_ char *marked = xasprintf("%s %s", sql, marker);
	struct err err = {0};

	for (int i = 1; i <= calls; i++) {
		_cleanup_free_ char *value = xasprintf("%d", i);
		struct db_rows *rows = db_query(db, &err, marked, value);

		if (!rows)
			fail_msg("%s", err.message);
		db_rows_free(rows);
	}
}

/* The sessions of a replay are its own and closed before the counters are read. */
static void replay_on(const char *dbname)
{
	struct db *db = connect_to(dbname);

	replay(db, READ, READ_SQL, 50);
	replay(db, UPDATE, UPDATE_SQL, 200);
	db_close(db);
}

static void measure_once(bool vacuum)
{
	struct measure *measure = NULL;
	struct err err = {0};

	must(measure_begin(arms, &measure, &err), &err);
	replay_on("baseline");
	replay_on("candidate");
	must(measure_end(measure, vacuum, NULL, &run, &err), &err);
	measure_free(measure);
}

static const struct work *work(size_t statement, enum arm arm)
{
	return &run.statements[statement].arms[arm].work;
}

static const struct run_index *find_index(const char *name)
{
	for (size_t i = 0; i < run.n_indexes; i++)
		if (strcmp(run.indexes[i].name, name) == 0)
			return &run.indexes[i];
	fail_msg("the run has no index %s", name);
	return NULL;
}

static void work_is_attributed_to_statements_on_both_arms(void **state)
{
	static const char *const explains[] = {"EXPLAIN", "EXPLAIN (COSTS OFF)", "EXPLAIN (SETTINGS)",
	    "EXPLAIN (VERBOSE)", "EXPLAIN (FORMAT JSON)", "EXPLAIN (FORMAT YAML)"};
	struct err err = {0};

	(void)state;
	/* An entry without a marker that was there before keeps its text: found by its queryid. */
	db_rows_free(db_query(arms[ARM_BASELINE], &err, READ_SQL, "1"));
	/* Plans of marked statements were taken before; EXPLAIN is an entry of its own. */
	for (int arm = 0; arm < N_ARMS; arm++)
		for (size_t i = 0; i < sizeof(explains) / sizeof(explains[0]); i++) {
			_cleanup_free_ char *sql = xasprintf("%s %s", explains[i], READ_SQL);

			replay(arms[arm], READ, sql, 1);
		}
	measure_once(true);
	for (int arm = 0; arm < N_ARMS; arm++) {
		assert_true(work(READ, (enum arm)arm)->calls == 50);
		assert_true(work(READ, (enum arm)arm)->rows == 50);
		assert_true(work(UPDATE, (enum arm)arm)->calls == 200);
		assert_true(work(UPDATE, (enum arm)arm)->wal_records >= 200);
		assert_true(work_touched(work(UPDATE, (enum arm)arm)) >= 400);
	}
	/* The index serves the read with fewer blocks, and every update writes to it as well. */
	assert_true(work_touched(work(READ, ARM_CANDIDATE)) < work_touched(work(READ, ARM_BASELINE)));
	assert_true(
	    work(UPDATE, ARM_CANDIDATE)->wal_records > 1.5 * work(UPDATE, ARM_BASELINE)->wal_records);
}

static void tables_tell_what_was_written_and_how(void **state)
{
	const struct run_table *orders = &run.tables[0];

	(void)state;
	assert_string_equal(orders->name, "public.orders");
	assert_true(orders->arms[ARM_BASELINE].updated == 200);
	assert_true(orders->arms[ARM_CANDIDATE].updated == 200);
	assert_true(orders->arms[ARM_BASELINE].hot_updated > 0);
	assert_true(orders->arms[ARM_CANDIDATE].hot_updated == 0);
	for (int arm = 0; arm < N_ARMS; arm++) {
		assert_true(orders->arms[arm].size_bytes > 0);
		assert_true(orders->arms[arm].vacuum_seconds > 0);
		assert_true(run.arms[arm].database_bytes_after > 1e6);
	}
}

static void indexes_know_their_role_and_their_use(void **state)
{
	const struct run_index *created = find_index("public.orders_total");
	const struct run_index *key = find_index("public.orders_pkey");

	(void)state;
	assert_int_equal(created->role, INDEX_CREATED);
	assert_false(created->arms[ARM_BASELINE].exists);
	assert_true(created->arms[ARM_CANDIDATE].exists && created->arms[ARM_CANDIDATE].valid);
	assert_true(created->arms[ARM_CANDIDATE].scans >= 50);
	assert_true(created->build_seconds == 0.25);
	assert_string_equal(created->table, "public.orders");
	assert_int_equal(key->role, INDEX_EXISTING);
	assert_true(key->is_primary && key->is_unique && key->is_constraint);
	assert_true(key->arms[ARM_BASELINE].scans == 200);
}

/* In mid-run: statements, and tables where a threshold asks for them. */
static void a_peek_reads_what_was_counted_so_far(void **state)
{
	struct threshold hot = {.metric = metric_find("table.hot_ratio")};
	struct measure *measure = NULL;
	struct err err = {0};

	(void)state;
	run.thresholds = &hot;
	run.n_thresholds = 1;
	must(measure_begin(arms, &measure, &err), &err);
	replay_on("baseline");
	replay_on("candidate");
	assert_true(measure_peek(measure, 1.5, &run));
	assert_true(work(READ, ARM_CANDIDATE)->calls == 50);
	assert_true(work(UPDATE, ARM_BASELINE)->wal_records >= 200);
	assert_true(run.tables[0].arms[ARM_BASELINE].updated == 200);
	assert_true(run.tables[0].arms[ARM_CANDIDATE].hot_updated == 0);
	measure_free(measure);
	run.thresholds = NULL;
	run.n_thresholds = 0;
}

static void other_statistics_are_disclosed(void **state)
{
	struct run fresh = {0};

	(void)state;
	measure_statistics(arms, &fresh);
	assert_int_equal(fresh.n_disturbances, 0);
	run_sql(arms[ARM_CANDIDATE], "ALTER TABLE orders ALTER id SET STATISTICS 2");
	run_sql(arms[ARM_CANDIDATE], "ANALYZE orders");
	measure_statistics(arms, &fresh);
	assert_int_equal(fresh.n_disturbances, 1);
	assert_string_equal(fresh.disturbances[0].kind, RUN_STATISTICS_DIFFER);
	assert_non_null(strstr(fresh.disturbances[0].text, "public.orders"));
	run_release(&fresh);
}

/* A server without the extension, or with an arm that went away, is disclosed and not fatal. */
static void what_cannot_be_read_is_unknown_and_noted(void **state)
{
	struct measure *measure = NULL;
	struct err err = {0};
	size_t before = run.n_disturbances;

	(void)state;
	must(measure_begin(arms, &measure, &err), &err);
	run_sql(arms[ARM_CANDIDATE], "DROP EXTENSION pg_stat_statements");
	must(measure_end(measure, false, NULL, &run, &err), &err);
	measure_free(measure);
	assert_true(isnan(work(READ, ARM_CANDIDATE)->shared_hit));
	assert_true(run.n_disturbances > before);
	assert_non_null(strstr(run.disturbances[before].text, "pg_stat_statements"));
	assert_false(run.disturbances[before].blocks_pass);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(other_statistics_are_disclosed),
	    cmocka_unit_test(work_is_attributed_to_statements_on_both_arms),
	    cmocka_unit_test(tables_tell_what_was_written_and_how),
	    cmocka_unit_test(indexes_know_their_role_and_their_use),
	    cmocka_unit_test(a_peek_reads_what_was_counted_so_far),
	    cmocka_unit_test(what_cannot_be_read_is_unknown_and_noted),
	};

	return cmocka_run_group_tests_name("measure: a real server", tests, make_arms, drop_arms);
}
