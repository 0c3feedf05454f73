/*
 * measure_plans: the plans of every statement on both arms, into the run record.
 *
 * Call it when the candidate has been applied and before measure_begin: what is read here is then
 * in neither arm's counters. The n-th plans of both arms belong together.
 *
 * Many vectors are planned, which costs a fraction of a millisecond each, and few are run: the
 * cheapest, the middle and the dearest by the baseline's cost, and one for every pair of plans
 * that the arms have between them, those that differ first. So a plan that flips for one value in
 * two hundred is found. Statements that write are only planned here: even undone they would leave
 * dead rows behind. measure_writes.h runs them when the replay is over.
 */
#ifndef MEASURE_MEASURE_PLANS_H
#define MEASURE_MEASURE_PLANS_H

#include "base/err.h"
#include "base/progress.h"
#include "base/strv.h"
#include "model/run.h"
#include "model/vectors.h"
#include "pg/db.h"

#include <stdbool.h>
#include <stdint.h>

struct plan_options {
	uint64_t budget_ns;  /* for all statements; what is left is then planned for few vectors */
	unsigned timeout_ms; /* of one measured execution */
	bool measure;        /* run reads; else only plan them */
	/* The candidate arm is a what-if: in a transaction, where a failure goes back to the savepoint
	 * PLAN_SAVEPOINT, and with these pairs of an index's name there and its real one. NULL when it
	 * is a real one. */
	const struct strv *what_if_names;
};
#define PLAN_SAVEPOINT "pgrehearse_plan"
#define PLAN_OPTIONS_DEFAULT                                                                       \
	{                                                                                              \
		.budget_ns = UINT64_C(60000000000), .timeout_ms = 5000, .measure = true                    \
	}

/* Fills plans of run->statements[0 .. n_replayed), which are vectors->statements in order. A
 * statement that cannot be planned says so in its plan; negative only when a server is gone or a
 * signal came. */
int measure_plans(struct db *const arms[N_ARMS], const struct vectors *vectors,
    const struct plan_options *options, const struct progress *progress, struct run *run,
    struct err *err);

/* The custom plans of the baseline's places once more, in a what-if session with such names: fills
 * predicted. Call it after measure_plans. */
int measure_predictions(struct db *what_if, const struct strv *names, const struct vectors *vectors,
    struct run *run, struct err *err);

#endif
