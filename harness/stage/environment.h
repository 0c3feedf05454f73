/*
 * environment: make the two arms comparable, and tell what could not be made so.
 *
 *     environment_prepare(arms, progress, &run, &err);   // before the replay
 *     struct environment *before = environment_observe(arms);
 *     ... replay ...
 *     environment_compare(before, arms, &run);           // what disturbed it
 *
 * Prepare: a checkpoint on each server (so that full-page images and checkpoint I/O are not one arm's
 * alone), both clones' tables and indexes read into the buffer cache with pg_prewarm where it is
 * installed. Settings that a run wants and does not find (autovacuum off, a checkpoint far away,
 * track_io_timing) are disclosed in run->disturbances; servers are not reconfigured here, a lab has
 * the right settings from the start.
 */
#ifndef STAGE_ENVIRONMENT_H
#define STAGE_ENVIRONMENT_H

#include "base/err.h"
#include "base/progress.h"
#include "model/run.h"
#include "pg/db.h"

/* Fills run->arms[] (version, settings, sizes) too. A missing privilege is disclosed, not an error. */
int environment_prepare(struct db *const arms[N_ARMS], const struct progress *progress,
	struct run *run, struct err *err);

struct environment;
/* Checkpoint and autovacuum counts now. Never fails: what cannot be read is not compared. */
struct environment *environment_observe(struct db *const arms[N_ARMS]);
/* Adds a disturbance for each difference. */
void environment_compare(const struct environment *before, struct db *const arms[N_ARMS],
	struct run *run);
void environment_free(struct environment *environment);

#endif
