/*
 * measure_results: does a rewritten statement return the same rows?
 *
 * Both texts run with the same values in one read-only REPEATABLE READ transaction on one clone,
 * hence over the same data and at the same now(), and are rolled back. Results are compared as
 * multisets of rows, column by column as text; floating-point figures to 15 digits, because the
 * order in which they are added up may differ. The order of rows is compared too, but only
 * reported: among equal sort keys, and without ORDER BY, every order is right.
 *
 * Where a LIMIT cuts among equal sort keys, two right texts may return other rows: that counts as
 * a difference, and a sort key that is unique is the remedy. A statement that differs from itself
 * when it is run twice (random(), clock_timestamp()) cannot be compared and is counted so.
 */
#ifndef MEASURE_MEASURE_RESULTS_H
#define MEASURE_MEASURE_RESULTS_H

#include "base/err.h"
#include "base/progress.h"
#include "model/run.h"
#include "model/vectors.h"
#include "pg/db.h"

/* Fills rewrite of the statements of run that vectors give a candidate_sql. The clone is the
 * candidate's: a rewrite may need what the change makes. ERR_USAGE when the server does not take a
 * rewrite; other failures of a single vector are counted in the record. */
int measure_results(struct db *candidate, const struct vectors *vectors,
    const struct progress *progress, struct run *run, struct err *err);

#endif
