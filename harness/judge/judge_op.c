/*
 * What the replay counted itself: errors.rate, slow.count, throughput, result.mismatches.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "judge/distributions.h"
#include "judge/judging.h"
#include "judge/op_blocks.h"
#include "judge/sentence.h"

#include <math.h>
#include <string.h>

struct op_counts {
	double scheduled, ok;
	double errors, failed;           /* answered with an error; those and what was not answered */
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
		counts.errors += a->errors;
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

static bool is_error(const struct sample *s, const void *ctx)
{
	(void)ctx;
	return s->status == SAMPLE_ERROR;
}

static bool is_failed(const struct sample *s, const void *ctx)
{
	(void)ctx;
	return s->status == SAMPLE_ERROR || s->status == SAMPLE_UNFINISHED;
}

static double share(double part, double all)
{
	return all > 0 ? part / all : 0;
}

/*
 * A few errors in few ops do not show a rate. With a limit of 0.1%, 1 of 300 may be bad luck, 3 are
 * not: FAIL when so many errors would come with probability below alpha at the allowed rate, or at
 * the baseline's when that is higher. Then the baseline's number is chance, too, and they come in
 * bursts: blocks must show it as well. What is not answered then tells that neither arm keeps up,
 * and not which is worse.
 */
static bool rate_is_shown(const struct judging *j, const struct target *target,
    const struct op_counts counts[N_ARMS], const struct check *check, double alpha,
    bool with_unanswered)
{
	const struct op_counts *a = &counts[ARM_BASELINE], *b = &counts[ARM_CANDIDATE];
	double baseline = share(with_unanswered ? a->failed : a->errors, a->scheduled);
	double n = with_unanswered ? b->failed : b->errors, allowed = allowed_rate(check), tail;
	bool by_itself = check->bound == BOUND_MAX && baseline <= allowed;
	struct op_blocks blocks;

	if (!by_itself && with_unanswered && check->bound == BOUND_MAX)
		return rate_is_shown(j, target, counts, check, alpha, false);
	if (!(poisson_upper_tail(n, fmax(allowed, baseline) * b->scheduled) < alpha))
		return false;
	if (by_itself)
		return true;
	op_blocks_count(j, target, with_unanswered ? is_failed : is_error, NULL, &blocks);
	tail = op_blocks_tail(&blocks, check->bound == BOUND_MAX_RATIO ? check->limit : 1,
	    check->bound == BOUND_MAX_INCREASE ? check->limit : 0);
	op_blocks_release(&blocks);
	return tail < alpha;
}

static void tell_errors_on_both(const struct op_counts counts[N_ARMS], struct check *check,
    const char *what, const char *candidate, const char *baseline, const char *worst)
{
	const struct op_counts *a = &counts[ARM_BASELINE];

	if (a->failed - a->errors > a->errors)
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s is %s, and %s on the baseline, too: neither arm answers all requests at this rate, "
		    "so lower it%s",
		    what, candidate, baseline, worst);
	else
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s is %s, but %s on the baseline, too: the replay is at fault, not the candidate%s; "
		    "give the statement other values, or skip it, in the file of the gate's \"overrides\"",
		    what, candidate, baseline, worst);
}

static void evaluate_errors(const struct judging *j, const struct target *target,
    const struct op_counts counts[N_ARMS], double alpha, struct check *check)
{
	_cleanup_free_ char *what = metric_phrase(check);
	_cleanup_free_ char *limit = limit_phrase(check);
	_cleanup_free_ char *worst = worst_error(&counts[ARM_CANDIDATE]);
	char baseline[32], candidate[32];

	check->baseline = counts[ARM_BASELINE].failed / counts[ARM_BASELINE].scheduled;
	check->candidate = counts[ARM_CANDIDATE].failed / counts[ARM_CANDIDATE].scheduled;
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	check->timed = !rate_is_shown(j, target, counts, check, alpha, false);
	units_format_percent(baseline, check->baseline);
	units_format_percent(candidate, check->candidate);
	if (check->proven)
		check_decide(check, OUTCOME_PASS, "%s is %s (%.0f of %.0f ops)%s; %s", what, candidate,
		    counts[ARM_CANDIDATE].failed, counts[ARM_CANDIDATE].scheduled, worst, limit);
	else if (rate_is_shown(j, target, counts, check, alpha, true))
		check_decide(check, OUTCOME_FAIL,
		    "%s is %s (%.0f of %.0f ops) where the baseline has %s%s; %s", what, candidate,
		    counts[ARM_CANDIDATE].failed, counts[ARM_CANDIDATE].scheduled, baseline, worst, limit);
	else if (fails_on_both(check))
		tell_errors_on_both(counts, check, what, candidate, baseline, worst);
	else
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s is %s (%.0f of %.0f ops), which may be chance%s; %s", what, candidate,
		    counts[ARM_CANDIDATE].failed, counts[ARM_CANDIDATE].scheduled, worst, limit);
}

static bool is_answered(const struct sample *s, const void *ctx)
{
	(void)ctx;
	return s->status == SAMPLE_OK;
}

static bool is_not_answered(const struct sample *s, const void *ctx)
{
	return !is_answered(s, ctx);
}

