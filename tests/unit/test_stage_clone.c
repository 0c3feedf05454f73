/* Clones on a real server: who may be written to, who is in the way, who is left behind. */
#include "stage_servers.h"

#include "stage/clone.h"

static const char run_id[] = "20260504_093012_a1b2";
static const char baseline[] = "pgrehearse_20260504_093012_a1b2_baseline";
static const char candidate[] = "pgrehearse_20260504_093012_a1b2_candidate";

static struct clone_set *open_template(void)
{
	struct clone_spec spec = {.driver = CLONE_TEMPLATE, .staging = staging};
	struct clone_set *set = NULL;
	struct err err = {0};

	must(clone_set_open(&spec, run_id, NULL, &set, &err), &err);
	return set;
}

static void make_both(struct clone_set *set, struct db_target targets[2])
{
	struct err err = {0};

	must(clone_set_baseline(set, &targets[0], &err), &err);
	must(clone_set_candidate(set, &targets[1], &err), &err);
}

static void release_both(struct db_target targets[2])
{
	db_target_release(&targets[0]);
	db_target_release(&targets[1]);
}

static struct clone_infos list(void)
{
	struct clone_infos found;
	struct db *db = connect_to("template1");
	struct err err = {0};

	must(clone_list(db, &found, &err), &err);
	db_close(db);
	return found;
}

static void assert_states(enum clone_state state, size_t n)
{
	struct clone_infos found = list();

	assert_int_equal(found.n, n);
	for (size_t i = 0; i < found.n; i++)
		assert_string_equal(clone_state_name(found.items[i].state), clone_state_name(state));
	clone_infos_release(&found);
}

static void drop(const char *database)
{
	struct db *db = connect_to("postgres");
	struct err err = {0};

	must(clone_drop(db, database, false, &err), &err);
	db_close(db);
}

static void test_both_arms_are_equal_marked_copies(void **state)
{
	struct clone_set *set = open_template();
	struct db_target targets[2];
	struct err err = {0};

	(void)state;
	make_both(set, targets);
	for (int arm = 0; arm < 2; arm++) {
		struct db *db = connect_target(&targets[arm]);

		assert_string_equal(db_name(db), arm ? candidate : baseline);
		must(clone_require_mark(db, &err), &err);
		ASSERT_ANSWER(db, "SELECT sum(total) FROM orders", "9000");
		ASSERT_ANSWER(db, "SELECT count(*) FROM pg_stats WHERE tablename = 'orders'", "3");
		db_close(db);
	}
	assert_states(CLONE_LIVE, 2);
	must(clone_set_close(set, false, NULL, &err), &err);
	assert_states(CLONE_LIVE, 0);
	release_both(targets);
}

static void test_a_database_without_the_mark_is_not_written_to(void **state)
{
	struct db *db = connect_target(&staging);
	struct err err = {0};

	(void)state;
	assert_int_equal(clone_require_mark(db, &err), ERR_ENV);
	assert_non_null(strstr(err.message, "orders"));
	assert_non_null(strstr(err.hint, "clone mark"));
	assert_int_equal(clone_drop(db, "postgres", true, &err), ERR_ENV);
	assert_int_equal(clone_drop(db, "nobody", true, &err), ERR_USAGE);
	db_close(db);
}

static void test_a_live_clone_is_dropped_only_by_force(void **state)
{
	struct clone_set *set = open_template();
	struct db_target target;
	struct db *db = connect_to("postgres");
	struct err err = {0};

	(void)state;
	must(clone_set_baseline(set, &target, &err), &err);
	assert_int_equal(clone_drop(db, baseline, false, &err), ERR_ENV);
	assert_non_null(strstr(err.message, run_id));
	must(clone_drop(db, baseline, true, &err), &err);
	/* Closing finds it gone, and has nothing to complain about. */
	must(clone_set_close(set, false, NULL, &err), &err);
	db_target_release(&target);
	db_close(db);
}

static void test_who_is_connected_to_staging_is_named(void **state)
{
	struct clone_set *set = open_template();
	struct db *busy = connect_target(&staging);
	struct db_target target;
	struct err err = {0};

	(void)state;
	run_sql(busy, "SET application_name = 'nightly report'");
	assert_int_equal(clone_set_baseline(set, &target, &err), ERR_ENV);
	assert_non_null(strstr(err.message, "nightly report"));
	assert_true(err.hint[0] != '\0');
	must(clone_set_close(set, false, NULL, &err), &err);
	assert_states(CLONE_LIVE, 0);
	db_close(busy);
}

