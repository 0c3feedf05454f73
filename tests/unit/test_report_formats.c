/*
 * The formats against golden files, and against runs that are unusual: nothing replayed, thousands
 * of statements, texts that try to break out. With PGREHEARSE_UPDATE_GOLDEN set the golden files
 * are written instead; look at the difference before committing it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "report/report.h"
#include "run_example.h"

#include <stdlib.h>
#include <string.h>

static void assert_golden(const char *name, const struct buf *actual)
{
	_cleanup_free_ char *path = xasprintf("%s/golden/report/%s", TEST_SOURCE_DIR, name);
	_cleanup_buf_ struct buf expected = BUF_INIT;
	struct err err = {0};

	if (getenv("PGREHEARSE_UPDATE_GOLDEN")) {
		assert_int_equal(file_write_atomic(path, actual->data, actual->len, 0644, &err), 0);
		return;
	}
	if (file_read(path, 16 << 20, &expected, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(actual->data, expected.data);
}

static void render(const char *format, const struct run *run, struct buf *ret)
{
	const struct report_format *found = report_format_find(format);

	assert_non_null(found);
	found->render(run, ret);
}

static void every_text_format_is_as_reviewed(void **state)
{
	struct run run;

	(void)state;
	run_example(&run);
	for (size_t i = 0; i < n_report_formats; i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		/* The page changes with each look and has tests of its own; the last digit of a figure in
		 * run.json depends on how the compiler rounds: its file here is input, for others too. */
		if (strcmp(report_formats[i].name, "html") == 0 ||
		    (strcmp(report_formats[i].name, "json") == 0 && !getenv("PGREHEARSE_UPDATE_GOLDEN")))
			continue;
		report_formats[i].render(&run, &out);
		assert_golden(report_formats[i].file_name, &out);
	}
	run_release(&run);
}

