/*
 * overrides: a DBA's word on the values of statements, from a YAML file:
 *
 *     version: 1
 *     statements:
 *       customer timeline: skip
 *       order detail:
 *         values: [[4711], [4712]]           # one list per call: $1, $2, ... of the workload's text
 *       stock check:
 *         sql: SELECT product_id, warehouse FROM inventory WHERE quantity > 0 LIMIT 500
 *
 * A statement is named by its name or its queryid in the workload. `sql` runs on staging in a
 * read-only transaction; its columns are $1, $2, ... A value of ~ is NULL.
 */
#ifndef MODEL_OVERRIDES_H
#define MODEL_OVERRIDES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum override_kind { OVERRIDE_SKIP, OVERRIDE_VALUES, OVERRIDE_SQL };

struct override {
	char *statement;
	int line; /* of the values, for messages */
	enum override_kind kind;
	char *sql;
	char **values; /* n_rows * n_columns, row-major; NULL is SQL NULL */
	size_t n_rows, n_columns;
};

struct overrides {
	char *file;
	struct override *items; /* in the order of the file */
	size_t n, cap;
};

/* Errors are ERR_USAGE and name file and line. */
int overrides_load(const char *path, struct overrides *ret, struct err *err);
void overrides_release(struct overrides *overrides);
/* The one for a statement, or NULL; overrides may be NULL. */
const struct override *overrides_find(
    const struct overrides *overrides, const char *name, const char *queryid);

#endif
