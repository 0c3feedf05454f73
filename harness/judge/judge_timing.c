/*
 * Timing checks: latency.* and response.*. Each is tested when it is met; which of them FAIL is
 * decided when all are known, because the gate-wide error is shared among them.
 */
#include "base/mem.h"
#include "judge/distributions.h"
#include "judge/sentence.h"
#include "judge/timing.h"

#include <math.h>

#define MIN_BLOCKS      20 /* in mid-run */
#define MIN_USED_BLOCKS 10 /* with at least one op */

static double unit_scale(const struct check *check)
{
	return bound_is_ratio(check->bound) ? 1 : 1e9; /* seconds to nanoseconds */
}

static enum hypothesis_kind hypothesis_of(enum bound_kind bound)
{
	if (bound_is_ratio(bound))
		return HYPOTHESIS_RATIO;
	return bound == BOUND_MAX_INCREASE ? HYPOTHESIS_SHIFT : HYPOTHESIS_LEVEL;
}

/* The dead band is what two equal clones may differ by, so it does not widen a bound on the
 * candidate alone. The guard never stands on the far side of the limit itself. */
static void set_margins(struct timing *t, const struct run *run, double baseline_ns)
{
	double band = 1 + run->dead_band, guard = 1 + run->guard;

	t->fail_beyond = t->guard = t->limit;
	if (t->what.kind == HYPOTHESIS_RATIO) {
		t->must_improve = t->side > 0 ? t->limit < 1 : t->limit > 1;
		t->fail_beyond = t->side > 0 ? t->limit * band : t->limit / band;
		if (!t->must_improve)
			t->guard = t->side > 0 ? fmax(t->limit, guard) : fmin(t->limit, 1 / guard);
	} else if (t->what.kind == HYPOTHESIS_SHIFT && isfinite(baseline_ns)) {
		t->fail_beyond = t->limit + run->dead_band * baseline_ns;
		t->guard = fmax(t->limit, run->guard * baseline_ns);
	}
}

static bool enough_blocks(const struct judging *j, const struct series_pair *pair)
{
	return pair->n_used_blocks >= MIN_USED_BLOCKS &&
	       (j->input->final || pair->n_blocks >= MIN_BLOCKS);
}

/* T falls by 1 per standard error, so two of its values give the standard error. */
static double standard_error(const struct timing *t)
{
	double near = t->must_improve ? t->fail_beyond : 1, far = t->must_improve ? 1 : t->guard;
	double t_near = t->must_improve ? t->t_fail : t->t_unchanged;
	double t_far = t->must_improve ? t->t_unchanged : t->t_guard;
	double error;

	if (t->what.kind != HYPOTHESIS_RATIO)
		return NAN;
	error = fabs(log(far / near)) / fabs(t_near - t_far);
	return isfinite(error) && error > 0 ? error : NAN;
}

static void run_tests(const struct judging *j, const struct series_pair *pair, struct timing *t)
{
	double unchanged = t->what.kind == HYPOTHESIS_RATIO ? 1 : 0;

	t->exceedances = exceedances(pair, t->what);
	t->degrees = (double)pair->n_used_blocks - 1;
	t->t_fail = t->t_limit = t->t_guard = t->t_unchanged = t->standard_error = NAN;
	if (!enough_blocks(j, pair) || t->exceedances < 1)
		return;
	t->t_fail = t->side * block_test(pair, t->what, t->fail_beyond);
	t->t_limit = t->side * block_test(pair, t->what, t->limit);
	t->t_guard = t->side * block_test(pair, t->what, t->guard);
	if (t->what.kind != HYPOTHESIS_LEVEL)
		t->t_unchanged = t->side * block_test(pair, t->what, unchanged);
	t->standard_error = standard_error(t);
	t->by_blocks = t->exceedances >= FAIL_EXCEEDANCES && !isnan(t->t_fail);
}

static double figure_s(const struct series *series, double quantile)
{
	return (quantile > 0 ? series_quantile(series, quantile) : series_mean(series)) / 1e9;
}

static void fill_figures(struct check *check, const struct series_pair *pair, double quantile)
{
	check->baseline = figure_s(&pair->arms[ARM_BASELINE], quantile);
	check->candidate = figure_s(&pair->arms[ARM_CANDIDATE], quantile);
	check->samples[ARM_BASELINE] = (double)pair->arms[ARM_BASELINE].n;
	check->samples[ARM_CANDIDATE] = (double)pair->arms[ARM_CANDIDATE].n;
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
}

/* One value decides a maximum, so no test can: it is held against the limit as it is, and a
 * ratio of two such values can pass but not fail. */
static void evaluate_maximum(struct check *check)
{
	_cleanup_free_ char *what = metric_phrase(check);
	_cleanup_free_ char *limit = limit_phrase(check);
	char estimate[48];

	if (!isfinite(check->estimate)) {
		check_decide(check, OUTCOME_INCONCLUSIVE, "%s is not known: no op was answered", what);
		return;
	}
	check_decide_exact(check, what);
	if (check->outcome != OUTCOME_FAIL || hypothesis_of(check->bound) == HYPOTHESIS_LEVEL)
		return;
	format_bound(estimate, check, check->estimate);
	check_decide(check, OUTCOME_INCONCLUSIVE,
	    "%s is %s the baseline and %s, but it is a single op on each arm and proves nothing; "
	    "limit p99 or p999 instead, or the maximum itself",
	    what, estimate, limit);
}

