/* Scripts, cut and classified. */
#include "base/mem.h"
#include "sql/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sql_script split(const char *text)
{
	struct sql_script script = {0};
	struct err err = {0};

	if (sql_split(text, &script, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	return script;
}

static void statements_are_classified(void **state)
{
	static const struct {
		const char *text;
		enum sql_kind kind;
		bool concurrently, only_settings;
		const char *object, *table;
	} expected[] = {
	    {"create unique index concurrently if not exists \"My i\" on only s.orders (a)",
	        SQL_CREATE_INDEX, true, false, "\"My i\"", "s.orders"},
	    {"create index on t using gin (a)", SQL_CREATE_INDEX, false, false, NULL, "t"},
	    {"create index s on t ((a || b)) include (c) where d", SQL_CREATE_INDEX, false, false, "s",
	        "t"},
	    {"drop index concurrently if exists s.a", SQL_DROP_INDEX, true, false, "s.a", NULL},
	    {"drop index a, b cascade", SQL_DROP_INDEX, false, false, "a", NULL},
	    {"alter index i set (fillfactor = 70)", SQL_ALTER_INDEX, false, true, "i", NULL},
	    {"alter index if exists i rename to j", SQL_ALTER_INDEX, false, false, "i", NULL},
	    {"alter index i attach partition p", SQL_ALTER_INDEX, false, false, "i", NULL},
	    {"reindex (concurrently) index i", SQL_REINDEX, true, false, "i", NULL},
	    {"reindex (verbose, concurrently false) table t", SQL_REINDEX, false, false, "t", "t"},
	    {"reindex table concurrently s.t", SQL_REINDEX, true, false, "s.t", "s.t"},
	    {"cluster t using i", SQL_CLUSTER, false, false, "t", "t"},
	    {"create statistics if not exists st (mcv) on a, b from s.t", SQL_CREATE_STATISTICS, false,
	        false, "st", "s.t"},
	    {"drop statistics st", SQL_DROP_STATISTICS, false, false, "st", NULL},
	    {"alter statistics st set statistics 500", SQL_ALTER_STATISTICS, false, false, "st", NULL},
	    {"analyze s.t (a, b)", SQL_ANALYZE, false, false, "s.t", "s.t"},
	    {"analyze", SQL_ANALYZE, false, false, NULL, NULL},
	    {"vacuum (analyze, verbose) t", SQL_VACUUM, false, false, "t", "t"},
	    {"alter table s.t set (fillfactor = 70), alter column a set statistics 100",
	        SQL_ALTER_TABLE, false, true, "s.t", "s.t"},
	    {"alter table only t alter a set (n_distinct = 5)", SQL_ALTER_TABLE, false, true, "t", "t"},
	    {"alter table t set (fillfactor = 70), add column b int", SQL_ALTER_TABLE, false, false,
	        "t", "t"},
	    {"alter table t rename a to b", SQL_ALTER_TABLE, false, false, "t", "t"},
	    {"alter system set work_mem = '4MB'", SQL_SETTING, false, false, NULL, NULL},
	    {"alter role x set enable_seqscan = off", SQL_SETTING, false, false, NULL, NULL},
	    {"alter database d set jit = off", SQL_SETTING, false, false, NULL, NULL},
	    {"set random_page_cost = 1.1", SQL_SETTING, false, false, NULL, NULL},
	    {"begin", SQL_TRANSACTION, false, false, NULL, NULL},
	    {"create table s.x (a int)", SQL_DDL, false, false, "s.x", "s.x"},
	    {"create unlogged table if not exists x (a int)", SQL_DDL, false, false, "x", NULL},
	    {"drop table x", SQL_DDL, false, false, "x", "x"},
	    {"create or replace view v as select 1", SQL_DDL, false, false, "v", NULL},
	    {"create materialized view v as select 1", SQL_DDL, false, false, "v", NULL},
	    {"create extension hypopg", SQL_DDL, false, false, "hypopg", NULL},
	    {"alter type e add value 'x'", SQL_DDL, false, false, "e", NULL},
	    {"insert into t values (1)", SQL_INSERT, false, false, "t", "t"},
	    {"update only t set a = 1", SQL_UPDATE, false, false, "t", "t"},
	    {"with x as (select 1) delete from t", SQL_DELETE, false, false, "t", "t"},
	    {"select 1", SQL_SELECT, false, false, NULL, NULL},
	    {"grant select on t to x", SQL_UTILITY, false, false, NULL, NULL},
	    {"create role x", SQL_UTILITY, false, false, NULL, NULL},
	    {"drop database d", SQL_UTILITY, false, false, NULL, NULL},
	    {"create tablespace ts location '/x'", SQL_UTILITY, false, false, NULL, NULL},
	    {"copy t to '/x'", SQL_UTILITY, false, false, NULL, NULL},
	    {"do $$ begin end $$", SQL_UTILITY, false, false, NULL, NULL},
	    {"truncate t", SQL_UTILITY, false, false, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct sql_script script = split(expected[i].text);
		const struct sql_statement *found = &script.statements[0];

		assert_int_equal(script.n, 1);
		assert_string_equal(found->text, expected[i].text);
		assert_string_equal(sql_kind_name(found->kind), sql_kind_name(expected[i].kind));
		assert_int_equal(found->concurrently, expected[i].concurrently);
		assert_int_equal(found->only_settings, expected[i].only_settings);
		if (expected[i].object)
			assert_string_equal(found->object, expected[i].object);
		else
			assert_null(found->object);
		if (expected[i].table)
			assert_string_equal(found->table, expected[i].table);
		sql_script_release(&script);
	}
}

static void scripts_are_cut_where_psql_would(void **state)
{
	static const char text[] =
	    "-- up; not a statement\n"
	    "create index i on t (a); ; /* ; */\n"
	    "create function f() returns text language sql as $f$ select ';'; $f$;\n"
	    "create function g() returns int begin atomic\n"
	    "  select 1; select case when true then 1 end;\n"
	    "end; create rule r as on insert to t do also (select 1; select 2);\n"
	    "comment on table t is 'a;b'\n"
	    "  ;\n"
	    "analyze t -- last, without a semicolon\n";
	static const struct {
		int line;
		const char *start;
	} expected[] = {{2, "create index"}, {3, "create function f"}, {4, "create function g"},
	    {6, "create rule"}, {7, "comment"}, {9, "analyze t"}};
	struct sql_script script = split(text);

	(void)state;
	assert_int_equal(script.n, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *found = &script.statements[i];

		assert_int_equal(found->line, expected[i].line);
		assert_memory_equal(found->text, expected[i].start, strlen(expected[i].start));
		assert_memory_equal(text + found->offset, found->text, strlen(found->text));
	}
	assert_string_equal(script.statements[5].text, "analyze t");
	sql_script_release(&script);
}

static void an_empty_script_is_no_mistake(void **state)
{
	struct sql_script script = split(" -- nothing\n ;; /* at all */");

	(void)state;
	assert_int_equal(script.n, 0);
	sql_script_release(&script);
}

static void mistakes_name_their_line(void **state)
{
	static const char *const expected[][2] = {
	    {"select 1;\nselec 2;", "line 2: syntax error"},
	    {"select 1;\ncreate index i\n  on t (a", "line 3: syntax error at end of input"},
	    {"select 1;\n\\set x 1\n", "line 2: \"\\set\" is a command of psql"},
	    {"select 1 \\gset", "\"\\gset\" is a command of psql"},
	    {"copy t from stdin;\n1\t2\n\\.\n", "COPY FROM STDIN"},
	    {"\n\nselect 'x", "line 3: quoted text that begins with 'x has no end"},
	    {"do $$ begin", "has no end"},
	    {"select 1; /* and", "comment"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct sql_script script = {0};
		struct err err = {0};

		assert_int_equal(sql_split(expected[i][0], &script, &err), ERR_USAGE);
		if (!strstr(err.message, expected[i][1]))
			fail_msg("%s: %s", expected[i][0], err.message);
		assert_null(script.statements);
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
	    cmocka_unit_test(statements_are_classified),
	    cmocka_unit_test(scripts_are_cut_where_psql_would),
	    cmocka_unit_test(an_empty_script_is_no_mistake),
	    cmocka_unit_test(mistakes_name_their_line),
	};

	return cmocka_run_group_tests_name("sql scripts", tests, NULL, stop_worker);
}
