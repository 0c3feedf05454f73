/*
 * The outcome of one timing check, with its interval, its sentence and the time it still needs.
 */
#include "base/mem.h"
#include "judge/distributions.h"
#include "judge/sentence.h"
#include "judge/ties.h"
#include "judge/timing.h"

#include <math.h>
#include <string.h>

#define PASS_EXCEEDANCES   100 /* from here on a quantile must be shown to be below the guard */
#define POWER_SCORE        4.7 /* ln(guard) in standard errors at which 99.9% of unchanged runs show it */
#define NEEDS_POWER_SCORE  0.84 /* 80% power */
#define CHANGE_ALPHA       0.05 /* shared by all checks: a change that shows must be proven harmless */
#define ERROR_SHARE_MARGIN 0.01

static bool below(const struct judging *j, const struct timing *t, double t_value)
{
	return t->exceedances >= FAIL_EXCEEDANCES && !isnan(t_value) &&
	       student_upper_tail(-t_value, t->degrees) <= timing_level(j, PASS_ALPHA);
}

/* Slower than unchanged beyond doubt, the dead band granted: such a check passes only when it is
 * proven to be within its limit. Without this an effect exactly at the limit would pass as soon
 * as its upper bound is below the guard. */
static bool shows_a_change(const struct judging *j, const struct timing *t, size_t n_tests)
{
	double band = isnan(t->standard_error) ? 0 : log1p(j->run->dead_band) / t->standard_error;

	if (t->exceedances < FAIL_EXCEEDANCES || isnan(t->t_unchanged))
		return false;
	return student_upper_tail(t->t_unchanged - band, t->degrees) <=
	       timing_level(j, CHANGE_ALPHA / (double)(n_tests ? n_tests : 1));
}

/* Significant, but by too few values of the tail for a FAIL: that is no PASS either. */
static bool shows_a_breach_in_few(const struct judging *j, const struct timing *t)
{
	return t->exceedances < FAIL_EXCEEDANCES && !isnan(t->t_fail) &&
	       student_upper_tail(t->t_fail, t->degrees) <=
	           timing_level(j, j->run->alpha / (double)j->n_timings);
}

/* Would these samples have let an unchanged candidate pass? If not, silence is no evidence. */
static bool decidable(const struct timing *t)
{
	return t->exceedances >= PASS_EXCEEDANCES ||
	       (t->exceedances >= FAIL_EXCEEDANCES && t->what.kind == HYPOTHESIS_RATIO &&
	           fabs(log(t->guard)) >= POWER_SCORE * t->standard_error);
}

static enum outcome outcome_of(
    const struct judging *j, const struct timing *t, size_t n_tests, bool *ret_proven)
{
	*ret_proven = below(j, t, t->t_limit);
	if (*ret_proven)
		return OUTCOME_PASS;
	if (t->must_improve)
		return OUTCOME_INCONCLUSIVE;
	if (shows_a_change(j, t, n_tests) || shows_a_breach_in_few(j, t))
		return OUTCOME_INCONCLUSIVE;
	if (below(j, t, t->t_guard))
		return OUTCOME_PASS;
	if (timing_pairs_are_slower(j, t))
		return OUTCOME_INCONCLUSIVE;
	return decidable(t) || t->named ? OUTCOME_INCONCLUSIVE : OUTCOME_PASS;
}

/* The lower end answers FAIL ("at least"), the upper end PASS ("at most"), each at its own error;
 * for a bound from below it is the other way round. */
static void fill_interval(struct judging *j, const struct timing *t, struct check *check)
{
	double unit = bound_is_ratio(check->bound) ? 1 : 1e9;
	double breach, safe, lower, upper;
	struct series_pair pair;

	check->lower = check->upper = NAN;
	if (!isnan(t->sign_tail)) {
		check->lower = fmin(sign_lower(t->ratios, t->n_ratios, t->fail_level), check->estimate);
		check->upper = fmax(sign_upper(t->ratios, t->n_ratios, PASS_ALPHA), check->estimate);
		return;
	}
	if (!j->input->final || t->degrees < 2 || t->exceedances < 1)
		return;
	breach = student_upper_quantile(t->fail_level, t->degrees);
	safe = student_upper_quantile(PASS_ALPHA, t->degrees);
	evidence_pair(&j->evidence, t->kind, t->statements, t->n_statements, &pair);
	lower = interval_end(&pair, t->what, t->side > 0 ? breach : safe);
	upper = interval_end(&pair, t->what, t->side > 0 ? -safe : -breach);
	series_pair_release(&pair);
	check->lower = fmin(lower / unit, check->estimate);
	check->upper = fmax(upper / unit, check->estimate);
}

