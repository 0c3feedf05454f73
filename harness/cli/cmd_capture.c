/*
 * capture: production's statistics into workload.json.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/units.h"
#include "capture/capture.h"
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct usage usage = {
    .command = "capture",
    .synopsis = "[OPTIONS]",
    .about =
        "Read what a database does from pg_stat_statements, over a window or since its last\n"
        "reset, and write it as a workload: normalised statements, rates and costs. No literal\n"
        "and no comment of a statement gets into the file.\n"
        "\n"
        "Read-only, one connection. The role needs pg_read_all_stats to see the statements of\n"
        "others. A signal ends the window early; what was seen until then is written.",
    .examples = "  pgrehearse capture -d service=production --window 10min -o workload.json\n"
                "  pgrehearse capture -h replica -d orders --since-reset --min-share 0.1%",
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

static int save(
    const struct workload *workload, const char *output, uint64_t window_ns, struct err *err)
{
	int rc = workload_save(workload, output, err);

	if (rc < 0)
		return rc;
	say_summary(workload);
	if (window_ns == 0 || !stop_requested())
		return EXIT_PASS;
	stop_error(err);
	err_wrap(err, "the window ended after %.0f of %.0f s and the workload was written",
	    workload->source.window_s, (double)window_ns / 1e9);
	return err->code;
}

int cmd_capture(int argc, char **argv, struct err *err)
{
	struct db_target target = {0};
	struct capture_options capture = {.window_ns = 60 * NS_PER_S};
	struct workload workload = {0};
	struct strv args = {0};
	struct db *db = NULL;
	const char *output = "-";
	bool since_reset = false;
	int64_t max_statements = 0;
	const struct option_spec options[] = {
	    CONNECTION_OPTIONS(target),
	    {"output", 'o', OPTION_STRING, "FILE", "write to FILE (default: standard output)", &output},
	    {"window", 0, OPTION_DURATION, "DURATION", "how long to watch (default: 60s)",
	        &capture.window_ns},
	    {"since-reset", 0, OPTION_FLAG, NULL, "do not wait: the figures since the last reset",
	        &since_reset},
	    {"names", 0, OPTION_STRING, "FILE", "YAML file with names for statements",
	        &capture.names_file},
	    {"min-share", 0, OPTION_FRACTION, "SHARE",
	        "leave out statements below this share of execution time", &capture.min_share},
	    {"max-statements", 0, OPTION_INT, "N", "keep the N costliest statements", &max_statements,
	        .min = 1, .max = 1000000},
	    {"statement-timeout", 0, OPTION_DURATION, "DURATION", "of our own queries (default: 5s)",
	        &capture.statement_timeout_ns},
	    OPTIONS_END,
	};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc > 0 ? EXIT_PASS : rc;
	if (args.n > 0)
		rc = err_set(err, ERR_USAGE, "unexpected argument \"%s\"", args.items[0]);
	else if (capture.window_ns < NS_PER_S && !since_reset)
		rc = err_set(err, ERR_USAGE, "--window must be at least one second");
	strv_release(&args);
	if (since_reset)
		capture.window_ns = 0;
	capture.max_statements = (size_t)max_statements;
	if (rc == 0)
		rc = check_output(output, err);
	if (rc == 0)
		rc = db_connect(&target, &db, err);
	if (rc == 0)
		rc = capture_pgss(db, &capture, cli_progress(), &workload, err);
	db_close(db);
	if (rc == 0)
		rc = save(&workload, output, capture.window_ns, err);
	workload_release(&workload);
	return rc;
}
