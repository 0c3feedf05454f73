/*
 * writes: what INSERT, UPDATE and DELETE need beyond values that exist: keys nobody has, rows
 * nobody has taken.
 */
#ifndef BIND_WRITES_H
#define BIND_WRITES_H

#include "bind/binding.h"

/* fresh.c: make the slot's value new in every op. False when the type or the room that is left in
 * it does not allow that; err is filled only when the server failed. */
bool fresh_plan(struct binding *b, struct slot *slot, const struct catalog_table *table,
    struct catalog_column *column, struct err *err);
/* What FRESH would give for the ordinal; caller frees. For rows of which only some are new. */
char *fresh_text(const struct slot *slot, int64_t ordinal);

/* tuples.c: for a unique key of which no column can be FRESH (two foreign keys, say): rows of
 * values that are valid one by one and not taken together. */
int tuples_fill(struct binding *b, struct err *err);
/* Keys of the table that a foreign key column refers to; the slot stays as it is without one. */
int parents_fill(struct binding *b, struct slot *slot, const struct catalog_table *table,
    const struct catalog_column *column, struct err *err);

/* INSERT ... ON CONFLICT meets rows that are there; some of its keys should be new all the same. */
int conflicts_mix(struct binding *b, struct err *err);

/* How many pages the rows of an UPDATE are to come from; 0 for any. Production's WAL tells how many
 * of its updates were HOT. The first update of a full page never is, later ones find room there:
 * what production updated in few pages costs more when it is spread over many. */
size_t writes_pages(struct binding *b);

/* How many ops of this statement the run will send. */
double writes_expected_ops(const struct binding *b);
/* The table that a slot's INSERT or SET writes to and the column in it; false when unknown. */
bool writes_target(struct binding *b, const struct slot *slot, struct catalog_table **ret_table,
    struct catalog_column **ret_column, struct err *err);

#endif
