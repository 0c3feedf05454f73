/*
 * report: a stored run record in any of the formats; no database, nothing is judged again.
 */
#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/results.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_WIDTH 100

/* --help names the formats from their table. */
static char *about(void)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, "Render a stored run record. Without --format the summary that gate shows; one "
	                "format goes to standard output; several, or all, need --output DIR and get "
	                "their usual names there. The formats:");
	for (size_t i = 0; i < n_report_formats; i++)
		buf_addf(&text, "%s %s (%s)", i ? "," : "", report_formats[i].name, report_formats[i].help);
	buf_addc(&text, '.');
	return buf_detach(&text);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "tap,junit" and repeated options as single names; "all" as every one. */
static void split_formats(const struct strv *given, struct strv *ret)
{
	for (size_t i = 0; i < given->n; i++) {
		_cleanup_free_ char *copy = xstrdup(given->items[i]);
		char *rest = copy, *name;

		while ((name = strsep(&rest, ","))) {
			name += strspn(name, " ");
			if (strcmp(name, "all") == 0)
				for (size_t k = 0; k < n_report_formats; k++)
					strv_add(ret, report_formats[k].name);
			else if (!strv_contains(ret, name))
				strv_add(ret, name);
		}
	}
}

static int write_summary(const struct run *run, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const bool to_terminal = strcmp(path, "-") == 0;
	struct winsize window = {0};

	if (!to_terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) < 0 || window.ws_col == 0)
		window.ws_col = DEFAULT_WIDTH;
	report_terminal(run, window.ws_col, to_terminal && cli_colour(STDOUT_FILENO), &text);
	return file_write_atomic(path, text.data, text.len, 0644, err);
}

static int write_one(const struct run *run, const char *name, const char *output, struct err *err)
{
	const struct report_format *format = report_format_find(name);
	_cleanup_free_ char *path = NULL;

	if (!is_directory(output))
		return results_write_report(run, format, output, err);
	path = file_join(output, format->file_name);
	return results_write_report(run, format, path, err);
}

static int write_reports(
    const struct run *run, const struct strv *formats, const char *output, struct err *err)
{
	int rc;

	if (formats->n == 0)
		return write_summary(run, output, err);
	if (formats->n == 1)
		return write_one(run, formats->items[0], output, err);
	if (strcmp(output, "-") == 0) {
		err_set(err, ERR_USAGE, "%zu formats do not fit on standard output", formats->n);
		return err_hint(err, "give --output DIR, or one format");
	}
	rc = file_mkdir_all(output, 0755, err);
	for (size_t i = 0; rc >= 0 && i < formats->n; i++)
		rc = write_one(run, formats->items[i], output, err);
	return rc;
}

static int report(
    const char *input, const struct strv *formats, const char *output, struct err *err)
{
	_cleanup_free_ char *path = is_directory(input) ? file_join(input, "run.json") : xstrdup(input);
	struct run run = {0};
	int rc = run_load(path, &run, err);

	if (rc < 0)
		return rc;
	rc = write_reports(&run, formats, output, err);
	run_release(&run);
	return rc < 0 ? rc : EXIT_PASS;
}

int cmd_report(int argc, char **argv, struct err *err)
{
	struct strv given = {0}, formats = {0}, args = {0};
	const char *output = "-";
	_cleanup_free_ char *description = about();
	const struct usage usage = {
	    .command = "report",
	    .synopsis = "[OPTIONS] RESULTS_DIR|RUN.JSON",
	    .about = description,
	    .examples = "  pgrehearse report results/20260504_093012_9f3a\n"
	                "  pgrehearse report run.json --format tap -o gate.tap && prove --exec cat gate.tap\n"
	                "  pgrehearse report run.json --format html,markdown -o /tmp/report",
	};
	const struct option_spec options[] = {
	    {"format", 'f', OPTION_STRINGS, "NAME[,NAME...]", "formats to render", &given},
	    {"output", 'o', OPTION_STRING, "FILE|DIR", "write there (default: standard output)",
	        &output},
	    OPTIONS_END,
	};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc > 0) {
		rc = EXIT_PASS;
	} else if (rc == 0 && args.n != 1) {
		err_set(err, ERR_USAGE, "one result directory or run.json is needed");
		rc = err_hint(err, "see \"pgrehearse report --help\"");
	} else if (rc == 0) {
		split_formats(&given, &formats);
		rc = results_check_formats(&formats, err);
		if (rc == 0)
			rc = report(args.items[0], &formats, output, err);
	}
	strv_release(&given);
	strv_release(&formats);
	strv_release(&args);
	return rc;
}
