/*
 * index_definition: the parts of what pg_get_indexdef() prints. Pure.
 */
#ifndef JUDGE_INDEX_DEFINITION_H
#define JUDGE_INDEX_DEFINITION_H

#include "base/strv.h"

#include <stdbool.h>

struct index_definition {
	char *method;        /* "btree"; NULL when the text is not an index's */
	struct strv keys;    /* as printed: "lower(name)", "created_at DESC" */
	struct strv include; /* columns that are only carried */
	char *predicate;     /* "" when the index is not partial */
};

void index_definition_parse(const char *text, struct index_definition *ret);
void index_definition_release(struct index_definition *definition);

/* Can an index like `wide` answer every query that one like `narrow` on the same table can? For
 * btree the leading keys must be the same, for other methods all of them. */
bool index_definition_covers(
    const struct index_definition *wide, const struct index_definition *narrow);

#endif
