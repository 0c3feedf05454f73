/*
 * qualstats: how selective production's predicates are, from pg_qualstats where it is installed.
 *
 * With or without its constants (pg_qualstats.track_constants): where they are tracked, the server
 * tells which of its column's most common values each was, the first, the second, ...: a rank in
 * pg_stats, and no value gets into the workload. A role that may not read a table sees nothing of it
 * in pg_stats, and learns no ranks. The figures are since its last reset, not of the
 * window, and of the queries that it samples.
 */
#ifndef CAPTURE_QUALSTATS_H
#define CAPTURE_QUALSTATS_H

#include "base/err.h"
#include "base/progress.h"
#include "model/workload.h"
#include "pg/db.h"

/* Sets quals of the statements, found by queryid. An extension that is missing is silence, one that
 * cannot be read a warning; negative only when the connection is lost. */
int qualstats_read(
    struct db *db, struct workload *workload, const struct progress *progress, struct err *err);

#endif
