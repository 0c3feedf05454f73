/*
 * clone_mark: names, marks and lock numbers of clones. Private to stage/; see clone.h.
 */
#ifndef STAGE_CLONE_MARK_H
#define STAGE_CLONE_MARK_H

#include "base/err.h"
#include "pg/db.h"

#include <stdbool.h>
#include <stdint.h>

/* classid of the advisory locks; objid is clone_lock_key(run id). */
#define CLONE_LOCK_CLASS 1885827688 /* "pgrh" */

enum clone_origin {
	ORIGIN_RUN,    /* goes with its run */
	ORIGIN_KEPT,   /* made by this tool, to stay */
	ORIGIN_MARKED, /* somebody else's, marked by hand */
};

struct clone_mark {
	char *run_id, *arm, *source, *made;
	enum clone_origin origin;
};

/* pgrehearse_<run id>_<arm>; ERR_USAGE when the run id has other characters than a-z 0-9 _ or is
 * too long for a name. Caller frees *ret. */
int clone_name(const char *run_id, const char *arm, char **ret, struct err *err);
/* The run id in a name of exactly the form that runs give; NULL for all others. Caller frees. */
char *clone_name_run_id(const char *database);
int32_t clone_lock_key(const char *run_id);

/* From a database's comment; false when there is no mark in it that is meant for that database. */
bool clone_mark_parse(const char *comment, const char *database, struct clone_mark *ret);
void clone_mark_release(struct clone_mark *mark);
/* The comment; caller frees. */
char *clone_mark_format(const struct clone_mark *mark, const char *database);
/* COMMENT ON DATABASE, through any connection to its server; made now when mark->made is NULL. */
int clone_mark_set(
    struct db *db, const char *database, const struct clone_mark *mark, struct err *err);
/* The mark of the connected database. 1: it has one; 0: it has none; negative: error. */
int clone_mark_get(struct db *db, struct clone_mark *ret, struct err *err);

#endif
