/*
 * explain: the plans of one statement on one server.
 *
 *     struct explainer *e;
 *     explainer_open(db, sql, n_params, types, &e, &err);
 *     explainer_plan(e, values, &json, &err);          // the custom plan for these values
 *     explainer_generic(e, values, &json, &err);       // the plan that serves all values
 *     explainer_measure(e, values, 5000, &measured, &err);
 *     explainer_close(e);
 *
 * Answers are EXPLAIN (FORMAT JSON, SETTINGS) texts; the caller frees them. They hold the values:
 * plan_scrub (model/plan_tree.h) takes those out. One explainer per connection at a time.
 */
#ifndef PG_EXPLAIN_H
#define PG_EXPLAIN_H

#include "base/err.h"
#include "pg/db.h"

#include <stddef.h>
#include <stdint.h>

struct explainer;

/* types are the declared types as for db_prepare (0 lets the server infer); they may be NULL. */
int explainer_open(struct db *db, const char *sql, size_t n_params, const uint32_t *types,
    struct explainer **ret, struct err *err);
void explainer_close(struct explainer *explainer); /* NULL is fine */

int explainer_plan(
    struct explainer *explainer, const char *const *values, char **ret_json, struct err *err);

/* With plan_cache_mode = force_generic_plan. The values only decide which partitions are pruned
 * when the plan starts, which EXPLAIN shows as "Subplans Removed". */
int explainer_generic(
    struct explainer *explainer, const char *const *values, char **ret_json, struct err *err);

enum measure_end {
	MEASURE_DONE,
	MEASURE_TIMED_OUT, /* ret json is NULL */
	MEASURE_WRITES,    /* the statement would write, and was not run; ret json is NULL */
};

/* Run the statement: ANALYZE, BUFFERS, WAL, TIMING OFF, in a read-only transaction that is rolled
 * back. A function that writes and a row lock end it as MEASURE_WRITES. */
int explainer_measure(struct explainer *explainer, const char *const *values, unsigned timeout_ms,
    enum measure_end *ret_end, char **ret_json, struct err *err);

/* Run a statement that may write, with the same options, and undo it: within a transaction of the
 * caller, which also sets the statement timeout. After an error that transaction goes on. */
int explainer_try(
    struct explainer *explainer, const char *const *values, char **ret_json, struct err *err);

#endif
