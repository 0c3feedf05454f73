/* Logs of every form give the same statements, calls and values; broken ones give what they hold. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "capture/log.h"
#include "sql/sql.h"

#define GOLDEN TEST_SOURCE_DIR "/golden/log/"

static char dir[] = "/tmp/test_capture_log.XXXXXX";

struct result {
	struct workload workload;
	struct logged_values values;
	struct err err;
	int rc;
};

static struct result read_log(const char *path, const char *prefix, size_t most_rows)
{
	struct result r = {0};
	struct strv files = {0};
	struct log_options options = {
	    .files = &files, .prefix = prefix, .most_rows = most_rows, .seed = 7};

	strv_add(&files, path);
	r.rc = capture_log(&options, NULL, &r.workload, &r.values, &r.err);
	strv_release(&files);
	return r;
}

static struct result read_bytes(const char *text, size_t len, const char *prefix)
{
	_cleanup_free_ char *path = file_join(dir, "a.log");
	struct err err = {0};

	assert_int_equal(file_write_atomic(path, text, len, 0600, &err), 0);
	return read_log(path, prefix, 0);
}

static struct result read_text(const char *text)
{
	return read_bytes(text, strlen(text), NULL);
}

static void release(struct result *r)
{
	workload_release(&r->workload);
	logged_values_release(&r->values);
}

static const struct statement *find(const struct result *r, const char *text)
{
	for (size_t i = 0; i < r->workload.n_statements; i++)
		if (strcmp(r->workload.statements[i].text, text) == 0)
			return &r->workload.statements[i];
	print_message("no statement: %s\n", text);
	return NULL;
}

static double calls(const struct result *r, const char *text)
{
	const struct statement *s = find(r, text);

	return s ? s->work.calls : 0;
}

static const char *value(const struct result *r, const char *text, size_t row, size_t column)
{
	const struct logged_statement *s = logged_values_find(&r->values, text);

	assert_non_null(s);
	assert_true(row < s->n_rows && column < s->n_values);
	return s->values[row * s->n_values + column];
}

static double dropped(const struct result *r, const char *reason)
{
	for (size_t i = 0; i < r->workload.n_dropped; i++)
		if (strcmp(r->workload.dropped[i].reason, reason) == 0)
			return r->workload.dropped[i].calls;
	return 0;
}

static const char by_id[] = "SELECT name FROM item WHERE id = $1";
static const char by_note[] = "SELECT name FROM item WHERE note = $1 AND id > $2";
static const char set_note[] = "UPDATE item SET note = $2 WHERE id = $1";

static void check_golden(const char *file, bool has_sessions)
{
	_cleanup_free_ char *path = xasprintf(GOLDEN "%s", file);
	struct result r = read_log(path, NULL, 0);

	if (r.rc < 0)
		print_message("%s: %s\n", file, r.err.message);
	assert_int_equal(r.rc, 0);
	assert_true(calls(&r, by_id) == 6);
	assert_true(calls(&r, set_note) == 4);
	assert_true(calls(&r, by_note) == 1);
	assert_true(calls(&r, "SELECT count(*) FROM item") == 1);
	assert_true(calls(&r, "UPDATE item SET note = NULL WHERE id = $1") == 1);
	assert_int_equal(r.workload.n_statements, 5);
	assert_true(dropped(&r, "transaction control") == 2);
	assert_true(dropped(&r, "utility statement") == 2);
	assert_string_equal(value(&r, by_note, 0, 0), "two\nlines, \"quoted\", it's");
	assert_string_equal(value(&r, by_note, 0, 1), "-5");
	assert_string_equal(value(&r, set_note, 0, 1), "it's");
	assert_string_equal(value(&r, by_id, 4, 0), "7");
	assert_string_equal(value(&r, by_id, 5, 0), "8");
	assert_true(r.workload.log.transactions == 1);
	assert_true(r.workload.log.broken == 0);
	if (has_sessions)
		assert_true(r.workload.log.sessions == 3);
	/* One call of six shared a message and has no duration of its own: not enough to guess. */
	assert_true(isnan(find(&r, by_id)->work.exec_ms));
	assert_true(find(&r, by_note)->work.exec_ms > 1);
	release(&r);
}

