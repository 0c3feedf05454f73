/* The file of names: what is read and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/names.h"

static int load(const char *text, struct statement_names *ret, struct err *err)
{
	char path[] = "/tmp/names.XXXXXX";
	int fd = mkstemp(path);
	int rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	rc = statement_names_load(path, ret, err);
	unlink(path);
	return rc;
}

static void names_and_texts_are_read_in_order(void **state)
{
	struct statement_names names = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(load("version: 1\n"
	                      "names:\n"
	                      "  customer timeline: SELECT 1\n"
	                      "  \"orders: all\": |\n"
	                      "    SELECT *\n"
	                      "    FROM orders\n",
	                     &names, &err),
	    0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[0].name, "customer timeline");
	assert_string_equal(names.items[1].name, "orders: all");
	assert_non_null(strstr(names.items[1].text, "FROM orders"));
	assert_int_equal(names.items[1].line, 4);
	statement_names_release(&names);
}

static void rewrites_are_found_by_name(void **state)
{
	char path[] = "/tmp/rewrites.XXXXXX";
	static const char text[] = "version: 1\nrewrites:\n  customer timeline: SELECT $1\n";
	struct statement_names rewrites = {0};
	struct err err = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(statement_rewrites_load(path, &rewrites, &err), 0);
	assert_string_equal(statement_names_find(&rewrites, "customer timeline"), "SELECT $1");
	assert_null(statement_names_find(&rewrites, "customer"));
	statement_names_release(&rewrites);
	/* The one kind of file is not the other. */
	assert_int_equal(statement_names_load(path, &rewrites, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "there is no key \"rewrites\""));
	unlink(path);
}

static void assert_refused(const char *text, const char *place)
{
	struct statement_names names = {0};
	struct err err = {0};

	assert_int_equal(load(text, &names, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, place));
	assert_int_equal(names.n, 0);
}

static void mistakes_are_refused_with_their_line(void **state)
{
	(void)state;
	assert_refused("version: 2\nnames: {a: SELECT 1}\n", ":1: ");
	assert_refused("names: {a: SELECT 1}\n", "version is missing");
	assert_refused("version: 1\nname: {a: SELECT 1}\n", ":2: ");
	assert_refused("version: 1\nnames:\n  a:\n", ":3: ");
	assert_refused("version: 1\nnames:\n  a: SELECT 1\n  a: SELECT 2\n", ":4:");
	assert_refused("- a\n", ":1");
	assert_refused("version: 1\nnames: [a, b]\n", ":2: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_and_texts_are_read_in_order),
	    cmocka_unit_test(rewrites_are_found_by_name),
	    cmocka_unit_test(mistakes_are_refused_with_their_line),
	};

	return cmocka_run_group_tests_name("names of statements", tests, NULL, NULL);
}
