/* A clock that is moved back: every read of it, at its place, with its type and name. */
#include "base/mem.h"
#include "sql/clock.h"
#include "sql/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void reads_are_moved_where_they_stand(void **state)
{
	static const char *const expected[][2] = {
	    {"select * from t where a >  now() -  interval $1 -- week",
	        "select * from t where a >  (now() - interval '9 s') -  interval $1 -- week"},
	    {"select a from t where a > NOW ( ) - $1 and b < pg_catalog.now()",
	        "select a from t where a > (NOW ( ) - interval '9 s') - $1 and b < (pg_catalog.now() - "
	        "interval '9 s')"},
	    {"select a from t where a between transaction_timestamp() - $1 and statement_timestamp()",
	        "select a from t where a between (transaction_timestamp() - interval '9 s') - $1 and "
	        "(statement_timestamp() - interval '9 s')"},
	    {"select a from t where d = current_date - $1 or d = CURRENT_DATE",
	        "select a from t where d = (CURRENT_TIMESTAMP - interval '9 s')::date - $1 or d = "
	        "(CURRENT_TIMESTAMP - interval '9 s')::date"},
	    {"select a from t where b < current_timestamp(3) or c < localtimestamp",
	        "select a from t where b < (current_timestamp(3) - interval '9 s') or c < "
	        "(localtimestamp - interval '9 s')"},
	    {"select a from t where b < current_time(2) and c > localtime",
	        "select a from t where b < (CURRENT_TIMESTAMP - interval '9 s')::timetz(2) and c > "
	        "(LOCALTIMESTAMP - interval '9 s')::time"},
	    /* A result keeps its name. */
	    {"select t.now from (select now()) t",
	        "select t.now from (select (now() - interval '9 s') AS now) t"},
	    {"select current_date, now() as at",
	        "select (CURRENT_TIMESTAMP - interval '9 s')::date AS current_date, (now() - interval "
	        "'9 s') as at"},
	    /* A whole statement has one clock: writes too. */
	    {"insert into t (a, b) values ($1, now()) on conflict (a) do update set b = "
	     "clock_timestamp()",
	        "insert into t (a, b) values ($1, (now() - interval '9 s')) on conflict (a) do update "
	        "set b = (clock_timestamp() - interval '9 s')"},
	    {"with x as (delete from t where b < now() returning now()) select * from x",
	        "with x as (delete from t where b < (now() - interval '9 s') returning (now() - "
	        "interval '9 s') AS now) select * from x"},
	    /* A function in FROM cannot be an expression; its arguments can. */
	    {"select * from generate_series(current_date - $1, current_date, $2) d, now() n",
	        "select * from generate_series((CURRENT_TIMESTAMP - interval '9 s')::date - $1, "
	        "(CURRENT_TIMESTAMP - interval '9 s')::date, $2) d, now() n"},
	    {"select a from t where b > date_trunc($1, now()) and c = any (array[now(), now()])",
	        "select a from t where b > date_trunc($1, (now() - interval '9 s')) and c = any "
	        "(array[(now() - interval '9 s'), (now() - interval '9 s')])"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		_cleanup_free_ char *text = NULL;
		struct err err = {0};

		assert_int_equal(sql_clock_shift(expected[i][0], "9 s", &text, &err), 0);
		assert_non_null(text);
		assert_string_equal(text, expected[i][1]);
	}
}

static void other_names_and_texts_are_left_alone(void **state)
{
	static const char *const texts[] = {
	    "select 'now()', \"current_date\", my.now(), now(1), a.now from a /* now() */",
	    "select age(b), timeofday(), $1::timestamptz from t",
	    "select count(*) from now()",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = (char *)(uintptr_t) "";
		struct err err = {0};

		assert_int_equal(sql_clock_shift(texts[i], "9 s", &text, &err), 0);
		assert_null(text);
	}
}

static void columns_that_hold_the_past_are_found(void **state)
{
	static const char *const expected[][2] = {
	    {"select * from t where created > now() - $1 and expires > now()", "created "},
	    {"select * from t where now() - interval $1 < t.seen and due < now()", "seen "},
	    {"select * from t where at between current_date - $1 and current_date + $2", "at "},
	    {"select * from t where now() - s.t.started > $1 and starts_on >= current_date",
	        "started "},
	    {"select * from t where date_trunc($1, a) >= date_trunc($2, now() - $3)::date", "a "},
	    {"insert into t (a, b, c) values ($1, now(), $2) on conflict (a) do update set d = now()",
	        "b d "},
	    {"insert into t (a, b) select a, now() from u", "b "},
	    {"update t set a = $1, b = current_timestamp where c = $2", "b "},
	    {"select now() as b, a > b from t", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct strv columns = {0};
		char found[100] = "";
		struct err err = {0};
		bool reads;

		assert_int_equal(sql_clock_columns(expected[i][0], &reads, &columns, &err), 0);
		assert_true(reads);
		for (size_t c = 0; c < columns.n; c++)
			strcat(strcat(found, columns.items[c]), " ");
		assert_string_equal(found, expected[i][1]);
		strv_release(&columns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_are_moved_where_they_stand),
	    cmocka_unit_test(other_names_and_texts_are_left_alone),
	    cmocka_unit_test(columns_that_hold_the_past_are_found),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	sql_shutdown();
	return rc;
}
