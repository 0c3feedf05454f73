/*
 * run_plan: the plans of a statement in the run record, and what changed between two arms.
 *
 * A statement has one list of plans per arm; the i-th of both were made for the same values: the
 * same vector, or none in particular (the generic plan). Plans of an arm with the same hash hold
 * their text once, at the first of them: run_plan_json finds it.
 */
#ifndef MODEL_RUN_PLAN_H
#define MODEL_RUN_PLAN_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

/* Figures are NAN when not known. */
struct run_plan {
	/* The vector's place among those that were planned, from the cheapest (1) to the dearest (of)
	 * by the baseline's cost. 0 for the generic plan, and of a statement without parameters. */
	int rank, of;
	int vector;   /* its row in the vectors, from 1; 0 when there is none */
	double share; /* of the statement's calls whose plans are these on both arms */
	char *hash;   /* of the normalised tree, 16 hexadecimal digits; NULL when not planned */
	double cost;  /* the planner's total */
	double rows, actual_rows;
	double buffers; /* hit, read and temp blocks */
	double wal_bytes;
	double exec_seconds;
	bool timed_out; /* ran into the time limit: there are no measured figures */
	bool unstable;  /* planned twice, with different results */
	char *error;    /* why there is no plan; NULL */
	char *json;     /* EXPLAIN (FORMAT JSON) without literals; NULL as said above, or too long */
};
struct run_plans {
	struct run_plan *items;
	size_t n, cap;
};

enum plan_severity {
	PLAN_BETTER,  /* less work */
	PLAN_NEUTRAL, /* different, about as much work */
	PLAN_MIXED,   /* more blocks, and yet less time */
	PLAN_HARMFUL, /* more work */
};
const char *plan_severity_name(enum plan_severity severity); /* "better", ... */

/* One typed difference between the plans of both arms at one place of the lists. */
struct run_plan_change {
	char *kind;                  /* "index_to_seq": a row of judge/plan_kinds.c */
	char *object;                /* the relation, index or join; "" for the whole plan */
	char *text;                  /* a phrase: "orders: orders_pkey, now a sequential scan" */
	enum plan_severity severity; /* of the plan as a whole */
	int rank, of;                /* as of the plans; 0 for the generic plan */
	double share;
	double cost_ratio, buffers_ratio; /* candidate by baseline; NAN unknown */
};
struct run_plan_changes {
	struct run_plan_change *items;
	size_t n, cap;
};

struct run_plan *run_plans_add(struct run_plans *plans); /* figures NAN, the rest zero */
void run_plans_release(struct run_plans *plans);
/* The text of the i-th plan; NULL when there is none. */
const char *run_plan_json(const struct run_plans *plans, size_t i);
/* "the generic plan", "vector 197 of 200 by cost"; caller frees. */
char *run_plan_where(int rank, int of);

void run_plan_changes_release(struct run_plan_changes *changes);

/* For run_load.c and run_save.c. */
void run_plans_load(
    struct json_reader *r, const json_t *object, const char *key, struct run_plans *ret);
json_t *run_plans_to_json(const struct run_plans *plans);
void run_plan_changes_load(
    struct json_reader *r, const json_t *object, const char *key, struct run_plan_changes *ret);
json_t *run_plan_changes_to_json(const struct run_plan_changes *changes);

#endif
