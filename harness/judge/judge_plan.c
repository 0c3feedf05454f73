/*
 * Plan checks, from the plans of both arms that the run record may hold, and their differences.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "judge/judging.h"
#include "judge/plans.h"
#include "judge/sentence.h"
#include "judge/ties.h"

#include <math.h>
#include <string.h>

static bool has_plan(const struct run_plans *plans, size_t i)
{
	return i < plans->n && plans->items[i].hash;
}

static bool is_compared(const struct run_statement *statement)
{
	const struct run_plans *baseline = &statement->arms[ARM_BASELINE].plans;

	for (size_t i = 0; i < baseline->n; i++)
		if (has_plan(baseline, i) && has_plan(&statement->arms[ARM_CANDIDATE].plans, i))
			return true;
	return false;
}

/* "customer timeline (orders: reads sequentially, vector 197 of 200 by cost, 12.1 times the
 * blocks)": values are staging's, so a vector goes by its rank. */
static void add_harm(
    struct buf *out, const struct run_statement *statement, const struct run_plan_change *change)
{
	_cleanup_free_ char *where = run_plan_where(change->rank, change->of);

	buf_addf(out, "%s (%s", statement->name, change->text);
	if (statement->arms[ARM_BASELINE].plans.n > 1)
		buf_addf(out, ", %s", where);
	if (isfinite(change->buffers_ratio))
		buf_addf(out, ", %.3g times the blocks", change->buffers_ratio);
	else if (isfinite(change->cost_ratio))
		buf_addf(out, ", %.3g times the cost", change->cost_ratio);
	buf_addc(out, ')');
}

static void evaluate_regressions(
    const struct run *run, const struct target *target, struct check *check)
{
	_cleanup_buf_ struct buf found = BUF_INIT;
	_cleanup_free_ char *limit = limit_phrase(check);
	double worse = 0, tied = 0, compared = 0;

	for (size_t i = 0; i < target->n_statements; i++) {
		const struct run_statement *statement = &run->statements[target->statements[i]];
		const struct run_plan_change *change = judge_worst_plan_change(statement);

		compared += is_compared(statement);
		if (!change || change->severity != PLAN_HARMFUL)
			continue;
		if (plans_are_tied(run, &target->statements[i], 1, true)) {
			tied++;
			continue;
		}
		buf_adds(&found, worse > 0 ? ", " : "");
		add_harm(&found, statement, change);
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
		    "the plans of %.0f of %.0f statements changed for the worse: %s; %s", worse, compared,
		    found.data, limit);
	else
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "of %.0f statements none has a plan that changed for the worse; %s", compared, limit);
	if (tied > 0)
		check_amend(check, check->outcome,
		    ". Not counted: %.0f with a plan that the planner holds for as good as the other, "
		    "where "
		    "the arms have different statistics; what it costs is in blocks and latency",
		    tied);
}

/* A statement's cost over its plans, each by its share of the calls. */
static double cost_of(const struct run_statement *statement, int arm)
{
	double cost = 0, weights = 0;

	for (size_t i = 0; i < statement->arms[arm].plans.n; i++) {
		const struct run_plan *plan = &statement->arms[arm].plans.items[i];
		double weight = plan->share > 0 ? plan->share : 0;

		if (!has_plan(&statement->arms[ARM_BASELINE].plans, i) ||
		    !has_plan(&statement->arms[ARM_CANDIDATE].plans, i))
			continue;
		cost += weight * plan->cost;
		weights += weight;
	}
	return weights > 0 ? cost / weights : NAN;
}

static void evaluate_cost(const struct run *run, const struct target *target, struct check *check)
{
	double cost[N_ARMS] = {0};

	for (size_t i = 0; i < target->n_statements; i++)
		for (int arm = 0; arm < N_ARMS; arm++)
			cost[arm] += cost_of(&run->statements[target->statements[i]], arm);
	check->baseline = cost[ARM_BASELINE];
	check->candidate = cost[ARM_CANDIDATE];
	check->estimate = bound_estimate(check->bound, cost[ARM_BASELINE], cost[ARM_CANDIDATE]);
	if (isnan(check->estimate)) {
		check_decide(check, OUTCOME_INCONCLUSIVE, "the plans of %s were not taken in this run",
		    target->label);
		return;
	}
	check_decide_exact(check, NULL);
	if (check->outcome == OUTCOME_FAIL && bound_is_relative(check->bound) &&
	    costs_are_tied(run, cost[ARM_CANDIDATE] / cost[ARM_BASELINE]))
		check_amend(check, OUTCOME_INCONCLUSIVE,
		    ". The arms have different statistics, by which the planner's estimates differ as "
		    "much, "
		    "so this may not be the candidate's doing");
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
