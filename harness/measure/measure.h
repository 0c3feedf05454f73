/*
 * measure: samples and counters in, figures of the run record out.
 *
 *     struct measure *m;
 *     measure_begin(dbs, n_arms, &m, &err);            // first snapshots, before the replay
 *     ... replay, with measure_peek() now and then ...
 *     measure_end(m, progress, run, &err);             // second snapshots, deltas, timed VACUUM
 *     measure_samples(&samples, run);                  // latency, errors, slices: no database
 */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include "base/err.h"
#include "base/progress.h"
#include "model/run.h"
#include "model/sample.h"
#include "pg/db.h"

#include <stdbool.h>

struct measure;

/* Connections to the arms (NULL for an arm that is not there); borrowed until measure_free. */
int measure_begin(struct db *const arms[N_ARMS], struct measure **ret, struct err *err);
/* Notes, as the disturbance RUN_STATISTICS_DIFFER, tables whose planner statistics differ. */
void measure_statistics(struct db *const arms[N_ARMS], struct run *run);

/* In mid-run, once a second, from the thread that began, elapsed_s after the start of the replay:
 * how far standbys are behind, what caches had to read, and work of statements (and of tables,
 * where a threshold asks) so far, for a look. Reads work every second second, less often where a
 * reading is slow, and otherwise leaves it as the last reading left it. True when the run holds
 * work of a reading; measure_end replaces it. */
bool measure_peek(struct measure *measure, double elapsed_s, struct run *run);
/* Fills work of statements (matched by the marker comment of measure_marker), tables, indexes,
 * sizes. vacuum: also a timed VACUUM of the tables that were written, on both arms. Index roles
 * come from what the candidate arm has and the baseline has not. What a server cannot give is left
 * unknown and noted as a disturbance. */
int measure_end(struct measure *measure, bool vacuum, const struct progress *progress,
    struct run *run, struct err *err);
void measure_free(struct measure *measure);

/* The comment that a replayed statement carries, so that its pg_stat_statements entry is found
 * whatever its queryid: "/" "* pgrehearse:<number> *" "/". Caller frees. */
char *measure_marker(size_t statement_number);

/* Latency summaries with histograms, errors, throughput, slices, generator totals. Pure. Skips
 * warm-up samples (due before run->generator.warmup_s) in latency, not in errors and slices. */
void measure_samples(const struct samples *samples, struct run *run);

#endif
