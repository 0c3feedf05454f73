/*
 * clone: disposable copies of the staging database, and the mark that makes writing allowed.
 *
 *     struct clone_set *set;
 *     clone_set_open(&spec, run_id, progress, &set, &err);    // holds the run's lock
 *     clone_set_baseline(set, &target, &err);                 // staging -> baseline, ANALYZE
 *     ... bind reads the baseline, and disconnects ...
 *     clone_set_candidate(set, &target, &err);                // baseline -> candidate
 *     ... clone_require_mark(db) before anything writes ...
 *     clone_set_close(set, keep, progress, &err);             // drops both, also after a failure
 *
 * The mark is the database's COMMENT: JSON after the word "pgrehearse-clone", with run, arm,
 * source, made, origin and the name of the database itself. CREATE DATABASE ... TEMPLATE does not
 * bring it along, and a dump restored under another name carries a mark that does not count.
 *
 * While a run lives, its connection to the maintenance database holds an advisory lock made from
 * the run id; a clone of a run whose lock is free is an orphan. Clones that were asked to stay
 * (gate --keep-clones, clone create) and databases that somebody marked are never orphans.
 *
 * A clone's name is pgrehearse_<run id>_<arm>; run ids are 20260504_093012_a1b2. A run that is
 * killed between making a database and marking it leaves one that only its name betrays: it is
 * listed and dropped as an orphan when its name has exactly that form.
 *
 * Drivers are rows of a table in clone.c: template, existing and command.
 */
#ifndef STAGE_CLONE_H
#define STAGE_CLONE_H

#include "base/err.h"
#include "base/progress.h"
#include "model/gate.h"
#include "pg/db.h"

#include <stdbool.h>
#include <stddef.h>

/* Copied by clone_set_open. */
struct clone_spec {
	enum clone_driver_kind driver;
	struct db_target staging;     /* template, command */
	struct db_target existing[2]; /* existing: must carry the mark already */
	/* command: run by /bin/sh with PGREHEARSE_ARM, PGREHEARSE_RUN, PGREHEARSE_STAGING (a conninfo;
	 * for the candidate still that of staging) and, for drop, PGREHEARSE_CLONE (what create
	 * printed). create prints a conninfo as its last line. drop_command may be NULL. */
	const char *create_command, *drop_command;
};

struct clone_set;
int clone_set_open(const struct clone_spec *spec, const char *run_id,
    const struct progress *progress, struct clone_set **ret, struct err *err);
int clone_set_baseline(struct clone_set *set, struct db_target *ret, struct err *err);
/* template: fails when anybody is still connected to the baseline. */
int clone_set_candidate(struct clone_set *set, struct db_target *ret, struct err *err);
/* Drop what was made (unless keep) and free the set; safe on NULL and half-made sets. Messages of
 * drops that fail name the database and the command that drops it. */
int clone_set_close(
    struct clone_set *set, bool keep, const struct progress *progress, struct err *err);

enum clone_state {
	CLONE_LIVE,     /* its run holds its lock */
	CLONE_ORPHAN,   /* its run is gone */
	CLONE_KEPT,     /* asked to stay */
	CLONE_FOREIGN,  /* marked by hand, not made by this tool */
	CLONE_UNMARKED, /* named like ours but cut off before it was marked; an orphan too */
};
const char *clone_state_name(enum clone_state state); /* "live", ... */

struct clone_info {
	char *database;
	char *run_id, *arm, *source, *made; /* from the mark; NULL when it has none */
	double size_bytes;                  /* NAN when not allowed to know */
	enum clone_state state;
	bool marked;
	bool orphan; /* nobody holds its run's lock, and nobody asked for it to stay */
};
struct clone_infos {
	struct clone_info *items;
	size_t n, cap;
};
/* In the order of their names. */
int clone_list(struct db *maintenance, struct clone_infos *ret, struct err *err);
void clone_infos_release(struct clone_infos *infos);
/* Drop one clone; refuses a database without the mark (or our exact name form), and one in use by
 * a live run unless force. */
int clone_drop(struct db *maintenance, const char *database, bool force, struct err *err);
/* One copy of staging, made by hand: marked as kept, not tied to a run. name NULL: made from
 * run_id. ret is the clone's; caller releases. */
int clone_create(const struct db_target *staging, const char *run_id, const char *name,
    const struct progress *progress, struct db_target *ret, struct err *err);
/* Mark the connected database as disposable; it stays its owner's to drop. */
int clone_mark(
    struct db *db, const char *run_id, const char *arm, const char *source, struct err *err);
/* 0 when the connected database carries the mark; else ERR_ENV, saying how to set it. */
int clone_require_mark(struct db *db, struct err *err);

#endif
