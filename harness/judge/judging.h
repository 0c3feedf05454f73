/*
 * judging: what the files of judge/ share; judge.h is the module's face.
 *
 * judge_run() expands every threshold into targets (a set of statements, a table, an index or
 * the run), gives each a check, and lets the evaluator of the metric's family fill it. Timing
 * checks are decided together at the end, because their error is shared among them.
 *
 * Adding a metric: one row in model/metric.c and one evaluator (or one case of one) here.
 */
#ifndef JUDGE_JUDGING_H
#define JUDGE_JUDGING_H

#include "judge/evidence.h"
#include "judge/judge.h"
#include "judge/pairs.h"
#include "model/run.h"

#include <stdbool.h>
#include <stddef.h>

#define FAIL_EXCEEDANCES 20 /* values above its quantile, per arm, before a check may FAIL */
/* Counters are read in mid-run many times, with ops in flight, and what FAILs then must not be
 * revoked at the end: a look wants this many times the evidence, and so many calls. */
#define LOOK_CAUTION     2.0
#define LOOK_CALLS       50
#define PASS_ALPHA       0.025 /* error of "at most", each check for itself: all must hold */

/* What one check is about. Statement metrics use statements; the others table or index. */
struct target {
	char *label;        /* the check's scope: "customer timeline", "all reads", "public.orders" */
	size_t *statements; /* indexes into run->statements */
	size_t n_statements;
	const struct run_table *table;
	const struct run_index *index;
	bool named;    /* the threshold is about it alone, so silence about it would be wrong */
	char *problem; /* why nothing can be judged: the check is INCONCLUSIVE; NULL otherwise */
};

struct timing;

struct judging {
	const struct judge_input *input;
	struct run *run;
	struct evidence evidence;
	struct evidence unstalled;            /* without pairs that met a stall of the machine */
	bool has_unstalled;                   /* there were such pairs */
	struct pairs pairs[N_EVIDENCE_KINDS]; /* made when the first check wants them */
	double caution;                       /* margins of counters are this many times as wide */
	bool looks;                           /* the run was, or is, looked at before its end */
	struct timing *timings;
	size_t n_timings, cap_timings;
};

/* One check to fill: figures, outcome and why. */
typedef void evaluator(struct judging *j, const struct threshold *threshold,
    const struct target *target, struct check *check);

evaluator evaluate_timing;  /* latency.*, response.*: decided later by decide_timings */
evaluator evaluate_counter; /* buffers.*, wal.*, rows_per_call, cache.hit_ratio */
evaluator evaluate_op;      /* errors.rate, slow.count, throughput, result.mismatches */
evaluator evaluate_table;   /* table.*, vacuum.seconds */
evaluator evaluate_index;   /* index.* */
evaluator evaluate_plan;    /* plan.* */
evaluator evaluate_run;     /* coverage.*, fidelity.*, replica.* */

/* connections.utilisation, for evaluate_op. */
void evaluate_sessions(struct judging *j, const struct target *target, struct check *check);
/* replica.lag_bytes, for evaluate_run. */
void evaluate_replica(struct judging *j, struct check *check);
/* result.mismatches, for evaluate_op. */
void evaluate_results(struct judging *j, const struct target *target, struct check *check);

/* Decide all timing checks that evaluate_timing collected. */
void decide_timings(struct judging *j);
void timings_release(struct judging *j);
/* Is every timing check beyond doubt, so that the replay can stop? */
bool timings_are_clear(const struct judging *j);

/* The standard error of ln(ratio) of two quantiles with that share of the values above them, of so
 * many values each, before any is known (power.c). */
double expected_error(double tail, double ops);

/* The targets of a threshold, at least one. Caller releases each and frees the array. */
struct target *targets_of(const struct run *run, const struct threshold *threshold, size_t *ret_n);
void target_release(struct target *target);
bool target_has(const struct target *target, const struct sample *sample);

/* run->verdict from run->checks and the state of the run. */
void verdict_reach(struct judging *j);

/* Does the bound limit the candidate's figure from above (max, max_ratio, max_increase)? */
bool bound_is_upper(enum bound_kind bound);
bool bound_is_ratio(enum bound_kind bound);
bool bound_is_relative(enum bound_kind bound); /* to the baseline: a ratio or an increase */
/* What is held against the limit, by the kind of bound. */
double bound_estimate(enum bound_kind bound, double baseline, double candidate);
/* Is this estimate within the limit? */
bool bound_holds(enum bound_kind bound, double estimate, double limit);

/* Would a candidate equal to its baseline be within the limit? Not where the limit demands an
 * improvement (max_ratio 0.5): then a small difference is no excuse. */
bool bound_allows_equal(const struct check *check);

/* Set the outcome and the sentence; replaces an earlier sentence. */
void check_decide(struct check *check, enum outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Decide anew; the sentence goes on behind what it said. */
void check_amend(struct check *check, enum outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* PASS or FAIL of an exact figure against its limit, with a sentence made of what is known. */
void check_decide_exact(struct check *check, const char *what);

#endif
