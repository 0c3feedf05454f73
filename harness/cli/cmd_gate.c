/*
 * gate: the main job, from one gate.yaml to a verdict and its reports.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/gate_text.h"
#include "cli/rehearsal.h"
#include "cli/results.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of options that were not given. */
#define NO_DURATION UINT64_MAX
#define NO_RATE     (-1.0)

struct gate_overrides {
	const char *candidate, *workload, *staging, *results, *format;
	double rate;
	uint64_t duration_ns, max_duration_ns;
	int64_t clients, jobs, seed;
	int protocol;
	bool keep, no_early_stop;
};

static const char *const protocols[] = {"captured", "simple", "extended", "prepared", NULL};

/* The bounds that the file has. */
static int check_given(const struct gate_overrides *given, struct err *err)
{
	if (given->rate != NO_RATE && !(given->rate > 0 && given->rate <= 1e6))
		return err_set(err, ERR_USAGE, "--rate: above 0 and at most 1000000/s is possible");
	if (given->duration_ns < NS_PER_S || given->max_duration_ns < NS_PER_S)
		return err_set(err, ERR_USAGE, "--%s: a replay takes at least 1s",
		    given->duration_ns < NS_PER_S ? "time" : "max-time");
	return 0;
}

static int override_replay(
    struct replay_options *replay, const struct gate_overrides *given, struct err *err)
{
	if (given->rate != NO_RATE)
		replay->rate_per_s = given->rate;
	if (given->duration_ns != NO_DURATION) {
		replay->duration_ns = given->duration_ns;
		replay->max_duration_ns = 0;
	}
	if (given->max_duration_ns != NO_DURATION)
		replay->max_duration_ns = given->max_duration_ns;
	if (replay->max_duration_ns && replay->max_duration_ns < replay->duration_ns)
		return err_set(err, ERR_USAGE, "--max-time is shorter than the %.6g s that a replay takes",
		    (double)replay->duration_ns / 1e9);
	if (given->clients)
		replay->clients = (int)given->clients;
	if (given->jobs)
		replay->jobs = (int)given->jobs;
	if (given->seed >= 0)
		replay->seed = (uint64_t)given->seed;
	if (given->protocol >= 0)
		protocol_parse(protocols[given->protocol], &replay->protocol);
	if (given->no_early_stop)
		replay->early_stop = false;
	return turns_check(replay, err);
}

/* What the command line says instead of the file. */
static int override(struct gate *gate, const struct gate_overrides *given, struct err *err)
{
	if (override_replay(&gate->replay, given, err) < 0)
		return err->code;
	if (given->results) {
		free(gate->results_dir);
		gate->results_dir = xstrdup(given->results);
	}
	if (given->workload) {
		free(gate->workload);
		gate->workload = xstrdup(given->workload);
	}
	if (given->staging) {
		free(gate->dsn);
		gate->dsn = xstrdup(given->staging);
		gate->staging = STAGING_DSN;
	}
	if (given->candidate && gate_set_candidate(gate, given->candidate, err) < 0)
		return err_wrap(err, "--candidate");
	return 0;
}

static int load(
    const char *path, const struct gate_overrides *given, struct gate *ret, struct err *err)
{
	unsigned without = (given->workload ? GATE_WORKLOAD : 0) | (given->staging ? GATE_STAGING : 0) |
	                   (given->candidate ? GATE_CANDIDATE : 0);

	if (check_given(given, err) < 0 || gate_load_without(path, without, ret, err) < 0)
		return err->code;
	if (results_check_formats(&ret->formats, err) < 0)
		return err_wrap(err, "%s:%d: reports", path, ret->formats_line);
	return override(ret, given, err);
}

static const char about_gate[] =
    "Rehearse a change: make two clones of staging, apply the candidate to one of them, replay the "
    "workload against both, and hold what was measured against the thresholds. TAP goes to "
    "standard output, everything else to standard error and to results/<run-id>/. gate.yaml(5) "
    "describes the file; \"pgrehearse help --man gate.yaml | man -l -\" shows it.\n"
    "\n"
    "A gate without thresholds uses the default policy:\n"
    "\n";

static char *about(void)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, about_gate);
	gate_text_policy(&text, "  ");
	return buf_detach(&text);
}

static int terminal_width(void)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60)
		return size.ws_col;
	return 100;
}

static void show_where(const char *dir)
{
	_cleanup_free_ char *page = file_join(dir, "report.html");

	fprintf(stderr, "\nresults: %s/\n", dir);
	if (file_exists(page))
		fprintf(stderr, "report:  %s\n", page);
}

