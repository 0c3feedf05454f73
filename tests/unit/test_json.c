/* JSON: typed reading with the path of what is wrong, and writing what JSON can hold. */
#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
	json_t *root = json_loads(text, 0, NULL);

	assert_non_null(root);
	return root;
}

static void the_first_failure_wins(void **state)
{
	json_t *root = parse("{\"n\": \"x\", \"s\": 5, \"ok\": 7}");
	struct err err = {0};
	struct json_reader r = {.file = "f.json", .err = &err};

	(void)state;
	assert_float_equal(json_get_double(&r, root, "ok", 0), 7, 0);
	assert_float_equal(json_get_double(&r, root, "none", 3), 3, 0);
	json_need_double(&r, root, "n");
	json_need_string(&r, root, "s");
	assert_true(r.failed);
	assert_string_equal(err.message, "f.json: n must be a number");
	assert_int_equal(json_get_int(&r, root, "ok", 1), 1); /* quiet after a failure */
	json_decref(root);
}

static void types_and_ranges_are_checked(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"{\"i\": 1.5}", "i must be a whole number"},
	    {"{\"i\": 12}", "i must be a whole number from 0 to 10"},
	    {"{\"b\": 1}", "b must be true or false"},
	    {"{\"a\": -1}", "a must not be negative"},
	    {"{\"c\": \"blue\"}", "c is \"blue\"; it must be one of: red, green"},
	    {"{\"l\": {}}", "l must be an array"},
	    {"{\"l\": [\"x\", 5]}", "l must be an array of strings; element 1 is not one"},
	    {"{\"o\": []}", "o must be an object"},
	    {"{}", "o is missing"},
	};
	static const char *const colours[] = {"red", "green"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *root = parse(cases[i].text);
		struct err err = {0};
		struct json_reader r = {.file = "f", .err = &err}, inner;
		struct strv list = {0};

		json_get_int_in(&r, root, "i", 0, 10, 0);
		json_get_bool(&r, root, "b", false);
		json_get_amount(&r, root, "a", NAN);
		json_get_choice(&r, root, "c", colours, 2, 0);
		json_get_strings(&r, root, "l", &list);
		json_enter(&r, root, "o", &inner);
		assert_non_null(strstr(err.message, cases[i].said));
		strv_release(&list);
		json_decref(root);
	}
}

static void read_leaf(struct json_reader *r, const json_t *object, void *ctx)
{
	struct json_reader inner;

	(*(int *)ctx)++;
	json_need_string(&inner, json_enter(r, object, "deep", &inner), "name");
}

static void nested_failures_name_the_whole_path(void **state)
{
	json_t *root =
	    parse("{\"rows\": [{\"deep\": {\"name\": \"a\"}}, {\"deep\": {\"name\": 5}}, 7]}");
	struct err err = {0};
	struct json_reader r = {.file = "f.json", .err = &err};
	int calls = 0;

	(void)state;
	json_each(&r, root, "rows", read_leaf, &calls);
	assert_true(r.failed);
	assert_int_equal(calls, 2);
	assert_string_equal(err.message, "f.json: rows[1].deep.name must be a string");
	json_decref(root);
}

static void null_means_not_given(void **state)
{
	json_t *root = parse("{\"n\": null, \"s\": null}");
	struct err err = {0};
	struct json_reader r = {.file = "f", .err = &err};

	(void)state;
	assert_true(isnan(json_get_double(&r, root, "n", NAN)));
	assert_null(json_dup_string(&r, root, "s"));
	assert_false(r.failed);
	json_decref(root);
}

static void assert_dumps(json_t *value, const char *expected)
{
	_cleanup_free_ char *text = json_dumps(value, JSON_ENCODE_ANY);

	assert_string_equal(text, expected);
	json_decref(value);
}

static void numbers_are_written_as_json_can(void **state)
{
	(void)state;
	assert_dumps(json_number(42), "42");
	assert_dumps(json_number(-3), "-3");
	assert_dumps(json_number(0.5), "0.5");
	assert_dumps(json_number(9007199254740992.0), "9007199254740992");
	assert_dumps(json_number(1e300), "1.0000000000000001e300");
	assert_dumps(json_number(NAN), "null");
	assert_dumps(json_number(-INFINITY), "null");
}

static void invalid_text_is_mended(void **state)
{
	(void)state;
	assert_dumps(json_text("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
	assert_dumps(json_text("caf\xe9!"), "\"caf\xef\xbf\xbd!\"");
	assert_dumps(json_text(NULL), "null");
	assert_dumps(json_text(""), "\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_failure_wins),
	    cmocka_unit_test(types_and_ranges_are_checked),
	    cmocka_unit_test(nested_failures_name_the_whole_path),
	    cmocka_unit_test(null_means_not_given),
	    cmocka_unit_test(numbers_are_written_as_json_can),
	    cmocka_unit_test(invalid_text_is_mended),
	};

	return cmocka_run_group_tests_name("JSON", tests, NULL, NULL);
}
