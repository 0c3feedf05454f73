/*
 * bind: a workload made executable on a staging database, and a table of how well that went.
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/units.h"
#include "bind/bind.h"
#include "cli/commands.h"
#include "cli/vectors_text.h"
#include "model/time_shift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS 40

static const struct usage usage = {
    .command = "bind",
    .synopsis = "-w WORKLOAD.JSON [OPTIONS]",
    .about =
        "Make the statements of a workload executable on a staging database and draw values for\n"
        "their parameters from its rows. Reads staging in read-only transactions, never writes.\n"
        "\n"
        "The vectors hold values of staging: the file is written with mode 0600. With -o, the\n"
        "fidelity table goes to standard output: per statement where its values came from and\n"
        "how its rows and blocks per call compare with production's. Writes are planned, not\n"
        "executed, so they have no such figures.",
    .examples = "  pgrehearse bind -w workload.json -d service=staging -o vectors.json\n"
                "  pgrehearse bind -w workload.json -d staging --expected-ops 100000 -o v.json",
};

static void add_figure(struct buf *out, double figure)
{
	char text[32];

	buf_addf(out, " %9s", isnan(figure) ? "-" : units_format_count(text, figure));
}

/* A name of at most n columns; UTF-8 is cut between characters. */
static void add_name(struct buf *out, const char *name, int n)
{
	int columns = 0;
	const char *p = name;

	for (; *p && columns < n; columns++)
		for (p++; ((unsigned char)*p & 0xC0) == 0x80;)
			p++;
	buf_add(out, name, (size_t)(p - name));
	buf_addf(out, "%*s", n - columns, "");
}

static void add_statement(
    struct buf *out, const struct bound_statement *statement, const struct bind_fidelity *found)
{
	const struct work *work = &statement->production;

	add_name(out, statement->name, NAME_COLUMNS);
	buf_addf(out, " %-10s %6zu %7zu", value_source_name(statement->source), statement->n_params,
	    statement->n_vectors);
	add_figure(out, work_per_call(work, work->rows));
	add_figure(out, found->rows);
	add_figure(out, work_per_call(work, work_touched(work)));
	add_figure(out, found->blocks);
	buf_addf(out, "  %s\n", statement->note ? statement->note : "");
}

static void format_table(
    struct buf *out, const struct vectors *vectors, const struct bind_fidelity *fidelities)
{
	add_name(out, "", NAME_COLUMNS);
	buf_addf(out, " %-10s %6s %7s %19s %19s\n", "", "", "", "rows per call", "blocks per call");
	add_name(out, "statement", NAME_COLUMNS);
	buf_addf(out, " %-10s %6s %7s %9s %9s %9s %9s  %s\n", "values", "params", "vectors",
	    "production", "here", "production", "here", "note");
	for (size_t i = 0; i < vectors->n_statements; i++)
		add_statement(out, &vectors->statements[i], &fidelities[i]);
	for (size_t i = 0; i < vectors->n_skipped; i++) {
		add_name(out, vectors->skipped[i].name, NAME_COLUMNS);
		buf_addf(out, " skipped: %s\n", vectors->skipped[i].reason);
	}
	vectors_summary(out, vectors);
}

static int bind_and_save(struct db *db, const struct workload *workload,
    const struct bind_options *given, const char *output, struct err *err)
{
	struct bind_options options = *given;
	struct bind_fidelity *fidelities = NULL;
	struct vectors vectors = {0};
	struct buf table = BUF_INIT;
	int rc;

	options.ret_fidelity = &fidelities;
	rc = bind_workload(db, workload, &options, cli_progress(), &vectors, err);
	cli_progress_finish();
	if (rc == 0)
		rc = vectors_save(&vectors, output, err);
	if (rc == 0) {
		format_table(&table, &vectors, fidelities);
		if (strcmp(output, "-") != 0)
			rc = file_write_atomic("-", table.data, table.len, 0, err);
		else if (!cli_quiet())
			fputs(table.data, stderr);
	}
	buf_release(&table);
	free(fidelities);
	vectors_release(&vectors);
	return rc;
}

int cmd_bind(int argc, char **argv, struct err *err)
{
	struct db_target target = {0};
	struct workload workload = {0};
	struct strv args = {0};
	struct db *db = NULL;
	const char *input = NULL, *output = "-", *overrides_file = NULL, *samples_file = NULL;
	const char *time_shift = "auto";
	int64_t seed = 42, n_vectors = 200, expected_ops = 24000;
	uint64_t calibrate_ns = 60 * UINT64_C(1000000000);
	const struct option_spec options[] = {
	    CONNECTION_OPTIONS(target),
	    {"workload", 'w', OPTION_STRING, "FILE", "the workload (\"-\": standard input)", &input},
	    {"output", 'o', OPTION_STRING, "FILE",
	        "write the vectors to FILE (default: standard output)", &output},
	    {"random-seed", 0, OPTION_INT, "N", "another seed draws other rows (default: 42)", &seed,
	        .min = 0, .max = INT64_MAX},
	    {"vectors", 0, OPTION_INT, "N", "rows to draw per statement, at least (default: 200)",
	        &n_vectors, .min = 1, .max = 100000},
	    {"expected-ops", 0, OPTION_INT, "N",
	        "requests of the whole run, which a DELETE needs rows for (default: 24000)",
	        &expected_ops, .min = 1, .max = INT64_MAX},
	    {"calibrate-time", 0, OPTION_DURATION, "DURATION",
	        "for finding lengths of lists, range widths, intervals and LIMITs (default: 60s)",
	        &calibrate_ns},
	    {"time-shift", 0, OPTION_STRING, "SHIFT",
	        "how far now() and the like are moved back on a staging copy older than production: "
	        "auto, off or a duration (default: auto)",
	        &time_shift},
	    {"overrides", 0, OPTION_STRING, "FILE",
	        "values, a query of values, or skip, by statement (YAML)", &overrides_file},
	    {"samples", 0, OPTION_STRING, "FILE",
	        "values that production's clients sent, from capture --samples", &samples_file},
	    OPTIONS_END,
	};
	struct overrides overrides = {0};
	struct logged_values logged = {0};
	struct bind_options bind = {0};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc > 0 ? EXIT_PASS : rc;
	if (args.n > 0)
		rc = err_set(err, ERR_USAGE, "unexpected argument \"%s\"", args.items[0]);
	else if (!input)
		rc = err_set(err, ERR_USAGE, "bind needs a workload: -w WORKLOAD.JSON");
	strv_release(&args);
	bind.seed = (uint64_t)seed;
	bind.vectors_per_statement = (size_t)n_vectors;
	bind.expected_ops = (double)expected_ops;
	bind.calibrate_s = (double)calibrate_ns / 1e9;
	if (rc == 0)
		rc = time_shift_parse(time_shift, &bind.time_shift_s, err);
	if (rc == 0 && overrides_file) {
		rc = overrides_load(overrides_file, &overrides, err);
		bind.overrides = &overrides;
	}
	if (rc == 0 && samples_file) {
		rc = logged_values_load(samples_file, &logged, err);
		bind.logged = &logged;
	}
	if (rc == 0)
		rc = workload_load(input, &workload, err);
	if (rc == 0)
		rc = db_connect(&target, &db, err);
	if (rc == 0)
		rc = bind_and_save(db, &workload, &bind, output, err);
	db_close(db);
	workload_release(&workload);
	overrides_release(&overrides);
	logged_values_release(&logged);
	return rc < 0 ? rc : EXIT_PASS;
}
