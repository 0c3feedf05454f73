/*
 * Which parameters may have been literals, and what the text is then; which read finds the rows of
 * a write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bind/form.h"
#include "bind/probe.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool possible(const char *sql, int k)
{
	struct sql_analysis analysis = {0};
	bool result;

	assert_int_equal(sql_analyze(sql, &analysis, NULL), 0);
	result = form_possible(&analysis, analysis.n_params, k);
	sql_analysis_release(&analysis);
	return result;
}

static void constants_are_numbered_after_parameters_in_the_order_of_the_text(void **state)
{
	static const char limit[] = "SELECT a FROM t WHERE b = $1 LIMIT $2";
	static const char early[] = "SELECT $2 FROM t WHERE b = $1";
	static const char twice[] = "SELECT a FROM t WHERE b = $1 OR c = $1";

	(void)state;
	assert_true(possible(limit, 0));
	assert_true(possible(limit, 1));
	assert_true(possible(limit, 2));
	assert_false(possible(early, 0));
	assert_true(possible(early, 1));
	assert_false(possible(twice, 0)); /* each constant has a number of its own */
	assert_true(possible(twice, 1));
}

static void literals_beside_parameters_become_text(void **state)
{
	static const struct catalog_type number = {.category = 'N', .name = (char *)"integer"};
	static const struct catalog_type text = {.category = 'S', .name = (char *)"text"};
	struct slot slots[] = {{.number = 1, .type = &number}, {.number = 2, .type = &text},
	    {.number = 3, .type = &number}};
	struct binding b = {.sql = (char *)"SELECT a FROM t WHERE b = $1 AND c = $2 LIMIT $3",
	    .slots = slots,
	    .n_slots = 3};
	char *const values[] = {(char *)"7", (char *)"it's", (char *)"50"};
	char *sql;

	(void)state;
	form_set(&b, 1);
	assert_int_equal(b.n_literals, 2);
	assert_false(form_freezes(&b, &slots[0]));
	assert_true(form_freezes(&b, &slots[2]));
	sql = form_final(&b, values);
	assert_string_equal(sql, "SELECT a FROM t WHERE b = $1 AND c = 'it''s' LIMIT 50");
	free(sql);
	form_set(&b, 0);
	assert_false(form_freezes(&b, &slots[2])); /* all literals: each call has its own */
	sql = form_text(&b, values, true);
	assert_string_equal(sql, "SELECT a FROM t WHERE b = 7 AND c = 'it''s' LIMIT 50");
	free(sql);
}

static void assert_probe(const char *sql, const char *expected)
{
	struct binding b = {.sql = (char *)sql};
	char *probe;

	assert_int_equal(sql_analyze(sql, &b.analysis, NULL), 0);
	probe = probe_text(&b);
	if (expected)
		assert_string_equal(probe, expected);
	else
		assert_null(probe);
	free(probe);
	sql_analysis_release(&b.analysis);
}

static void a_read_finds_the_rows_of_a_write(void **state)
{
	(void)state;
	assert_probe(
	    "UPDATE t SET a = $1 WHERE b = $2 AND c IN (SELECT d FROM u WHERE e = $3) RETURNING a",
	    "SELECT t.ctid FROM t WHERE b = $2 AND c IN (SELECT d FROM u WHERE e = $3)");
	assert_probe("DELETE FROM t x WHERE x.b < $1", "SELECT x.ctid FROM t x WHERE x.b < $1");
	assert_probe("SELECT a FROM t WHERE b = $1 FOR UPDATE", "SELECT a FROM t WHERE b = $1");
	assert_probe("INSERT INTO t (a) SELECT b FROM u WHERE c = $1 ON CONFLICT DO NOTHING",
	    "SELECT b FROM u WHERE c = $1");
	assert_probe("INSERT INTO t (a) VALUES ($1)", NULL);
	assert_probe("SELECT a FROM t WHERE b = $1", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(constants_are_numbered_after_parameters_in_the_order_of_the_text),
	    cmocka_unit_test(literals_beside_parameters_become_text),
	    cmocka_unit_test(a_read_finds_the_rows_of_a_write),
	};

	return cmocka_run_group_tests_name("bind: form", tests, NULL, NULL);
}
