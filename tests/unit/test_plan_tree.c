/* Plan trees, their hashes, and that no value of staging stays in a plan that is kept. */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/plan_tree.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* EXPLAIN (FORMAT JSON, ANALYZE, BUFFERS, WAL) of a PostgreSQL 15 server. */
static char *golden(const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/golden/plans/%s.json", TEST_SOURCE_DIR, name);
	struct buf text = BUF_INIT;
	struct err err = {0};

	if (file_read(path, 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.message);
	return buf_detach(&text);
}

static uint64_t hash_of(const char *json)
{
	struct plan_tree tree;
	uint64_t hash;

	assert_true(plan_tree_parse(json, &tree));
	hash = tree.hash;
	plan_tree_release(&tree);
	return hash;
}

static void a_tree_has_the_nodes_and_the_work(void **state)
{
	_cleanup_free_ char *json = golden("timeline_index");
	struct plan_tree tree;

	(void)state;
	assert_true(plan_tree_parse(json, &tree));
	assert_int_equal(tree.n, 4);
	assert_string_equal(tree.nodes[0].type, "Limit");
	assert_string_equal(tree.nodes[2].type, "Bitmap Heap Scan");
	assert_string_equal(tree.nodes[2].relation, "orders");
	assert_string_equal(tree.nodes[3].index, "orders_customer_id_idx");
	assert_int_equal(tree.nodes[3].parent, 2);
	assert_true(tree.nodes[0].buffers > 0);
	assert_true(tree.nodes[0].actual_rows > 0);
	assert_true(tree.exec_seconds > 0 && tree.exec_seconds < 60);
	plan_tree_release(&tree);
}

static void values_do_not_change_the_hash_and_plans_do(void **state)
{
	_cleanup_free_ char *one = golden("timeline_index");
	_cleanup_free_ char *other = golden("timeline_index_other_value");
	_cleanup_free_ char *seq = golden("timeline_seq");
	_cleanup_free_ char *scrubbed = plan_scrub(one, NULL);

	(void)state;
	assert_true(hash_of(one) == hash_of(other));
	assert_true(hash_of(one) != hash_of(seq));
	assert_true(hash_of(one) == hash_of(scrubbed));
}

/* The server calls the index of a partition sale_1_kind_idx, HypoPG by the name of the whole. */
static void an_index_of_a_partition_is_that_of_the_whole(void **state)
{
	static const char server[] = "[{\"Plan\": {\"Node Type\": \"Index Scan\", \"Index Name\":"
	                             " \"sale_1_kind_idx\", \"Relation Name\": \"sale_1\"}}]";
	static const char foretold[] = "[{\"Plan\": {\"Node Type\": \"Index Scan\", \"Index Name\":"
	                               " \"sale_kind\", \"Relation Name\": \"sale_1\"}}]";
	_cleanup_(strv_release) struct strv roots = {0};
	_cleanup_free_ char *kept = NULL;
	struct plan_tree tree;

	(void)state;
	assert_true(hash_of(server) != hash_of(foretold));
	strv_add(&roots, "sale_1_kind_idx");
	strv_add(&roots, "sale_kind");
	assert_true(plan_tree_parse_rooted(server, &roots, &tree));
	assert_true(tree.hash == hash_of(foretold));
	assert_string_equal(tree.nodes[0].index, "sale_1_kind_idx");
	plan_tree_release(&tree);
	kept = plan_scrub(server, &roots);
	assert_true(hash_of(kept) == hash_of(foretold));
}

static void no_literal_stays(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
	    {"(customer_id = 4711)", "(customer_id = ?)"},
	    {"(name = 'o''neill\\'::text)", "(name = ?::text)"},
	    {"((status = ANY ('{a,b}'::text[])) AND (id > '-5'::integer))",
	        "((status = ANY (?::text[])) AND (id > ?::integer))"},
	    {"(bits = B'1010'::\"bit\")", "(bits = ?::\"bit\")"},
	    {"(x > 1.5e-3) AND (t2.c1 = $1)", "(x > ?) AND (t2.c1 = $1)"},
	    {"(\"it's 4\" = 'it''s 4')", "(\"it's 4\" = ?)"},
	    {"(NOT (hashed SubPlan 12))", "(NOT (hashed SubPlan 12))"},
	    {"(size = 'unterminated", "(size = ?"},
	    {"(na\303\257ve1 = 12)", "(na\303\257ve1 = ?)"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *scrubbed = plan_scrub_expression(cases[i].from);

		assert_string_equal(scrubbed, cases[i].to);
	}
}

static void a_kept_plan_holds_no_value(void **state)
{
	_cleanup_free_ char *literals = golden("literals");
	_cleanup_free_ char *timeline = golden("timeline_index");
	_cleanup_free_ char *first = plan_scrub(literals, NULL);
	_cleanup_free_ char *second = plan_scrub(timeline, NULL);

	(void)state;
	assert_non_null(strstr(literals, "neill"));
	assert_null(strstr(first, "neill"));
	assert_null(strstr(first, "{a,b}"));
	assert_non_null(strstr(timeline, "4711"));
	assert_null(strstr(second, "4711"));
	assert_non_null(strstr(second, "orders_customer_id_idx"));
}

/* A key that no version has yet is scrubbed as well. */
static void an_unknown_key_does_not_leak(void **state)
{
	_cleanup_free_ char *scrubbed =
	    plan_scrub("[{\"Plan\": {\"Node Type\": \"Result\", \"New Cond\": [\"(a = 'secret')\"],"
	               " \"Deep\": {\"er\": \"b > 99\"}}}]",
	        NULL);

	(void)state;
	assert_null(strstr(scrubbed, "secret"));
	assert_null(strstr(scrubbed, "99"));
	assert_non_null(strstr(scrubbed, "Result"));
}

static void what_is_no_plan_is_refused(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "[{\"Plan\": {}}]", "null",
	    "[{\"Plan\": {\"Node Type\": \"Limit\", \"Plans\": [{}]}}]"};
	struct plan_tree tree;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(plan_tree_parse(texts[i], &tree));
	assert_false(plan_tree_parse(NULL, &tree));
	assert_null(plan_scrub("{", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_tree_has_the_nodes_and_the_work),
	    cmocka_unit_test(values_do_not_change_the_hash_and_plans_do),
	    cmocka_unit_test(an_index_of_a_partition_is_that_of_the_whole),
	    cmocka_unit_test(no_literal_stays),
	    cmocka_unit_test(a_kept_plan_holds_no_value),
	    cmocka_unit_test(an_unknown_key_does_not_leak),
	    cmocka_unit_test(what_is_no_plan_is_refused),
	};

	return cmocka_run_group_tests_name("model: plan trees", tests, NULL, NULL);
}
