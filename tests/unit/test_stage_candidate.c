/* Which statements a candidate may have, and what its settings become. */
#include "sql/sql.h"
#include "stage/candidate.h"
#include "stage/candidate_reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_index_work_needs_no_declaration(void **state)
{
	static const char *const allowed[] = {
	    NULL,
	    "",
	    "-- nothing\n",
	    "CREATE INDEX CONCURRENTLY i ON orders (customer_id, created_at DESC)",
	    "CREATE UNIQUE INDEX ON orders (lower(email)) WHERE active; DROP INDEX a, b;",
	    "ALTER INDEX i SET (fillfactor = 70); REINDEX INDEX CONCURRENTLY i; REINDEX TABLE orders",
	    "CREATE STATISTICS s (ndistinct) ON a, b FROM orders; ANALYZE orders",
	    "VACUUM (FREEZE) orders; CLUSTER orders USING i",
	    "ALTER TABLE orders SET (fillfactor = 80), ALTER COLUMN a SET STATISTICS 1000",
	    "SET maintenance_work_mem = '1GB'; RESET ALL",
	    "ALTER DATABASE orders SET random_page_cost = 1.1",
	    "ALTER ROLE app IN DATABASE orders SET work_mem = '64MB'",
	};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (candidate_check("up.sql", allowed[i], false, &err) != 0)
			fail_msg("%s: %s", allowed[i], err.message);
}

static void test_a_migration_must_be_declared(void **state)
{
	static const char *const migrations[] = {
	    "ALTER TABLE orders ADD COLUMN note text",
	    "CREATE TABLE t (id int)",
	    "ALTER TABLE orders SET (fillfactor = 80), DROP COLUMN note",
	    "CREATE VIEW v AS SELECT 1",
	    "DROP TABLE orders",
	};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(migrations) / sizeof(migrations[0]); i++) {
		assert_int_equal(candidate_check("up.sql", migrations[i], false, &err), ERR_USAGE);
		assert_non_null(strstr(err.hint, "kind: migration"));
		if (candidate_check("up.sql", migrations[i], true, &err) != 0)
			fail_msg("%s: %s", migrations[i], err.message);
	}
}

static void test_other_statements_are_refused_in_any_case(void **state)
{
	static const char *const refused[] = {
	    "DELETE FROM orders",
	    "INSERT INTO orders VALUES (1)",
	    "UPDATE orders SET total = 0",
	    "SELECT pg_reload_conf()",
	    "BEGIN",
	    "COMMIT",
	    "DO 'BEGIN END'",
	    "COPY orders FROM PROGRAM 'true'",
	    "DROP DATABASE orders",
	    "CREATE ROLE intruder SUPERUSER",
	    "ALTER DATABASE orders RENAME TO gone",
	    "ALTER DATABASE orders OWNER TO app",
	    "COMMENT ON DATABASE orders IS 'x'",
	    "ALTER ROLE app RENAME TO app2",
	    "ALTER SYSTEM SET work_mem = '1GB'",
	    "ALTER ROLE app SET work_mem = '1GB'",
	    "ALTER ROLE ALL SET work_mem = '1GB'",
	};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (candidate_check("up.sql", refused[i], true, &err) != ERR_USAGE)
			fail_msg("allowed: %s", refused[i]);
		assert_true(err.hint[0] != '\0');
	}
}

static void test_a_refusal_names_file_line_and_statement(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    candidate_check("up.sql",
	        "-- first\nCREATE INDEX i ON t (a);\n\nDELETE FROM t\n WHERE a = 1;\n", false, &err),
	    ERR_USAGE);
	assert_non_null(strstr(err.message, "up.sql:4: \"DELETE FROM t\""));
}

static void test_text_that_is_no_sql_names_the_file(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(candidate_check("up.sql", "CREATE INDX i ON t (a)", false, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "up.sql"));
	assert_int_equal(candidate_check("up.sql", "\\i other.sql", false, &err), ERR_USAGE);
}

static void assert_becomes(const char *text, const char *expected)
{
	char *found = candidate_reach_text(text, "pgrehearse_x");

	assert_string_equal(found, expected);
	free(found);
}

static void test_the_clone_takes_the_place_of_the_database(void **state)
{
	(void)state;
	assert_becomes(
	    "ALTER DATABASE orders SET jit = off", "ALTER DATABASE pgrehearse_x SET jit = off");
	assert_becomes("alter /* the ; */ database -- shop\n \"My \"\"shop\"\"\" RESET ALL",
	    "alter /* the ; */ database -- shop\n pgrehearse_x RESET ALL");
	assert_becomes("ALTER ROLE \"in\" IN DATABASE orders SET jit = off",
	    "ALTER ROLE \"in\" IN DATABASE pgrehearse_x SET jit = off");
	assert_becomes("ALTER USER ALL IN DATABASE orders SET application_name = 'orders'",
	    "ALTER USER ALL IN DATABASE pgrehearse_x SET application_name = 'orders'");
	assert_becomes("SET search_path = orders", "SET search_path = orders");
}

static int end_parser(void **state)
{
	(void)state;
	sql_shutdown();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_index_work_needs_no_declaration),
	    cmocka_unit_test(test_a_migration_must_be_declared),
	    cmocka_unit_test(test_other_statements_are_refused_in_any_case),
	    cmocka_unit_test(test_a_refusal_names_file_line_and_statement),
	    cmocka_unit_test(test_text_that_is_no_sql_names_the_file),
	    cmocka_unit_test(test_the_clone_takes_the_place_of_the_database),
	};

	return cmocka_run_group_tests_name(
	    "stage: the candidate's statements", tests, NULL, end_parser);
}
