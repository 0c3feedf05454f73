/*
 * candidate: the change under rehearsal: checked before anything runs, then applied to one arm.
 *
 * Allowed without declaration: CREATE/DROP/ALTER/REINDEX INDEX, REINDEX TABLE, CREATE/ALTER/DROP
 * STATISTICS, ANALYZE, VACUUM, CLUSTER, ALTER TABLE that only sets storage parameters or column statistics, and
 * settings. Other DDL needs `candidate: {kind: migration}`; anything else is refused with its line.
 * Each statement runs on its own in autocommit, so that CONCURRENTLY works; ANALYZE of the same tables
 * is repeated on the other arm when an expression index asks for it.
 */
#ifndef STAGE_CANDIDATE_H
#define STAGE_CANDIDATE_H

#include "base/err.h"
#include "base/progress.h"
#include "model/run.h"
#include "pg/db.h"

/* Parse and check up.sql; `file` is for messages. up_sql NULL is the unchanged candidate. */
int candidate_check(const char *file, const char *up_sql, bool allow_migration, struct err *err);

/* Apply to a marked clone; fills run->changes as it goes, also when one fails. An invalid index
 * left by a failed CONCURRENTLY is an error that names it. */
int candidate_apply(struct db *clone, const char *file, const char *up_sql,
	const struct progress *progress, struct run *run, struct err *err);

#endif
