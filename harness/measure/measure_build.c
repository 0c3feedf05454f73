#include "measure/measure_build.h"

#include "base/clock.h"
#include "measure/histogram.h"

#include <math.h>

#define HIGHEST_NS (3600 * NS_PER_S)

static enum build_phase phase_of(const struct run_build *build, const struct sample *s)
{
	double due_s = (double)s->due_ns / 1e9;

	/* What is not known has not happened. */
	if (!(due_s >= build->start_s))
		return BUILD_BEFORE;
	return due_s >= build->end_s ? BUILD_AFTER : BUILD_DURING;
}

static double quantile(const struct histogram *h, double q)
{
	return histogram_count(h) ? (double)histogram_value_at_quantile(h, q) / 1e9 : NAN;
}

static void fill_phase(const struct samples *samples, const struct run_build *build,
    enum build_phase phase, int arm, struct histogram *h, struct run_phase *ret)
{
	histogram_reset(h);
	*ret = (struct run_phase){0};
	for (size_t i = 0; i < samples->n; i++) {
		const struct sample *s = &samples->items[i];

		if (s->arm != arm || phase_of(build, s) != phase)
			continue;
		ret->ops++;
		ret->errors += s->status != SAMPLE_OK;
		if ((s->status == SAMPLE_OK || s->status == SAMPLE_UNFINISHED) && s->done_ns > s->due_ns)
			histogram_record(h, sample_response_ns(s));
	}
	ret->p50 = quantile(h, 0.50);
	ret->p95 = quantile(h, 0.95);
	ret->p99 = quantile(h, 0.99);
	ret->max = quantile(h, 1);
}

void measure_build(const struct samples *samples, struct run *run)
{
	struct histogram *h;

	if (!run->build.under_load)
		return;
	h = histogram_new(1, HIGHEST_NS, 3, NULL);
	for (int phase = 0; phase < N_BUILD_PHASES; phase++)
		for (int arm = 0; arm < N_ARMS; arm++)
			fill_phase(samples, &run->build, (enum build_phase)phase, arm, h,
			    &run->build.phases[phase][arm]);
	histogram_free(h);
}
