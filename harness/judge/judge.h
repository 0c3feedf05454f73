/*
 * judge: thresholds applied to a run record and its samples: checks and a verdict. Pure: no
 * files, no servers, no clock, no random numbers. The method is described in judge/README.md.
 *
 * The same call serves a look in mid-run (not final: timing checks, with bounds that hold at
 * every look, and counters that are beyond their limit by far), the end of a run, and `pgrehearse judge` on a stored one.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "model/run.h"
#include "model/sample.h"

struct judge_input {
	const struct samples *samples;
	bool final;             /* the run is over: counters and facts are in run */
	bool counted;           /* a look: run has the counters so far */
	bool overtime;          /* a look after the planned time: what is open is a reason to go on */
	double planned_seconds; /* the longest the replay may take: K_max of JUDGE section 2 */
};

/* Rebuilds run->checks and run->verdict from run->thresholds (and alpha, dead_band, guard). */
void judge_run(const struct judge_input *input, struct run *run);

/* Seconds to discard at the start of the run, both arms alike: until caches (run->arms[].cache) and
 * times have settled, at most 25% of duration_s; the caller stores it in generator.warmup_s. */
double judge_warmup_seconds(
    const struct samples *samples, const struct run *run, double duration_s);

/* After a look: is the verdict beyond doubt, so that the replay may stop? A FAIL is; a PASS is when
 * every timing check that the planned time could let FAIL is proven to be within its own limit. */
bool judge_is_clear(const struct run *run);

/* What the planned run can decide, as text for the terminal: how large a slow-down each timing
 * check can find, and which checks will see too few ops. NULL when the gate has no timing check.
 * Caller frees. Rate and shares come from vectors. */
struct vectors;
char *judge_power_statement(const struct vectors *vectors, const struct gate *gate);

#endif
