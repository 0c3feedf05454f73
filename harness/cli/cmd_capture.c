/*
 * capture: production's statistics into workload.json.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/units.h"
#include "capture/capture.h"
#include "capture/log.h"
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct usage usage = {
    .command = "capture",
    .synopsis = "[OPTIONS] [LOG...]",
    .about =
        "Read what a database does from pg_stat_statements, over a window or since its last\n"
        "reset, and write it as a workload: normalised statements, rates and costs. No literal\n"
        "and no comment of a statement gets into the file.\n"
        "\n"
        "Read-only, one connection. The role needs pg_read_all_stats to see the statements of\n"
        "others. A signal ends the window early; what was seen until then is written. Where\n"
        "pg_qualstats is installed, the workload has how many rows each predicate throws away, and\n"
        "of constants after = whether they are the column's commonest value, the second, ...: bind\n"
        "then sends staging's. The constants themselves stay on the server.\n"
        "\n"
        "With --log, server logs are read beside the statistics of a database (-d, -h), beside a\n"
        "workload (--workload), or alone: then the statements, their calls and, where durations\n"
        "were logged, their times come from the log. csvlog, jsonlog, stderr with any prefix, and\n"
        "Cloud Logging's JSON are told apart by themselves, gzip too; the messages must be in\n"
        "English. Statements get into a log by log_min_duration_statement (0 logs all),\n"
        "log_min_duration_sample or log_statement.\n"
        "\n"
        "--samples keeps values that clients sent: production's data, in a file of their own with\n"
        "mode 0600, for bind --samples. Without it no value of the log is kept.",
    .examples = "  pgrehearse capture -d service=production --window 10min -o workload.json\n"
                "  pgrehearse capture -h replica -d orders --since-reset --min-share 0.1%\n"
                "  pgrehearse capture --log postgresql-Fri.csv.gz -o workload.json\n"
                "  pgrehearse capture --workload workload.json --log postgresql-Fri.log \\\n"
                "    --log-line-prefix '%m [%p] %q%u@%d ' --samples samples.json",
};

/* Where the statements come from, and what is to be written. */
struct request {
	struct db_target target;
	struct capture_options capture;
	struct strv logs;
	struct log_options log;
	const char *workload; /* to find the log's statements in; NULL */
	const char *output;   /* NULL: the workload that was given is not written again */
	const char *samples;  /* NULL: no values are kept */
};

/* Better known before the window than after it. */
static int check_output(const char *path, struct err *err)
{
	_cleanup_free_ char *dir = NULL;
	struct stat st;

	if (strcmp(path, "-") == 0)
		return 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return err_errno(err, ERR_ENV, "cannot write %s", path);
	}
	dir = file_dirname(path);
	if (access(dir, W_OK | X_OK) < 0)
		return err_errno(err, ERR_ENV, "cannot write %s: directory %s", path, dir);
	return 0;
}

static void say_summary(const struct workload *workload)
{
	const struct progress *progress = cli_progress();
	double total_ms = workload_total_ms(workload), total_calls = workload_total_calls(workload);
	char calls[32], share[32];

	progress_say(progress, PROGRESS_NOTE, "%zu statements, %s calls in %.0f s",
	    workload->n_statements, units_format_count(calls, total_calls), workload->source.window_s);
	for (size_t i = 0; i < workload->n_dropped; i++) {
		const struct workload_dropped *dropped = &workload->dropped[i];

		progress_say(progress, PROGRESS_NOTE, "left out: %.0f entries (%s of the time): %s",
		    dropped->entries,
		    units_format_percent(share, total_ms > 0 ? dropped->exec_ms / total_ms : 0),
		    dropped->reason);
	}
}