static void all_formats_tell_the_same(void **state)
{
	(void)state;
	check_golden("csvlog.csv", true);
	check_golden("jsonlog.json", true);
	check_golden("debian.log", true);
	check_golden("rds.log", true);
	check_golden("cloudsql.log", true);
	check_golden("cloudsql.json", true);
	check_golden("postgresql17.log", true);
}

static void csvlog_and_jsonlog_tell_the_queryid(void **state)
{
	struct result r = read_log(GOLDEN "csvlog.csv", NULL, 0);
	const struct statement *s = find(&r, by_note);

	(void)state;
	assert_string_not_equal(s->queryid, "0");
	release(&r);
	r = read_log(GOLDEN "debian.log", NULL, 0);
	assert_string_equal(find(&r, by_note)->queryid, "0");
	release(&r);
}

static void gzip_is_unpacked_and_a_torn_end_kept_apart(void **state)
{
	_cleanup_free_ char *path = file_join(dir, "a.log.gz");
	_cleanup_buf_ struct buf plain = BUF_INIT, packed = BUF_INIT;
	struct err err = {0};
	struct result r;
	gzFile file = gzopen(path, "wb");

	(void)state;
	assert_int_equal(file_read(GOLDEN "debian.log", 1 << 20, &plain, &err), 0);
	gzwrite(file, plain.data, (unsigned)plain.len);
	gzclose(file);
	r = read_log(path, NULL, 0);
	assert_int_equal(r.rc, 0);
	assert_true(calls(&r, by_id) == 6);
	release(&r);
	assert_int_equal(file_read(path, 1 << 20, &packed, &err), 0);
	assert_int_equal(file_write_atomic(path, packed.data, packed.len - 60, 0600, &err), 0);
	r = read_log(path, NULL, 0);
	assert_int_equal(r.rc, 0);
	assert_true(calls(&r, by_id) >= 1);
	release(&r);
}

static void durations_in_entries_of_their_own_find_their_statement(void **state)
{
	/* log_statement = all and log_duration = on; two sessions in turn. */
	struct result r =
	    read_text("2026-01-01 00:00:00.000 UTC [1] a@b LOG:  statement: SELECT 1 FROM t\n"
	              "2026-01-01 00:00:00.000 UTC [2] a@b LOG:  duration: 99 ms\n"
	              "2026-01-01 00:00:00.000 UTC [2] a@b LOG:  execute <unnamed>: SELECT a FROM t "
	              "WHERE a = $1\n"
	              "2026-01-01 00:00:00.000 UTC [2] a@b DETAIL:  parameters: $1 = '4'\n"
	              "2026-01-01 00:00:01.000 UTC [1] a@b LOG:  duration: 2.5 ms\n"
	              "2026-01-01 00:00:01.000 UTC [2] a@b LOG:  duration: 7 ms\n"
	              "2026-01-01 00:00:01.000 UTC [2] a@b LOG:  duration: 88 ms\n");

	(void)state;
	assert_int_equal(r.rc, 0);
	assert_true(find(&r, "SELECT $1 FROM t")->work.exec_ms == 2.5);
	assert_true(find(&r, "SELECT a FROM t WHERE a = $1")->work.exec_ms == 7);
	assert_true(r.workload.source.window_s == 0);
	assert_true(r.workload.log.peak_per_s == 2);
	release(&r);
}

