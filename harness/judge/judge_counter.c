/*
 * Counter checks: what pg_stat_statements counted on each clone, per call. Over the same ops
 * two equal clones differ by a few parts in ten thousand, so these find what timing cannot and
 * need no test of time. An unchanged candidate still must never FAIL, so a ratio above the limit
 * is a breach only when it is
 *
 *  - above the limit by more than the counter's tolerance (half a percent for blocks touched,
 *    WAL and rows; more where the state of the cache or a checkpoint has a say),
 *  - worth a mention: at least `least` per call (a tenth of a block, 16 bytes of WAL, ...), and
 *  - more than chance: the excess over the limit is above three times the square root of what both
 *    arms counted, as if every block had come by itself. Pruning, hint bits, page splits and
 *    vacuum differ between clones by much less.
 *  - more than what cached plans can do: each session has its own, so the same op may meet a custom
 *    plan on one arm and a generic one on the other. How far that can move a total is told by how
 *    much single calls differ, for which their times on the baseline stand.
 *
 * Blocks read, dirtied and the hit ratio also depend on what happened to be in cache: they FAIL
 * only when the candidate touches more blocks, too.
 */
#include "judge/counter.h"

#include "base/mem.h"
#include "judge/sentence.h"
#include "judge/ties.h"

#include <math.h>
#include <string.h>

#define CALLS_TOLERANCE 0.05

static bool is_known(const struct target *target, const struct comparison *c, struct check *check,
    enum figure figure)
{
	bool needs_baseline = bound_is_relative(check->bound);
	_cleanup_free_ char *what = metric_phrase(check);

	for (int arm = needs_baseline ? ARM_BASELINE : ARM_CANDIDATE; arm < N_ARMS; arm++) {
		if (c->arms[arm].calls > 0 && !isnan(comparison_per_call(c, figure, arm)))
			continue;
		/* No block was touched at all: there is no hit ratio, and nothing was missed. */
		if (figure == FIGURE_HIT_RATIO && c->arms[arm].calls > 0 &&
		    comparison_divisor(c, figure, arm) == 0) {
			check_decide(check, OUTCOME_PASS, "%s: no block was touched", what);
			return false;
		}
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s was not measured on the %s: its pg_stat_statements has no entry or no such figure "
		    "for %s",
		    what, arm_name((enum arm)arm), target->label);
		return false;
	}
	return true;
}

static bool calls_differ(const struct comparison *c)
{
	double a = c->arms[ARM_BASELINE].calls, b = c->arms[ARM_CANDIDATE].calls;

	return fabs(a - b) > CALLS_TOLERANCE * fmax(a, b);
}

/* A ratio above the limit that is within tolerance, too small or chance. */
void counter_tell_negligible(struct check *check)
{
	_cleanup_free_ char *what = metric_phrase(check);
	_cleanup_free_ char *limit = limit_phrase(check);
	char baseline[48], candidate[48];

	format_figure(baseline, check->metric, check->baseline);
	format_figure(candidate, check->metric, check->candidate);
	check_decide(check, OUTCOME_PASS,
	    "%s is %s instead of %s, a difference that two equal clones can show; %s", what, candidate,
	    baseline, limit);
}

bool counter_is_hidden(const struct check *check, const struct counter *counter,
    const struct comparison *c, double baseline, double candidate)
{
	struct counter steady = *counter;
	struct comparison used = *c;

	steady.plan_decides = steady.room_decides = false;
	used.first_blocks = 0;
	return comparison_breaches(&used, check, &steady, baseline, candidate);
}

