/*
 * names: a DBA's own names for statements, from a YAML file:
 *
 *     version: 1
 *     names:
 *       customer timeline: SELECT * FROM orders WHERE customer_id = 1 ORDER BY created_at LIMIT 50
 *
 * Literals, white space and comments in the texts do not matter: capture/ compares fingerprints.
 */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "base/err.h"

#include <stddef.h>

struct statement_name {
	char *name;
	char *text;
	int line;
};
struct statement_names {
	struct statement_name *items; /* in the order of the file */
	size_t n, cap;
};

/* Errors are ERR_USAGE and name file and line. */
int statement_names_load(const char *path, struct statement_names *ret, struct err *err);
void statement_names_release(struct statement_names *names);

#endif
