#include "judge/judge.h"

#include "base/mem.h"
#include "judge/idle.h"
#include "judge/judging.h"
#include "judge/plans.h"

#include <math.h>
#include <string.h>

static const struct {
	enum metric_family family;
	evaluator *evaluate;
	/* In mid-run: from samples alone, or, once there are counters, for what is clear already. */
	enum { AT_THE_END, FROM_COUNTERS, FROM_SAMPLES } in_mid_run;
} families[] = {
    {METRIC_SERVICE, evaluate_timing, FROM_SAMPLES},
    {METRIC_RESPONSE, evaluate_timing, FROM_SAMPLES},
    {METRIC_ALONE, evaluate_timing, FROM_SAMPLES},
    {METRIC_COUNTER, evaluate_counter, FROM_COUNTERS},
    {METRIC_OP, evaluate_op, AT_THE_END},
    {METRIC_TABLE, evaluate_table, FROM_COUNTERS},
    {METRIC_INDEX, evaluate_index, AT_THE_END},
    {METRIC_PLAN, evaluate_plan, AT_THE_END},
    {METRIC_VACUUM, evaluate_table, AT_THE_END},
    {METRIC_RUN, evaluate_run, AT_THE_END},
};

static bool has_id(const struct run *run, const char *id)
{
	for (size_t i = 0; i < run->n_checks; i++)
		if (strcmp(run->checks[i].id, id) == 0)
			return true;
	return false;
}

/* "latency.p95 of customer timeline"; a second bound on the same figure adds its name. */
static char *unique_id(const struct run *run, const struct threshold *threshold, const char *label)
{
	char *id = threshold->metric->family == METRIC_RUN
	               ? xstrdup(threshold->metric->name)
	               : xasprintf("%s of %s", threshold->metric->name, label);

	for (int i = 1; has_id(run, id); i++) {
		free(id);
		id = i == 1 ? xasprintf("%s of %s (%s)", threshold->metric->name, label,
		                  bound_kind_name(threshold->bound))
		            : xasprintf("%s of %s (%s %d)", threshold->metric->name, label,
		                  bound_kind_name(threshold->bound), i);
	}
	return id;
}

static struct check *add_check(
    struct run *run, const struct threshold *threshold, const char *label)
{
	struct check *check;
	char *id = unique_id(run, threshold, label);

	GROW(run->checks, run->n_checks, run->cap_checks);
	check = &run->checks[run->n_checks++];
	*check = (struct check){
	    .id = id,
	    .metric = threshold->metric,
	    .scope = xstrdup(label),
	    .bound = threshold->bound,
	    .limit = threshold->limit,
	    .baseline = NAN,
	    .candidate = NAN,
	    .estimate = NAN,
	    .lower = NAN,
	    .upper = NAN,
	    .unstalled = NAN,
	    .needs_seconds = NAN,
	    .outcome = OUTCOME_INCONCLUSIVE,
	};
	return check;
}

static bool has_plans(const struct run *run)
{
	for (size_t i = 0; i < run->n_replayed; i++)
		if (run->statements[i].arms[ARM_CANDIDATE].plans.n)
			return true;
	return false;
}

/* The default policy (which has no line in a file) asks for what a run may not have measured. */
static bool applies(const struct run *run, const struct threshold *threshold)
{
	return threshold->line > 0 || threshold->metric->family != METRIC_PLAN || has_plans(run);
}

static bool can_be_judged(const struct judging *j, int in_mid_run)
{
	return j->input->final || in_mid_run == FROM_SAMPLES ||
	       (in_mid_run == FROM_COUNTERS && j->input->counted);
}

/* A look keeps of the counters what FAILs: the others are settled at the end. In overtime that is
 * now, and one that more time would settle asks for it. */
static bool is_kept(const struct judging *j, const struct check *check, int in_mid_run)
{
	return j->input->final || in_mid_run != FROM_COUNTERS || check->outcome == OUTCOME_FAIL ||
	       (j->input->overtime && !isnan(check->needs_seconds));
}

static void judge_threshold(struct judging *j, const struct threshold *threshold)
{
	size_t family = 0, n;
	struct target *targets;

	while (families[family].family != threshold->metric->family)
		family++;
	if (!can_be_judged(j, families[family].in_mid_run) || !applies(j->run, threshold))
		return;
	targets = targets_of(j->run, threshold, &n);
	for (size_t i = 0; i < n; i++) {
		struct check *check = add_check(j->run, threshold, targets[i].label);

		if (targets[i].problem)
			check_decide(check, OUTCOME_INCONCLUSIVE, "%s", targets[i].problem);
		else if (target_is_idle(j, &targets[i], threshold->metric->family))
			check_decide(
			    check, OUTCOME_PASS, "no call of %s fell into the replay", targets[i].label);
		else
			families[family].evaluate(j, threshold, &targets[i], check);
		if (!is_kept(j, check, families[family].in_mid_run))
			check_release(&j->run->checks[--j->run->n_checks]);
		target_release(&targets[i]);
	}
	free(targets);
}

static double warmup_of(const struct judge_input *input, const struct run *run)
{
	if (input->final)
		return isfinite(run->generator.warmup_s) ? run->generator.warmup_s : 0;
	return fmax(judge_warmup_seconds(input->samples, run, samples_end_seconds(input->samples)),
	    run->build.under_load ? run->build.end_s : 0);
}

static double planned_seconds(const struct judge_input *input)
{
	return input->planned_seconds > 0 ? input->planned_seconds
	                                  : samples_end_seconds(input->samples);
}

static bool was_looked_at(const struct judge_input *input, const struct run *run)
{
	return !input->final || run->replay.early_stop ||
	       run->replay.max_duration_ns > run->replay.duration_ns;
}

/* Only for the record of the whole run: a look decides by all pairs, as the end does. */
static void leave_stalls_out(struct judging *j)
{
	_cleanup_free_ bool *stalled = NULL;

	if (j->input->final)
		stalled = samples_stalled(j->input->samples, j->run);
	if (!stalled)
		return;
	evidence_init(&j->unstalled, j->input->samples, j->run, planned_seconds(j->input),
	    warmup_of(j->input, j->run), true, stalled);
	j->has_unstalled = true;
}

void judge_run(const struct judge_input *input, struct run *run)
{
	struct judging j = {
	    .input = input,
	    .run = run,
	    .looks = was_looked_at(input, run),
	    .caution = input->final ? 1 : LOOK_CAUTION,
	};

	for (size_t i = 0; i < run->n_checks; i++)
		check_release(&run->checks[i]);
	run->n_checks = 0;
	if (input->final) {
		judge_plan_changes(run);
		judge_index_facts(run);
	}
	evidence_init(&j.evidence, input->samples, run, planned_seconds(input), warmup_of(input, run),
	    input->final, NULL);
	leave_stalls_out(&j);
	for (size_t i = 0; i < run->n_thresholds; i++)
		judge_threshold(&j, &run->thresholds[i]);
	decide_timings(&j);
	verdict_reach(&j);
	timings_release(&j);
	evidence_release(&j.evidence);
	evidence_release(&j.unstalled);
	for (int kind = 0; kind < N_EVIDENCE_KINDS; kind++)
		pairs_release(&j.pairs[kind]);
}

bool judge_is_clear(const struct run *run)
{
	/* The candidate's half is still to come. */
	if (run->replay.design == DESIGN_SEQUENTIAL)
		return false;
	return run->verdict.outcome == OUTCOME_FAIL ||
	       (run->verdict.outcome == OUTCOME_PASS && run->verdict.proven);
}
