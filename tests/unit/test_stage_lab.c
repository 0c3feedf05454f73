/* The lab: found again, loaded once, gone with its maker. */
#include "stage_servers.h"

#include "stage/server.h"

static void test_a_running_lab_is_found(void **state)
{
	struct lab found;
	struct err err = {0};

	(void)state;
	must(lab_find(lab.dir, &found, &err), &err);
	assert_true(found.exists && found.running && found.ephemeral);
	assert_int_equal(found.pid, lab.pid);
	lab_release(&found);
	must(lab_start(&(struct lab_options){.dir = lab.dir}, NULL, &found, &err), &err);
	assert_true(found.found);
	assert_int_equal(found.pid, lab.pid);
	lab_release(&found);
}

static void test_nothing_runs_in_a_lab_by_itself(void **state)
{
	struct db *db = connect_to("postgres");

	(void)state;
	ASSERT_ANSWER(db, "SHOW autovacuum", "off");
	ASSERT_ANSWER(db, "SHOW checkpoint_timeout", "1h");
	ASSERT_ANSWER(db, "SHOW full_page_writes", "off");
	db_close(db);
}

static void test_what_is_no_lab_is_left_alone(void **state)
{
	char *file = file_join(scratch, "mine.txt");
	struct lab found;
	struct err err = {0};

	(void)state;
	must(file_write_atomic(file, "x", 1, 0644, &err), &err);
	assert_int_equal(lab_stop(scratch, NULL, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, scratch));
	assert_int_equal(
	    lab_start(&(struct lab_options){.dir = scratch}, NULL, &found, &err), ERR_USAGE);
	assert_true(file_exists(file));
	must(lab_stop("/tmp/there/is/no/lab", NULL, &err), &err);
	free(file);
}

static void test_programs_that_are_not_there(void **state)
{
	char *dir = file_join(scratch, "new");
	struct lab found;
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    lab_start(&(struct lab_options){.dir = dir, .bindir = scratch}, NULL, &found, &err),
	    ERR_USAGE);
	assert_non_null(strstr(err.message, scratch));
	assert_false(file_exists(dir));
	free(dir);
}

static void load(const char *sql, const char *name, int expected, struct err *err)
{
	char *dir = write_fixture(sql);
	struct db_target target = {0};
	int rc = lab_load_fixture(&lab, dir, name, NULL, &target, err);

	free(dir);
	if (rc != expected)
		fail_msg("%d: %s", rc, err->message);
	db_target_release(&target);
}

static void test_a_fixture_is_loaded_again_only_when_it_changed(void **state)
{
	static const char oid_sql[] = "SELECT oid FROM pg_database WHERE datname = 'shop'";
	struct db *db = connect_to("postgres");
	struct err err = {0};
	char *first, *changed;

	(void)state;
	load("CREATE TABLE t ()", "shop", 0, &err);
	first = ask(db, oid_sql);
	load("CREATE TABLE t ()", "shop", 0, &err);
	ASSERT_ANSWER(db, oid_sql, first);
	load("CREATE TABLE t (id int)", "shop", 0, &err);
	changed = ask(db, oid_sql);
	assert_string_not_equal(first, changed);
	free(first);
	free(changed);
	db_close(db);
}

