/*
 * judge: thresholds applied to a run record and its samples: checks and a verdict. Pure: no
 * files, no servers, no clock, no random numbers. The method is described in judge/README.md.
 *
 * The same call serves the look in mid-run (`look`: the bound must hold at every look), the end of a run
 * and `pgrehearse judge` on a stored one.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "model/run.h"
#include "model/sample.h"

struct judge_input {
	const struct samples *samples;
	bool final;          /* the run is over: counters and facts are in run */
	double planned_seconds; /* the longest the replay may take: K_max of JUDGE section 2 */
};

/* Rebuilds run->checks and run->verdict from run->thresholds (and alpha, dead_band, guard). */
void judge_run(const struct judge_input *input, struct run *run);

/* Seconds to discard at the start of the run, both arms alike (MSER-5 on block medians, at most
 * 25% of the time); stored in run->generator.warmup_s by the caller. */
double judge_warmup_seconds(const struct samples *samples, double duration_s);

/* What the planned run can decide: one line per timing check, in run->disturbances? no: returned as
 * text for the terminal, caller frees. rate and shares come from vectors. */
struct vectors;
char *judge_power_statement(const struct vectors *vectors, const struct gate *gate);

#endif
