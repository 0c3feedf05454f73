/*
 * Plan checks, from the EXPLAIN (FORMAT JSON) that the run record may hold for each statement.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "judge/judging.h"
#include "judge/sentence.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* A changed plan is worse when the planner itself thinks it costs this much more. */
#define WORSE_RATIO 1.25
#define WORSE_LEAST 10.0

static void add_shape(const json_t *node, struct buf *shape)
{
	const json_t *child;
	size_t i;

	buf_addf(shape, "(%s", json_string_value(json_object_get(node, "Node Type")));
	if (json_string_value(json_object_get(node, "Index Name")))
		buf_addf(shape, " %s", json_string_value(json_object_get(node, "Index Name")));
	json_array_foreach (json_object_get(node, "Plans"), i, child)
		add_shape(child, shape);
	buf_addc(shape, ')');
}

/* Total cost, NAN when there is no plan; the shape is node types and index names, nested. */
static double read_plan(const char *text, struct buf *shape)
{
	json_t *root = text ? json_loads(text, 0, NULL) : NULL;
	const json_t *plan =
	    json_object_get(json_is_array(root) ? json_array_get(root, 0) : root, "Plan");
	double cost = NAN;

	if (plan) {
		cost = json_number_value(json_object_get(plan, "Total Cost"));
		add_shape(plan, shape);
	}
	json_decref(root);
	return cost;
}

/* 1 when the plan changed for the worse, 0 when not, -1 when a plan is missing. */
static int is_worse(const struct run_statement *statement)
{
	_cleanup_buf_ struct buf before = BUF_INIT;
	_cleanup_buf_ struct buf after = BUF_INIT;
	double old_cost = read_plan(statement->arms[ARM_BASELINE].plan, &before);
	double new_cost = read_plan(statement->arms[ARM_CANDIDATE].plan, &after);

	if (isnan(old_cost) || isnan(new_cost))
		return -1;
	return strcmp(before.data, after.data) != 0 && new_cost > WORSE_RATIO * old_cost &&
	       new_cost - old_cost > WORSE_LEAST;
}

static void evaluate_regressions(
    const struct run *run, const struct target *target, struct check *check)
{
	_cleanup_buf_ struct buf names = BUF_INIT;
	double worse = 0, compared = 0;
	_cleanup_free_ char *limit = limit_phrase(check);

	for (size_t i = 0; i < target->n_statements; i++) {
		const struct run_statement *statement = &run->statements[target->statements[i]];
		int answer = is_worse(statement);

		compared += answer >= 0;
		if (answer <= 0)
			continue;
		buf_addf(&names, "%s%s", worse > 0 ? ", " : "", statement->name);
		worse++;
	}
	if (compared < 1) {
		check_decide(check, OUTCOME_INCONCLUSIVE, "plans were not compared in this run");
		return;
	}
	check->samples[ARM_BASELINE] = check->samples[ARM_CANDIDATE] = compared;
	check->baseline = 0;
	check->candidate = check->estimate = worse;
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	if (worse > 0)
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "%.0f of %.0f plans changed for the worse: %s; %s", worse, compared, names.data, limit);
	else
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "none of %.0f plans changed for the worse; %s", compared, limit);
}

static void evaluate_cost(const struct run *run, const struct target *target, struct check *check)
{
	double cost[N_ARMS] = {0};

	for (size_t i = 0; i < target->n_statements; i++) {
		for (int arm = 0; arm < N_ARMS; arm++) {
			_cleanup_buf_ struct buf shape = BUF_INIT;

			cost[arm] += read_plan(run->statements[target->statements[i]].arms[arm].plan, &shape);
		}
	}
	check->baseline = cost[ARM_BASELINE];
	check->candidate = cost[ARM_CANDIDATE];
	check->estimate = bound_estimate(check->bound, cost[ARM_BASELINE], cost[ARM_CANDIDATE]);
	if (isnan(check->estimate))
		check_decide(check, OUTCOME_INCONCLUSIVE, "the plans of %s were not taken in this run",
		    target->label);
	else
		check_decide_exact(check, NULL);
}

void evaluate_plan(struct judging *j, const struct threshold *threshold,
    const struct target *target, struct check *check)
{
	if (!target->n_statements) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS, "the workload has no statement in the scope \"%s\"",
		    target->label);
	} else if (strcmp(threshold->metric->name, "plan.cost") == 0) {
		evaluate_cost(j->run, target, check);
	} else {
		evaluate_regressions(j->run, target, check);
	}
}
