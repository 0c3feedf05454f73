/*
 * plan: EXPLAIN (FORMAT JSON) as lines that people read, and what differs between two of them.
 *
 *     struct plan before = {0}, after = {0};
 *     plan_parse(arm->plan, &before); ...
 *     plan_compare(&before, &after);
 *     plan_add_text(out, &before);
 *     plan_release(&before);
 *
 * A text that is not a plan gives a plan without lines: a report is not the place to fail for it.
 */
#ifndef REPORT_PLAN_H
#define REPORT_PLAN_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct plan_line {
	char *text; /* "Index Scan using orders_pkey on orders", "Filter: (x = 1)" */
	int depth;
	bool is_node;
	bool differs;                          /* the other plan has no such line (plan_compare) */
	double startup_cost, total_cost, rows; /* of a node; NAN when not given */
};

struct plan {
	struct plan_line *lines;
	size_t n, cap;
	double total_cost; /* of the whole; NAN without a plan */
};

void plan_parse(const char *json, struct plan *ret);
void plan_release(struct plan *plan);
/* Marks the lines outside their longest common subsequence; returns whether there are any. */
bool plan_compare(struct plan *before, struct plan *after);
/* As EXPLAIN prints it, with "- " before (or mark) lines that differ and "  " before the others. */
void plan_add_text(struct buf *out, const struct plan *plan, char mark);
/* A line's cost and rows: "(cost=0.42..8.44 rows=1)"; nothing for a detail line. */
void plan_add_cost(struct buf *out, const struct plan_line *line);

#endif