static void parameters_that_are_missing_or_cut_are_no_sample(void **state)
{
	static const char text[] = "SELECT a FROM t WHERE a = $1 AND b = $2";
	struct result r = read_text(
	    "2026-01-01 00:00:00.000 UTC [1] LOG:  execute s: SELECT a FROM t WHERE a = $1 AND b = $2\n"
	    "2026-01-01 00:00:00.000 UTC [1] LOG:  execute s: SELECT a FROM t WHERE a = $1 AND b = $2\n"
	    "2026-01-01 00:00:00.000 UTC [1] DETAIL:  parameters: $1 = 'abc...', $2 = NULL\n"
	    "2026-01-01 00:00:00.000 UTC [1] LOG:  execute s: SELECT a FROM t WHERE a = $1 AND b = $2\n"
	    "2026-01-01 00:00:00.000 UTC [1] DETAIL:  parameters: $1 = 'a\n"
	    "\tb''c', $2 = NULL\n"
	    "2026-01-01 00:00:00.000 UTC [1] LOG:  execute s: SELECT a FROM t WHERE a = $1 AND b = $2\n"
	    "2026-01-01 00:00:00.000 UTC [2] DETAIL:  parameters: $1 = '1', $2 = '2'\n");

	(void)state;
	assert_true(calls(&r, text) == 4);
	assert_true(r.workload.log.without_values == 3);
	assert_int_equal(logged_values_find(&r.values, text)->n_rows, 1);
	assert_string_equal(value(&r, text, 0, 0), "a\nb'c");
	assert_null(value(&r, text, 0, 1));
	release(&r);
}

static void texts_that_do_not_parse_are_counted(void **state)
{
	struct result r =
	    read_text("2026-01-01 00:00:00.000 UTC [1] LOG:  statement: SELEC 1\n"
	              "2026-01-01 00:00:00.000 UTC [1] LOG:  statement: \xff\xfe\n"
	              "2026-01-01 00:00:00.000 UTC [1] LOG:  statement: SELECT 'a\xff' FROM t\n");

	(void)state;
	assert_true(r.workload.log.unparsed == 2);
	assert_true(dropped(&r, "text cannot be parsed") == 2);
	assert_int_equal(r.workload.n_statements, 1);
	release(&r);
}

static void the_half_written_end_is_left_out(void **state)
{
	struct result r = read_text("2026-01-01 00:00:00.000 UTC [1] LOG:  statement: SELECT 1 FROM t\n"
	                            "2026-01-01 00:00:00.000 UTC [1] LOG:  statement: SELECT 2 FROM u\n"
	                            "\tWHERE x =");

	(void)state;
	assert_int_equal(r.workload.n_statements, 1);
	assert_true(r.workload.log.broken == 1);
	release(&r);
}

static void a_log_that_begins_anywhere_is_read_from_its_first_entry(void **state)
{
	struct result r =
	    read_text("\tWHERE x = 1\n\tAND \"y\" = 2;\n"
	              "2026-01-01 00:00:00.000 UTC [1] LOG:  statement: SELECT 2 FROM u\n");

	(void)state;
	assert_true(calls(&r, "SELECT $1 FROM u") == 1);
	release(&r);
	r = read_text(
	    "and more\",,,,,,,,,\"psql\",\"client backend\",,0\n"
	    "2026-01-01 00:00:00.000 UTC,\"a\",\"b\",1,\"[local]\",1.1,1,\"SELECT\",2026-01-01 "
	    "00:00:00 UTC,3/1,0,LOG,00000,\"statement: SELECT 2 FROM u\",,,,,,,,,\"psql\"\n");
	assert_true(calls(&r, "SELECT $1 FROM u") == 1);
	release(&r);
}

static void refuse(const char *bytes, size_t len, const char *prefix, const char *message)
{
	struct result r = read_bytes(bytes, len, prefix);

	assert_int_equal(r.rc, ERR_USAGE);
	if (!strstr(r.err.message, message))
		print_message("\"%s\" does not say \"%s\"\n", r.err.message, message);
	assert_non_null(strstr(r.err.message, message));
	release(&r);
}

#define REFUSE(text, prefix, message) refuse(text, sizeof(text) - 1, prefix, message)

