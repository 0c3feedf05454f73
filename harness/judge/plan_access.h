/*
 * plan_access: how a plan reads each relation. Pure.
 */
#ifndef JUDGE_PLAN_ACCESS_H
#define JUDGE_PLAN_ACCESS_H

#include "base/strv.h"
#include "model/plan_tree.h"

#include <stdbool.h>
#include <stddef.h>

/* Names are borrowed from the tree. */
struct plan_access {
	const char *relation, *alias;
	const char *method;  /* "Index Scan" */
	struct strv indexes; /* none: read sequentially */
	bool is_member;      /* of an Append: usually a partition */
	bool matched;
};
struct plan_accesses {
	struct plan_access *items;
	size_t n, cap;
};

void plan_accesses_read(const struct plan_tree *tree, struct plan_accesses *ret);
void plan_accesses_release(struct plan_accesses *accesses);
/* The access of the other plan to the same relation, by alias where that is the same, each only
 * once; NULL when there is none. */
const struct plan_access *plan_accesses_match(
    struct plan_accesses *accesses, const struct plan_access *wanted);
bool plan_access_same_indexes(const struct plan_access *a, const struct plan_access *b);
/* "Index Scan using orders_pkey"; caller frees. */
char *plan_access_text(const struct plan_access *access);

/* The aliases of the relations read at and below a node, sorted: "customers, orders". Caller
 * frees. */
char *plan_relations_below(const struct plan_tree *tree, size_t node);

#endif
