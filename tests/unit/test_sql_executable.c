/* Production texts, repaired until a session prepares them. */
#include "base/mem.h"
#include "sql/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void constants_syntax_becomes_expressions(void **state)
{
	static const char *const expected[][3] = {
	    {"select a from t where b > now() - interval $1 and c = $2",
	        "select a from t where b > now() - CAST($1 AS interval) and c = $2",
	        "constant syntax replaced at $1"},
	    {"select interval $1 day to second(3), interval(2) $2, interval $3 year",
	        "select CAST($1 AS interval day to second(3)), CAST($2 AS interval(2)), "
	        "CAST($3 AS interval year)",
	        "constant syntax replaced at $1, $2, $3"},
	    {"select DATE $1, timestamp with time zone $2, numeric(10,2) $3, pg_catalog.uuid $4",
	        "select CAST($1 AS DATE), CAST($2 AS timestamp with time zone), "
	        "CAST($3 AS numeric(10,2)), CAST($4 AS pg_catalog.uuid)",
	        "constant syntax replaced at $1, $2, $3, $4"},
	    {"select char $1", "select CAST($1 AS bpchar)", "constant syntax replaced at $1"},
	    {"select extract($1 from ts), extract( $2 FROM date $3 ), extract(epoch from ts) from t",
	        "select pg_catalog.extract($1 , ts), pg_catalog.extract( $2 , CAST($3 AS date) ), "
	        "extract(epoch from ts) from t",
	        "constant syntax replaced at $1, $2, $3"},
	    {"select a from t where b in ($1 /*, ... */) and c = any(array[$2 /*, ... */]) and d = $3",
	        "select a from t where b in ($1, $4, $5) and c = any(array[$2, $6, $7]) and d = $3",
	        "list of unknown length at $1, $2 given 3 elements; a type must be declared for $2"},
	    {"select concat($1, a), $2 + $3 from (values ($4)) v",
	        "select concat($1, a), $2 + $3 from (values ($4)) v",
	        "a type must be declared for $1, $2, $3, $4"},
	    {"select 'interval $1', \"date $2\" /* date $3 */ from t where a = $1 ; -- end",
	        "select 'interval $1', \"date $2\" /* date $3 */ from t where a = $1", NULL},
	    {"update t set a = $1 where b = $2", "update t set a = $1 where b = $2", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		_cleanup_free_ char *text = NULL, *note = NULL;
		struct err err = {0};

		if (sql_executable(expected[i][0], 3, &text, &note, &err) < 0)
			fail_msg("%s: %s", expected[i][0], err.message);
		assert_string_equal(text, expected[i][1]);
		if (expected[i][2])
			assert_string_equal(note, expected[i][2]);
		else
			assert_null(note);
	}
}

static void a_list_of_one_is_the_list_without_its_mark(void **state)
{
	_cleanup_free_ char *text = NULL, *note = NULL;

	(void)state;
	assert_int_equal(sql_executable("select a in ($1 /*, ... */)", 1, &text, &note, NULL), 0);
	assert_string_equal(text, "select a in ($1)");
}

static void extract_was_date_part_before_14(void **state)
{
	_cleanup_free_ char *text = NULL, *note = NULL, *older = NULL;

	(void)state;
	assert_int_equal(
	    sql_executable("select extract($1 from a), 'pg_catalog.extract(', extract from "
	                   "t where pg_catalog.extract($2, a) > $3 ;",
	        1, &text, &note, NULL),
	    0);
	older = sql_executable_before_14(text);
	assert_string_equal(older,
	    "select pg_catalog.date_part($1 , a), 'pg_catalog.extract(', extract "
	    "from t where pg_catalog.date_part($2, a) > $3");
}

static void what_no_session_would_prepare_is_refused(void **state)
{
	static const char *const expected[][2] = {
	    {"select a into b from c", "SELECT INTO"},
	    {"vacuum t", "a vacuum statement is not replayed"},
	    {"create index on t (a)", "create index"},
	    {"select a from", "syntax error"},
	    {"select 1; select 2", "2 statements"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		char *text = NULL, *note = NULL;
		struct err err = {0};

		assert_int_equal(sql_executable(expected[i][0], 1, &text, &note, &err), ERR_USAGE);
		if (!strstr(err.message, expected[i][1]))
			fail_msg("%s: %s", expected[i][0], err.message);
		assert_null(text);
	}
}

static int stop_worker(void **state)
{
	(void)state;
	sql_shutdown();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(constants_syntax_becomes_expressions),
	    cmocka_unit_test(a_list_of_one_is_the_list_without_its_mark),
	    cmocka_unit_test(extract_was_date_part_before_14),
	    cmocka_unit_test(what_no_session_would_prepare_is_refused),
	};

	return cmocka_run_group_tests_name("sql executable", tests, NULL, stop_worker);
}
