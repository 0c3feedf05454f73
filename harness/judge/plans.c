#include "judge/plans.h"

#include "base/buf.h"
#include "base/mem.h"
#include "judge/plan_differences.h"

#include <math.h>
#include <string.h>

/* Work differs when it differs by a quarter, and by more than a few blocks or cost units: small
 * tables change plans for nothing. */
#define WORK_RATIO   1.25
#define LEAST_BLOCKS 16.0
#define LEAST_COST   10.0

/* One execution is a rough clock: it counts where it is clear. */
#define TIME_RATIO    1.5
#define LEAST_SECONDS 0.001

static int compare_work(double baseline, double candidate, double ratio, double least)
{
	if (candidate > ratio * baseline && candidate - baseline > least)
		return 1;
	if (baseline > ratio * candidate && baseline - candidate > least)
		return -1;
	return 0;
}

/* Blocks decide: in production they may not be cached. The exception is a plan that was clearly
 * faster, and that the planner, who prices blocks, does not find dearer: an index-only nested loop, for
 * one, touches the same few pages over and over. It is shown as mixed and is no regression; where
 * blocks matter for themselves, buffers.touched_per_call limits them. One alone of the two would not do:
 * a single execution is a rough clock, and the planner's opinion is what is on trial.
 * Where blocks do not differ, a plan that the planner finds dearer and that took
 * longer is more work too: sorting and joining in memory touch no blocks. */
static enum plan_severity measured_severity(
    const struct run_plan *baseline, const struct run_plan *candidate)
{
	int blocks = compare_work(baseline->buffers, candidate->buffers, WORK_RATIO, LEAST_BLOCKS);
	int cost = compare_work(baseline->cost, candidate->cost, WORK_RATIO, LEAST_COST);
	int time =
	    compare_work(baseline->exec_seconds, candidate->exec_seconds, TIME_RATIO, LEAST_SECONDS);

	if (blocks > 0)
		return time < 0 && cost <= 0 ? PLAN_MIXED : PLAN_HARMFUL;
	if (blocks < 0)
		return PLAN_BETTER;
	return cost > 0 && time > 0 ? PLAN_HARMFUL : cost < 0 && time < 0 ? PLAN_BETTER : PLAN_NEUTRAL;
}

enum plan_severity judge_plan_severity(
    const struct run_plan *baseline, const struct run_plan *candidate)
{
	int cost;

	if (baseline->unstable || candidate->unstable)
		return PLAN_NEUTRAL;
	if (baseline->timed_out != candidate->timed_out)
		return candidate->timed_out ? PLAN_HARMFUL : PLAN_BETTER;
	if (!isnan(baseline->buffers) && !isnan(candidate->buffers))
		return measured_severity(baseline, candidate);
	cost = compare_work(baseline->cost, candidate->cost, WORK_RATIO, LEAST_COST);
	return cost > 0 ? PLAN_HARMFUL : cost < 0 ? PLAN_BETTER : PLAN_NEUTRAL;
}

static double quotient(double baseline, double candidate)
{
	return baseline > 0 ? candidate / baseline : NAN;
}

static char *describe(const struct plan_difference *difference)
{
	struct buf out = BUF_INIT;

	if (difference->object[0])
		buf_addf(&out, "%s: ", difference->object);
	buf_adds(&out, plan_kinds[difference->kind].phrase);
	if (difference->before[0] || difference->after[0])
		buf_addf(&out, " (%s, now %s)", difference->before[0] ? difference->before : "none",
		    difference->after[0] ? difference->after : "none");
	return buf_detach(&out);
}

static void add_change(struct run_statement *statement, size_t place,
    const struct plan_difference *difference, enum plan_severity severity)
{
	const struct run_plan *old = &statement->arms[ARM_BASELINE].plans.items[place];
	const struct run_plan *new = &statement->arms[ARM_CANDIDATE].plans.items[place];
	struct run_plan_changes *changes = &statement->plan_changes;

	GROW(changes->items, changes->n, changes->cap);
	changes->items[changes->n++] = (struct run_plan_change){
	    .kind = xstrdup(plan_kinds[difference->kind].name),
	    .object = xstrdup(difference->object),
	    .text = describe(difference),
	    .severity = severity,
	    .rank = old->rank,
	    .of = old->of,
	    .share = old->share,
	    .cost_ratio = quotient(old->cost, new->cost),
	    .buffers_ratio = quotient(old->buffers, new->buffers),
	};
}

/* A plan's text may be too long to keep; its hash still tells whether it changed. */
static void read_tree(const struct run_plans *plans, size_t place, struct plan_tree *ret)
{
	if (!plan_tree_parse(run_plan_json(plans, place), ret))
		ret->hash = strtoull(plans->items[place].hash, NULL, 16);
}

static void compare_place(struct run_statement *statement, size_t place)
{
	const struct run_plans *old = &statement->arms[ARM_BASELINE].plans;
	const struct run_plans *new = &statement->arms[ARM_CANDIDATE].plans;
	enum plan_severity severity;
	struct plan_differences found = {0};
	struct plan_tree before, after;

	if (!old->items[place].hash || !new->items[place].hash)
		return;
	severity = judge_plan_severity(&old->items[place], &new->items[place]);
	read_tree(old, place, &before);
	read_tree(new, place, &after);
	if (new->items[place].timed_out && !old->items[place].timed_out)
		plan_differences_add(&found, KIND_TIMED_OUT, "", "", "");
	plan_differences_find(&before, &after, &found);
	for (size_t i = 0; i < found.n; i++)
		add_change(statement, place, &found.items[i], severity);
	plan_differences_release(&found);
	plan_tree_release(&before);
	plan_tree_release(&after);
}

void judge_plan_changes(struct run *run)
{
	for (size_t i = 0; i < run->n_statements; i++) {
		struct run_statement *statement = &run->statements[i];
		size_t n = statement->arms[ARM_BASELINE].plans.n;

		run_plan_changes_release(&statement->plan_changes);
		if (n > statement->arms[ARM_CANDIDATE].plans.n)
			n = statement->arms[ARM_CANDIDATE].plans.n;
		for (size_t place = 0; place < n; place++)
			compare_place(statement, place);
	}
}

static double known(double ratio)
{
	return isnan(ratio) ? 0 : ratio;
}

const struct run_plan_change *judge_worst_plan_change(const struct run_statement *statement)
{
	const struct run_plan_change *worst = NULL;

	for (size_t i = 0; i < statement->plan_changes.n; i++) {
		const struct run_plan_change *change = &statement->plan_changes.items[i];

		if (!worst || change->severity > worst->severity ||
		    (change->severity == worst->severity &&
		        known(change->buffers_ratio) > known(worst->buffers_ratio)))
			worst = change;
	}
	return worst;
}