/* The noise falls with the root of the time; the excess stays. */
void counter_tell_hidden(const struct judging *j, struct check *check,
    const struct counter *counter, const struct comparison *c)
{
	double excess = fabs(check->estimate / check->limit - 1);
	double wanted = pow(comparison_call_noise(c, check, counter) / excess, 2) - 1;
	char more[48] = "";

	if (bound_is_ratio(check->bound) && wanted > 0 && isfinite(wanted))
		check->needs_seconds = j->evidence.span_s * wanted;
	if (j->input->final && c->first_blocks > 0 && !(wanted > 0)) {
		check_amend(check, OUTCOME_INCONCLUSIVE,
		    ". The candidate changes a function or trigger, and each session reads the catalogs "
		    "when it first calls one: %.0f calls do not tell this from what every call touches; "
		    "replay for longer",
		    comparison_fewer_calls(c));
		return;
	}
	check_amend(check, OUTCOME_INCONCLUSIVE,
	    ". Its calls differ so much from each other that %.0f of them do not settle it%s%s%s",
	    comparison_fewer_calls(c), isnan(check->needs_seconds) ? "" : "; about ",
	    isnan(check->needs_seconds) ? "" : format_seconds(more, check->needs_seconds),
	    isnan(check->needs_seconds) ? "" : " more of replay would");
}

/* The candidate reads or dirties more, but touches no more blocks: the cache differed. */
static bool explained_by_cache(
    const struct check *check, const struct counter *counter, const struct comparison *c)
{
	const struct counter *touched = counter_of("buffers.touched_per_call");
	struct check same = *check;

	if (!counter->cache_decides || !bound_is_relative(check->bound))
		return false;
	same.bound = BOUND_MAX_RATIO;
	same.limit = 1;
	return !comparison_breaches(c, &same, touched,
	    comparison_per_call(c, FIGURE_TOUCHED, ARM_BASELINE),
	    comparison_per_call(c, FIGURE_TOUCHED, ARM_CANDIDATE));
}

static void decide_plain(const struct judging *j, const struct target *target, struct check *check,
    const struct counter *counter, const struct comparison *c)
{
	_cleanup_free_ char *what = metric_phrase(check);

	check_decide_exact(check, what);
	if (check->outcome == OUTCOME_PASS)
		return;
	if (!comparison_breaches(c, check, counter, check->baseline, check->candidate)) {
		if (counter_is_hidden(check, counter, c, check->baseline, check->candidate))
			counter_tell_hidden(j, check, counter, c);
		else
			counter_tell_negligible(check);
	} else if (explained_by_cache(check, counter, c)) {
		check_amend(check, OUTCOME_INCONCLUSIVE,
		    ". Both arms touch the same blocks, so this tells what was in cache, not what the "
		    "candidate does");
	} else if (counter->plan_decides && plans_are_tied(j->run, target->statements,
	                                        target->n_statements, bound_is_upper(check->bound))) {
		check_amend(check, OUTCOME_INCONCLUSIVE, TIED_PLANS_TEXT);
	}
}

void evaluate_counter(struct judging *j, const struct threshold *threshold,
    const struct target *target, struct check *check)
{
	const struct counter *counter = counter_of(threshold->metric->name);
	struct comparison c;

	if (!target->n_statements) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS, "the workload has no statement in the scope \"%s\"",
		    target->label);
		return;
	}
	compare_work(j, target, &c);
	for (int arm = 0; arm < N_ARMS; arm++)
		check->samples[arm] = c.arms[arm].calls;
	if (!counter || !is_known(target, &c, check, counter->figure))
		return;
	check->baseline = comparison_per_call(&c, counter->figure, ARM_BASELINE);
	check->candidate = comparison_per_call(&c, counter->figure, ARM_CANDIDATE);
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	if (counter->figure == FIGURE_WAL_BYTES)
		counter_decide_wal_bytes(j, check, counter, &c);
	else
		decide_plain(j, target, check, counter, &c);
	if (bound_is_relative(check->bound) && calls_differ(&c) && check->outcome == OUTCOME_PASS)
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s cannot be compared: the baseline counted %.0f calls and the candidate %.0f",
		    check->metric->name, c.arms[ARM_BASELINE].calls, c.arms[ARM_CANDIDATE].calls);
}
