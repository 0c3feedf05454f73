/*
 * plan_tree: EXPLAIN (FORMAT JSON) as a normalised tree that can be hashed and compared.
 *
 *     struct plan_tree tree;
 *     if (plan_tree_parse(json, &tree)) use(tree.hash, tree.nodes[0].cost);
 *     plan_tree_release(&tree);
 *
 * Two plans that do the same thing with other values have the same hash: node types, strategies,
 * relations, indexes, keys and conditions count; literals, costs and row counts do not. Pure.
 */
#ifndef MODEL_PLAN_TREE_H
#define MODEL_PLAN_TREE_H

#include "base/strv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_NO_PARENT SIZE_MAX

/* Strings are owned, NULL when EXPLAIN gives none; figures are NAN then. */
struct plan_node {
	size_t parent; /* index of the node above; PLAN_NO_PARENT */
	int depth;
	char *type; /* "Index Scan" */
	char *relation, *alias, *index;
	char *root_index; /* that `index` is a partition of, where it is known */
	char *join;       /* "Inner", "Left", ... */
	char *strategy;
	bool parallel;             /* takes part of a relation, with other workers */
	double cost, rows;         /* the planner's: total cost, rows per loop */
	double actual_rows, loops; /* as measured, rows per loop */
	double buffers;            /* hit, read and temp blocks, with the nodes below */
	double lossy_blocks;       /* of a bitmap heap scan */
	double subplans_removed;   /* pruned when the plan starts */
};

struct plan_tree {
	struct plan_node *nodes; /* a parent before its children */
	size_t n, cap;
	uint64_t hash;
	double exec_seconds, wal_bytes; /* NAN when not measured */
};

/* False, and an empty tree, when the text is not a plan. An index of a partition counts by the name
 * of the partitioned index, where that is known: servers invent the names of the former, HypoPG others.
 * It is known from the text that plan_scrub made, or from roots: pairs of such names, or NULL. */
bool plan_tree_parse(const char *json, struct plan_tree *ret);
bool plan_tree_parse_rooted(const char *json, const struct strv *roots, struct plan_tree *ret);
void plan_tree_release(struct plan_tree *tree);

/* The plan with every literal in its conditions and keys as "?": values are staging's, and a
 * report must not name them. roots are pairs of an index of a partition and the
 * partitioned index it belongs to, which then stands beside it as "Partitioned Index"; or NULL. NULL
 * when the text is not JSON. Caller frees. */
char *plan_scrub(const char *json, const struct strv *roots);
/* The same for one expression as EXPLAIN prints it. Caller frees. */
char *plan_scrub_expression(const char *text);

#endif