static void test_settings_of_the_database_come_along(void **state)
{
	struct db *admin = connect_to("postgres");
	struct clone_set *set;
	struct db_target targets[2];
	struct err err = {0};
	struct db *db;

	(void)state;
	run_sql(admin, "ALTER DATABASE orders SET search_path = \"$user\", \"Odd, one\", public");
	run_sql(admin, "ALTER DATABASE orders SET random_page_cost = 1.1");
	run_sql(admin, "ALTER DATABASE orders SET default_transaction_read_only = on");
	run_sql(admin, "CREATE ROLE app LOGIN");
	run_sql(admin, "ALTER ROLE app IN DATABASE orders SET work_mem = '12MB'");
	run_sql(admin, "REVOKE CONNECT ON DATABASE orders FROM PUBLIC");
	run_sql(admin, "GRANT CONNECT ON DATABASE orders TO app");
	set = open_template();
	make_both(set, targets);
	db = connect_target(&targets[1]);
	ASSERT_ANSWER(db, "SHOW search_path", "\"$user\", \"Odd, one\", public");
	ASSERT_ANSWER(db, "SHOW random_page_cost", "1.1");
	ASSERT_ANSWER(db, "SHOW default_transaction_read_only", "off");
	ASSERT_ANSWER(db,
	    "SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
	    " WHERE datname = current_database() AND setrole <> 0",
	    "{work_mem=12MB}");
	ASSERT_ANSWER(db,
	    "SELECT has_database_privilege('app', current_database(), 'CONNECT') AND"
	    " has_database_privilege('pg_monitor', current_database(), 'CONNECT')",
	    "f");
	ASSERT_ANSWER(db, "SELECT has_database_privilege('app', current_database(), 'CONNECT')", "t");
	db_close(db);
	must(clone_set_close(set, false, NULL, &err), &err);
	run_sql(admin, "ALTER DATABASE orders RESET ALL");
	run_sql(admin, "GRANT CONNECT ON DATABASE orders TO PUBLIC");
	db_close(admin);
	release_both(targets);
}

static void test_a_killed_run_leaves_orphans_that_can_be_dropped(void **state)
{
	int ends[2];
	char told = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct clone_set *set = open_template();
		struct db_target targets[2];

		make_both(set, targets);
		if (write(ends[1], "y", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &told, 1), 1);
	assert_states(CLONE_LIVE, 2);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* The server notices the closed connection by itself, soon. */
	for (int i = 0; i < 100; i++) {
		struct clone_infos found = list();
		bool orphan = found.n == 2 && found.items[0].orphan;

		clone_infos_release(&found);
		if (orphan)
			break;
		wait_ms(50);
	}
	assert_states(CLONE_ORPHAN, 2);
	drop(baseline);
	drop(candidate);
	assert_states(CLONE_ORPHAN, 0);
	close(ends[0]);
}

static void test_a_copy_that_was_never_marked_is_known_by_its_name(void **state)
{
	struct db *admin = connect_to("postgres");

	(void)state;
	run_sql(admin, "CREATE DATABASE pgrehearse_20260504_093012_a1b2_baseline");
	run_sql(admin, "CREATE DATABASE pgrehearse_shop_baseline");
	assert_states(CLONE_UNMARKED, 1);
	drop(baseline);
	ASSERT_ANSWER(admin, "SELECT datname FROM pg_database WHERE datname LIKE 'pgrehearse%'",
	    "pgrehearse_shop_baseline");
	run_sql(admin, "DROP DATABASE pgrehearse_shop_baseline");
	db_close(admin);
}

static void test_what_was_asked_to_stay_is_no_orphan(void **state)
{
	struct clone_set *set = open_template();
	struct db_target target;
	struct err err = {0};

	(void)state;
	must(clone_set_baseline(set, &target, &err), &err);
	must(clone_set_close(set, true, NULL, &err), &err);
	db_target_release(&target);
	must(clone_create(&staging, "20260504_093013_a1b2", "by \"hand\"", NULL, &target, &err), &err);
	db_target_release(&target);
	assert_states(CLONE_KEPT, 2);
	drop("by \"hand\"");
	drop(baseline);
}

static int open_existing(const char *a, const char *b, struct clone_set **ret, struct err *err)
{
	struct clone_spec spec = {.driver = CLONE_EXISTING};
	int rc;

	for (int arm = 0; arm < 2; arm++) {
		spec.existing[arm] = db_target_copy(&lab.target);
		free(spec.existing[arm].dbname);
		spec.existing[arm].dbname = xstrdup(arm ? b : a);
	}
	rc = clone_set_open(&spec, run_id, NULL, ret, err);
	release_both(spec.existing);
	return rc;
}

