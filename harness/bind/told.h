/*
 * told: which values production sends where it is told by rank (statement_qual.values, from
 * pg_qualstats): the third commonest kind in every call, the first two statuses in turn.
 *
 * Rows and blocks cannot tell that: they are the same for every value where no index depends on
 * it, and with a new index they are not. Staging's values of these ranks take production's place.
 * A column whose values are mostly none of the commonest is not told: its rows are drawn.
 */
#ifndef BIND_TOLD_H
#define BIND_TOLD_H

#include "bind/binding.h"

void told_release(struct told *told);

/* Fills slot->told of the slots that "=" compares. Call it before their pools are filled; negative
 * when the server failed. */
int told_find(struct binding *b, struct err *err);
/* Every value that decides what is found is told: there is nothing to weigh. */
bool told_entirely(const struct binding *b);
/* The told values as an array literal; caller frees. */
char *told_array(const struct told *told);
/* A pool whose columns are these slots': rows that have no told value get one, in turns. */
void told_put(struct slot *const *slots, size_t n_slots, struct pool *pool);
/* After that: repeat rows and leave out others, until values are as frequent as in production. */
void told_repeat(struct slot *const *slots, size_t n_slots, struct pool *pool);

#endif