static void say_log(const struct workload_log *log)
{
	const struct progress *progress = cli_progress();
	char calls[32], other[32];

	if (!log->formats)
		return;
	progress_say(progress, PROGRESS_NOTE, "%s: %s calls of statements, %s of them of this workload",
	    log->formats, units_format_count(calls, log->calls),
	    units_format_count(other, log->matched));
	if (log->seconds > 0)
		progress_say(progress, PROGRESS_NOTE,
		    "over %.0f s from about %.0f sessions, at most %.0f in a second", log->seconds,
		    log->sessions, log->peak_per_s);
	if (log->broken > 0)
		progress_say(progress, PROGRESS_WARNING, "%s entries of the log are cut off or broken",
		    units_format_count(other, log->broken));
	if (log->unparsed > 0)
		progress_say(progress, PROGRESS_WARNING, "%s calls have a text that cannot be parsed",
		    units_format_count(other, log->unparsed));
}

static void say_samples(const struct logged_values *samples, const struct workload *workload)
{
	const struct progress *progress = cli_progress();
	size_t n = 0, rows = 0;
	char calls[32];

	for (size_t i = 0; i < samples->n; i++) {
		n += samples->statements[i].n_rows > 0;
		rows += samples->statements[i].n_rows;
	}
	progress_say(progress, PROGRESS_NOTE, "values of %zu calls of %zu statements kept", rows, n);
	if (workload->log.without_values > 0)
		progress_say(progress, PROGRESS_WARNING,
		    "of %s calls the log does not tell the values, or cuts them short "
		    "(log_parameter_max_length)",
		    units_format_count(calls, workload->log.without_values));
}

static int save(const struct request *request, const struct workload *workload,
    const struct logged_values *samples, struct err *err)
{
	int rc = request->output ? workload_save(workload, request->output, err) : 0;

	if (rc == 0 && request->samples)
		rc = logged_values_save(samples, request->samples, err);
	if (rc < 0)
		return rc;
	say_summary(workload);
	say_log(&workload->log);
	if (request->samples)
		say_samples(samples, workload);
	if (request->capture.window_ns == 0 || !stop_requested())
		return EXIT_PASS;
	stop_error(err);
	err_wrap(err, "the window ended after %.0f of %.0f s and the workload was written",
	    workload->source.window_s, (double)request->capture.window_ns / 1e9);
	return err->code;
}

static bool names_server(const struct db_target *target)
{
	return target->dbname || target->host || target->port || target->user;
}

static int read_server(struct request *request, struct workload *workload, struct err *err)
{
	struct db *db = NULL;
	int rc = db_connect(&request->target, &db, err);

	if (rc == 0)
		rc = capture_pgss(db, &request->capture, cli_progress(), workload, err);
	if (rc == 0 && !request->log.database)
		request->log.database = workload->source.database;
	db_close(db);
	return rc;
}

static int read_all(struct request *request, struct workload *workload,
    struct logged_values *samples, struct err *err)
{
	int rc = 0;

	if (request->workload)
		rc = workload_load(request->workload, workload, err);
	else if (request->logs.n == 0 || names_server(&request->target))
		rc = read_server(request, workload, err);
	if (rc == 0 && request->workload && workload->n_statements == 0)
		rc = err_set(err, ERR_USAGE, "%s holds no statement", request->workload);
	free(workload->log.formats);
	workload->log = (struct workload_log){0};
	if (rc < 0 || request->logs.n == 0)
		return rc;
	request->log.files = &request->logs;
	request->log.names_file = request->capture.names_file;
	rc = capture_log(
	    &request->log, cli_progress(), workload, request->samples ? samples : NULL, err);
	cli_progress_finish();
	return rc;
}

