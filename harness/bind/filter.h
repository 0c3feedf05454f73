/*
 * filter: a predicate whose selectivity production tells (statement_qual.filter_ratio, from
 * pg_qualstats), beside rows and blocks per call.
 *
 * Rows are the product of selectivities, and an aggregate returns one row whatever they are. A new
 * index on one of the predicates depends on that one alone. The counterpart in EXPLAIN ANALYZE is
 * "Rows Removed by Filter". Both count all conditions of a plan node together.
 */
#ifndef BIND_FILTER_H
#define BIND_FILTER_H

#include "bind/binding.h"

#include "base/json.h"

/* Sets b->filter and b->filter_kept: of the filters that a parameter is compared in, the one that
 * looked at most rows. */
void filter_choose(struct binding *b);
/* Rows that the scans below a plan node looked at, and let through, whose Filter names the column. */
void filter_measure(const json_t *plan, const char *column, double *ret_looked, double *ret_kept);

#endif
