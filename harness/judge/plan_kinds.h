/*
 * plan_kinds: the ways in which two plans differ, as a table.
 *
 * A new kind is one row in plan_kinds.c and the function that finds it in plan_differences.c.
 */
#ifndef JUDGE_PLAN_KINDS_H
#define JUDGE_PLAN_KINDS_H

enum plan_kind {
	KIND_SEQ_TO_INDEX,
	KIND_INDEX_TO_SEQ,
	KIND_INDEX_CHANGED,
	KIND_SCAN_CHANGED,
	KIND_PRUNING_LOST,
	KIND_PRUNING_GAINED,
	KIND_JOIN_ORDER_CHANGED,
	KIND_JOIN_METHOD_CHANGED,
	KIND_SORT_ADDED,
	KIND_SORT_REMOVED,
	KIND_PARALLEL_LOST,
	KIND_PARALLEL_GAINED,
	KIND_AGGREGATE_CHANGED,
	KIND_BITMAP_LOSSY,
	KIND_ROWS_MISESTIMATED,
	KIND_TIMED_OUT,
	KIND_SHAPE_CHANGED, /* none of the others, and yet not the same */
	N_PLAN_KINDS,
};

struct plan_kind_info {
	const char *name;   /* in run.json: never changes */
	const char *phrase; /* what happened on the candidate, for people */
};
extern const struct plan_kind_info plan_kinds[N_PLAN_KINDS];

#endif