/* The table for people on stderr, the machine's format on stdout. */
static void show(const struct run *run, const struct report_format *format, const char *dir)
{
	_cleanup_buf_ struct buf people = BUF_INIT, machine = BUF_INIT;

	cli_progress_finish();
	if (!cli_quiet()) {
		report_terminal(run, terminal_width(), cli_colour(STDERR_FILENO), &people);
		fputs(people.data ? people.data : "", stderr);
		if (dir)
			show_where(dir);
	}
	format->render(run, &machine);
	fwrite(machine.data, 1, machine.len, stdout);
}

static int exit_code(const struct run *run)
{
	switch (run->verdict.outcome) {
	case OUTCOME_PASS:
		return EXIT_PASS;
	case OUTCOME_FAIL:
		return EXIT_BREACHED;
	case OUTCOME_INCONCLUSIVE:
		break;
	}
	return EXIT_INCONCLUSIVE;
}

static char *command_line(int argc, char **argv)
{
	struct buf line = BUF_INIT;

	buf_adds(&line, "pgrehearse");
	for (int i = 0; i < argc; i++) {
		bool secret = strstr(argv[i], "password") || strstr(argv[i], "://");

		buf_addf(&line, strchr(argv[i], ' ') ? " '%s'" : " %s", secret ? "CONNINFO" : argv[i]);
	}
	return buf_detach(&line);
}

static int rehearse_and_show(
    const struct rehearsal_options *options, const struct report_format *format, struct err *err)
{
	struct rehearsal_result result = {0};
	int rc = rehearse(options, cli_progress(), &result, err);

	if (result.dir)
		show(&result.run, format, result.dir);
	if (rc == 0)
		rc = exit_code(&result.run);
	rehearsal_result_release(&result);
	return rc;
}

int cmd_gate(int argc, char **argv, struct err *err)
{
	struct gate_overrides given = {
	    .rate = NO_RATE,
	    .duration_ns = NO_DURATION,
	    .max_duration_ns = NO_DURATION,
	    .seed = -1,
	    .protocol = -1,
	    .format = "tap",
	};
	const struct option_spec options[] = {
	    {"candidate", 0, OPTION_STRING, "FILE", "rehearse this SQL instead of the file's candidate",
	        &given.candidate},
	    {"workload", 'w', OPTION_STRING, "FILE", "this workload instead of the file's",
	        &given.workload},
	    {"staging", 'd', OPTION_STRING, "CONNINFO", "this staging database instead of the file's",
	        &given.staging},
	    {"rate", 'R', OPTION_RATE, "RATE", "statements per second and arm", &given.rate},
	    {"time", 'T', OPTION_DURATION, "TIME", "replay for TIME", &given.duration_ns},
	    {"max-time", 0, OPTION_DURATION, "TIME", "go on to TIME while the verdict is open",
	        &given.max_duration_ns},
	    {"client", 'c', OPTION_INT, "N", "sessions per arm", &given.clients, NULL, 1, 10000},
	    {"jobs", 'j', OPTION_INT, "N", "threads of the generator", &given.jobs, NULL, 1, 256},
	    {"protocol", 'M', OPTION_CHOICE, "PROTOCOL", "how statements are sent", &given.protocol,
	        protocols},
	    {"random-seed", 0, OPTION_INT, "N", "seed of the schedule and the values", &given.seed,
	        NULL, 0, INT64_MAX},
	    {"no-early-stop", 0, OPTION_FLAG, NULL,
	        "replay the whole time even when the verdict is clear", &given.no_early_stop},
	    {"results", 'o', OPTION_STRING, "DIR", "write results below DIR (default: results)",
	        &given.results},
	    {"format", 0, OPTION_STRING, "FORMAT", "report to print on standard output (default: tap)",
	        &given.format},
	    {"keep", 0, OPTION_FLAG, NULL, "keep the clones (and a lab started for this gate)",
	        &given.keep},
	    OPTIONS_END,
	};
	_cleanup_(strv_release) struct strv args = {0};
	_cleanup_free_ char *command = command_line(argc, argv), *description = about();
	const struct usage usage = {
	    .command = "gate",
	    .synopsis = "[OPTIONS] GATE.YAML",
	    .about = description,
	    .examples =
	        "  pgrehearse gate workloads/orders/gate.yaml\n"
	        "  pgrehearse gate workloads/orders/gate.yaml --time 3min --format markdown\n"
	        "  pgrehearse gate workloads/orders/gate-unchanged.yaml --candidate my_index.sql",
	};
	const struct report_format *format;
	struct gate gate = {0};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (options_one_gate(&args, "gate", err) < 0)
		return err->code;
	format = report_format_find(given.format);
	if (!format)
		return err_set(
		    err, ERR_USAGE, "--format: there is no report format \"%.40s\"", given.format);
	rc = load(args.items[0], &given, &gate, err);
	if (rc == 0) {
		struct rehearsal_options rehearsal = {
		    .gate = &gate, .command = command, .keep_clones = given.keep};

		rc = rehearse_and_show(&rehearsal, format, err);
	}
	gate_release(&gate);
	return rc;
}
