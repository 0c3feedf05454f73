/*
 * calibration: what two equal clones differ by, from a run with an unchanged candidate.
 *
 *     struct calibration calibration;
 *     calibrate_run(&samples, &run, &calibration);
 *     ... calibration.dead_band ...
 *     calibration_release(&calibration);
 *
 * Each figure (p50, p95, p99, mean) is compared for all statements together and for each of them,
 * with the block test of estimates.h. What differs beyond chance differs by itself: memory layout,
 * where a clone's files lie, which arm's plans were cached first. The dead band must cover it.
 * Pure, like the rest of judge/.
 */
#ifndef JUDGE_CALIBRATION_H
#define JUDGE_CALIBRATION_H

#include "model/run.h"
#include "model/sample.h"

#define CALIBRATION_FIGURES 4
#define CALIBRATION_ALPHA   0.01 /* that any of all comparisons shows what is not there */

struct calibration_figure {
	const struct metric *metric;
	/* All statements together, as candidate / baseline, with its 95% interval; NAN: too few ops. */
	double ratio, lower, upper;
	size_t n_compared; /* that had ops enough, all of them together included */
	size_t n_shown;    /* of these: beyond chance */
	/* The widest of those: how far from 1, on a scale where half is as far as double. */
	double widest;
	char *widest_of; /* "all statements", or the statement; NULL when none is shown */
};

struct calibration {
	struct calibration_figure figures[CALIBRATION_FIGURES];
	double
	    dead_band; /* the widest of all, rounded up to a tenth of a percent; 0 when none is shown */
};

/* generator.warmup_s and replay of the run are used, its thresholds are not. */
void calibrate_run(const struct samples *samples, const struct run *run, struct calibration *ret);
void calibration_release(struct calibration *calibration);

#endif
