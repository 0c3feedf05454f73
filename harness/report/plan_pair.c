#include "report/plan_pair.h"

#include "report/figures.h"

#include <math.h>
#include <stdlib.h>

/* The severity at a place as a number; -1 where no change is recorded. */
static int severity_at(const struct run_statement *s, const struct run_plan *plan)
{
	int worst = -1;

	for (size_t i = 0; i < s->plan_changes.n; i++) {
		const struct run_plan_change *change = &s->plan_changes.items[i];

		if (change->rank == plan->rank && change->of == plan->of && (int)change->severity > worst)
			worst = (int)change->severity;
	}
	return worst;
}

static size_t places(const struct run_statement *s)
{
	const size_t base = s->arms[ARM_BASELINE].plans.n, cand = s->arms[ARM_CANDIDATE].plans.n;

	return base < cand ? base : cand;
}

static bool compare_at(const struct run_statement *s, size_t place, struct plan ret[N_ARMS])
{
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		plan_parse(run_plan_json(&s->arms[arm].plans, place), &ret[arm]);
	if (plan_compare(&ret[ARM_BASELINE], &ret[ARM_CANDIDATE]))
		return true;
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		plan_release(&ret[arm]);
	return false;
}

/* Whether the plan at `place` says more than the best so far. */
static bool is_better(const struct run_statement *s, size_t place, size_t best)
{
	const struct run_plan *a = &s->arms[ARM_CANDIDATE].plans.items[place];
	const struct run_plan *b = &s->arms[ARM_CANDIDATE].plans.items[best];
	const int severity = severity_at(s, a) - severity_at(s, b);

	return severity > 0 || (severity == 0 && a->share > b->share);
}

bool plan_pair_find(const struct run_statement *s, struct plan_pair *ret)
{
	size_t best = 0;
	bool found = false;
	double base_cost;

	for (size_t place = 0; place < places(s); place++) {
		struct plan plans[N_ARMS];

		if ((found && !is_better(s, place, best)) || !compare_at(s, place, plans))
			continue;
		if (found)
			plan_pair_release(ret);
		*ret = (struct plan_pair){.arms = {plans[ARM_BASELINE], plans[ARM_CANDIDATE]}};
		best = place;
		found = true;
	}
	if (!found)
		return false;
	base_cost = s->arms[ARM_BASELINE].plans.items[best].cost;
	ret->where = run_plan_where(
	    s->arms[ARM_CANDIDATE].plans.items[best].rank, s->arms[ARM_CANDIDATE].plans.items[best].of);
	ret->cost_ratio = figure_quotient(base_cost, s->arms[ARM_CANDIDATE].plans.items[best].cost);
	ret->predicted_ratio =
	    best < s->predicted.n ? figure_quotient(base_cost, s->predicted.items[best].cost) : NAN;
	return true;
}

void plan_pair_release(struct plan_pair *pair)
{
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		plan_release(&pair->arms[arm]);
	free(pair->where);
	pair->where = NULL;
}