static void a_stored_run_gives_the_same_reports(void **state)
{
	_cleanup_free_ char *path = xasprintf("%s/golden/report/run.json", TEST_SOURCE_DIR);
	const char *const formats[] = {
	    "tap", "junit", "markdown", "change-record", "openmetrics", "hlog", "annotations"};
	struct run run = {0};
	struct err err = {0};

	(void)state;
	if (run_load(path, &run, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		render(formats[i], &run, &out);
		assert_golden(report_format_find(formats[i])->file_name, &out);
	}
	run_release(&run);
}

static void the_summary_is_as_reviewed(void **state)
{
	struct run run;
	_cleanup_buf_ struct buf wide = BUF_INIT;
	_cleanup_buf_ struct buf narrow = BUF_INIT;

	(void)state;
	run_example(&run);
	report_terminal(&run, 120, false, &wide);
	report_terminal(&run, 80, false, &narrow);
	assert_golden("summary-120.txt", &wide);
	assert_golden("summary-80.txt", &narrow);
	assert_null(strchr(wide.data, '\033'));
	run_release(&run);
}

static void an_unfit_run_is_not_ok_even_when_every_check_passes(void **state)
{
	struct run run;
	_cleanup_buf_ struct buf tap = BUF_INIT;
	_cleanup_buf_ struct buf junit = BUF_INIT;

	(void)state;
	run_example(&run);
	for (size_t i = 0; i < run.n_checks; i++)
		run.checks[i].outcome = OUTCOME_PASS;
	run.disturbances[0].blocks_pass = true;
	render("tap", &run, &tap);
	assert_non_null(strstr(tap.data, "\n1..6\n"));
	assert_non_null(strstr(tap.data, "\nnot ok 6 - the run is fit to be judged\n"));
	render("junit", &run, &junit);
	assert_non_null(strstr(junit.data, "tests=\"6\" failures=\"0\" errors=\"1\""));

	/* A saturated machine is no disturbance, but the verdict's own reason. */
	run.disturbances[0].blocks_pass = false;
	run.verdict.outcome = OUTCOME_INCONCLUSIVE;
	strv_release(&run.verdict.reasons);
	strv_add(&run.verdict.reasons, "the machine was saturated");
	buf_release(&tap);
	render("tap", &run, &tap);
	assert_non_null(strstr(tap.data, "\nnot ok 6 - the run is fit to be judged\n"));
	assert_non_null(strstr(tap.data, "    - \"the machine was saturated\"\n"));
	run_release(&run);
}

static void a_run_without_anything_still_reads(void **state)
{
	struct run run = {0};

	(void)state;
	run.name = xstrdup("nothing");
	run.run_id = xstrdup("1");
	run.version = xstrdup("0");
	run.coverage_time = run.coverage_calls = NAN;
	run.verdict.outcome = OUTCOME_INCONCLUSIVE;
	run.verdict.needs_seconds = NAN;
	for (size_t i = 0; i < n_report_formats; i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		report_formats[i].render(&run, &out);
		assert_true(out.len > 0);
		if (strcmp(report_formats[i].name, "json") != 0)
			assert_null(strstr(out.data, "nan"));
	}
	{
		_cleanup_buf_ struct buf out = BUF_INIT;

		report_terminal(&run, 80, true, &out);
		assert_non_null(strstr(out.data, "INCONCLUSIVE"));
	}
	run_release(&run);
}

static void replace(char **text, const char *with)
{
	free(*text);
	*text = xstrdup(with);
}

/* Every text of the record that comes from outside. */
static void make_hostile(struct run *run, const char *text)
{
	replace(&run->name, text);
	replace(&run->candidate_name, text);
	replace(&run->up_sql, text);
	replace(&run->disturbances[0].text, text);
	replace(&run->changes[0].sql, text);
	replace(&run->arms[0].server_version, text);
	replace(&run->indexes[0].name, text);
	replace(&run->indexes[0].definition, text);
	replace(&run->tables[0].name, text);
	for (size_t i = 0; i < run->n_statements; i++) {
		replace(&run->statements[i].name, text);
		replace(&run->statements[i].text, text);
	}
	replace(&run->statements[run->n_replayed].skip_reason, text);
	for (size_t i = 0; i < run->n_checks; i++) {
		replace(&run->checks[i].id, text);
		replace(&run->checks[i].scope, text);
		replace(&run->checks[i].why, text);
	}
}

static size_t count(const char *haystack, const char *needle)
{
	size_t n = 0;

	for (; (haystack = strstr(haystack, needle)); haystack++)
		n++;
	return n;
}

static size_t count_lines_with(const char *text, const char *prefix)
{
	size_t n = strncmp(text, prefix, strlen(prefix)) == 0;

	for (; (text = strchr(text, '\n')); text++)
		n += strncmp(text + 1, prefix, strlen(prefix)) == 0;
	return n;
}

/* " # SKIP" in a name would make a harness count a failure as fine. */
static void assert_no_directive(const char *tap)
{
	for (const char *line = tap; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const size_t len = strcspn(line, "\n");

		if (strncmp(line, "ok ", 3) == 0 || strncmp(line, "not ok ", 7) == 0)
			assert_null(memmem(line, len, " # ", 3));
	}
}

static void hostile_texts_break_out_of_no_format(void **state)
{
	const char *const texts[] = {
	    "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
	    "a\nok 7 - injected\nnot ok 8 # TODO\n1..99\n  ...\nBail out!",
	    "x # SKIP it \\ and | a | table |\n|---|\n```\n</details>",
	    "]]> & \"quoted\" 'single' \001\002\033[2J\xff\xfe \xe2\x80\xae",
	    "注文の検索 🦣 étude עברית",
	    "{{css}} %s %n ::error::x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct run run;

		run_example(&run);
		make_hostile(&run, texts[i]);
		for (size_t k = 0; k < n_report_formats; k++) {
			const char *name = report_formats[k].name;
			_cleanup_buf_ struct buf out = BUF_INIT;

			report_formats[k].render(&run, &out);
			assert_null(strchr(out.data, '\033'));
			if (strcmp(name, "html") == 0)
				assert_int_equal(count(out.data, "alert(1)</script>"), 0);
			if (strcmp(name, "tap") == 0) {
				assert_int_equal(count_lines_with(out.data, "ok "), 3);
				assert_int_equal(count_lines_with(out.data, "not ok "), 2);
				assert_int_equal(count_lines_with(out.data, "1.."), 1);
				assert_no_directive(out.data);
				assert_int_equal(count_lines_with(out.data, "Bail"), 0);
				assert_int_equal(count_lines_with(out.data, "  ..."), 5);
			}
			if (strcmp(name, "annotations") == 0)
				assert_int_equal(count_lines_with(out.data, "::"), count(out.data, "\n"));
			if (strcmp(name, "hlog") == 0)
				assert_int_equal(count_lines_with(out.data, "Tag="), 24);
		}
		run_release(&run);
	}
}

static void a_comment_fits_a_pull_request(void **state)
{
	struct run run;
	_cleanup_buf_ struct buf out = BUF_INIT;
	char *long_text = xmalloc(100001);

	(void)state;
	memset(long_text, '|', 100000);
	long_text[100000] = '\0';
	run_example(&run);
	make_hostile(&run, long_text);
	for (size_t i = 0; i < 300; i++)
		example_add_check(
		    &run, "latency.p95", long_text, BOUND_MAX_RATIO, 1.1, OUTCOME_FAIL, long_text);
	render("markdown", &run, &out);
	assert_true(out.len < 65536);
	free(long_text);
	run_release(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_text_format_is_as_reviewed),
	    cmocka_unit_test(the_summary_is_as_reviewed),
	    cmocka_unit_test(a_stored_run_gives_the_same_reports),
	    cmocka_unit_test(an_unfit_run_is_not_ok_even_when_every_check_passes),
	    cmocka_unit_test(a_run_without_anything_still_reads),
	    cmocka_unit_test(hostile_texts_break_out_of_no_format),
	    cmocka_unit_test(a_comment_fits_a_pull_request),
	};

	return cmocka_run_group_tests_name("report: formats", tests, NULL, NULL);
}
