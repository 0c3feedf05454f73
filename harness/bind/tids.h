/*
 * tids: random row addresses of a table, the same for the same seed.
 *
 * Every row is as likely as any other: a block and a line number are drawn uniformly, and what is
 * not a live row is simply not found. Line numbers go a quarter beyond the average per block, so
 * that fuller blocks are not cut short.
 */
#ifndef BIND_TIDS_H
#define BIND_TIDS_H

#include "base/random.h"
#include "bind/catalog.h"

/* n tids of a leaf as the text of a tid[]; caller frees. */
char *tids_draw(struct rng *rng, const struct catalog_leaf *leaf, size_t n);
/* A leaf, as likely as its share of the table's blocks. */
const struct catalog_leaf *tids_leaf(struct rng *rng, const struct catalog_table *table);
/* The share of drawn tids that are rows, for a first guess at how many to draw. */
double tids_hit_share(const struct catalog_leaf *leaf);

#endif
