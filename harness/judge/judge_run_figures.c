/*
 * Checks on one figure of the whole run: coverage and fidelity.
 *
 * Too little coverage is not the candidate's fault, so these never FAIL: a run that misses such
 * a limit cannot pass and is INCONCLUSIVE.
 */
#include "base/mem.h"
#include "judge/judging.h"
#include "judge/sentence.h"

#include <math.h>
#include <string.h>

#define NEAR 2.0 /* rows or blocks per call within a factor of two of production's */

static double rows(const struct work *work)
{
	return work->rows;
}

static bool is_near(double ours, double production)
{
	/* Nothing in production and next to nothing here is near. */
	if (production < 0.5 && ours < 1)
		return true;
	return ours <= NEAR * production && production <= NEAR * ours;
}

/* Share of replayed production time in statements whose figure per call is near production's, on
 * the baseline: the candidate is supposed to differ. */
static double fidelity(const struct run *run, double (*figure)(const struct work *work))
{
	double near = 0, all = 0;

	for (size_t i = 0; i < run->n_replayed; i++) {
		const struct run_statement *s = &run->statements[i];
		const struct work *ours = &s->arms[ARM_BASELINE].work;
		double here = work_per_call(ours, figure(ours));
		double there = work_per_call(&s->production, figure(&s->production));

		if (isnan(here) || isnan(there))
			continue;
		all += s->share_time;
		near += is_near(here, there) ? s->share_time : 0;
	}
	return all > 0 ? near / all : NAN;
}

static double figure_of(const struct run *run, const char *name)
{
	if (strcmp(name, "coverage.time") == 0)
		return run->coverage_time;
	if (strcmp(name, "coverage.calls") == 0)
		return run->coverage_calls;
	if (strcmp(name, "fidelity.rows") == 0)
		return fidelity(run, rows);
	if (strcmp(name, "fidelity.blocks") == 0)
		return fidelity(run, work_touched);
	return NAN;
}

void evaluate_run(struct judging *j, const struct threshold *threshold, const struct target *target,
    struct check *check)
{
	(void)target;
	if (strcmp(threshold->metric->name, "replica.lag_bytes") == 0) {
		evaluate_replica(j, check);
		return;
	}
	check->estimate = check->candidate = figure_of(j->run, threshold->metric->name);
	if (isnan(check->estimate)) {
		check_decide(check, OUTCOME_INCONCLUSIVE, "%s was not measured in this run",
		    threshold->metric->name);
		return;
	}
	check_decide_exact(check, NULL);
	if (check->outcome == OUTCOME_FAIL)
		check->outcome = OUTCOME_INCONCLUSIVE;
}
