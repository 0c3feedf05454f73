/*
 * calibrate: what two equal clones differ by here: the dead band of a gate.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/rehearsal.h"
#include "judge/calibration.h"
#include "model/gate.h"

#include <math.h>
#include <stdio.h>

static const struct usage usage = {
    .command = "calibrate",
    .synopsis = "[OPTIONS] GATE.YAML",
    .about =
        "Run the gate's traffic against two clones without the candidate, for the whole of its\n"
        "time, and measure what they differ by although they are equal. Prints a table and the\n"
        "dead_band line for gate.yaml. The gate's own thresholds are not applied.\n"
        "\n"
        "Every run makes another pair of clones: run it a few times and keep the largest. Exits\n"
        "with 0 when the band was measured, and with 4 when the run cannot be trusted (the\n"
        "machine saturated, the generator late, errors) or had too few requests.",
    .examples = "  pgrehearse calibrate workloads/orders/gate.yaml\n"
                "  pgrehearse calibrate gate.yaml --time 3min",
};

struct calibrate_command {
	uint64_t duration_ns;
	const char *staging, *results;
	bool keep;
};

static void replace(char **target, const char *value)
{
	if (!value)
		return;
	free(*target);
	*target = xstrdup(value);
}

/* The gate without what it rehearses: the same traffic, to its end, for no other verdict than
 * whether the run was sound. */
static int prepare(struct gate *gate, const struct calibrate_command *given, struct err *err)
{
	struct threshold *sound;

	gate_set_unchanged(gate);
	replace(&gate->dsn, given->staging);
	if (given->staging)
		gate->staging = STAGING_DSN;
	replace(&gate->results_dir, given->results);
	if (given->duration_ns) {
		gate->replay.duration_ns = given->duration_ns;
		gate->replay.max_duration_ns = 0;
	}
	gate->replay.early_stop = false;
	for (size_t i = 0; i < gate->n_thresholds; i++)
		threshold_release(&gate->thresholds[i]);
	gate->n_thresholds = 0;
	GROW(gate->thresholds, gate->n_thresholds, gate->cap_thresholds);
	sound = &gate->thresholds[gate->n_thresholds++];
	*sound = (struct threshold){0};
	if (threshold_parse("{metric: errors.rate, max: 0.1%}", sound, err) < 0)
		return err->code;
	return turns_check(&gate->replay, err);
}

/* "+1.2%": how a ratio differs from 1. */
static const char *format_difference(char out[24], double ratio)
{
	if (isnan(ratio))
		snprintf(out, 24, "-");
	else
		snprintf(out, 24, "%+.1f%%", 100 * (ratio - 1));
	return out;
}

static void add_figure(struct buf *out, const struct calibration_figure *figure)
{
	char ratio[24], lower[24], upper[24];

	buf_addf(out, "%-14s %9s %9s %9s   ", figure->metric->name,
	    format_difference(ratio, figure->ratio), format_difference(lower, figure->lower),
	    format_difference(upper, figure->upper));
	if (!figure->n_compared)
		buf_adds(out, "too few requests\n");
	else if (!figure->n_shown)
		buf_addf(out, "0 of %zu\n", figure->n_compared);
	else
		buf_addf(out, "%zu of %zu; %.1f%% apart: %s\n", figure->n_shown, figure->n_compared,
		    100 * figure->widest, figure->widest_of);
}

static bool measured(const struct calibration *calibration)
{
	for (size_t f = 0; f < CALIBRATION_FIGURES; f++)
		if (calibration->figures[f].n_compared)
			return true;
	return false;
}

static void add_advice(struct buf *out, const struct calibration *calibration, double dead_band)
{
	buf_addc(out, '\n');
	if (!measured(calibration))
		buf_adds(out, "# too few requests to measure anything: give it more time\n");
	else if (calibration->dead_band <= dead_band)
		buf_addf(out, "# %s beyond the gate's dead band: it can stay\ndead_band: %.1f%%\n",
		    calibration->dead_band > 0 ? "no difference" : "no difference is shown, so none",
		    100 * dead_band);
	else
		buf_addf(out,
		    "# equal clones differ by more than the gate's dead band of %.1f%%\n"
		    "dead_band: %.1f%%\n",
		    100 * dead_band, 100 * calibration->dead_band);
}

static void show(const struct run *run, const struct calibration *calibration, double dead_band)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	cli_progress_finish();
	for (size_t i = 0; i < run->verdict.reasons.n; i++)
		fprintf(stderr, "this run cannot be trusted: %s\n", run->verdict.reasons.items[i]);
	buf_addf(&out, "%-14s %9s %20s  %s\n", "", "all", "95% interval", "differ beyond chance");
	for (size_t f = 0; f < CALIBRATION_FIGURES; f++)
		add_figure(&out, &calibration->figures[f]);
	add_advice(&out, calibration, dead_band);
	fputs(out.data, stdout);
}

static int measure(const struct gate *gate, const struct rehearsal_result *result, struct err *err)
{
	_cleanup_free_ char *path = file_join(result->dir, "samples.bin");
	struct calibration calibration;
	struct samples samples;
	int rc;

	if (samples_open(path, &samples, err) < 0)
		return err->code;
	calibrate_run(&samples, &result->run, &calibration);
	show(&result->run, &calibration, gate->dead_band);
	rc = result->run.verdict.outcome == OUTCOME_PASS && measured(&calibration) ? EXIT_PASS
	                                                                           : EXIT_INCONCLUSIVE;
	calibration_release(&calibration);
	samples_release(&samples);
	return rc;
}

static int rehearse_unchanged(
    const struct gate *gate, const struct calibrate_command *given, struct err *err)
{
	struct rehearsal_options options = {
	    .gate = gate,
	    .command = "pgrehearse calibrate",
	    .keep_clones = given->keep,
	};
	struct rehearsal_result result = {0};
	int rc = rehearse(&options, cli_progress(), &result, err);

	if (rc == 0)
		rc = measure(gate, &result, err);
	rehearsal_result_release(&result);
	return rc;
}

int cmd_calibrate(int argc, char **argv, struct err *err)
{
	struct calibrate_command given = {0};
	const struct option_spec options[] = {
	    {"time", 'T', OPTION_DURATION, "TIME", "replay for TIME instead of the file's",
	        &given.duration_ns},
	    {"staging", 'd', OPTION_STRING, "CONNINFO", "this staging database instead of the file's",
	        &given.staging},
	    {"results", 'o', OPTION_STRING, "DIR", "write results below DIR (default: results)",
	        &given.results},
	    {"keep", 0, OPTION_FLAG, NULL, "keep the clones (and a lab started for this run)",
	        &given.keep},
	    OPTIONS_END,
	};
	_cleanup_(strv_release) struct strv args = {0};
	struct gate gate = {0};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (options_one_gate(&args, "calibrate", err) < 0)
		return err->code;
	rc = gate_load(args.items[0], &gate, err);
	if (rc == 0)
		rc = prepare(&gate, &given, err);
	if (rc == 0)
		rc = rehearse_unchanged(&gate, &given, err);
	gate_release(&gate);
	return rc;
}
