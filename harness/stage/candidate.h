/*
 * candidate: the change under rehearsal: checked before anything runs, then applied to one arm.
 *
 *     candidate_check("up.sql", up_sql, gate->allow_migration, &err);
 *     ... clones are made ...
 *     candidate_apply(candidate_db, "up.sql", up_sql, progress, &run, &err);
 *     candidate_settle(baseline_db, candidate_db, progress, &err);
 *
 * Allowed without declaration: CREATE/DROP/ALTER/REINDEX INDEX, REINDEX TABLE, CREATE/ALTER/DROP
 * STATISTICS, ANALYZE, VACUUM, CLUSTER, ALTER TABLE that only sets storage parameters or column
 * statistics, and settings: SET for the statements that follow, and ALTER DATABASE ... SET or ALTER
 * ROLE ... IN DATABASE ... SET, where the database that is named stands for the clone. ALTER SYSTEM
 * and ALTER ROLE ... SET would change both arms, and so are refused. Other DDL needs `candidate:
 * {kind: migration}`; anything else is refused with its line.
 *
 * Each statement runs on its own in autocommit, so that CONCURRENTLY works, on a connection of its
 * own without a statement timeout. A stop signal cancels it.
 */
#ifndef STAGE_CANDIDATE_H
#define STAGE_CANDIDATE_H

#include "base/err.h"
#include "base/progress.h"
#include "model/run.h"
#include "pg/db.h"

/* What the session that applies it calls itself. */
#define CANDIDATE_APPLICATION "pgrehearse candidate"

/* Parse and check up.sql; `file` is for messages. up_sql NULL is the unchanged candidate. */
int candidate_check(const char *file, const char *up_sql, bool allow_migration, struct err *err);

/* Apply to a marked clone; fills run->changes as it goes, also when one fails. An invalid index
 * left by a failed CONCURRENTLY is an error that names it. */
int candidate_apply(struct db *clone, const char *file, const char *up_sql,
    const struct progress *progress, struct run *run, struct err *err);

/* An expression index and extended statistics are of use to the planner only after ANALYZE: the
 * tables that have new ones on the candidate are analysed on both arms, and on both only then.
 * Call it after candidate_apply. */
int candidate_settle(
    struct db *baseline, struct db *candidate, const struct progress *progress, struct err *err);

#endif
