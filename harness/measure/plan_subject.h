/*
 * plan_subject: one statement while its plans are taken: values, explainers, what a plan says.
 *
 * Shared by measure_plans.c and measure_predictions.c.
 */
#ifndef MEASURE_PLAN_SUBJECT_H
#define MEASURE_PLAN_SUBJECT_H

#include "base/buf.h"
#include "measure/measure_plans.h"
#include "pg/explain.h"

#define PLANNING_TIMEOUT "10s" /* of one EXPLAIN */

struct planner {
	struct db *const *arms;
	const struct vectors *vectors;
	const struct plan_options *options;
	struct vector_picker *picker;
	uint64_t deadline_ns;
	struct strv roots; /* pairs: an index of a partition, and the index it belongs to */
	struct run *run;
};

/* One statement while its plans are taken. */
struct subject {
	struct planner *planner;
	size_t number;
	const struct bound_statement *bound;
	struct run_statement *record;
	struct explainer *explainers[N_ARMS];
	const char **values;
	struct buf scratch;
	bool measure; /* until an execution ran into its time limit */
};

void planner_init(struct planner *planner, struct db *const arms[N_ARMS],
    const struct vectors *vectors, const struct plan_options *options, struct run *run);
void planner_release(struct planner *planner);

void subject_init(struct subject *s, struct planner *planner, size_t number);
void subject_release(struct subject *s);
/* 1 when the server does not take the statement, which the plans then say. */
int subject_open(struct subject *s, int arm, struct run_plans *plans, struct err *err);

/* The explainer alone; an error is the caller's to judge. */
int subject_explainer(struct subject *s, int arm, struct err *err);
void subject_close(struct subject *s);

/* The values of a row; a parameter that is new in every call gets what the call of that ordinal
 * would. Valid until the next call. */
const char *const *subject_values(struct subject *s, size_t row, uint64_t ordinal);

/* The custom or the generic plan on one arm, with the names that its indexes will have. */
int subject_plan(struct subject *s, int arm, bool generic, const char *const *values,
    char **ret_json, struct err *err);

/* A statement that one server does not plan is that statement's misfortune (0), unless the server is
 * gone or we are to stop (negative). */
int subject_tolerate(struct subject *s, int arm, const struct err *problem, struct err *err);

void plan_fill_planned(const struct subject *s, struct run_plan *plan, const char *json);
void plan_fill_measured(const struct subject *s, struct run_plan *plan, const char *json);
/* Keep the text of the last plan when this list does not show it yet. */
void plan_keep_text(const struct subject *s, struct run_plans *plans, const char *json);

#endif
