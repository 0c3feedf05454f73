/*
 * What the replay counted itself: errors.rate, slow.count, throughput, result.mismatches.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "judge/distributions.h"
#include "judge/judging.h"
#include "judge/sentence.h"

#include <math.h>
#include <string.h>

struct op_counts {
	double scheduled, ok, failed;    /* failed: answered with an error, or not answered */
	const struct error_count *worst; /* the most frequent error; NULL when there was none */
	const char *worst_statement;
};

static struct op_counts count_ops(const struct run *run, const struct target *target, int arm)
{
	struct op_counts counts = {0};

	for (size_t i = 0; i < target->n_statements; i++) {
		const struct run_statement *statement = &run->statements[target->statements[i]];
		const struct run_statement_arm *a = &statement->arms[arm];

		counts.scheduled += a->scheduled;
		counts.ok += a->ok;
		counts.failed += a->errors + a->unfinished;
		for (size_t k = 0; k < a->n_error_counts; k++) {
			if (a->error_counts[k].count <= (counts.worst ? counts.worst->count : 0))
				continue;
			counts.worst = &a->error_counts[k];
			counts.worst_statement = statement->name;
		}
	}
	return counts;
}

/* "; the most frequent error is 42703 (no such column) of customer timeline"; caller frees. */
static char *worst_error(const struct op_counts *counts)
{
	_cleanup_free_ char *what = NULL;

	if (!counts->worst)
		return xstrdup("");
	what = error_count_text(counts->worst);
	return xasprintf("; most often %s: %s", counts->worst_statement, what);
}

/*
 * A few errors in few ops do not show a rate. With a limit of 0.1%, 1 of 300 may be bad luck, 3 are
 * not: FAIL when so many errors would come with probability below alpha at the allowed rate, or at
 * the baseline's when that is higher.
 */
static bool rate_is_shown(
    const struct run *run, const struct op_counts counts[N_ARMS], double allowed)
{
	double baseline = counts[ARM_BASELINE].scheduled > 0
	                      ? counts[ARM_BASELINE].failed / counts[ARM_BASELINE].scheduled
	                      : 0;
	double mean = fmax(allowed, baseline) * counts[ARM_CANDIDATE].scheduled;

	return poisson_upper_tail(counts[ARM_CANDIDATE].failed, mean) < run->alpha;
}

static double allowed_rate(const struct check *check)
{
	switch (check->bound) {
	case BOUND_MAX_RATIO:
		return check->limit * check->baseline;
	case BOUND_MAX_INCREASE:
		return check->limit + check->baseline;
	default:
		return check->limit;
	}
}

/* Does the baseline break the limit in the same way? Then the replay is at fault, not the change.
 */
static bool fails_on_both(const struct check *check)
{
	return check->bound == BOUND_MAX && check->baseline > check->limit;
}

static void evaluate_errors(
    const struct run *run, const struct op_counts counts[N_ARMS], struct check *check)
{
	_cleanup_free_ char *what = metric_phrase(check);
	_cleanup_free_ char *limit = limit_phrase(check);
	_cleanup_free_ char *worst = worst_error(&counts[ARM_CANDIDATE]);
	char baseline[32], candidate[32];

	check->baseline = counts[ARM_BASELINE].failed / counts[ARM_BASELINE].scheduled;
	check->candidate = counts[ARM_CANDIDATE].failed / counts[ARM_CANDIDATE].scheduled;
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	units_format_percent(baseline, check->baseline);
	units_format_percent(candidate, check->candidate);
	if (check->proven)
		check_decide(check, OUTCOME_PASS, "%s is %s (%.0f of %.0f ops)%s; %s", what, candidate,
		    counts[ARM_CANDIDATE].failed, counts[ARM_CANDIDATE].scheduled, worst, limit);
	else if (rate_is_shown(run, counts, allowed_rate(check)))
		check_decide(check, OUTCOME_FAIL,
		    "%s is %s (%.0f of %.0f ops) where the baseline has %s%s; %s", what, candidate,
		    counts[ARM_CANDIDATE].failed, counts[ARM_CANDIDATE].scheduled, baseline, worst, limit);
	else if (fails_on_both(check))
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s is %s, but %s on the baseline, too: the replay is at fault, not the candidate%s; "
		    "give the statement other values, or skip it, in the file of the gate's \"overrides\"",
		    what, candidate, baseline, worst);
	else
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s is %s (%.0f of %.0f ops), which may be chance%s; %s", what, candidate,
		    counts[ARM_CANDIDATE].failed, counts[ARM_CANDIDATE].scheduled, worst, limit);
}

