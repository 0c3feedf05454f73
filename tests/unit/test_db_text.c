/* The parts of pg/ that need no server: targets, messages, quoting, queries by column set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "pg/counters.h"
#include "pg/db.h"

static void conninfo_of_a_target_overrides_from_left_to_right(void **state)
{
	struct db_target target = {
	    .conninfo = "postgresql://ann@db.example:6000/orders?sslmode=require",
	    .dbname = "dbname=billing port=6001",
	    .host = "/run/pg",
	};
	_cleanup_free_ char *conninfo = db_target_conninfo(&target);

	(void)state;
	assert_string_equal(
	    conninfo, "user='ann' dbname='billing' host='/run/pg' port='6001' sslmode='require'");
}

static void conninfo_escapes_values(void **state)
{
	struct db_target target = {.dbname = "o'brien\\x", .user = "a b"};
	_cleanup_free_ char *conninfo = db_target_conninfo(&target);

	(void)state;
	assert_string_equal(conninfo, "dbname='o\\'brien\\\\x' user='a b'");
}

static void description_has_no_user_and_no_password(void **state)
{
	struct db_target target = {.conninfo = "postgresql://ann:geheim@db.example:6000/orders"};
	_cleanup_free_ char *text = db_target_describe(&target);

	(void)state;
	assert_string_equal(text, "orders at db.example:6000");
}

static void assert_refused_without(const char *conninfo, const char *secret)
{
	struct db_target target = {.dbname = (char *)conninfo};
	struct err err = {0};
	struct db *db = NULL;

	assert_int_equal(db_connect(&target, &db, &err), ERR_USAGE);
	assert_null(strstr(err.message, secret));
	assert_null(strstr(err.hint, secret));
	assert_null(strchr(err.message, '\n'));
	assert_true(err.hint[0] != '\0');
}

static void a_bad_conninfo_is_refused_without_its_password(void **state)
{
	(void)state;
	assert_refused_without("password=my geheim host=x", "geheim");
	assert_refused_without("postgresql://ann:geheim@[::1/orders", "geheim");
	assert_refused_without("host=x password='geheim", "geheim");
	assert_refused_without("host=x passwort=geheim", "geheim");
}

static void an_unreachable_server_is_one_line_with_a_hint(void **state)
{
	struct db_target target = {.host = "/nonexistent", .dbname = "orders"};
	struct err err = {0};
	struct db *db = NULL;

	(void)state;
	assert_int_equal(db_connect(&target, &db, &err), ERR_ENV);
	assert_non_null(strstr(err.message, "cannot connect to orders at /nonexistent:"));
	assert_null(strchr(err.message, '\n'));
	assert_true(err.hint[0] != '\0');
	assert_null(db);
}

static void identifiers_are_quoted_only_when_needed(void **state)
{
	static const char *const cases[][2] = {
	    {"orders", "orders"},
	    {"order_2", "order_2"},
	    {"order", "\"order\""},
	    {"user", "\"user\""},
	    {"system_user", "\"system_user\""},
	    {"Orders", "\"Orders\""},
	    {"2nd", "\"2nd\""},
	    {"a\"b", "\"a\"\"b\""},
	    {"naïve", "\"naïve\""},
	    {"", "\"\""},
	    {"name", "name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *quoted = db_quote_ident(cases[i][0]);

		assert_string_equal(quoted, cases[i][1]);
	}
}

static void literals_are_safe_with_either_string_syntax(void **state)
{
	_cleanup_free_ char *plain = db_quote_literal("it's");
	_cleanup_free_ char *backslash = db_quote_literal("a\\'b");

	(void)state;
	assert_string_equal(plain, "'it''s'");
	assert_string_equal(backslash, "E'a\\\\''b'");
}

static struct strv columns_of(const char *names)
{
	struct strv columns = {0};
	_cleanup_free_ char *copy = xstrdup(names);

	for (char *save = NULL, *name = strtok_r(copy, " ", &save); name;
	     name = strtok_r(NULL, " ", &save))
		strv_add(&columns, name);
	return columns;
}

static void statistics_of_13_have_no_toplevel(void **state)
{
	struct strv columns = columns_of("userid dbid queryid query plans calls total_exec_time "
	                                 "stddev_exec_time max_exec_time rows wal_records wal_bytes");
	_cleanup_free_ char *sql = statement_counters_sql("public", &columns, true);

	(void)state;
	assert_null(strstr(sql, "toplevel"));
	assert_non_null(strstr(sql, "total_exec_time"));
	assert_non_null(strstr(sql, "public.pg_stat_statements(true)"));
	strv_release(&columns);
}

static void statistics_of_14_and_later_are_top_level_only(void **state)
{
	struct strv columns =
	    columns_of("userid dbid toplevel queryid query calls total_exec_time rows "
	               "shared_blk_read_time wal_buffers_full parallel_workers_launched stats_since");
	_cleanup_free_ char *sql = statement_counters_sql("monitoring", &columns, false);

	(void)state;
	assert_non_null(strstr(sql, "AND toplevel"));
	assert_non_null(strstr(sql, "monitoring.pg_stat_statements(false)"));
	strv_release(&columns);
}

static void an_extension_that_was_never_updated_is_read_too(void **state)
{
	struct strv columns = columns_of("userid dbid queryid query calls total_time max_time rows");
	_cleanup_free_ char *sql = statement_counters_sql("public", &columns, true);

	(void)state;
	assert_non_null(strstr(sql, "total_time"));
	assert_null(strstr(sql, "total_exec_time"));
	assert_null(strstr(sql, "wal_bytes"));
	strv_release(&columns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conninfo_of_a_target_overrides_from_left_to_right),
	    cmocka_unit_test(conninfo_escapes_values),
	    cmocka_unit_test(description_has_no_user_and_no_password),
	    cmocka_unit_test(a_bad_conninfo_is_refused_without_its_password),
	    cmocka_unit_test(an_unreachable_server_is_one_line_with_a_hint),
	    cmocka_unit_test(identifiers_are_quoted_only_when_needed),
	    cmocka_unit_test(literals_are_safe_with_either_string_syntax),
	    cmocka_unit_test(statistics_of_13_have_no_toplevel),
	    cmocka_unit_test(statistics_of_14_and_later_are_top_level_only),
	    cmocka_unit_test(an_extension_that_was_never_updated_is_read_too),
	};

	return cmocka_run_group_tests_name("connections without a server", tests, NULL, NULL);
}
