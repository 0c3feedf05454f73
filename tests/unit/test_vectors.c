/* Vectors: what the file keeps, which row an op gets, and what a wrong file is told. */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/vectors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/test_vectors.XXXXXX";

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

#define READ                                                                                       \
	"{\"name\": \"read\", \"queryid\": \"1\", \"sql\": \"SELECT $1, $2\", \"kind\": \"select\","   \
	" \"calls\": 30, \"exec_ms\": 60, \"production\": {\"calls\": 30},"                            \
	" \"values_from\": \"witness\","                                                               \
	" \"params\": [{\"type_oid\": 20, \"type\": \"bigint\"}, {\"type\": \"text\"}],"               \
	" \"vectors\": [[\"1\", \"a\"], [\"2\", null], [\"3\", \"\"]], \"weights\": [1, 0, 3]}"
#define WRITE                                                                                      \
	"{\"name\": \"write\", \"queryid\": \"-2\", \"sql\": \"INSERT ...\", \"kind\": \"insert\","    \
	" \"writes\": true, \"tables\": [\"orders\"], \"calls\": 10, \"exec_ms\": 20,"                 \
	" \"production\": {}, \"order\": \"sequential\", \"note\": \"fresh keys\","                    \
	" \"params\": [{\"fresh\": \"integer\", \"base\": 1000}, {},"                                  \
	" {\"fresh\": \"text\", \"prefix\": \"new-\", \"base\": 5}, {\"fresh\": \"uuid\"}],"           \
	" \"vectors\": [[null, \"x\", null, null], [null, \"y\", null, null]]}"
#define DOCUMENT(statements, transactions)                                                         \
	"{\"format\": \"pgrehearse-vectors/1\", \"total_ms\": 100, \"total_calls\": 50,"               \
	" \"production_rate\": 12.5, \"time_shift\": \"3 days\", \"statements\": [" statements "],"    \
	" \"skipped\": [{\"name\": \"s\", \"reason\": \"no rows\", \"calls\": 1, \"exec_ms\": 2}],"    \
	" \"transactions\": [" transactions "]}"
#define GOOD DOCUMENT(READ ", " WRITE, "{\"statements\": [0, 1], \"weight\": 2}")

static int load(const char *text, struct vectors *vectors, struct err *err)
{
	*vectors = (struct vectors){0};
	*err = (struct err){0};
	assert_int_equal(file_write_atomic("v.json", text, strlen(text), 0600, err), 0);
	return vectors_load("v.json", vectors, err);
}

static struct vectors load_good(void)
{
	struct vectors vectors;
	struct err err;

	if (load(GOOD, &vectors, &err) < 0)
		fail_msg("%s", err.message);
	return vectors;
}

