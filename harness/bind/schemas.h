/*
 * schemas: which schema's tables did production's sessions mean?
 *
 * A statement names its tables without a schema, and search_path is the session's: one per tenant,
 * or set by a role that staging's connection is not. Where a name is in other schemas than the one
 * that staging's search_path gives, each is a candidate: the text with the schema written into it,
 * which has the same queryid. identify() knows which is production's.
 */
#ifndef BIND_SCHEMAS_H
#define BIND_SCHEMAS_H

#include "bind/binding.h"

/* executable_choose() and identify(), of the candidate that is production's: the one with its
 * queryid, else the first that prepares. */
int schemas_choose(struct binding *b, struct err *err);

#endif