/* Exceedances that a check with few of them needs: for a FAIL, if the estimate is right, as many as
 * make the expected error small enough; for a PASS what a proof wants. */
static double wanted_exceedances(const struct timing *t, const struct check *check, bool breached)
{
	double tail = quantile_tail(check->metric->quantile);
	double score = normal_upper_quantile(t->fail_level) + NEEDS_POWER_SCORE;
	double per_one = score * expected_error(tail, 1) / log(check->estimate / t->fail_beyond);

	if (!breached || t->what.kind != HYPOTHESIS_RATIO || !(check->estimate > 0))
		return PASS_EXCEEDANCES;
	return fmax(fmin(per_one * per_one * tail, PASS_EXCEEDANCES), FAIL_EXCEEDANCES);
}

/*
 * Further replay until the open question is settled with 80% power: the distance from the
 * estimate to what must be excluded, in standard errors, grows with the root of the time.
 */
static double needs_seconds(
    const struct judging *j, const struct timing *t, const struct check *check)
{
	bool breached = !bound_holds(check->bound, check->estimate, check->limit);
	double span = j->evidence.span_s, score, distance, wanted;

	if (t->exceedances < FAIL_EXCEEDANCES || isnan(t->standard_error)) {
		wanted = wanted_exceedances(t, check, breached) / fmax(t->exceedances, 1) - 1;
		return wanted > 0 ? span * wanted : NAN;
	}
	if (fabs(log(check->estimate / t->limit)) < log1p(j->run->dead_band))
		return NAN; /* indistinguishable from the limit */
	score = student_upper_quantile(breached ? t->fail_level : PASS_ALPHA, t->degrees);
	distance = fabs(log(check->estimate / (breached ? t->fail_beyond : t->guard)));
	wanted = (score + NEEDS_POWER_SCORE) * t->standard_error / distance;
	return fmax(span * (wanted * wanted - 1), j->evidence.block_s);
}

/* "p95 of customer timeline is 2.31× the baseline (2.10 ms instead of 910 µs" */
static char *finding(const struct check *check)
{
	_cleanup_free_ char *what = metric_phrase(check);
	char estimate[48], baseline[48], candidate[48];

	format_bound(estimate, check, check->estimate);
	format_figure(baseline, check->metric, check->baseline);
	format_figure(candidate, check->metric, check->candidate);
	if (bound_is_ratio(check->bound))
		return xasprintf(
		    "%s is %s the baseline (%s instead of %s", what, estimate, candidate, baseline);
	if (check->bound == BOUND_MAX_INCREASE)
		return xasprintf(
		    "%s is %s than on the baseline (%s instead of %s", what, estimate, candidate, baseline);
	return xasprintf("%s is %s (%s on the baseline", what, estimate, baseline);
}

static void tell_fail(const struct timing *t, struct check *check)
{
	_cleanup_free_ char *found = finding(check);
	_cleanup_free_ char *limit = limit_phrase(check);
	char end[48];

	format_bound(end, check, t->side > 0 ? check->lower : check->upper);
	check_decide(check, OUTCOME_FAIL, "%s; %s %s); %s", found, t->side > 0 ? "at least" : "at most",
	    end, limit);
}

/* What FAILs, but may be a toss of the planner. In mid-run there are no plans yet, and it waits for
 * them as long as time is planned. */
static bool may_be_a_tie(const struct judging *j, const struct timing *t)
{
	if (j->input->final)
		return plans_are_tied(j->run, t->statements, t->n_statements, t->side > 0);
	return !j->input->overtime && statistics_differ(j->run);
}

