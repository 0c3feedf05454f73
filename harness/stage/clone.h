/*
 * clone: disposable copies of the staging database, and the mark that makes writing allowed.
 *
 *     struct clone_set *set;
 *     clone_set_open(&spec, run_id, progress, &set, &err);    // holds the run's lock
 *     clone_set_baseline(set, &target, &err);                 // staging -> baseline, ANALYZE
 *     ... bind reads the baseline ...
 *     clone_set_candidate(set, &target, &err);                // baseline -> candidate
 *     ... clone_set_require_mark(db) before anything writes ...
 *     clone_set_close(set, keep, progress, &err);             // drops both, also after a failure
 *
 * The mark is the database's COMMENT, JSON after the word "pgrehearse-clone": run, arm, source,
 * made. Neither CREATE DATABASE ... TEMPLATE nor a physical copy of another database brings one
 * along. While a run lives, its connection to the maintenance database holds an advisory lock
 * made from the run id; a marked clone whose lock is free is an orphan.
 */
#ifndef STAGE_CLONE_H
#define STAGE_CLONE_H

#include "base/err.h"
#include "base/progress.h"
#include "model/gate.h"
#include "pg/db.h"

#include <stdbool.h>
#include <stddef.h>

struct clone_spec {
	enum clone_driver_kind driver;
	struct db_target staging;          /* template */
	struct db_target existing[2];      /* existing: must carry the mark already */
};

struct clone_set;
int clone_set_open(const struct clone_spec *spec, const char *run_id,
	const struct progress *progress, struct clone_set **ret, struct err *err);
int clone_set_baseline(struct clone_set *set, struct db_target *ret, struct err *err);
int clone_set_candidate(struct clone_set *set, struct db_target *ret, struct err *err);
/* Drop what was made (unless keep) and free the set; safe on NULL and half-made sets. Messages of
 * drops that fail name the database and the command that drops it. */
int clone_set_close(struct clone_set *set, bool keep, const struct progress *progress,
	struct err *err);

struct clone_info {
	char *database;
	char *run_id, *arm, *source, *made; /* from the mark; NULL when it has none */
	double size_bytes;
	bool marked;  /* false: named like ours but cut off before it was marked */
	bool orphan;  /* nobody holds its run's lock */
};
struct clone_infos {
	struct clone_info *items;
	size_t n, cap;
};
int clone_list(struct db *maintenance, struct clone_infos *ret, struct err *err);
void clone_infos_release(struct clone_infos *infos);
/* Drop one clone; refuses a database without the mark (or our exact name form), and one in use by
 * a live run unless force. */
int clone_drop(struct db *maintenance, const char *database, bool force, struct err *err);
int clone_mark(struct db *db, const char *run_id, const char *arm, const char *source,
	struct err *err);
/* 0 when the connected database carries the mark; else ERR_ENV, saying how to set it. */
int clone_require_mark(struct db *db, struct err *err);

#endif
