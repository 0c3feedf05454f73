/*
 * All checks together, and the state of the run that may forbid a verdict.
 *
 * A FAIL that counters prove stands however late the generator was: counting does not depend on
 * time. A FAIL from timing does not, and a PASS needs a sound run.
 */
#include "base/mem.h"
#include "base/units.h"
#include "judge/idle.h"

#include <math.h>
#include <string.h>

/* Lateness that is ours: beyond this, samples say more about the generator than about a server. */
#define LAG_P99_LIMIT_S    0.010
#define ACHIEVED_MIN_SHARE 0.95
/* A machine that is full makes both arms wait for it and shrinks what differs between them. */
#define BUSY_LIMIT         0.97
#define BUSY_LAG_LIMIT_S   0.002

static bool is_timing(const struct check *check)
{
	return check->timed || evidence_kind_of(check->metric->family) < N_EVIDENCE_KINDS;
}

static double achieved_share(const struct run *run)
{
	const struct run_generator *g = &run->generator;
	double wanted = g->offered_rate;

	return wanted > 0 && g->duration_s > 5 ? g->achieved_rate / wanted : NAN;
}

/* Why nothing timed in this run can be trusted; empty when it can. */
static void invalidating_reasons(const struct run *run, struct strv *ret)
{
	const struct run_generator *g = &run->generator;
	char text[32];

	for (size_t i = 0; i < run->n_disturbances; i++)
		if (run->disturbances[i].blocks_pass)
			strv_add(ret, run->disturbances[i].text);
	if (run->replay.design == DESIGN_SEQUENTIAL)
		strv_add(ret, "with design: sequential each arm has its own stretch of time, and what "
		              "changed between "
		              "them looks like the candidate's doing; use pairs or slices for a verdict");
	if (g->lag_p99 > LAG_P99_LIMIT_S)
		strv_addf(ret,
		    "the load generator was late: 1%% of the ops were sent at least %s after they were "
		    "due; "
		    "lower the rate, or give it a machine of its own",
		    units_format_duration(text, g->lag_p99 * 1e9));
	else if (g->machine_busy > BUSY_LIMIT && g->lag_p99 > BUSY_LAG_LIMIT_S)
		strv_addf(ret,
		    "the machine was saturated (%s of its CPU time in use); lower the rate, or stop what "
		    "else runs there",
		    units_format_percent(text, g->machine_busy));
	if (achieved_share(run) < ACHIEVED_MIN_SHARE && g->errors == 0 && g->unfinished == 0)
		strv_addf(ret, "only %s of the wanted rate was reached",
		    units_format_percent(text, achieved_share(run)));
}

static void add_reasons(const struct run *run, enum outcome outcome, struct strv *reasons)
{
	for (size_t i = 0; i < run->n_checks; i++)
		if (run->checks[i].outcome == outcome)
			strv_add(reasons, run->checks[i].why);
}

static double longest_need(const struct run *run)
{
	double longest = NAN;

	for (size_t i = 0; i < run->n_checks; i++)
		if (run->checks[i].outcome == OUTCOME_INCONCLUSIVE)
			longest = fmax(longest, run->checks[i].needs_seconds);
	return longest;
}

static void withdraw_timing_fails(struct run *run)
{
	for (size_t i = 0; i < run->n_checks; i++) {
		struct check *check = &run->checks[i];

		if (check->outcome == OUTCOME_FAIL && is_timing(check))
			check_amend(
			    check, OUTCOME_INCONCLUSIVE, "; but the timing of this run cannot be trusted");
	}
}

static void count_outcomes(const struct run *run, size_t counts[3], bool *ret_all_proven)
{
	*ret_all_proven = true;
	for (size_t i = 0; i < run->n_checks; i++) {
		counts[run->checks[i].outcome]++;
		*ret_all_proven = *ret_all_proven && run->checks[i].proven;
	}
}

void verdict_reach(struct judging *j)
{
	struct run *run = j->run;
	struct verdict verdict = {.outcome = OUTCOME_PASS, .needs_seconds = NAN};
	_cleanup_free_ char *idle = idle_reason(j);
	struct strv invalid = {0};
	size_t counts[3] = {0};
	bool all_proven;

	/* In mid-run too: a replay that a look ends could not become sound again. */
	invalidating_reasons(run, &invalid);
	if (invalid.n)
		withdraw_timing_fails(run);
	count_outcomes(run, counts, &all_proven);
	if (counts[OUTCOME_FAIL]) {
		verdict.outcome = OUTCOME_FAIL;
		add_reasons(run, OUTCOME_FAIL, &verdict.reasons);
	} else if (invalid.n || counts[OUTCOME_INCONCLUSIVE] || idle) {
		verdict.outcome = OUTCOME_INCONCLUSIVE;
		verdict.needs_seconds = longest_need(run);
		if (idle)
			strv_add(&verdict.reasons, idle);
		for (size_t i = 0; i < invalid.n; i++)
			strv_add(&verdict.reasons, invalid.items[i]);
		add_reasons(run, OUTCOME_INCONCLUSIVE, &verdict.reasons);
	}
	verdict.proven =
	    verdict.outcome == OUTCOME_PASS && (j->input->final ? all_proven : timings_are_clear(j));
	strv_release(&invalid);
	strv_release(&run->verdict.reasons);
	run->verdict = verdict;
}
