/* Production texts, repaired until a session prepares them. */
#include "base/mem.h"
#include "sql/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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
	    {"select a from t where c = any(array[$1, $2]) and d = $3",
	        "select a from t where c = any(array[$1, $2]) and d = $3",
	        "a type must be declared for $1, $2"},
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

		if (sql_executable(expected[i][0], &text, &note, &err) < 0)
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
	_cleanup_free_ char *text = sql_widen_lists("select a in ($1 /*, ... */)", (int[]){1});

	(void)state;
	assert_string_equal(text, "select a in ($1)");
}

/* Parameters first, then literals in the order of the text: what says which were which. */
static void lists_are_numbered_as_if_never_squashed(void **state)
{
	static const struct {
		const char *text;
		int lengths[3];
		const char *expected;
	} cases[] = {
	    {"select a from t where b in ($1 /*, ... */) and c = any(array[$2 /*, ... */]) and d = $3",
	        {3, 2},
	        "select a from t where b in ($1, $2, $3) and c = any(array[$4, $5]) and d = $6"},
	    {"select $2, '$1 /*, ... */' from t where b in ($3 /*, ... */) and c = $1 limit $4", {2},
	        "select $2, '$1 /*, ... */' from t where b in ($3, $4) and c = $1 limit $5"},
	    {"select a in ($2 /*, ... */), b in ($1 /*, ... */), $3", {3, 2},
	        "select a in ($4, $5), b in ($1, $2, $3), $6"},
	    {"select $1, $2", {0}, "select $1, $2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *widened = sql_widen_lists(cases[i].text, cases[i].lengths);

		assert_string_equal(widened, cases[i].expected);
	}
}

static void squashed_lists_are_found(void **state)
{
	int *numbers = NULL;

	(void)state;
	assert_int_equal(
	    sql_squashed_lists(
	        "select a in ($3 /*, ... */), '$4 /*, ... */', b in ($1 /*, ... */), $2", &numbers),
	    2);
	assert_int_equal(numbers[0], 1);
	assert_int_equal(numbers[1], 3);
	free(numbers);
	assert_int_equal(sql_squashed_lists("select a in ($1, $2)", &numbers), 0);
	assert_null(numbers);
}

/* Which PostgreSQL 16 and later do without. */
static void subqueries_get_the_names_they_lack(void **state)
{
	static const char *const expected[][2] = {
	    {"select count(*) from (select a from t)",
	        "select count(*) from (select a from t) AS unnamed_1"},
	    {"select * from t, lateral (select 1 from (values ($1), ($2)) where b = ')') limit 1",
	        "select * from t, lateral (select 1 from (values ($1), ($2)) AS unnamed_1 where b = "
	        "')') AS unnamed_2 limit 1"},
	    {"select 1", "select 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		_cleanup_free_ char *named = sql_name_subqueries(expected[i][0]);

		assert_non_null(named);
		assert_string_equal(named, expected[i][1]);
	}
	assert_null(sql_name_subqueries("select a from (select b from"));
	assert_null(sql_name_subqueries("select a from (select b) where c is json"));
}

static void extract_was_date_part_before_14(void **state)
{
	_cleanup_free_ char *text = NULL, *note = NULL, *older = NULL;

	(void)state;
	assert_int_equal(
	    sql_executable("select extract($1 from a), 'pg_catalog.extract(', extract from "
	                   "t where pg_catalog.extract($2, a) > $3 ;",
	        &text, &note, NULL),
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

		assert_int_equal(sql_executable(expected[i][0], &text, &note, &err), ERR_USAGE);
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
	    cmocka_unit_test(lists_are_numbered_as_if_never_squashed),
	    cmocka_unit_test(squashed_lists_are_found),
	    cmocka_unit_test(subqueries_get_the_names_they_lack),
	    cmocka_unit_test(extract_was_date_part_before_14),
	    cmocka_unit_test(what_no_session_would_prepare_is_refused),
	};

	return cmocka_run_group_tests_name("sql executable", tests, NULL, stop_worker);
}
