/*
 * plan_differences: what differs between two plan trees, by kind. Pure.
 *
 *     struct plan_differences found = {0};
 *     plan_differences_find(&before, &after, &found);
 *     plan_differences_release(&found);
 */
#ifndef JUDGE_PLAN_DIFFERENCES_H
#define JUDGE_PLAN_DIFFERENCES_H

#include "judge/plan_kinds.h"
#include "model/plan_tree.h"

#include <stddef.h>

struct plan_difference {
	enum plan_kind kind;
	char *object;         /* relation or join; "" for the whole plan */
	char *before, *after; /* how it was and is done: "Seq Scan", "orders_pkey"; "" unknown */
};
struct plan_differences {
	struct plan_difference *items;
	size_t n, cap;
};

/* Appends to ret. Two trees with the same hash can still differ in what was measured. */
void plan_differences_find(
    const struct plan_tree *before, const struct plan_tree *after, struct plan_differences *ret);
void plan_differences_add(struct plan_differences *differences, enum plan_kind kind,
    const char *object, const char *before, const char *after);
void plan_differences_release(struct plan_differences *differences);

#endif
