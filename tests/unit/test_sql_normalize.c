/* Normalisation leaves no literal; fingerprints; substitution. */
#include "base/mem.h"
#include "sql/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *normalize(const char *text)
{
	struct err err = {0};
	char *out = NULL;

	if (sql_normalize(text, &out, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	return out;
}

static void literals_become_parameters_and_the_rest_stays(void **state)
{
	static const char *const expected[][2] = {
	    {"SELECT * FROM t WHERE a = 5 AND b = 'x'", "SELECT * FROM t WHERE a = $1 AND b = $2"},
	    {"select\n\t*  from t /* who */ where a=5 -- when\n;", "select * from t where a=$1"},
	    {"select 'a'and'b'", "select $1 and $2"},
	    {"select -5, - 5, x-5, x=-5, 1.5e-3, .5", "select $1, $2, x-$3, x=$4, $5, $6"},
	    {"select 0x1F, 1_000 from t where (a", "select $1, $2 from t where (a"},
	    {"select E'it\\'s', B'01', X'ff', N'x', U&'d!0061' UESCAPE '!', $q$it's$q$",
	        "select $1, $2, $3, $4, $5, $6"},
	    {"select 'one'\n  'literal', 'it''s'", "select $1, $2"},
	    {"select $1, $3, 7", "select $1, $3, $4"},
	    {"select a::numeric(10,2), b::varchar(20), interval '1' day from t",
	        "select a::numeric(10,2), b::varchar(20), interval $1 day from t"},
	    {"select a, count(*) from t where b = 3 group by 1 order by 2 desc, a limit 10",
	        "select a, count(*) from t where b = $1 group by 1 order by 2 desc, a limit $2"},
	    {"select a from t where b is null and c = true",
	        "select a from t where b is null and c = true"},
	    {"select x in ($1 /*, ... */) and y = 3", "select x in ($1 /*, ... */) and y = $2"},
	    {"select \"it's\", \"a\"\"5\" from \"T 1\"", "select \"it's\", \"a\"\"5\" from \"T 1\""},
	    {"select a1, t2.b3, $1 from s4.t5", "select a1, t2.b3, $1 from s4.t5"},
	    {"select extract(epoch from now())", "select extract(epoch from now())"},
	    {"", ""},
	    {";;", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		_cleanup_free_ char *once = normalize(expected[i][0]);
		_cleanup_free_ char *twice = normalize(once);

		assert_string_equal(once, expected[i][1]);
		assert_string_equal(twice, once);
	}
}

/* "hush" stands for what must not leave production, wherever the grammar has room for it. */
static void no_literal_is_left_anywhere(void **state)
{
	static const char *const texts[] = {
	    "CREATE USER x PASSWORD 'hush'",
	    "ALTER ROLE x ENCRYPTED PASSWORD 'hush' VALID UNTIL 'hush'",
	    "CREATE SUBSCRIPTION s CONNECTION 'host=a password=hush' PUBLICATION p",
	    "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'hush')",
	    "CREATE USER MAPPING FOR x SERVER s OPTIONS (password 'hush')",
	    "DO $$ BEGIN PERFORM 'hush'; END $$",
	    "DO LANGUAGE plpgsql $x$hush$x$",
	    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $f$ SELECT 'hush' $f$",
	    "COPY t FROM PROGRAM 'hush'",
	    "COPY t TO '/tmp/hush' WITH (NULL 'hush')",
	    "NOTIFY channel, 'hush'",
	    "SET app.key = 'hush'",
	    "SET app.key TO hush",
	    "SET app.key TO \"hush\", hush",
	    "ALTER ROLE x SET app.key = hush",
	    "ALTER DATABASE d SET app.key TO 'hush'",
	    "ALTER SYSTEM SET app.key = 'hush'",
	    "COMMENT ON TABLE t IS 'hush'",
	    "SECURITY LABEL ON TABLE t IS 'hush'",
	    "PREPARE TRANSACTION 'hush'",
	    "LOAD 'hush'",
	    "CREATE TABLE t (a text DEFAULT 'hush' CHECK (a <> 'hush'))",
	    "CREATE TYPE e AS ENUM ('hush')",
	    "ALTER TYPE e ADD VALUE 'hush'",
	    "CREATE INDEX ON t (a) WHERE b = 'hush'",
	    "EXECUTE p('hush')",
	    "CALL p('hush')",
	    "EXPLAIN SELECT 'hush'",
	    "DECLARE c CURSOR FOR SELECT 'hush'",
	    "SELECT 1 /* hush */ -- hush\n",
	    "SELECT /* /* hush */ hush */ 1",
	    "SELECT * FROM t WHERE a = E'hush\\'hush' AND b = 'hush''hush'",
	    "SELECT date 'hush', 'hush'::date, interval 'hush' day, jsonb '\"hush\"'",
	    "SELECT U&'hush' UESCAPE '!', x'hush', b'hush'",
	    "SELECT 'a'\n'hush'\n-- x\n'hush'",
	    /* cut off, as a view or a log does */
	    "SELECT * FROM t WHERE a = 'hush",
	    "SELECT * FROM t WHERE a = $q$hush",
	    "SELECT * FROM t WHERE a = E'hush\\'",
	    "SELECT * FROM t WHERE a = 'hush' AND /* hush",
	    "INSERT INTO t VALUES ('hush', 'hush'), (",
	    /* of another grammar */
	    "SELECT * FROM JSON_TABLE('hush', '$[*]' COLUMNS (a int PATH 'hush')) j, 'hush'",
	    "SELECT normalize(x, $1), 'hush' FROM t",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		_cleanup_free_ char *out = normalize(texts[i]);

		if (strstr(out, "hush"))
			fail_msg("left in: %s", out);
	}
}

/* A name and a value cannot be told apart there. */
static void what_cannot_be_read_safely_is_refused(void **state)
{
	static const char *const texts[] = {
	    "CREATE USER x PASSWORD hush",
	    "SET app.key = hush hush",
	    "SELECT 1; ALTER USER x PASSWORD hush",
	    "SELECT 'it\\'s hush', 'a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct err err = {0};
		char *out = NULL;

		if (sql_normalize(texts[i], &out, &err) == 0)
			fail_msg("%s was normalised to %s", texts[i], out);
		assert_int_equal(err.code, ERR_USAGE);
		assert_null(strstr(err.message, "hush"));
	}
}

static void fingerprints_ignore_constants_and_aliases(void **state)
{
	_cleanup_free_ char *a = NULL, *b = NULL, *c = NULL;

	(void)state;
	assert_int_equal(sql_fingerprint("SELECT x.a FROM t x WHERE x.b IN (1, 2)", &a, NULL), 0);
	assert_int_equal(sql_fingerprint("select x.a from t x where x.b in ($1,$2,$3)", &b, NULL), 0);
	assert_int_equal(sql_fingerprint("select x.a from t x where x.c = 1", &c, NULL), 0);
	assert_int_equal(strlen(a), 16);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

static void substitution_replaces_parameters_only(void **state)
{
	static const char *const literals[] = {"'x'", NULL, "-3"};
	_cleanup_free_ char *out = sql_substitute(
	    "select $1, $2, a-$3, '$1', \"$1\", $q$ $1 $q$, $10 /* $1 */ -- $1", literals, 3);

	(void)state;
	assert_string_equal(out, "select 'x', $2, a- -3, '$1', \"$1\", $q$ $1 $q$, $10 /* $1 */ -- $1");
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
	    cmocka_unit_test(literals_become_parameters_and_the_rest_stays),
	    cmocka_unit_test(no_literal_is_left_anywhere),
	    cmocka_unit_test(what_cannot_be_read_safely_is_refused),
	    cmocka_unit_test(fingerprints_ignore_constants_and_aliases),
	    cmocka_unit_test(substitution_replaces_parameters_only),
	};

	return cmocka_run_group_tests_name("sql normalisation", tests, NULL, stop_worker);
}
