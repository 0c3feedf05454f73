/*
 * lockouts: statements of the replay that wait for a lock on a table, seen about once a second.
 *
 *     struct lockouts *lockouts = lockouts_new();
 *     lockouts_look(lockouts, arms, &run);      // now and then, while the replay runs
 *     lockouts_tell(lockouts, &run);            // a disturbance per arm, table and holder
 *     lockouts_free(lockouts);
 *
 * Only locks of whole tables count: rows that two statements both want are the workload's own
 * matter. A wait between two looks is not seen.
 */
#ifndef STAGE_LOCKOUTS_H
#define STAGE_LOCKOUTS_H

#include "model/run.h"
#include "pg/db.h"

struct lockouts;

struct lockouts *lockouts_new(void);
void lockouts_look(struct lockouts *lockouts, struct db *const arms[N_ARMS], const struct run *run);
/* "on the candidate arm statements waited for a lock on public.sale (AccessExclusiveLock, held by the
 * candidate's \"CLUSTER sale\"): by kind, move; seen in 3 s of the replay" */
void lockouts_tell(const struct lockouts *lockouts, struct run *run);
void lockouts_free(struct lockouts *lockouts);

#endif
