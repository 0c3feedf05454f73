/*
 * hypothetical: a session in which the planner sees the candidate's indexes, and none was built.
 *
 *     struct hypothetical what_if;
 *     hypothetical_open(baseline_db, up_sql, &what_if, &err);
 *     ... EXPLAIN on what_if.db ...
 *     hypothetical_release(&what_if);
 *
 * HypoPG shows the planner indexes that do not exist; an index that the candidate drops is hidden.
 * Everything happens in one transaction that is rolled back, so that the clone stays as it is, the
 * extension included. Measuring (EXPLAIN ANALYZE) does not work there: nothing can be read through
 * an index that is not there.
 */
#ifndef STAGE_HYPOTHETICAL_H
#define STAGE_HYPOTHETICAL_H

#include "base/err.h"
#include "base/strv.h"
#include "pg/db.h"

#include <stddef.h>

struct hypothetical_index {
	char *name;       /* as the candidate will call it, without a schema */
	char *table;      /* schema.table */
	char *definition; /* as pg_get_indexdef says it */
	double bytes;     /* HypoPG's estimate */
};

struct hypothetical {
	struct db *db;
	struct hypothetical_index *indexes;
	size_t n, cap;
	struct strv names;    /* pairs: what HypoPG calls an index, and its name */
	struct strv dropped;  /* indexes that are hidden, as the candidate names them */
	struct strv left_out; /* statements that cannot be foretold, with the reason */
};

/* On a marked clone. ERR_ENV when the server has no HypoPG, saying how to get it. */
int hypothetical_open(
    struct db *clone, const char *up_sql, struct hypothetical *ret, struct err *err);
/* End the session and keep what it told; release does both. Fine on a zeroed one. */
void hypothetical_end(struct hypothetical *what_if);
void hypothetical_release(struct hypothetical *what_if);

#endif
