/*
 * clone_driver: one way of making clones. Private to stage/; see clone.h.
 *
 * To add one: a file with a struct clone_driver, and a row in drivers[] of clone.c.
 */
#ifndef STAGE_CLONE_DRIVER_H
#define STAGE_CLONE_DRIVER_H

#include "model/sample.h"
#include "stage/clone.h"

struct clone_set {
	struct clone_spec spec; /* owned */
	const struct clone_driver *driver;
	const struct progress *progress;
	char *run_id;
	struct db *lock[N_ARMS]; /* connections that hold the run's lock; template: only the first,
	                          * which is the one to the maintenance database */
	char *source;            /* name of what is copied, for the mark */
	char *made[N_ARMS];      /* what has to be dropped: a database, or what a script printed */
};

struct clone_driver {
	const char *name;
	/* Connect, check, take the lock. */
	int (*open)(struct clone_set *set, struct err *err);
	/* Make the clone of that arm and mark it; baseline comes first. */
	int (*make)(struct clone_set *set, enum arm arm, struct db_target *ret, struct err *err);
	/* Drop made[arm], or mark it as kept. NULL: nothing is ever made. */
	int (*drop)(struct clone_set *set, enum arm arm, struct err *err);
	int (*keep)(struct clone_set *set, enum arm arm, struct err *err);
};
extern const struct clone_driver clone_template, clone_existing, clone_command;

/* Hold the run's lock on that connection; ERR_ENV when another process does. */
int clone_take_lock(struct db *db, const char *run_id, struct err *err);

/* clone_copy.c: CREATE DATABASE ... TEMPLATE, with a message for each way it fails, and what the
 * template does not bring along (settings and privileges of the database). */
int clone_copy(struct db *maintenance, const char *source, const char *name,
    const struct progress *progress, struct err *err);
/* A connection to another database of the server of `target`, from which `target` can be copied;
 * ret_source is the name of target's database, caller frees. */
int clone_maintenance(
    const struct db_target *target, struct db **ret, char **ret_source, struct err *err);
/* pg_stat_statements, without which there are no counters per statement; a warning says so. */
void clone_add_counters(struct db *db, const struct progress *progress);
/* Counters and fresh statistics, in the first copy. */
int clone_prepare(const struct db_target *clone, const struct progress *progress, struct err *err);

#endif