static void evaluate_throughput(
    const struct run *run, const struct op_counts counts[N_ARMS], struct check *check)
{
	double seconds = run->generator.duration_s;

	check->baseline = seconds > 0 ? counts[ARM_BASELINE].ok / seconds : NAN;
	check->candidate = seconds > 0 ? counts[ARM_CANDIDATE].ok / seconds : NAN;
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	if (isfinite(check->estimate))
		check_decide_exact(check, NULL);
	else
		check_decide(check, OUTCOME_INCONCLUSIVE, "throughput is not known: no op was answered");
}

static bool in_target(const struct target *target, const struct sample *s)
{
	for (size_t i = 0; i < target->n_statements; i++)
		if (target->statements[i] == s->statement)
			return true;
	return false;
}

/* Ops over the threshold's latency. As a ratio it is noisy like any latency, so it FAILS only when
 * chance (Poisson) does not explain the excess. */
static void evaluate_slow(struct judging *j, const struct threshold *threshold,
    const struct target *target, struct check *check)
{
	const struct samples *samples = j->input->samples;
	double over_ns = threshold->over * 1e9, slow[N_ARMS] = {0}, allowed;
	_cleanup_free_ char *limit = limit_phrase(check);
	_cleanup_free_ char *what = metric_phrase(check);
	char over[32];

	for (size_t i = 0; i < samples->n; i++) {
		const struct sample *s = &samples->items[i];

		if (s->status == SAMPLE_SKIPPED || s->status == SAMPLE_ERROR || !in_target(target, s))
			continue;
		if ((double)s->due_ns >= j->evidence.warmup_s * 1e9)
			slow[s->arm] += (double)sample_response_ns(s) > over_ns;
	}
	check->baseline = slow[ARM_BASELINE];
	check->candidate = slow[ARM_CANDIDATE];
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	allowed = check->bound == BOUND_MAX_RATIO      ? check->limit * slow[ARM_BASELINE]
	          : check->bound == BOUND_MAX_INCREASE ? check->limit + slow[ARM_BASELINE]
	                                               : NAN;
	units_format_duration(over, over_ns);
	if (!check->proven && !isnan(allowed) &&
	    slow[ARM_CANDIDATE] - allowed <=
	        normal_upper_quantile(j->run->alpha) * sqrt(slow[ARM_CANDIDATE] + allowed))
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s: %.0f ops took more than %s, against %.0f on the baseline, which may be chance; %s",
		    what, slow[ARM_CANDIDATE], over, slow[ARM_BASELINE], limit);
	else
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "%s: %.0f ops took more than %s, against %.0f on the baseline; %s", what,
		    slow[ARM_CANDIDATE], over, slow[ARM_BASELINE], limit);
}

void evaluate_op(struct judging *j, const struct threshold *threshold, const struct target *target,
    struct check *check)
{
	struct op_counts counts[N_ARMS];
	const char *name = threshold->metric->name;

	if (!target->n_statements) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS, "the workload has no statement in the scope \"%s\"",
		    target->label);
		return;
	}
	for (int arm = 0; arm < N_ARMS; arm++) {
		counts[arm] = count_ops(j->run, target, arm);
		check->samples[arm] = counts[arm].scheduled;
	}
	if (counts[ARM_CANDIDATE].scheduled < 1) {
		check_decide(
		    check, OUTCOME_INCONCLUSIVE, "no op of %s was due in the replay", target->label);
		return;
	}
	if (strcmp(name, "errors.rate") == 0)
		evaluate_errors(j->run, counts, check);
	else if (strcmp(name, "throughput") == 0)
		evaluate_throughput(j->run, counts, check);
	else if (strcmp(name, "slow.count") == 0)
		evaluate_slow(j, threshold, target, check);
	else if (strcmp(name, "connections.utilisation") == 0)
		evaluate_sessions(j, target, check);
	else
		evaluate_results(j, target, check);
}
