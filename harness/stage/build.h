/*
 * build: the candidate applied in a thread of its own while the replay runs (build: under_load).
 *
 *     struct build *build;
 *     build_start(targets, "up.sql", up_sql, &build, &err);
 *     while (!build_is_over(build)) ... the replay goes on ...
 *     build_end(build, &run, &err);       // also when it is not over: it is then cancelled
 *
 * The thread works as candidate_apply and candidate_settle do, on connections of its own. Statements
 * block what they would block in production: write CONCURRENTLY where that is meant.
 */
#ifndef STAGE_BUILD_H
#define STAGE_BUILD_H

#include "base/err.h"
#include "model/run.h"
#include "pg/db.h"

#include <stdbool.h>

struct build;

/* targets are the two clones by arm; the texts must live until build_end. */
int build_start(const struct db_target targets[N_ARMS], const char *file, const char *up_sql,
    struct build **ret, struct err *err);
bool build_is_over(const struct build *build);
/* Waits for the thread, moves its changes to the run and frees the build. The error is the
 * candidate's; NULL is fine and 0. */
int build_end(struct build *build, struct run *run, struct err *err);

#endif