static void the_file_keeps_everything(void **state)
{
	struct vectors vectors = load_good(), again = {0};
	struct err err = {0};
	_cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
	struct stat st;

	(void)state;
	assert_int_equal(vectors_save(&vectors, "a.json", &err), 0);
	assert_int_equal(stat("a.json", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600); /* it holds staging's values */
	assert_int_equal(vectors_load("a.json", &again, &err), 0);
	assert_int_equal(vectors_save(&again, "b.json", &err), 0);
	assert_int_equal(file_read("a.json", 1 << 20, &first, &err), 0);
	assert_int_equal(file_read("b.json", 1 << 20, &second, &err), 0);
	assert_string_equal(first.data, second.data);
	assert_string_equal(again.time_shift, "3 days");
	assert_int_equal(again.statements[1].params[2].fresh, FRESH_TEXT);
	assert_int_equal(again.statements[1].order, VECTOR_SEQUENTIAL);
	assert_null(again.statements[0].values[3]);
	assert_string_equal(again.statements[0].values[5], "");
	assert_float_equal(vectors_coverage_time(&again), 0.8, 1e-12);
	assert_float_equal(vectors_coverage_calls(&again), 0.8, 1e-12);
	vectors_release(&vectors);
	vectors_release(&again);
}

static void rows_are_drawn_by_weight_and_by_ordinal_alone(void **state)
{
	struct vectors vectors = load_good();
	struct vector_picker *picker = vector_picker_new(&vectors, 42);
	struct vector_picker *same = vector_picker_new(&vectors, 42);
	struct vector_picker *other = vector_picker_new(&vectors, 43);
	_cleanup_buf_ struct buf scratch = BUF_INIT;
	const char *values[4];
	size_t count[3] = {0}, differs = 0;

	(void)state;
	for (uint64_t i = 0; i < 40000; i++)
		count[vector_pick(picker, 0, i, &scratch, values)]++;
	assert_int_equal(count[1], 0); /* weight 0 */
	assert_float_equal((double)count[0] / 40000, 0.25, 6 * sqrt(0.25 * 0.75 / 40000));
	/* A few draws have the weights' shares already, wherever they begin. */
	for (uint64_t from = 0; from < 1000; from += 7) {
		size_t light = 0;

		for (uint64_t i = from; i < from + 40; i++)
			light += vector_pick(picker, 0, i, &scratch, values) == 0;
		assert_in_range(light, 8, 12);
	}
	for (uint64_t i = 1000; i-- > 0;) { /* in any order */
		size_t row = vector_pick(same, 0, i, &scratch, values);

		assert_int_equal(row, vector_pick(picker, 0, i, &scratch, values));
		differs += row != vector_pick(other, 0, i, &scratch, values);
	}
	assert_in_range(differs, 200, 550); /* 2 * 0.25 * 0.75 of 1000 */
	vector_picker_free(picker);
	vector_picker_free(same);
	vector_picker_free(other);
	vectors_release(&vectors);
}

static void fresh_values_come_from_the_ordinal(void **state)
{
	struct vectors vectors = load_good();
	struct vector_picker *picker = vector_picker_new(&vectors, 1);
	_cleanup_buf_ struct buf scratch = BUF_INIT, last = BUF_INIT;
	const char *values[4];

	(void)state;
	assert_int_equal(vector_pick(picker, 1, 0, &scratch, values), 0);
	assert_string_equal(values[0], "1000");
	assert_string_equal(values[1], "x");
	assert_string_equal(values[2], "new-5");
	assert_int_equal(strlen(values[3]), 36);
	assert_int_equal(values[3][14], '4'); /* the form of a version 4 UUID */
	assert_non_null(strchr("89ab", values[3][19]));
	buf_adds(&last, values[3]);
	assert_int_equal(vector_pick(picker, 1, 7, &scratch, values), 1);
	assert_string_equal(values[0], "1007");
	assert_string_equal(values[1], "y");
	assert_string_equal(values[2], "new-12");
	assert_string_not_equal(values[3], last.data);
	/* Neighbouring ordinals scatter over the key space, as random UUIDs do. */
	assert_int_not_equal(strncmp(values[3], last.data, 4), 0);
	vector_picker_free(picker);
	vectors_release(&vectors);
}

static void sequential_rows_are_not_reused_until_all_are(void **state)
{
	struct vectors vectors = load_good();
	struct vector_picker *picker = vector_picker_new(&vectors, 9);
	_cleanup_buf_ struct buf scratch = BUF_INIT;
	const char *values[4];

	(void)state;
	for (uint64_t i = 0; i < 6; i++)
		assert_int_equal(vector_pick(picker, 1, i, &scratch, values), i % 2);
	vector_picker_free(picker);
	vectors_release(&vectors);
}

static void wrong_files_are_told_where(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {DOCUMENT("5", ""), "v.json: statements[0] must be an object"},
	    {DOCUMENT("{}", ""), "statements[0].name is missing"},
	    {DOCUMENT(READ, "{\"statements\": [1]}"), "transactions[0].statements must hold numbers"},
	    {DOCUMENT(READ, "{\"statements\": [-1]}"), "transactions[0].statements must hold numbers"},
	    {DOCUMENT(READ, "{\"statements\": []}"), "at least one statement"},
	    {DOCUMENT(READ, "{\"statements\": [0], \"weight\": -1}"), "must not be negative"},
	    {DOCUMENT("", "{\"statements\": [0]}"), "there are none"},
	    {"{\"format\": \"pgrehearse-vectors/9\"}", "this version reads \"pgrehearse-vectors/1\""},
	    {"[]", "not a JSON object"},
	};
	static const struct {
		const char *from, *to, *said;
	} changes[] = {
	    {"[\"1\", \"a\"]", "[\"1\"]", "vectors element 0 must be an array of 2 values"},
	    {"[\"1\", \"a\"]", "\"1\"", "vectors element 0 must be an array of 2 values"},
	    {"[\"1\", \"a\"]", "[1, 2]", "vectors element 0 must hold strings or null"},
	    {"[1, 0, 3]", "[1, 0]", "weights has 2 elements for 3 vectors"},
	    {"[1, 0, 3]", "[0, 0, 0]", "not all 0"},
	    {"[1, 0, 3]", "[1, -1, 3]", "numbers of at least 0"},
	    {"[1, 0, 3]", "[1, \"x\", 3]", "numbers of at least 0"},
	    {"[[\"1\", \"a\"], [\"2\", null], [\"3\", \"\"]], \"weights\": [1, 0, 3]", "[]",
	        "vectors is empty, but parameter $1"},
	    {"\"type_oid\": 20", "\"type_oid\": 4294967296",
	        "params[0].type_oid must be a whole number"},
	    {"\"queryid\": \"1\"", "\"queryid\": 1", "statements[0].queryid must be a string"},
	    {"\"kind\": \"select\"", "\"kind\": \"sing\"", "must be one of: select, insert"},
	};
	struct vectors vectors;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(load(cases[i].text, &vectors, &err), ERR_USAGE);
		if (!strstr(err.message, cases[i].said))
			fail_msg("wanted \"%s\", got \"%s\"", cases[i].said, err.message);
	}
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *good = GOOD, *at = strstr(good, changes[i].from);
		_cleanup_free_ char *text = NULL;

		assert_non_null(at);
		text = xasprintf(
		    "%.*s%s%s", (int)(at - good), good, changes[i].to, at + strlen(changes[i].from));
		assert_int_equal(load(text, &vectors, &err), ERR_USAGE);
		if (!strstr(err.message, changes[i].said))
			fail_msg("wanted \"%s\", got \"%s\"", changes[i].said, err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_file_keeps_everything),
	    cmocka_unit_test(rows_are_drawn_by_weight_and_by_ordinal_alone),
	    cmocka_unit_test(fresh_values_come_from_the_ordinal),
	    cmocka_unit_test(sequential_rows_are_not_reused_until_all_are),
	    cmocka_unit_test(wrong_files_are_told_where),
	};

	return cmocka_run_group_tests_name("vectors", tests, make_dir, remove_dir);
}