static void tell_pass(const struct timing *t, struct check *check)
{
	_cleanup_free_ char *found = finding(check);
	_cleanup_free_ char *limit = limit_phrase(check);
	double safe = t->side > 0 ? check->upper : check->lower;
	char end[48];

	format_bound(end, check, safe);
	if (check->proven)
		check_decide(check, OUTCOME_PASS, "%s; %s %s); %s", found,
		    t->side > 0 ? "at most" : "at least", end, limit);
	else if (decidable(t) || t->exceedances >= PASS_EXCEEDANCES)
		check_decide(check, OUTCOME_PASS, "%s; %s %s is proven) and no breach is shown; %s", found,
		    t->side > 0 ? "at most" : "at least", end, limit);
	else
		check_decide(check, OUTCOME_PASS,
		    "%s) in %.0f ops per arm, which are too few to show a breach or to rule one out; %s",
		    found, fmin(check->samples[ARM_BASELINE], check->samples[ARM_CANDIDATE]), limit);
}

/* ", though 11 of 12 calls were slower than that": NULL where the pairs were not asked, or do not show it.
 * Caller frees. */
static char *slower_pairs(const struct judging *j, const struct timing *t)
{
	if (!timing_pairs_are_slower(j, t))
		return NULL;
	return xasprintf(
	    ", though %zu of %zu calls took more than %.2f times as long as on the baseline",
	    pairs_above(t->ratios, t->n_ratios, t->fail_beyond), t->n_ratios, t->fail_beyond);
}

static void tell_open(const struct judging *j, const struct timing *t, struct check *check)
{
	_cleanup_free_ char *slower = slower_pairs(j, t);
	_cleanup_free_ char *found = finding(check);
	_cleanup_free_ char *limit = limit_phrase(check);
	char lower[48], upper[48], more[48];

	format_bound(lower, check, check->lower);
	format_bound(upper, check, check->upper);
	format_seconds(more, check->needs_seconds);
	if (t->exceedances < FAIL_EXCEEDANCES || isnan(check->lower))
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s) in %.0f ops per arm, which are too few to judge it%s; %s%s%s%s", found,
		    fmin(check->samples[ARM_BASELINE], check->samples[ARM_CANDIDATE]), slower ? slower : "",
		    limit, isnan(check->needs_seconds) ? "" : "; about ",
		    isnan(check->needs_seconds) ? "" : more,
		    isnan(check->needs_seconds) ? "" : " more of replay would give enough");
	else if (isnan(check->needs_seconds) && t->what.kind == HYPOTHESIS_RATIO)
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s; between %s and %s), which is indistinguishable from the limit; %s", found, lower,
		    upper, limit);
	else
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s; between %s and %s), so the evidence does not settle it; %s%s%s%s", found, lower,
		    upper, limit, isnan(check->needs_seconds) ? "" : "; about ",
		    isnan(check->needs_seconds) ? "" : more,
		    isnan(check->needs_seconds) ? "" : " more of replay would");
}

static double failed_share(const struct run *run, const struct timing *t, int arm)
{
	double failed = 0, scheduled = 0;

	for (size_t i = 0; i < t->n_statements; i++) {
		const struct run_statement_arm *a = &run->statements[t->statements[i]].arms[arm];

		failed += a->errors + a->unfinished;
		scheduled += a->scheduled;
	}
	return scheduled > 0 ? failed / scheduled : 0;
}

static const struct error_count *first_error(const struct run *run, const struct timing *t, int arm)
{
	for (size_t i = 0; i < t->n_statements; i++) {
		const struct run_statement_arm *a = &run->statements[t->statements[i]].arms[arm];

		for (size_t k = 0; k < a->n_error_counts; k++)
			if (a->error_counts[k].count > 0)
				return &a->error_counts[k];
	}
	return NULL;
}