static int check(struct request *request, struct strv *args, bool since_reset, struct err *err)
{
	if (args->n > 0 && request->logs.n == 0)
		return err_set(err, ERR_USAGE, "unexpected argument \"%s\"", args->items[0]);
	for (size_t i = 0; i < args->n; i++)
		strv_add(&request->logs, args->items[i]);
	if (request->logs.n == 0 && (request->samples || request->workload || request->log.prefix))
		return err_set(err, ERR_USAGE, "%s needs a log: --log FILE",
		    request->samples    ? "--samples"
		    : request->workload ? "--workload"
		                        : "--log-line-prefix");
	if (request->workload && names_server(&request->target))
		return err_set(err, ERR_USAGE, "give --workload or a database, not both");
	if (request->samples && strcmp(request->samples, "-") == 0)
		return err_set(err, ERR_USAGE, "--samples must be a file: it holds production's data");
	if (request->capture.window_ns < NS_PER_S && !since_reset)
		return err_set(err, ERR_USAGE, "--window must be at least one second");
	if (!request->output && !(request->workload && request->samples))
		request->output = "-";
	if (since_reset || (request->logs.n && !names_server(&request->target)))
		request->capture.window_ns = 0;
	if (request->output && check_output(request->output, err) < 0)
		return err->code;
	return request->samples ? check_output(request->samples, err) : 0;
}

int cmd_capture(int argc, char **argv, struct err *err)
{
	struct request request = {
	    .capture = {.window_ns = 60 * NS_PER_S},
	};
	struct workload workload = {0};
	struct logged_values samples = {0};
	struct strv args = {0};
	bool since_reset = false;
	int64_t max_statements = 0, max_samples = 200, seed = 42;
	const struct option_spec options[] = {
	    CONNECTION_OPTIONS(request.target),
	    {"output", 'o', OPTION_STRING, "FILE",
	        "write to FILE (default: standard output; nothing beside --workload and --samples)",
	        &request.output},
	    {"window", 0, OPTION_DURATION, "DURATION", "how long to watch (default: 60s)",
	        &request.capture.window_ns},
	    {"since-reset", 0, OPTION_FLAG, NULL, "do not wait: the figures since the last reset",
	        &since_reset},
	    {"names", 0, OPTION_STRING, "FILE", "YAML file with names for statements",
	        &request.capture.names_file},
	    {"min-share", 0, OPTION_FRACTION, "SHARE",
	        "leave out statements below this share of execution time", &request.capture.min_share},
	    {"max-statements", 0, OPTION_INT, "N", "keep the N costliest statements", &max_statements,
	        .min = 1, .max = 1000000},
	    {"statement-timeout", 0, OPTION_DURATION, "DURATION", "of our own queries (default: 5s)",
	        &request.capture.statement_timeout_ns},
	    {"log", 0, OPTION_STRINGS, "FILE", "a server log, \"-\" is standard input; may be repeated",
	        &request.logs},
	    {"log-line-prefix", 0, OPTION_STRING, "PREFIX",
	        "the server's log_line_prefix (default: the usual ones are tried)",
	        &request.log.prefix},
	    {"log-database", 0, OPTION_STRING, "NAME",
	        "only the log's entries of this database (default: the one connected to, or all)",
	        &request.log.database},
	    {"workload", 'w', OPTION_STRING, "FILE",
	        "with --log: find its statements in this workload, not in statistics",
	        &request.workload},
	    {"samples", 0, OPTION_STRING, "FILE",
	        "with --log: keep values that clients sent in FILE (mode 0600)", &request.samples},
	    {"max-samples", 0, OPTION_INT, "N", "calls to keep per statement (default: 200)",
	        &max_samples, .min = 1, .max = 100000},
	    {"seed", 0, OPTION_INT, "N", "another seed keeps other calls (default: 42)", &seed,
	        .min = 0, .max = INT64_MAX},
	    OPTIONS_END,
	};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc == 0) {
		request.capture.max_statements = (size_t)max_statements;
		request.log.most_rows = (size_t)max_samples;
		request.log.seed = (uint64_t)seed;
		rc = check(&request, &args, since_reset, err);
		if (rc == 0)
			rc = read_all(&request, &workload, &samples, err);
		if (rc == 0)
			rc = save(&request, &workload, &samples, err);
	} else if (rc > 0) {
		rc = EXIT_PASS;
	}
	strv_release(&args);
	strv_release(&request.logs);
	logged_values_release(&samples);
	workload_release(&workload);
	return rc;
}