static void what_is_no_log_is_refused_with_its_first_line(void **state)
{
	struct result r;

	(void)state;
	REFUSE("\x7f\x45LF\0\0\0\n", NULL, "NUL bytes");
	REFUSE("\x28\xb5\x2f\xfd....", NULL, "compressed with zstd");
	REFUSE("hello\nworld\n", NULL, "its first line is: hello");
	REFUSE("{\"a\": 1}\n", NULL, "its first line is: {\"a\": 1}");
	REFUSE("srv7 <1> LOG:  statement: SELECT 1\n", NULL,
	    "none of the usual ones; the first line is: srv7");
	REFUSE("srv7 <1> LOG:  statement: SELECT 1\n", "%m ",
	    "no line has the prefix \"%m \"; the first is: srv7");
	REFUSE("x\n", "%m %y ", "\"%y\"");
	REFUSE("", NULL, "no statement that can be replayed");
	REFUSE("2026-01-01 00:00:00.000 UTC [1] LOG:  checkpoint starting: time\n", NULL,
	    "1 entries and no statement");
	r = read_log("/", NULL, 0);
	assert_int_equal(r.rc, ERR_USAGE);
	assert_non_null(strstr(r.err.message, "Is a directory"));
	r = read_bytes("srv7 <1> LOG:  statement: SELECT 1\n", 35, "srv7 <%p> ");
	assert_int_equal(r.rc, 0);
	assert_true(calls(&r, "SELECT $1") == 1);
	release(&r);
}

static void a_huge_message_costs_itself_only(void **state)
{
	static const char head[] = "2026-01-01 00:00:00.000 UTC [1] LOG:  statement: SELECT '";
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_free_ char *filler = xcalloc(1, 6 << 20);
	struct result r;

	(void)state;
	memset(filler, 'x', (6 << 20) - 1);
	buf_adds(&text, head);
	buf_adds(&text, filler);
	buf_adds(&text, "' FROM t\n2026-01-01 00:00:00.000 UTC [1] LOG:  statement: SELECT 2 FROM u\n");
	r = read_bytes(text.data, text.len, NULL);
	assert_int_equal(r.rc, 0);
	assert_int_equal(r.workload.n_statements, 1);
	assert_true(calls(&r, "SELECT $1 FROM u") == 1);
	release(&r);
}

static struct buf many_calls(int n)
{
	struct buf text = BUF_INIT;

	for (int i = 0; i < n; i++)
		buf_addf(&text,
		    "2026-01-01 00:00:00.000 UTC [1] LOG:  statement: SELECT a FROM t WHERE a = %d\n", i);
	return text;
}

static void samples_are_bounded_uniform_and_the_same_again(void **state)
{
	_cleanup_free_ char *path = file_join(dir, "many.log");
	struct buf text = many_calls(20000);
	struct err err = {0};
	struct result r, again;
	double sum = 0;

	(void)state;
	assert_int_equal(file_write_atomic(path, text.data, text.len, 0600, &err), 0);
	buf_release(&text);
	r = read_log(path, NULL, 400);
	again = read_log(path, NULL, 400);
	assert_int_equal(r.values.statements[0].n_rows, 400);
	assert_true(r.values.statements[0].seen == 20000);
	for (size_t i = 0; i < 400; i++) {
		sum += atof(r.values.statements[0].values[i]);
		assert_string_equal(r.values.statements[0].values[i], again.values.statements[0].values[i]);
	}
	assert_in_range((uintmax_t)(sum / 400), 8800, 11200); /* the mean is 10000, its error 289 */
	release(&r);
	release(&again);
}

static void add_statement(struct workload *workload, const char *name, const char *text)
{
	struct statement s = {.name = xstrdup(name), .queryid = xstrdup("1"), .text = xstrdup(text)};

	assert_int_equal(sql_fingerprint(text, &s.fingerprint, NULL), 0);
	GROW(workload->statements, workload->n_statements, workload->cap_statements);
	workload->statements[workload->n_statements++] = s;
}

