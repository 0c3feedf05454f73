/*
 * tree: PostgreSQL's raw parse tree as libpg_query writes it, and how to read it. Private to sql/.
 *
 * A node is {"SelectStmt": {...}}: one key, its kind, and a body. A field that is zero or empty is
 * left out. Locations are byte offsets into the text given (which the tree does not keep).
 */
#ifndef SQL_TREE_H
#define SQL_TREE_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define NO_LOCATION ((size_t)-1)

/* Parse; the caller json_decref()s. ERR_USAGE names line and column of a mistake. jansson refuses
 * more than 2,048 levels, which bounds every recursion over a tree. */
int tree_parse(const char *text, json_t **ret, struct err *err);
/* The same for a part of a text: gives the mistake's offset and leaves it out of the message. */
int tree_parse_at(const char *text, json_t **ret, size_t *ret_error_offset, struct err *err);

size_t tree_statement_count(const json_t *tree);
/* The i-th statement's node. */
const json_t *tree_statement(const json_t *tree, size_t i);

/* The kind of a node ("" when it is none) and its body. */
const char *node_kind(const json_t *node, const json_t **ret_body);
/* The body of a node of this kind, or NULL. */
const json_t *node_as(const json_t *node, const char *kind);
const json_t *node_get(const json_t *body, const char *field);
/* A string field, or "". */
const char *node_text(const json_t *body, const char *field);
bool node_is(const json_t *body, const char *field, const char *value);
bool node_flag(const json_t *body, const char *field);
/* Of a body; NO_LOCATION when it has none. */
size_t node_location(const json_t *body);
/* Is a node of this kind anywhere in it? */
bool node_contains(const json_t *node, const char *kind);
/* The last name of a list of String nodes ("now" of pg_catalog.now), or "". */
const char *node_last_name(const json_t *names);

#endif
