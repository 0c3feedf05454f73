/*
 * lock_watch: the locks that a statement takes and waits for, seen from a second connection.
 *
 * A thread of its own reads pg_locks of one backend, at first every millisecond and then more
 * slowly, while the caller runs the statement. Locks that were taken and released between two
 * readings are not seen: a statement that is over in a millisecond may show none.
 *
 *     struct lock_watch *watch = lock_watch_start(second, pid);
 *     ... run the statement on the first connection ...
 *     lock_watch_end(watch, &locks, &waited_seconds);
 */
#ifndef STAGE_LOCK_WATCH_H
#define STAGE_LOCK_WATCH_H

#include "pg/db.h"

struct lock_watch;

/* The connection is the watch's until it ends. NULL, which the other function takes, when no
 * thread can be had. */
struct lock_watch *lock_watch_start(struct db *db, int64_t pid);

/* "ShareLock on public.orders, ..." with the strongest of each table and index that existed before
 * (caller frees; NULL when none was seen), and the seconds in which the backend waited for a lock:
 * NAN when it could not be watched. */
void lock_watch_end(struct lock_watch *watch, char **ret_locks, double *ret_waited_seconds);

#endif
