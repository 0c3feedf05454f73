/* The candidate on a real clone: what is recorded, what a failure leaves, what is analysed. */
#include "stage_servers.h"

#include "base/stop.h"
#include "sql/sql.h"
#include "stage/candidate.h"
#include "stage/clone.h"

#include <math.h>
#include <pthread.h>

static struct clone_set *set;
static struct db_target targets[N_ARMS];
static struct db *arms[N_ARMS];

static int make_arms(void **state)
{
	struct clone_spec spec = {.driver = CLONE_TEMPLATE, .staging = staging};
	struct err err = {0};

	(void)state;
	must(clone_set_open(&spec, "20260504_093012_a1b2", NULL, &set, &err), &err);
	must(clone_set_baseline(set, &targets[0], &err), &err);
	must(clone_set_candidate(set, &targets[1], &err), &err);
	for (int arm = 0; arm < N_ARMS; arm++)
		arms[arm] = connect_target(&targets[arm]);
	return 0;
}

static int drop_arms(void **state)
{
	struct err err = {0};

	(void)state;
	for (int arm = 0; arm < N_ARMS; arm++) {
		db_close(arms[arm]);
		db_target_release(&targets[arm]);
	}
	must(clone_set_close(set, false, NULL, &err), &err);
	sql_shutdown();
	return 0;
}

static int apply(const char *sql, struct run *run, struct err *err)
{
	*run = (struct run){0};
	return candidate_apply(arms[ARM_CANDIDATE], "up.sql", sql, NULL, run, err);
}

static void test_each_change_is_recorded_with_its_cost(void **state)
{
	struct run run;
	struct err err = {0};

	(void)state;
	must(apply("CREATE INDEX CONCURRENTLY by_total ON orders (total);\n"
	           "ALTER TABLE orders SET (fillfactor = 80);",
	         &run, &err),
	    &err);
	assert_int_equal(run.n_changes, 2);
	assert_string_equal(run.changes[0].kind, "create index");
	assert_true(run.changes[0].seconds > 0);
	assert_true(run.changes[0].wal_bytes > 8192);
	assert_null(run.changes[0].error);
	assert_string_equal(run.changes[1].sql, "ALTER TABLE orders SET (fillfactor = 80)");
	ASSERT_ANSWER(arms[ARM_CANDIDATE], "SELECT to_regclass('by_total') IS NOT NULL", "t");
	ASSERT_ANSWER(arms[ARM_BASELINE], "SELECT to_regclass('by_total') IS NULL", "t");
	run_release(&run);
}

static void *hold_a_lock(void *ctx)
{
	struct db *db = ctx;

	db_exec(db, "SELECT pg_sleep(0.4); COMMIT", NULL);
	return NULL;
}

/* Somebody reads the table when the change wants it for itself. */
static void test_locks_and_the_wait_for_them_are_recorded(void **state)
{
	struct db *other = connect_target(&targets[ARM_CANDIDATE]);
	pthread_t thread;
	struct run run;
	struct err err = {0};

	(void)state;
	must(db_exec(other, "BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE", &err), &err);
	assert_int_equal(pthread_create(&thread, NULL, hold_a_lock, other), 0);
	must(apply("DO $$ BEGIN LOCK TABLE orders; PERFORM pg_sleep(0.2); END $$;", &run, &err), &err);
	pthread_join(thread, NULL);
	assert_string_equal(run.changes[0].locks, "AccessExclusiveLock on public.orders");
	assert_true(run.changes[0].lock_seconds > 0.1);
	assert_true(run.changes[0].lock_seconds < run.changes[0].seconds);
	run_release(&run);
	db_close(other);
}

static void test_temporary_files_of_a_build_are_counted(void **state)
{
	struct run run;
	struct err err = {0};

	(void)state;
	must(apply("SET maintenance_work_mem = '1MB';\n"
	           "CREATE TABLE spill AS SELECT n, repeat('x', 40) AS pad FROM"
	           " generate_series(1, 60000) n;\n"
	           "CREATE INDEX spill_idx ON spill (pad, n);\nDROP TABLE spill;",
	         &run, &err),
	    &err);
	if (db_server_version(arms[ARM_CANDIDATE]) >= 150000) {
		assert_true(run.changes[2].temp_bytes > 1e6);
		assert_true(run.changes[3].temp_bytes == 0);
	}
	assert_non_null(run.changes[2].locks);
	assert_string_equal(run.changes[2].locks, "ShareLock on public.spill");
	run_release(&run);
}

static void test_the_unchanged_candidate_changes_nothing(void **state)
{
	struct run run;
	struct err err = {0};

	(void)state;
	must(apply(NULL, &run, &err), &err);
	must(apply("-- nothing to do\n", &run, &err), &err);
	assert_int_equal(run.n_changes, 0);
}

static void test_a_failed_concurrent_build_names_what_it_left(void **state)
{
	struct run run;
	struct err err = {0};

	(void)state;
	assert_int_equal(apply("CREATE INDEX good ON orders (id, total);\n"
	                       "CREATE UNIQUE INDEX CONCURRENTLY \"Bad one\" ON orders (total);\n"
	                       "CREATE INDEX never ON orders (email);",
	                     &run, &err),
	    ERR_ENV);
	assert_string_equal(err.sqlstate, "23505");
	assert_non_null(strstr(err.message, "up.sql:2"));
	assert_non_null(strstr(err.message, "invalid index public.\"Bad one\""));
	assert_int_equal(run.n_changes, 2);
	assert_null(run.changes[0].error);
	assert_non_null(run.changes[1].error);
	ASSERT_ANSWER(arms[ARM_CANDIDATE], "SELECT to_regclass('never') IS NULL", "t");
	run_release(&run);
	/* One that was there before is not blamed on the next candidate. */
	must(apply("CREATE INDEX other ON orders (total, id)", &run, &err), &err);
	run_release(&run);
}