static struct timing *add_timing(struct judging *j, const struct threshold *threshold,
    const struct target *target, const struct check *check)
{
	struct timing *t;

	GROW(j->timings, j->n_timings, j->cap_timings);
	t = &j->timings[j->n_timings++];
	*t = (struct timing){
	    .check = (size_t)(check - j->run->checks),
	    .kind = evidence_kind_of(threshold->metric->family),
	    .statements = xmemdup(target->statements, target->n_statements * sizeof(size_t)),
	    .n_statements = target->n_statements,
	    .named = target->named,
	    .what = {threshold->metric->quantile, hypothesis_of(threshold->bound)},
	    .side = bound_is_upper(threshold->bound) ? 1 : -1,
	    .limit = threshold->limit * unit_scale(check),
	    .sign_tail = NAN,
	};
	return t;
}

/* The same figure without the pairs that met a stall. It decides nothing: a candidate may be what
 * stalls the machine. */
static void fill_unstalled(struct judging *j, enum evidence_kind kind, const struct target *target,
    double quantile, struct check *check)
{
	struct check other = *check;
	struct series_pair pair;

	if (!j->has_unstalled)
		return;
	evidence_pair(&j->unstalled, kind, target->statements, target->n_statements, &pair);
	fill_figures(&other, &pair, quantile);
	series_pair_release(&pair);
	check->stalled_pairs = check->samples[ARM_CANDIDATE] - other.samples[ARM_CANDIDATE];
	if (check->stalled_pairs > 0)
		check->unstalled = other.estimate;
}

void evaluate_timing(struct judging *j, const struct threshold *threshold,
    const struct target *target, struct check *check)
{
	enum evidence_kind kind = evidence_kind_of(threshold->metric->family);
	struct series_pair pair;
	struct timing *t;

	if (!target->n_statements) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS, "the workload has no statement in the scope \"%s\"",
		    target->label);
		return;
	}
	if (kind == EVIDENCE_ALONE && !(j->run->replay.alone > 0)) {
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s is not known: this run had no time in which one arm ran alone (replay: alone)",
		    threshold->metric->name);
		return;
	}
	evidence_pair(&j->evidence, kind, target->statements, target->n_statements, &pair);
	fill_figures(check, &pair, threshold->metric->quantile);
	fill_unstalled(j, kind, target, threshold->metric->quantile, check);
	if (threshold->metric->quantile >= 1) {
		evaluate_maximum(check);
	} else {
		t = add_timing(j, threshold, target, check);
		set_margins(t, j->run, check->baseline * 1e9);
		run_tests(j, &pair, t);
	}
	series_pair_release(&pair);
}

double timing_level(const struct judging *j, double alpha)
{
	if (j->input->final)
		return alpha;
	return normal_upper_tail(
	    sequence_score(alpha, (double)j->evidence.n_blocks, j->evidence.planned_blocks));
}

static bool testable(const struct timing *t)
{
	return t->by_blocks || !isnan(t->sign_tail);
}

static double tail_of(const struct timing *t)
{
	return t->by_blocks ? student_upper_tail(t->t_fail, t->degrees) : t->sign_tail;
}

/* Smallest tail probability first; NAN-safe because only testable ones are sorted. */
static int by_evidence(const void *a, const void *b)
{
	const struct timing *x = *(struct timing *const *)a, *y = *(struct timing *const *)b;
	double p = tail_of(x), q = tail_of(y);

	if (p != q)
		return p < q ? -1 : 1;
	return (x->check > y->check) - (x->check < y->check);
}

/*
 * Holm's step-down (1979) over the M testable checks at the end. In mid-run each has alpha/M at
 * every look. A run that was looked at spends half of alpha on the looks and half on its end.
 */
void decide_timings(struct judging *j)
{
	_cleanup_free_ struct timing **order = xcalloc(j->n_timings + 1, sizeof(struct timing *));
	double alpha = j->looks ? j->run->alpha / 2 : j->run->alpha;
	size_t n_tests = 0, n_fails = 0;
	bool stepping = true;

	for (size_t i = 0; i < j->n_timings; i++) {
		timing_use_pairs(j, &j->timings[i], alpha);
		if (testable(&j->timings[i]))
			order[n_tests++] = &j->timings[i];
	}
	qsort(order, n_tests, sizeof(*order), by_evidence);
	for (size_t i = 0; i < n_tests; i++) {
		size_t divisor = j->input->final ? n_tests - n_fails : j->n_timings;

		order[i]->fail_level = timing_level(j, alpha / (double)divisor);
		stepping = stepping && tail_of(order[i]) <= order[i]->fail_level;
		n_fails += stepping;
		timing_conclude(j, order[i], stepping, n_tests);
	}
	for (size_t i = 0; i < j->n_timings; i++) {
		if (testable(&j->timings[i]))
			continue;
		j->timings[i].fail_level = timing_level(j, alpha / (double)(n_tests + 1));
		timing_conclude(j, &j->timings[i], false, n_tests);
	}
}

void timings_release(struct judging *j)
{
	for (size_t i = 0; i < j->n_timings; i++) {
		free(j->timings[i].statements);
		free(j->timings[i].ratios);
	}
	free(j->timings);
	j->timings = NULL;
	j->n_timings = j->cap_timings = 0;
}
