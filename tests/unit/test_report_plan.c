/* Plans in reports: they read as EXPLAIN prints them, and what changed is marked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/plan.h"
#include "run_example.h"

#include <string.h>

static void a_plan_reads_like_explain(void **state)
{
	struct plan plan;
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	plan_parse(PLAN_TIMELINE_BEFORE, &plan);
	plan_add_text(&out, &plan, '-');
	assert_string_equal(out.data, "  Limit (cost=4310.20..4310.40 rows=50)\n"
	                              "    -> Sort (cost=4310.20..4310.90 rows=310)\n"
	                              "      Sort Key: created_at DESC\n"
	                              "      -> Seq Scan on orders (cost=0.00..4298.00 rows=310)\n"
	                              "        Filter: (customer_id = $1)\n");
	plan_release(&plan);
}

static void node_names_follow_the_text_form(void **state)
{
	static const struct {
		const char *json, *expected;
	} cases[] = {
	    {"{\"Node Type\":\"Hash Join\",\"Join Type\":\"Left\"}", "Hash Left Join"},
	    {"{\"Node Type\":\"Nested Loop\",\"Join Type\":\"Anti\"}", "Nested Loop Anti Join"},
	    {"{\"Node Type\":\"Merge Join\",\"Join Type\":\"Inner\"}", "Merge Join"},
	    {"{\"Node Type\":\"Aggregate\",\"Strategy\":\"Hashed\",\"Partial Mode\":\"Partial\"}",
	        "Partial HashAggregate"},
	    {"{\"Node Type\":\"ModifyTable\",\"Operation\":\"Update\",\"Relation Name\":\"t\"}",
	        "Update on t"},
	    {"{\"Node Type\":\"Seq Scan\",\"Parallel Aware\":true,\"Relation "
	     "Name\":\"t\",\"Alias\":\"x\"}",
	        "Parallel Seq Scan on t x"},
	    {"{\"Node Type\":\"Bitmap Index Scan\",\"Index Name\":\"i\"}", "Bitmap Index Scan on i"},
	    {"{\"Node Type\":\"Index Scan\",\"Scan Direction\":\"Backward\",\"Index Name\":\"i\"}",
	        "Index Scan Backward using i"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *json = xasprintf("[{\"Plan\":%s}]", cases[i].json);
		struct plan plan;

		plan_parse(json, &plan);
		assert_int_equal(plan.n, 1);
		assert_string_equal(plan.lines[0].text, cases[i].expected);
		plan_release(&plan);
	}
}

static void what_changed_is_marked_and_the_rest_is_not(void **state)
{
	struct plan before, after;

	(void)state;
	plan_parse(PLAN_TIMELINE_BEFORE, &before);
	plan_parse(PLAN_TIMELINE_AFTER, &after);
	assert_true(plan_compare(&before, &after));
	assert_false(before.lines[0].differs); /* Limit is in both */
	assert_true(before.lines[1].differs);  /* the Sort is gone */
	assert_false(after.lines[0].differs);
	assert_true(after.lines[1].differs); /* the index scan is new */
	plan_release(&before);
	plan_release(&after);
}

static void other_costs_alone_are_no_change(void **state)
{
	struct plan before, after;

	(void)state;
	plan_parse("[{\"Plan\":{\"Node Type\":\"Result\",\"Total Cost\":1.0}}]", &before);
	plan_parse("[{\"Plan\":{\"Node Type\":\"Result\",\"Total Cost\":2.0}}]", &after);
	assert_false(plan_compare(&before, &after));
	plan_release(&before);
	plan_release(&after);
}

static void no_plan_is_no_change(void **state)
{
	static const char *const nothing[] = {NULL, "", "not json", "[]", "[{\"Plan\":{}}]", "{}"};

	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		struct plan before, after;

		plan_parse(nothing[i], &before);
		plan_parse(PLAN_KEY, &after);
		assert_int_equal(before.n, 0);
		assert_false(plan_compare(&before, &after));
		plan_release(&before);
		plan_release(&after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plan_reads_like_explain),
	    cmocka_unit_test(node_names_follow_the_text_form),
	    cmocka_unit_test(what_changed_is_marked_and_the_rest_is_not),
	    cmocka_unit_test(other_costs_alone_are_no_change),
	    cmocka_unit_test(no_plan_is_no_change),
	};

	return cmocka_run_group_tests_name("report: plans", tests, NULL, NULL);
}
