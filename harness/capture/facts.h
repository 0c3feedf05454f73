/*
 * facts: what a replay must know about production to be comparable: version, identity, planner
 * settings, search_path, and the sizes of the tables that the statements touch.
 *
 * What the role may not see is left out (NULL), never an error.
 */
#ifndef CAPTURE_FACTS_H
#define CAPTURE_FACTS_H

#include "base/err.h"
#include "model/workload.h"
#include "pg/db.h"

int facts_read_server(struct db *db, struct workload_source *ret, struct err *err);

/* Tables are looked for in the search_path first and then, because the application's may be
 * another, in every schema; views and what is not found are left out. */
int facts_read_relations(struct db *db, const struct strv *tables, struct workload_source *ret,
	struct err *err);

#endif
