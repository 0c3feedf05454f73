/*
 * measure_writes: what statements that write do, call by call, and what every index adds to it.
 *
 *     measure_end(measure, true, progress, run, &err);
 *     measure_writes(arms, &vectors, progress, run, &err);
 *
 * Call it last: calls are undone, yet leave dead rows, and nothing that is still to be counted may
 * see them. Two things are found with EXPLAIN (ANALYZE, BUFFERS, WAL) in transactions that are
 * rolled back, on clones only:
 *
 * - the measured figures of the plans of statements that write (run_plan.wal_bytes and its
 *   neighbours), for the vectors that measure_plans chose, on both arms;
 * - the cost of an index (run_index.cost). The calls that the replay would have sent next run with
 *   all indexes, and again in a transaction that first drops this one. The difference is what the
 *   index adds to the WAL of a call, and whether updates could be HOT without it. Every call runs
 *   twice and the smaller figure counts, which leaves out page images after a checkpoint, page splits
 *   and pruning. Calls are weighted as the replay sent them.
 *
 * An index that the candidate drops is measured on the baseline, all others on the candidate, and
 * those of constraints not at all. What triggers and cascades write is not in a plan's figures: such
 * tables count only for the statements that name them. A GIN index with fastupdate shows what
 * its pending list costs, not the later move of the list.
 *
 * Sequences move on and side effects outside the database happen, as they did in the replay.
 */
#ifndef MEASURE_MEASURE_WRITES_H
#define MEASURE_MEASURE_WRITES_H

#include "base/err.h"
#include "base/progress.h"
#include "model/run.h"
#include "model/vectors.h"
#include "pg/db.h"

/* What does not work for one statement or index is left unknown; negative only when a server is gone
 * or a signal came. */
int measure_writes(struct db *const arms[N_ARMS], const struct vectors *vectors,
    const struct progress *progress, struct run *run, struct err *err);

#endif