/* Nothing to compare: say which arm is silent and what it said instead of answering. */
static void tell_nothing(const struct judging *j, const struct timing *t, struct check *check)
{
	_cleanup_free_ char *what = metric_phrase(check);
	int arm = check->samples[ARM_CANDIDATE] < 1 ? ARM_CANDIDATE : ARM_BASELINE;
	bool both = check->samples[ARM_BASELINE] < 1 && check->samples[ARM_CANDIDATE] < 1;
	const struct error_count *error = first_error(j->run, t, arm);
	_cleanup_free_ char *said = error ? error_count_text(error) : NULL;

	if (error)
		check_decide(check, OUTCOME_INCONCLUSIVE, "%s is not known: no op was answered on %s (%s)",
		    what,
		    both                   ? "either arm"
		    : arm == ARM_CANDIDATE ? "the candidate"
		                           : "the baseline",
		    said);
	else
		check_decide(check, OUTCOME_INCONCLUSIVE, "%s is not known: no op was answered on %s", what,
		    both                   ? "either arm"
		    : arm == ARM_CANDIDATE ? "the candidate"
		                           : "the baseline");
}

/* Ops that fail leave the latency to those that do not: a PASS would speak for the survivors. */
static void distrust_survivors(const struct judging *j, const struct timing *t, struct check *check)
{
	double candidate = failed_share(j->run, t, ARM_CANDIDATE);
	double baseline = failed_share(j->run, t, ARM_BASELINE);
	_cleanup_free_ char *what = NULL;
	char share[32];

	if (check->outcome != OUTCOME_PASS || candidate - baseline < ERROR_SHARE_MARGIN)
		return;
	what = metric_phrase(check);
	snprintf(share, sizeof(share), "%.1f%%", 100 * candidate);
	check->proven = false;
	check_decide(check, OUTCOME_INCONCLUSIVE,
	    "%s says nothing: %s of its ops failed on the candidate, and only the others were timed",
	    what, share);
}

/* With and without the pairs that met a stall, where that makes a difference. */
static void mention_stalls(const struct judging *j, struct check *check)
{
	double between = fabs(log(check->unstalled / check->estimate));
	char figure[48];

	if (!bound_is_ratio(check->bound) || !(between > log1p(j->run->dead_band)))
		return;
	format_bound(figure, check, check->unstalled);
	check_amend(check, check->outcome,
	    ". Without the %.0f ops per arm that met a stall of the machine it is %s",
	    check->stalled_pairs, figure);
}

void timing_conclude(struct judging *j, struct timing *t, bool fails, size_t n_tests)
{
	struct check *check = &j->run->checks[t->check];

	if (check->samples[ARM_CANDIDATE] < 1 ||
	    (t->what.kind != HYPOTHESIS_LEVEL && check->samples[ARM_BASELINE] < 1)) {
		tell_nothing(j, t, check);
		return;
	}
	fill_interval(j, t, check);
	if (fails) {
		tell_fail(t, check);
		if (may_be_a_tie(j, t))
			check_amend(check, OUTCOME_INCONCLUSIVE, TIED_PLANS_TEXT);
	} else if (outcome_of(j, t, n_tests, &check->proven) == OUTCOME_PASS) {
		tell_pass(t, check);
	} else {
		check->needs_seconds = needs_seconds(j, t, check);
		tell_open(j, t, check);
	}
	if (!fails && j->input->final)
		distrust_survivors(j, t, check);
	mention_stalls(j, check);
}

/* The rest of the planned time may change it. What could FAIL by then holds up the PASS, and what
 * could not does so as long as its pairs may show a slow-down. */
static bool is_open(const struct judging *j, const struct timing *t)
{
	const struct check *check = &j->run->checks[t->check];
	double growth = j->evidence.planned_blocks / fmax((double)j->evidence.n_blocks, 1);

	if (check->outcome == OUTCOME_INCONCLUSIVE)
		return true;
	if (check->proven)
		return false;
	return t->exceedances * growth >= FAIL_EXCEEDANCES || timing_pairs_are_open(j, t, growth);
}

bool timings_are_clear(const struct judging *j)
{
	bool any_proven = false;

	for (size_t i = 0; i < j->n_timings; i++) {
		if (is_open(j, &j->timings[i]))
			return false;
		any_proven = any_proven || j->run->checks[j->timings[i].check].proven;
	}
	return any_proven;
}