static void test_staging_itself_is_refused(void **state)
{
	struct db *db = connect_target(&staging);
	struct run run = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    candidate_apply(db, "up.sql", "CREATE INDEX ON orders (total)", NULL, &run, &err), ERR_ENV);
	assert_int_equal(run.n_changes, 0);
	ASSERT_ANSWER(db, "SELECT count(*) FROM pg_indexes WHERE tablename = 'orders'", "1");
	db_close(db);
}

static void test_settings_stay_on_the_candidate(void **state)
{
	struct db *baseline, *candidate, *original;
	struct run run;
	struct err err = {0};

	(void)state;
	must(apply("SET maintenance_work_mem = '17MB'; ALTER DATABASE orders SET work_mem = '9MB'",
	         &run, &err),
	    &err);
	run_release(&run);
	ASSERT_ANSWER(arms[ARM_CANDIDATE], "SHOW maintenance_work_mem", "64MB");
	candidate = connect_target(&targets[ARM_CANDIDATE]);
	baseline = connect_target(&targets[ARM_BASELINE]);
	original = connect_target(&staging);
	ASSERT_ANSWER(candidate, "SHOW work_mem", "9MB");
	ASSERT_ANSWER(baseline, "SHOW work_mem", "4MB");
	ASSERT_ANSWER(original, "SHOW work_mem", "4MB");
	db_close(candidate);
	db_close(baseline);
	db_close(original);
}

static void test_new_statistics_are_collected_on_both_arms_or_none(void **state)
{
	static const char analyzed[] = "SELECT count(last_analyze) FROM pg_stat_user_tables"
	                               " WHERE relname = 'orders'";
	static const char expressions[] = "SELECT count(*) FROM pg_stats WHERE tablename = 'lowered'";
	struct run run;
	struct err err = {0};

	(void)state;
	run_sql(arms[ARM_BASELINE], "SELECT pg_stat_reset()");
	must(candidate_settle(arms[ARM_BASELINE], arms[ARM_CANDIDATE], NULL, &err), &err);
	ASSERT_ANSWER(arms[ARM_BASELINE], analyzed, "0");
	must(apply("CREATE INDEX lowered ON orders (lower(email)); CREATE TABLE added (a text);"
	           "CREATE INDEX ON added (upper(a))",
	         &run, &err),
	    &err);
	run_release(&run);
	ASSERT_ANSWER(arms[ARM_CANDIDATE], expressions, "0");
	must(candidate_settle(arms[ARM_BASELINE], arms[ARM_CANDIDATE], NULL, &err), &err);
	ASSERT_ANSWER(arms[ARM_CANDIDATE], expressions, "1");
	for (int i = 0; i < 100; i++) {
		char *answer;

		run_sql(arms[ARM_BASELINE], "SELECT pg_stat_clear_snapshot()");
		answer = ask(arms[ARM_BASELINE], analyzed);
		if (answer[0] == '1')
			i = 100;
		free(answer);
		wait_ms(i < 100 ? 50 : 0);
	}
	ASSERT_ANSWER(arms[ARM_BASELINE], analyzed, "1");
}

static void test_a_signal_cancels_the_statement_that_runs(void **state)
{
	static const char slow[] = "CREATE FUNCTION slow(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql"
	                           " AS 'BEGIN PERFORM pg_sleep(60); RETURN i; END'";
	pid_t pid;
	int status;

	(void)state;
	run_sql(arms[ARM_CANDIDATE], slow);
	pid = fork();
	if (pid == 0) {
		struct db *db = connect_target(&targets[ARM_CANDIDATE]);
		struct run run = {0};
		struct err err = {0};
		int rc;

		stop_install();
		rc = candidate_apply(db, "up.sql",
		    "CREATE INDEX slow ON orders (slow(total)); CREATE INDEX late ON orders (total)", NULL,
		    &run, &err);
		_exit(rc == ERR_INTERRUPTED && run.n_changes == 1 ? 0 : 1);
	}
	for (int i = 0; i < 200; i++) {
		char *busy = ask(arms[ARM_BASELINE],
		    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
		bool sleeps = busy[0] == '1';

		free(busy);
		if (sleeps)
			break;
		wait_ms(50);
	}
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	ASSERT_ANSWER(arms[ARM_CANDIDATE],
	    "SELECT count(*) FROM pg_indexes WHERE indexname IN ('slow', 'late')", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        test_each_change_is_recorded_with_its_cost, make_arms, drop_arms),
	    cmocka_unit_test_setup_teardown(
	        test_locks_and_the_wait_for_them_are_recorded, make_arms, drop_arms),
	    cmocka_unit_test_setup_teardown(
	        test_temporary_files_of_a_build_are_counted, make_arms, drop_arms),
	    cmocka_unit_test_setup_teardown(
	        test_the_unchanged_candidate_changes_nothing, make_arms, drop_arms),
	    cmocka_unit_test_setup_teardown(
	        test_a_failed_concurrent_build_names_what_it_left, make_arms, drop_arms),
	    cmocka_unit_test_setup_teardown(test_staging_itself_is_refused, make_arms, drop_arms),
	    cmocka_unit_test_setup_teardown(test_settings_stay_on_the_candidate, make_arms, drop_arms),
	    cmocka_unit_test_setup_teardown(
	        test_new_statistics_are_collected_on_both_arms_or_none, make_arms, drop_arms),
	    cmocka_unit_test_setup_teardown(
	        test_a_signal_cancels_the_statement_that_runs, make_arms, drop_arms),
	};

	return cmocka_run_group_tests_name(
	    "stage: applying the candidate", tests, start_servers, stop_servers);
}