static void calls_are_found_among_the_statements_of_statistics(void **state)
{
	static const char three[] = "select a from t where b in ($1,$2,$3) and c = $4";
	struct workload workload = {0};
	struct logged_values values = {0};
	struct strv files = {0};
	struct log_options options = {.files = &files, .database = "shop"};
	struct err err = {0};
	struct result r = read_text("");
	_cleanup_free_ char *path = file_join(dir, "b.log");
	static const char log[] = "2026-01-01 00:00:00.000 UTC [1] u@shop LOG:  statement: SELECT a "
	                          "FROM t WHERE b IN (1, 2, 3) "
	                          "AND c = true -- 3\n"
	                          "2026-01-01 00:00:00.000 UTC [1] u@shop LOG:  statement: select a "
	                          "from t where b in (8,9) and c = null\n"
	                          "2026-01-01 00:00:00.000 UTC [1] u@else LOG:  statement: select a "
	                          "from t where b in (8,9) and c = null\n"
	                          "2026-01-01 00:00:00.000 UTC [1] u@shop LOG:  statement: select 1\n";

	(void)state;
	release(&r);
	add_statement(&workload, "two", "select a from t where b in ($1,$2) and c = $3");
	add_statement(&workload, "three", three);
	assert_int_equal(file_write_atomic(path, log, strlen(log), 0600, &err), 0);
	strv_add(&files, path);
	assert_int_equal(capture_log(&options, NULL, &workload, &values, &err), 0);
	assert_int_equal(workload.n_statements, 2);
	assert_true(workload.log.matched == 2);
	assert_true(workload.log.calls == 3);
	assert_string_equal(values.statements[1].name, "three");
	assert_int_equal(values.statements[1].n_rows, 1);
	assert_string_equal(values.statements[1].values[2], "3");
	assert_string_equal(values.statements[1].values[3], "true");
	assert_int_equal(values.statements[0].n_rows, 1);
	assert_null(values.statements[0].values[2]);
	strv_release(&files);
	workload_release(&workload);
	logged_values_release(&values);
}

static void the_values_file_loads_again(void **state)
{
	static const char broken[] = "{\"format\": \"pgrehearse-samples/1\", \"statements\": "
	                             "[{\"name\": \"a\", \"text\": \"b\", "
	                             "\"parameters\": 2, \"rows\": [[\"1\"]]}]}";
	_cleanup_free_ char *path = file_join(dir, "values.json");
	struct result r = read_log(GOLDEN "csvlog.csv", NULL, 0);
	struct logged_values loaded = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(logged_values_save(&r.values, path, &err), 0);
	assert_int_equal(logged_values_load(path, &loaded, &err), 0);
	assert_string_equal(
	    logged_values_find(&loaded, by_note)->values[0], "two\nlines, \"quoted\", it's");
	assert_int_equal(logged_values_find(&loaded, set_note)->n_sent, 1);
	release(&r);
	logged_values_release(&loaded);
	assert_int_equal(file_write_atomic(path, broken, strlen(broken), 0600, &err), 0);
	assert_int_equal(logged_values_load(path, &loaded, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "statements[0]"));
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	sql_shutdown();
	return file_remove_tree(dir, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_formats_tell_the_same),
	    cmocka_unit_test(csvlog_and_jsonlog_tell_the_queryid),
	    cmocka_unit_test(gzip_is_unpacked_and_a_torn_end_kept_apart),
	    cmocka_unit_test(durations_in_entries_of_their_own_find_their_statement),
	    cmocka_unit_test(parameters_that_are_missing_or_cut_are_no_sample),
	    cmocka_unit_test(texts_that_do_not_parse_are_counted),
	    cmocka_unit_test(the_half_written_end_is_left_out),
	    cmocka_unit_test(a_log_that_begins_anywhere_is_read_from_its_first_entry),
	    cmocka_unit_test(what_is_no_log_is_refused_with_its_first_line),
	    cmocka_unit_test(a_huge_message_costs_itself_only),
	    cmocka_unit_test(samples_are_bounded_uniform_and_the_same_again),
	    cmocka_unit_test(calls_are_found_among_the_statements_of_statistics),
	    cmocka_unit_test(the_values_file_loads_again),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