/* Answers per second differ by chance, too, where requests queue at the end. */
static bool throughput_is_chance(
    const struct judging *j, const struct target *target, double alpha, const struct check *check)
{
	bool lower = check->bound == BOUND_MIN_RATIO;
	struct op_blocks blocks;
	double scale = bound_is_ratio(check->bound) ? check->limit : 1, tail;

	if (!bound_is_relative(check->bound))
		return false;
	/* answered < limit * baseline's, with shares: missing > limit * baseline's + (1 - limit). */
	op_blocks_count(j, target, lower ? is_not_answered : is_answered, NULL, &blocks);
	tail = op_blocks_tail(&blocks, scale, lower ? 1 - check->limit : 0);
	op_blocks_release(&blocks);
	return !(tail < alpha);
}

static void evaluate_throughput(const struct judging *j, const struct target *target,
    const struct op_counts counts[N_ARMS], double alpha, struct check *check)
{
	double seconds = j->run->generator.duration_s;

	check->baseline = seconds > 0 ? counts[ARM_BASELINE].ok / seconds : NAN;
	check->candidate = seconds > 0 ? counts[ARM_CANDIDATE].ok / seconds : NAN;
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	check->timed = true;
	if (!isfinite(check->estimate)) {
		check_decide(check, OUTCOME_INCONCLUSIVE, "throughput is not known: no op was answered");
		return;
	}
	check_decide_exact(check, NULL);
	if (check->outcome == OUTCOME_FAIL && throughput_is_chance(j, target, alpha, check))
		check_amend(check, OUTCOME_INCONCLUSIVE, ", which may be chance");
}

struct slow_ops {
	double over_ns, from_ns;
};

static bool is_slow(const struct sample *s, const void *ctx)
{
	const struct slow_ops *slow = ctx;

	return s->status != SAMPLE_SKIPPED && s->status != SAMPLE_ERROR &&
	       (double)s->due_ns >= slow->from_ns && (double)sample_response_ns(s) > slow->over_ns;
}

/* Ops over the threshold's latency. Against the baseline it is noisy like any latency, and bursts
 * of the machine's make it noisier: it FAILs only when neither chance (Poisson) nor blocks explain
 * the excess. */
static void evaluate_slow(const struct judging *j, const struct threshold *threshold,
    const struct target *target, double alpha, struct check *check)
{
	struct slow_ops which = {threshold->over * 1e9, j->evidence.warmup_s * 1e9};
	bool ratio = check->bound == BOUND_MAX_RATIO, increase = check->bound == BOUND_MAX_INCREASE;
	double slow[N_ARMS] = {0}, allowed, tail;
	_cleanup_free_ char *limit = limit_phrase(check);
	_cleanup_free_ char *what = metric_phrase(check);
	struct op_blocks blocks;
	char over[32];

	op_blocks_count(j, target, is_slow, &which, &blocks);
	for (size_t b = 0; b < blocks.n; b++)
		for (int arm = 0; arm < N_ARMS; arm++)
			slow[arm] += blocks.of_kind[arm][b];
	tail = op_blocks_tail(&blocks, ratio ? check->limit : 1, 0);
	op_blocks_release(&blocks);
	check->timed = true;
	check->baseline = slow[ARM_BASELINE];
	check->candidate = slow[ARM_CANDIDATE];
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	allowed = ratio      ? check->limit * slow[ARM_BASELINE]
	          : increase ? check->limit + slow[ARM_BASELINE]
	          : check->bound == BOUND_MIN_RATIO
	              ? INFINITY /* no test for fewer: nobody wants more */
	              : NAN;
	units_format_duration(over, which.over_ns);
	if (!check->proven && !isnan(allowed) &&
	    (!(tail < alpha) || slow[ARM_CANDIDATE] - allowed <=
	                            normal_upper_quantile(alpha) * sqrt(slow[ARM_CANDIDATE] + allowed)))
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s: %.0f ops took more than %s, against %.0f on the baseline, which may be chance; %s",
		    what, slow[ARM_CANDIDATE], over, slow[ARM_BASELINE], limit);
	else
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "%s: %.0f ops took more than %s, against %.0f on the baseline; %s", what,
		    slow[ARM_CANDIDATE], over, slow[ARM_BASELINE], limit);
}

/* The checks of an "each" share the error between them. */
static double shared_alpha(const struct run *run, const struct threshold *threshold)
{
	bool many = scope_is_each(&threshold->scope) && run->n_replayed > 1;

	return many ? run->alpha / (double)run->n_replayed : run->alpha;
}

void evaluate_op(struct judging *j, const struct threshold *threshold, const struct target *target,
    struct check *check)
{
	double alpha = shared_alpha(j->run, threshold);
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
		evaluate_errors(j, target, counts, alpha, check);
	else if (strcmp(name, "throughput") == 0)
		evaluate_throughput(j, target, counts, alpha, check);
	else if (strcmp(name, "slow.count") == 0)
		evaluate_slow(j, threshold, target, alpha, check);
	else if (strcmp(name, "connections.utilisation") == 0)
		evaluate_sessions(j, target, check);
	else
		evaluate_results(j, target, check);
}
