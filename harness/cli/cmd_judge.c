/*
 * judge: thresholds applied to a stored run again: the same samples and thresholds give the same
 * verdict, without a database.
 */
#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/results.h"
#include "judge/judge.h"

#include <sys/stat.h>

#define WIDTH 100

static const struct usage usage = {
    .command = "judge",
    .synopsis = "[OPTIONS] RESULTS_DIR",
    .about = "Judge a stored run again, from run.json and samples.bin alone. Without --gate and "
             "--threshold its own thresholds apply and the verdict is the one it had. The exit "
             "code is 0 for PASS, 1 for FAIL and 4 for INCONCLUSIVE.",
    .examples = "  pgrehearse judge results/20260504_093012_9f3a\n"
                "  pgrehearse judge results/20260504_093012_9f3a --gate gate.yaml\n"
                "  pgrehearse judge results/20260504_093012_9f3a --format tap \\\n"
                "    -t '{metric: latency.p95, scope: each read, max_ratio: 1.05}'",
};

struct request {
	const char *dir, *gate, *output, *format;
	struct strv thresholds;
	bool update;
};

static void replace_thresholds(struct run *run, struct threshold *thresholds, size_t n, size_t cap)
{
	for (size_t i = 0; i < run->n_thresholds; i++)
		threshold_release(&run->thresholds[i]);
	free(run->thresholds);
	run->thresholds = thresholds;
	run->n_thresholds = n;
	run->cap_thresholds = cap;
}

/* The thresholds and the errors of a gate file; what it rehearses does not matter here, and the
 * files that it names need not be there. */
static int take_gate(const char *path, struct run *run, struct err *err)
{
	struct gate gate = {0};

	if (gate_load_without(path, GATE_ALL_FILES, &gate, err) < 0) {
		gate_release(&gate);
		return err->code;
	}
	replace_thresholds(run, gate.thresholds, gate.n_thresholds, gate.cap_thresholds);
	gate.thresholds = NULL;
	gate.n_thresholds = gate.cap_thresholds = 0;
	run->alpha = gate.alpha;
	run->dead_band = gate.dead_band;
	run->guard = gate.guard;
	gate_release(&gate);
	return 0;
}

static int take_thresholds(const struct request *request, struct run *run, struct err *err)
{
	if (request->gate && take_gate(request->gate, run, err) < 0)
		return err->code;
	if (request->thresholds.n && !request->gate)
		replace_thresholds(run, NULL, 0, 0);
	for (size_t i = 0; i < request->thresholds.n; i++) {
		struct threshold threshold = {0};

		if (threshold_parse(request->thresholds.items[i], &threshold, err) < 0)
			return err_wrap(err, "--threshold \"%.80s\"", request->thresholds.items[i]);
		threshold.line = (int)i + 1; /* it was asked for: line 0 is the default policy's */
		GROW(run->thresholds, run->n_thresholds, run->cap_thresholds);
		run->thresholds[run->n_thresholds++] = threshold;
	}
	return 0;
}

static double longest_seconds(const struct replay_options *replay)
{
	uint64_t longest = replay->max_duration_ns > replay->duration_ns ? replay->max_duration_ns
	                                                                 : replay->duration_ns;

	return (double)longest / 1e9;
}

static int judge_again(const char *dir, struct run *run, struct err *err)
{
	_cleanup_free_ char *path = file_join(dir, "samples.bin");
	struct samples samples = {0};
	struct judge_input input = {
	    .samples = &samples,
	    .final = true,
	    .planned_seconds = longest_seconds(&run->replay),
	};

	if (samples_open(path, &samples, err) < 0)
		return err->code;
	judge_run(&input, run);
	samples_release(&samples);
	return 0;
}

static int show(const struct request *request, const struct run *run, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (request->format)
		return results_write_report(run, report_format_find(request->format), request->output, err);
	report_terminal(run, WIDTH, false, &text);
	return file_write_atomic(request->output, text.data, text.len, 0644, err);
}

static int exit_code(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_PASS:
		return EXIT_PASS;
	case OUTCOME_FAIL:
		return EXIT_BREACHED;
	case OUTCOME_INCONCLUSIVE:
		break;
	}
	return EXIT_INCONCLUSIVE;
}

static int judge_stored(const struct request *request, struct err *err)
{
	_cleanup_free_ char *path = file_join(request->dir, "run.json");
	struct run run = {0};
	int rc;

	if (run_load(path, &run, err) < 0)
		return err->code;
	rc = take_thresholds(request, &run, err);
	if (rc == 0)
		rc = judge_again(request->dir, &run, err);
	if (rc == 0)
		rc = show(request, &run, err);
	if (rc == 0 && request->update)
		rc = run_save(&run, path, err);
	if (rc >= 0)
		rc = exit_code(run.verdict.outcome);
	run_release(&run);
	return rc;
}

static int check_request(const struct request *request, const struct strv *args, struct err *err)
{
	struct strv formats = {0};
	struct stat st;
	int rc = 0;

	if (args->n != 1) {
		err_set(err, ERR_USAGE, "one result directory is needed");
		return err_hint(err, "see \"pgrehearse judge --help\"");
	}
	if (stat(request->dir, &st) == 0 && !S_ISDIR(st.st_mode)) {
		err_set(err, ERR_USAGE, "%s is not a directory", request->dir);
		return err_hint(err, "judging needs samples.bin beside run.json: name their directory");
	}
	if (request->format) {
		strv_add(&formats, request->format);
		rc = results_check_formats(&formats, err);
		strv_release(&formats);
	}
	return rc;
}

int cmd_judge(int argc, char **argv, struct err *err)
{
	struct request request = {.output = "-"};
	_cleanup_(strv_release) struct strv args = {0};
	const struct option_spec options[] = {
	    {"gate", 'g', OPTION_STRING, "FILE", "apply the thresholds of this gate file",
	        &request.gate},
	    {"threshold", 't', OPTION_STRINGS, "YAML",
	        "apply this threshold (may be given again; with --gate, beside the file's)",
	        &request.thresholds},
	    {"format", 'f', OPTION_STRING, "NAME", "print this report instead of the summary",
	        &request.format},
	    {"output", 'o', OPTION_STRING, "FILE", "write to FILE (default: standard output)",
	        &request.output},
	    {"update", 0, OPTION_FLAG, NULL, "store the new thresholds and verdict in run.json",
	        &request.update},
	    OPTIONS_END,
	};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc == 0) {
		request.dir = args.n ? args.items[0] : "";
		rc = check_request(&request, &args, err);
		if (rc == 0)
			rc = judge_stored(&request, err);
	} else if (rc > 0) {
		rc = EXIT_PASS;
	}
	strv_release(&request.thresholds);
	return rc;
}
