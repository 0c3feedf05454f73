/*
 * What an override file may say, and where its mistakes are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/overrides.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int load(const char *text, struct overrides *ret, struct err *err)
{
	char path[] = "/tmp/pgrehearse-overrides.XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	rc = overrides_load(path, ret, err);
	unlink(path);
	return rc;
}

static void values_queries_and_skip(void **state)
{
	struct overrides o = {0};
	struct err err = {0};
	const struct override *found;

	(void)state;
	assert_int_equal(load("version: 1\n"
	                      "statements:\n"
	                      "  customer timeline: skip\n"
	                      "  order detail:\n"
	                      "    values: [[1, 'a b'], [2, ~]]\n"
	                      "  \"-42\":\n"
	                      "    sql: SELECT 1\n",
	                     &o, &err),
	    0);
	assert_int_equal(overrides_find(&o, "customer timeline", "1")->kind, OVERRIDE_SKIP);
	found = overrides_find(&o, "order detail", "1");
	assert_int_equal(found->n_rows, 2);
	assert_int_equal(found->n_columns, 2);
	assert_string_equal(found->values[1], "a b");
	assert_null(found->values[3]);
	assert_int_equal(found->line, 5);
	assert_string_equal(overrides_find(&o, "any name", "-42")->sql, "SELECT 1");
	assert_null(overrides_find(&o, "another", "7"));
	assert_null(overrides_find(NULL, "another", "7"));
	overrides_release(&o);
}

static void mistakes_name_their_line(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
	    {"statements: {}\n", "version is missing"},
	    {"version: 2\n", ":1: version must be 1"},
	    {"version: 1\nstatement: {}\n", ":2: there is no key \"statement\""},
	    {"version: 1\nstatements:\n  a: jump\n", ":3: a statement has one of skip, values and sql"},
	    {"version: 1\nstatements:\n  a:\n    vals: []\n", ":4: there is no key \"vals\""},
	    {"version: 1\nstatements:\n  a:\n    values: []\n", ":4: values must be a list of lists"},
	    {"version: 1\nstatements:\n  a:\n    values:\n    - [1, 2]\n    - [3]\n",
	        ":6: this row has another number of values"},
	    {"version: 1\nstatements:\n  a:\n    values: [[{x: 1}]]\n", ":4: a value must be a number"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct overrides o = {0};
		struct err err = {0};
		assert_int_equal(load(cases[i].text, &o, &err), ERR_USAGE);
		if (!strstr(err.message, cases[i].message))
			fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_queries_and_skip),
	    cmocka_unit_test(mistakes_name_their_line),
	};

	return cmocka_run_group_tests_name("overrides", tests, NULL, NULL);
}
