/* Programs that the stage runs. */
#include "stage/process.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int shell(const char *script, struct buf *output, struct err *err)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};

	return process_run(&(struct process_options){0}, argv, output, err);
}

static void test_output_is_kept_apart_from_errors(void **state)
{
	struct buf output = BUF_INIT;
	struct err err = {0};

	(void)state;
	assert_int_equal(shell("echo noise >&2; echo result", &output, &err), 0);
	assert_string_equal(output.data, "result\n");
	buf_release(&output);
}

static void test_a_failure_tells_status_and_last_lines(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(shell("seq 5000; echo the reason >&2; exit 7", NULL, &err), ERR_ENV);
	assert_non_null(strstr(err.message, "exit status 7"));
	assert_non_null(strstr(err.message, "the reason"));
	assert_null(strstr(err.message, "\n17\n"));
	assert_int_equal(shell("kill -9 $$", NULL, &err), ERR_ENV);
	assert_non_null(strstr(err.message, "signal 9"));
}

static void test_a_full_disk_has_a_hint(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    shell("echo could not write: No space left on device; exit 1", NULL, &err), ERR_ENV);
	assert_non_null(strstr(err.hint, "disk is full"));
}

static void test_a_missing_program_is_named(void **state)
{
	const char *argv[] = {"/nowhere/initdb", NULL};
	struct err err = {0};

	(void)state;
	assert_int_equal(process_run(&(struct process_options){0}, argv, NULL, &err), ERR_ENV);
	assert_non_null(strstr(err.message, "/nowhere/initdb"));
}

static void test_pg_variables_stay_out_unless_kept(void **state)
{
	const char *argv[] = {"/bin/sh", "-c", "echo \"$PGHOST$PGREHEARSE_ROWS $EXTRA\"", NULL};
	const char *extra[] = {"EXTRA=more", NULL};
	struct process_options options = {.environment = extra};
	struct buf output = BUF_INIT;
	struct err err = {0};

	(void)state;
	setenv("PGHOST", "elsewhere", 1);
	setenv("PGREHEARSE_ROWS", "7", 1);
	assert_int_equal(process_run(&options, argv, &output, &err), 0);
	assert_string_equal(output.data, "7 more\n");
	options.keep_environment = true;
	buf_clear(&output);
	assert_int_equal(process_run(&options, argv, &output, &err), 0);
	assert_string_equal(output.data, "elsewhere7 more\n");
	buf_release(&output);
	unsetenv("PGHOST");
	unsetenv("PGREHEARSE_ROWS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_output_is_kept_apart_from_errors),
	    cmocka_unit_test(test_a_failure_tells_status_and_last_lines),
	    cmocka_unit_test(test_a_full_disk_has_a_hint),
	    cmocka_unit_test(test_a_missing_program_is_named),
	    cmocka_unit_test(test_pg_variables_stay_out_unless_kept),
	};

	return cmocka_run_group_tests_name("stage: programs that are run", tests, NULL, NULL);
}
