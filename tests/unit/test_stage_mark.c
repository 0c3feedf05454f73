/* Names, marks and lock numbers of clones. */
#include "stage/clone_mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char run_id[] = "20260504_093012_a1b2";

static void test_a_name_gives_its_run_id_back(void **state)
{
	struct err err = {0};
	char *name = NULL, *back;

	(void)state;
	assert_int_equal(clone_name(run_id, "candidate", &name, &err), 0);
	assert_string_equal(name, "pgrehearse_20260504_093012_a1b2_candidate");
	back = clone_name_run_id(name);
	assert_string_equal(back, run_id);
	free(back);
	free(name);
}

static void test_only_our_exact_form_is_taken_for_ours(void **state)
{
	static const char *const others[] = {
	    "",
	    "pgrehearse",
	    "pgrehearse_",
	    "pgrehearse_prod_baseline",
	    "pgrehearse_20260504_093012_a1b2",
	    "pgrehearse_20260504_093012_a1b2_",
	    "pgrehearse_20260504_093012_a1b2_baseline2",
	    "pgrehearse_20260504_093012_a1b2_production",
	    "pgrehearse_20260504_093012_A1B2_baseline",
	    "pgrehearse_2026_0504_093012_a1b2_baseline",
	    "pgrehearse-20260504_093012_a1b2_baseline",
	    "my_pgrehearse_20260504_093012_a1b2_baseline",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(clone_name_run_id(others[i]));
}

static void test_a_run_id_that_makes_no_name_is_refused(void **state)
{
	struct err err = {0};
	char *name = NULL;

	(void)state;
	assert_int_equal(clone_name("a; DROP", "baseline", &name, &err), ERR_USAGE);
	assert_int_equal(clone_name("", "baseline", &name, &err), ERR_USAGE);
	assert_int_equal(
	    clone_name("a234567890123456789012345678901234567890123", "candidate", &name, &err),
	    ERR_USAGE);
	assert_non_null(strstr(err.message, "too long"));
	assert_null(name);
}

static void test_a_mark_survives_any_text(void **state)
{
	const struct clone_mark mark = {.run_id = (char *)run_id,
	    .arm = "baseline",
	    .source = "it's \"quoted\" \\ and \xc3\xa4\nlong",
	    .made = "2026-05-04T09:30:12Z",
	    .origin = ORIGIN_KEPT};
	char *comment = clone_mark_format(&mark, "a \"database\"");
	struct clone_mark back;

	(void)state;
	assert_true(clone_mark_parse(comment, "a \"database\"", &back));
	assert_string_equal(back.run_id, run_id);
	assert_string_equal(back.arm, mark.arm);
	assert_string_equal(back.source, mark.source);
	assert_string_equal(back.made, mark.made);
	assert_int_equal(back.origin, ORIGIN_KEPT);
	clone_mark_release(&back);
	free(comment);
}

static void test_a_mark_counts_only_for_its_own_database(void **state)
{
	const struct clone_mark mark = {.run_id = (char *)run_id, .arm = "baseline"};
	char *comment = clone_mark_format(&mark, "orders_copy");
	struct clone_mark back;

	(void)state;
	assert_false(clone_mark_parse(comment, "orders", &back));
	assert_true(clone_mark_parse(comment, "orders_copy", &back));
	clone_mark_release(&back);
	free(comment);
}

static void test_other_comments_are_no_marks(void **state)
{
	static const char *const comments[] = {
	    "",
	    "staging of the shop",
	    "pgrehearse-clone",
	    "pgrehearse-clone ",
	    "pgrehearse-clone yes",
	    "pgrehearse-clone {}",
	    "pgrehearse-clone []",
	    "pgrehearse-clone {\"run\": 1, \"origin\": \"run\", \"database\": \"x\"}",
	    "pgrehearse-clones {\"run\": \"r\", \"origin\": \"run\", \"database\": \"x\"}",
	    "pgrehearse-clone {\"run\": \"r\", \"origin\": \"run\", \"database\": \"x\"} and more",
	};
	struct clone_mark mark;

	(void)state;
	for (size_t i = 0; i < sizeof(comments) / sizeof(comments[0]); i++)
		assert_false(clone_mark_parse(comments[i], "x", &mark));
}

static void test_an_origin_of_a_later_version_is_left_alone(void **state)
{
	struct clone_mark mark;

	(void)state;
	assert_true(clone_mark_parse(
	    "pgrehearse-clone {\"run\": \"r\", \"origin\": \"pool\", \"database\": \"x\"}", "x",
	    &mark));
	assert_int_equal(mark.origin, ORIGIN_MARKED);
	clone_mark_release(&mark);
}

static void test_lock_numbers_are_stable_and_fit_an_int4(void **state)
{
	(void)state;
	assert_int_equal(clone_lock_key(run_id), clone_lock_key("20260504_093012_a1b2"));
	assert_int_not_equal(clone_lock_key(run_id), clone_lock_key("20260504_093012_a1b3"));
	assert_true(clone_lock_key(run_id) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_name_gives_its_run_id_back),
	    cmocka_unit_test(test_only_our_exact_form_is_taken_for_ours),
	    cmocka_unit_test(test_a_run_id_that_makes_no_name_is_refused),
	    cmocka_unit_test(test_a_mark_survives_any_text),
	    cmocka_unit_test(test_a_mark_counts_only_for_its_own_database),
	    cmocka_unit_test(test_other_comments_are_no_marks),
	    cmocka_unit_test(test_an_origin_of_a_later_version_is_left_alone),
	    cmocka_unit_test(test_lock_numbers_are_stable_and_fit_an_int4),
	};

	return cmocka_run_group_tests_name("stage: the mark of a clone", tests, NULL, NULL);
}
