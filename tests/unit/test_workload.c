/* workload.json and the work of statements. */
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/workload.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/test_workload.XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
	struct err err = {0};

	(void)state;
	return chdir("/") < 0 ? -1 : file_remove_tree(dir, &err);
}

#define SOURCE                                                                                     \
	"\"source\": {\"kind\": \"pg_stat_statements\", \"server_version_num\": 150014,"               \
	" \"window_s\": 60, \"settings\": {\"work_mem\": \"4MB\"},"                                    \
	" \"relations\": [{\"name\": \"public.orders\", \"reltuples\": 300000, \"relpages\": 4412}]}"
#define STATEMENT(name, id)                                                                        \
	"{\"name\": \"" name "\", \"queryid\": \"" id "\", \"fingerprint\": \"ab12\","                 \
	" \"kind\": \"select\", \"text\": \"SELECT $1\", \"tables\": [\"orders\"],"                    \
	" \"work\": {\"calls\": 10, \"exec_ms\": 25.5, \"rows\": 10}}"
#define DOCUMENT(statements)                                                                       \
	"{\"format\": \"pgrehearse-workload/1\", " SOURCE ", \"statements\": [" statements "],"        \
	" \"dropped\": [{\"reason\": \"utility statement\", \"entries\": 2, \"calls\": 5,"             \
	" \"exec_ms\": 4.5}]}"

static int load(const char *text, struct workload *workload, struct err *err)
{
	*workload = (struct workload){0};
	*err = (struct err){0};
	assert_int_equal(file_write_atomic("w.json", text, strlen(text), 0644, err), 0);
	return workload_load("w.json", workload, err);
}

static void a_workload_comes_back(void **state)
{
	_cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
	struct workload workload, again;
	struct err err;

	(void)state;
	assert_int_equal(load(DOCUMENT(STATEMENT("a", "-9223372036854775808") ", " STATEMENT("b", "7")),
	                     &workload, &err),
	    0);
	assert_int_equal(workload_save(&workload, "x.json", &err), 0);
	assert_int_equal(workload_load("x.json", &again, &err), 0);
	assert_int_equal(workload_save(&again, "y.json", &err), 0);
	assert_int_equal(file_read("x.json", 1 << 20, &first, &err), 0);
	assert_int_equal(file_read("y.json", 1 << 20, &second, &err), 0);
	assert_string_equal(first.data, second.data);
	assert_string_equal(again.statements[0].queryid, "-9223372036854775808");
	assert_true(isnan(again.statements[0].work.wal_bytes));
	assert_null(strstr(first.data, "wal_bytes")); /* what is not known is not written */
	assert_string_equal(again.source.settings[0].value, "4MB");
	assert_float_equal(workload_total_ms(&again), 2 * 25.5 + 4.5, 1e-12);
	assert_float_equal(workload_total_calls(&again), 25, 0);
	assert_non_null(workload_find(&again, "b"));
	assert_null(workload_find(&again, "B"));
	workload_release(&workload);
	workload_release(&again);
}

static void wrong_workloads_are_told_where(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"{\"format\": \"pgrehearse-workload/2\"}",
	        "has format \"pgrehearse-workload/2\"; this version"},
	    {"{\"format\": \"pgrehearse-run/1\"}", "is not a pgrehearse-workload file"},
	    {"{\"format\": \"pgrehearse-workload/1\"}", "source is missing"},
	    {"{\"format\": \"pgrehearse-workload/1\", " SOURCE "}", "statements is missing"},
	    {"{}", "its \"format\" is missing"},
	    {"{\"format\": 5}", "is not a pgrehearse-workload file"},
	    {"nonsense", "not valid JSON: "},
	    {"", "not valid JSON"},
	    {"[1]", "not a JSON object"},
	    {"{\"a\": 1, \"a\": 2}", "not valid JSON: duplicate"},
	    {DOCUMENT(STATEMENT("a", "1") "," STATEMENT("a", "2")), "two entries named \"a\""},
	    {DOCUMENT(STATEMENT("", "1")), "statements[0].name must not be empty"},
	    {DOCUMENT(STATEMENT("a", "12x")), "statements[0].queryid is \"12x\"; it must be a decimal"},
	    {DOCUMENT("{\"name\": 5}"), "statements[0].name must be a string"},
	    {DOCUMENT("{\"name\": \"a\", \"queryid\": \"1\", \"text\": \"x\", \"kind\": \"select\","
	              " \"work\": {\"calls\": -1}}"),
	        "statements[0].work.calls must not be negative"},
	};
	struct workload workload;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(load(cases[i].text, &workload, &err), ERR_USAGE);
		if (!strstr(err.message, cases[i].said))
			fail_msg("wanted \"%s\", got \"%s\"", cases[i].said, err.message);
	}
	assert_int_equal(workload_load("gone.json", &workload, &err), ERR_USAGE);
}

static void deltas_keep_what_is_not_known(void **state)
{
	struct work earlier = work_unknown, later = work_unknown, delta;

	(void)state;
	earlier.calls = 10;
	later.calls = 25;
	earlier.exec_ms = 5;
	later.exec_ms = 12.5;
	later.max_ms = 3;
	later.rows = 7;
	delta = work_delta(&later, &earlier);
	assert_float_equal(delta.calls, 15, 0);
	assert_float_equal(delta.exec_ms, 7.5, 0);
	assert_float_equal(delta.max_ms, 3, 0);
	assert_true(isnan(delta.rows) && isnan(delta.wal_bytes));
	assert_float_equal(work_per_call(&delta, delta.exec_ms), 0.5, 1e-12);
	delta.calls = 0;
	assert_true(isnan(work_per_call(&delta, 5)));
}

static void sums_pool_deviations_and_keep_maxima(void **state)
{
	/* 2 calls of 1 and 3 ms with 2 calls of 5 and 7 ms: mean 4, deviation sqrt(5). */
	struct work sum = {.calls = 2, .exec_ms = 4, .stddev_ms = 1, .max_ms = 3, .wal_bytes = NAN};
	struct work more = {.calls = 2, .exec_ms = 12, .stddev_ms = 1, .max_ms = 7, .wal_bytes = 9};

	(void)state;
	work_add(&sum, &more);
	assert_float_equal(sum.calls, 4, 0);
	assert_float_equal(sum.stddev_ms, sqrt(5), 1e-12);
	assert_float_equal(sum.max_ms, 7, 0);
	assert_float_equal(sum.wal_bytes, 9, 0);
	sum = work_unknown;
	work_add(&sum, &more);
	assert_float_equal(sum.stddev_ms, 1, 0);
	assert_float_equal(sum.exec_ms, 12, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_workload_comes_back),
	    cmocka_unit_test(wrong_workloads_are_told_where),
	    cmocka_unit_test(deltas_keep_what_is_not_known),
	    cmocka_unit_test(sums_pool_deviations_and_keep_maxima),
	};

	return cmocka_run_group_tests_name("workload", tests, make_dir, remove_dir);
}
