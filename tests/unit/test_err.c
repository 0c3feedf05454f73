/* Errors: messages, context, hints and exit codes. */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void context_goes_before_the_message(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err_set(&err, ERR_USAGE, "line %d is wrong", 7), ERR_USAGE);
	assert_int_equal(err_hint(&err, "write it %s", "right"), ERR_USAGE);
	assert_int_equal(err_wrap(&err, "gate %s", "x"), ERR_USAGE);
	assert_string_equal(err.message, "gate x: line 7 is wrong");
	assert_string_equal(err.hint, "write it right");
}

static void system_errors_say_why(void **state)
{
	struct err err = {0};

	(void)state;
	errno = EACCES;
	assert_int_equal(err_errno(&err, ERR_ENV, "cannot open %s", "f"), ERR_ENV);
	assert_string_equal(err.message, "cannot open f: Permission denied");
}

static void a_new_error_starts_clean(void **state)
{
	struct err err = {0};

	(void)state;
	err_set(&err, ERR_USAGE, "first");
	err_hint(&err, "old hint");
	strcpy(err.sqlstate, "40P01");
	err_set(&err, ERR_ENV, "second after %s", err.message); /* its own message as argument */
	assert_string_equal(err.message, "second after first");
	assert_string_equal(err.hint, "");
	assert_string_equal(err.sqlstate, "");
}

static void long_messages_are_cut(void **state)
{
	struct err err = {0};
	char text[4000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_ENV, "%s", text);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	errno = ENOENT;
	err_errno(&err, ERR_ENV, "%s", text);
	err_wrap(&err, "%s", text);
	err_hint(&err, "%s", text);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
}

static void a_caller_may_not_care(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_BUG, "x"), ERR_BUG);
	assert_int_equal(err_errno(NULL, ERR_USAGE, "x"), ERR_USAGE);
	assert_true(err_wrap(NULL, "x") < 0);
	assert_true(err_hint(NULL, "x") < 0);
}

static void a_tool_failure_is_never_exit_1(void **state)
{
	(void)state;
	assert_int_equal(err_exit_code(ERR_NONE), 0);
	assert_int_equal(err_exit_code(ERR_USAGE), 2);
	assert_int_equal(err_exit_code(ERR_ENV), 3);
	assert_int_equal(err_exit_code(ERR_BUG), 70);
	assert_true(err_exit_code(ERR_INTERRUPTED) > 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(context_goes_before_the_message),
	    cmocka_unit_test(system_errors_say_why),
	    cmocka_unit_test(a_new_error_starts_clean),
	    cmocka_unit_test(long_messages_are_cut),
	    cmocka_unit_test(a_caller_may_not_care),
	    cmocka_unit_test(a_tool_failure_is_never_exit_1),
	};

	return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
