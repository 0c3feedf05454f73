/*
 * names: a DBA's own names for statements, from a YAML file:
 *
 *     version: 1
 *     names:
 *       customer timeline: SELECT * FROM orders WHERE customer_id = 1 ORDER BY created_at LIMIT 50
 *
 * Literals, white space and comments in the texts do not matter: capture/ compares fingerprints.
 *
 * A file of rewrites looks alike: what the candidate arm sends instead of the workload's statements
 * of these names, with the $1..$n of the workload's text:
 *
 *     version: 1
 *     rewrites:
 *       customer timeline: SELECT * FROM orders WHERE customer_id = $1 ORDER BY id DESC LIMIT $2
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
int statement_rewrites_load(const char *path, struct statement_names *ret, struct err *err);
/* The text under a name, or NULL. */
const char *statement_names_find(const struct statement_names *names, const char *name);
void statement_names_release(struct statement_names *names);

#endif
