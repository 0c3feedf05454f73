#include "judge/calibration.h"

#include "base/mem.h"
#include "judge/distributions.h"
#include "judge/estimates.h"
#include "judge/evidence.h"

#include <math.h>

#define MIN_EXCEEDANCES 50
#define MIN_BLOCKS      20
#define INTERVAL_TAIL   0.025
#define ROUNDED_TO      0.001

static const char *const figure_names[CALIBRATION_FIGURES] = {
    "latency.p50", "latency.p95", "latency.p99", "latency.mean"};

/* A figure of one set of statements. */
struct comparison_of_two {
	double ratio, lower,
	    upper; /* with the tail asked for; ratio is NAN when there are too few ops */
};

static struct comparison_of_two compare(
    struct evidence *evidence, const size_t *statements, size_t n, double quantile, double tail)
{
	struct estimand what = {quantile, HYPOTHESIS_RATIO};
	struct comparison_of_two found = {NAN, NAN, NAN};
	struct series_pair pair;

	evidence_pair(evidence, EVIDENCE_SERVICE, statements, n, &pair);
	if (exceedances(&pair, what) >= MIN_EXCEEDANCES && pair.n_used_blocks >= MIN_BLOCKS) {
		double score = student_upper_quantile(tail, (double)pair.n_used_blocks - 1);

		found.ratio = point_estimate(&pair, what);
		found.lower = interval_end(&pair, what, score);
		found.upper = interval_end(&pair, what, -score);
	}
	series_pair_release(&pair);
	return found;
}

static void take_shown(
    struct calibration_figure *figure, struct comparison_of_two found, const char *of)
{
	double distance = expm1(fabs(log(found.ratio)));

	if (isnan(found.ratio))
		return;
	figure->n_compared++;
	if (found.lower <= 1 && found.upper >= 1)
		return;
	figure->n_shown++;
	if (!(distance > figure->widest))
		return;
	figure->widest = distance;
	free(figure->widest_of);
	figure->widest_of = xstrdup(of);
}

static void fill_figure(struct evidence *evidence, const struct run *run, const size_t *statements,
    struct calibration_figure *figure)
{
	double quantile = figure->metric->quantile;
	double tail = CALIBRATION_ALPHA / 2 / (double)(CALIBRATION_FIGURES * (run->n_replayed + 1));
	struct comparison_of_two all =
	    compare(evidence, statements, run->n_replayed, quantile, INTERVAL_TAIL);

	figure->ratio = all.ratio;
	figure->lower = all.lower;
	figure->upper = all.upper;
	take_shown(
	    figure, compare(evidence, statements, run->n_replayed, quantile, tail), "all statements");
	for (size_t i = 0; run->n_replayed > 1 && i < run->n_replayed; i++)
		take_shown(
		    figure, compare(evidence, &statements[i], 1, quantile, tail), run->statements[i].name);
}

void calibrate_run(const struct samples *samples, const struct run *run, struct calibration *ret)
{
	/* Evidence is gathered for the thresholds there are. */
	struct threshold wanted = {.metric = metric_find(figure_names[0])};
	struct run asked = *run;
	struct evidence evidence;
	_cleanup_free_ size_t *statements = xcalloc(run->n_replayed + 1, sizeof(*statements));
	double warmup_s = isfinite(run->generator.warmup_s) ? run->generator.warmup_s : 0;

	*ret = (struct calibration){0};
	asked.thresholds = &wanted;
	asked.n_thresholds = 1;
	evidence_init(&evidence, samples, &asked, samples_end_seconds(samples), warmup_s, true, NULL);
	for (size_t i = 0; i < run->n_replayed; i++)
		statements[i] = i;
	for (size_t f = 0; f < CALIBRATION_FIGURES; f++) {
		ret->figures[f].metric = metric_find(figure_names[f]);
		fill_figure(&evidence, run, statements, &ret->figures[f]);
		ret->dead_band = fmax(ret->dead_band, ret->figures[f].widest);
	}
	ret->dead_band = ceil(ret->dead_band / ROUNDED_TO - 1e-9) * ROUNDED_TO;
	evidence_release(&evidence);
}

void calibration_release(struct calibration *calibration)
{
	for (size_t f = 0; f < CALIBRATION_FIGURES; f++)
		free(calibration->figures[f].widest_of);
	*calibration = (struct calibration){0};
}