static void test_a_fixture_that_fails_names_its_file_and_is_not_complete(void **state)
{
	struct err err = {0};
	struct db *db;

	(void)state;
	load("CREATE TABLE t (id int); SELECT 1/0;", "broken", ERR_ENV, &err);
	assert_non_null(strstr(err.message, "010_all.sql"));
	assert_non_null(strstr(err.message, "division by zero"));
	load("CREATE TABLE t (id int);", "broken", 0, &err);
	db = connect_to("broken");
	ASSERT_ANSWER(db, "SELECT count(*) FROM t", "0");
	ASSERT_ANSWER(
	    db, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'", "1");
	db_close(db);
}

static void test_a_database_of_somebody_else_is_not_replaced(void **state)
{
	struct db *db = connect_to("postgres");
	struct err err = {0};

	(void)state;
	run_sql(db, "CREATE DATABASE precious");
	load("CREATE TABLE t ()", "precious", ERR_ENV, &err);
	assert_non_null(strstr(err.message, "precious"));
	ASSERT_ANSWER(db, "SELECT count(*) FROM pg_database WHERE datname = 'precious'", "1");
	db_close(db);
}

static bool vanishes(const char *path)
{
	for (int i = 0; i < 300 && file_exists(path); i++)
		wait_ms(100);
	return !file_exists(path);
}

/* A process that makes a lab in dir, tells that it runs, and waits to be killed. */
static pid_t make_elsewhere(const char *dir, int *ret_fd)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct lab_options options = {.dir = dir, .ephemeral = true};
		struct lab mine;
		int rc = lab_start(&options, NULL, &mine, NULL);

		if (write(ends[1], rc < 0 ? "n" : "y", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ends[1]);
	*ret_fd = ends[0];
	return pid;
}

static void test_an_ephemeral_lab_goes_with_its_maker(void **state)
{
	char *dir = xasprintf("%s-maker", lab.dir);
	int fd;
	pid_t pid = make_elsewhere(dir, &fd);
	char *resolved, *data;
	char told = 0;

	(void)state;
	assert_int_equal(read(fd, &told, 1), 1);
	assert_int_equal(told, 'y');
	resolved = realpath(dir, NULL);
	data = file_join(resolved, "data");
	assert_int_not_equal(server_pid(data), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(vanishes(resolved));
	assert_int_equal(server_pid(data), 0);
	close(fd);
	free(data);
	free(resolved);
	free(dir);
}

static void test_a_maker_killed_half_way_leaves_nothing(void **state)
{
	char *dir = xasprintf("%s-half", lab.dir);
	char *version = file_join(dir, "data/PG_VERSION");
	int fd;
	pid_t pid = make_elsewhere(dir, &fd);

	(void)state;
	for (int i = 0; i < 3000 && !file_exists(version); i++)
		wait_ms(10);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(vanishes(dir));
	close(fd);
	free(version);
	free(dir);
}

static void test_a_killed_server_is_started_again_with_its_data(void **state)
{
	char *dir = xasprintf("%s-killed", lab.dir);
	struct lab_options options = {.dir = dir};
	struct lab first, again;
	struct err err = {0};
	struct db *db;

	(void)state;
	must(lab_start(&options, NULL, &first, &err), &err);
	db = connect_target(&first.target);
	run_sql(db, "CREATE TABLE kept AS SELECT 7 AS n");
	kill(first.pid, SIGKILL);
	db_close(db);
	for (int i = 0; i < 100 && first.running; i++) {
		lab_release(&first);
		must(lab_find(dir, &first, &err), &err);
		wait_ms(50);
	}
	assert_true(first.exists && !first.running);
	must(lab_start(&options, NULL, &again, &err), &err);
	assert_false(again.found);
	db = connect_target(&again.target);
	ASSERT_ANSWER(db, "SELECT n FROM kept", "7");
	db_close(db);
	must(lab_stop(dir, NULL, &err), &err);
	assert_false(file_exists(again.dir));
	lab_release(&first);
	lab_release(&again);
	free(dir);
}

static void test_a_long_directory_still_has_a_socket(void **state)
{
	char name[130];
	char *dir;
	struct lab far;
	struct err err = {0};
	struct db *db;

	(void)state;
	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	dir = xasprintf("%s/../%s", lab.dir, name);
	must(lab_start(&(struct lab_options){.dir = dir, .ephemeral = true}, NULL, &far, &err), &err);
	db = connect_target(&far.target);
	ASSERT_ANSWER(db, "SHOW listen_addresses", "");
	db_close(db);
	must(lab_stop(dir, NULL, &err), &err);
	assert_false(file_exists(far.target.host));
	lab_release(&far);
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_running_lab_is_found),
	    cmocka_unit_test(test_nothing_runs_in_a_lab_by_itself),
	    cmocka_unit_test(test_what_is_no_lab_is_left_alone),
	    cmocka_unit_test(test_programs_that_are_not_there),
	    cmocka_unit_test(test_a_fixture_is_loaded_again_only_when_it_changed),
	    cmocka_unit_test(test_a_fixture_that_fails_names_its_file_and_is_not_complete),
	    cmocka_unit_test(test_a_database_of_somebody_else_is_not_replaced),
	    cmocka_unit_test(test_an_ephemeral_lab_goes_with_its_maker),
	    cmocka_unit_test(test_a_maker_killed_half_way_leaves_nothing),
	    cmocka_unit_test(test_a_killed_server_is_started_again_with_its_data),
	    cmocka_unit_test(test_a_long_directory_still_has_a_socket),
	};

	return cmocka_run_group_tests_name("stage: the lab", tests, start_servers, stop_servers);
}