static void mark(const char *database)
{
	struct db *db = connect_to(database);
	struct err err = {0};

	must(clone_mark(db, run_id, NULL, NULL, &err), &err);
	db_close(db);
}

static void test_existing_databases_must_be_marked_and_two(void **state)
{
	struct db *admin = connect_to("postgres");
	struct clone_set *set = NULL, *second = NULL;
	struct db_target targets[2];
	struct err err = {0};

	(void)state;
	run_sql(admin, "CREATE DATABASE left_arm");
	run_sql(admin, "CREATE DATABASE right_arm");
	assert_int_equal(open_existing("left_arm", "right_arm", &set, &err), ERR_ENV);
	assert_non_null(strstr(err.message, "left_arm"));
	mark("left_arm");
	mark("right_arm");
	assert_int_equal(open_existing("left_arm", "left_arm", &set, &err), ERR_USAGE);
	must(open_existing("left_arm", "right_arm", &set, &err), &err);
	make_both(set, targets);
	assert_string_equal(targets[1].dbname, "right_arm");
	assert_int_equal(open_existing("left_arm", "right_arm", &second, &err), ERR_ENV);
	must(clone_set_close(set, false, NULL, &err), &err);
	assert_states(CLONE_FOREIGN, 2);
	drop("left_arm");
	drop("right_arm");
	release_both(targets);
	db_close(admin);
}

static void test_a_script_makes_and_drops_clones(void **state)
{
	struct clone_spec spec = {.driver = CLONE_COMMAND, .staging = staging};
	struct clone_set *set = NULL;
	struct db_target targets[2];
	struct db *admin = connect_to("postgres");
	struct err err = {0};
	char *create, *drop_it;

	(void)state;
	create = xasprintf("psql -Xqh %s -p %s -U postgres -d postgres -c \"create database"
	                   " made_$PGREHEARSE_ARM template orders\" && echo note &&"
	                   " echo host=%s port=%s user=postgres dbname=made_$PGREHEARSE_ARM",
	    lab.target.host, lab.target.port, lab.target.host, lab.target.port);
	drop_it = xasprintf("psql -Xqh %s -p %s -U postgres -d postgres -c"
	                    " \"drop database ${PGREHEARSE_CLONE##*=} with (force)\"",
	    lab.target.host, lab.target.port);
	spec.create_command = create;
	spec.drop_command = drop_it;
	must(clone_set_open(&spec, run_id, NULL, &set, &err), &err);
	make_both(set, targets);
	assert_states(CLONE_LIVE, 2);
	must(clone_set_close(set, false, NULL, &err), &err);
	ASSERT_ANSWER(admin, "SELECT count(*) FROM pg_database WHERE datname LIKE 'made%'", "0");
	release_both(targets);
	free(create);
	free(drop_it);
	db_close(admin);
}

static void test_a_script_that_gives_staging_itself_is_refused(void **state)
{
	struct clone_spec spec = {.driver = CLONE_COMMAND, .staging = staging};
	struct clone_set *set = NULL;
	struct db_target target;
	struct db *db = connect_target(&staging);
	struct err err = {0};

	(void)state;
	spec.create_command = "echo \"$PGREHEARSE_STAGING\"";
	must(clone_set_open(&spec, run_id, NULL, &set, &err), &err);
	assert_int_equal(clone_set_baseline(set, &target, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "staging"));
	must(clone_set_close(set, false, NULL, &err), &err);
	assert_int_equal(clone_require_mark(db, &err), ERR_ENV);
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_arms_are_equal_marked_copies),
	    cmocka_unit_test(test_a_database_without_the_mark_is_not_written_to),
	    cmocka_unit_test(test_a_live_clone_is_dropped_only_by_force),
	    cmocka_unit_test(test_who_is_connected_to_staging_is_named),
	    cmocka_unit_test(test_settings_of_the_database_come_along),
	    cmocka_unit_test(test_a_killed_run_leaves_orphans_that_can_be_dropped),
	    cmocka_unit_test(test_a_copy_that_was_never_marked_is_known_by_its_name),
	    cmocka_unit_test(test_what_was_asked_to_stay_is_no_orphan),
	    cmocka_unit_test(test_existing_databases_must_be_marked_and_two),
	    cmocka_unit_test(test_a_script_makes_and_drops_clones),
	    cmocka_unit_test(test_a_script_that_gives_staging_itself_is_refused),
	};

	return cmocka_run_group_tests_name("stage: clones", tests, start_servers, stop_servers);
}
