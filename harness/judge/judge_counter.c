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
 *
 *  - more than what plans that come and go can do: each session has its own prepared statements, so
 *    the same op may meet a custom plan on one arm and a generic one on the other. What that can move is told
 *    by how much single calls differ, for which their times on the baseline stand.
 *
 * Blocks read, dirtied and the hit ratio also depend on what happened to be in cache: they FAIL
 * only when the candidate touches more blocks, too.
 */
#include "base/mem.h"
#include "judge/judging.h"
#include "judge/sentence.h"

#include <math.h>
#include <string.h>

#define TOLERANCE        0.005
#define CHANCE_SCORE     3.0
#define CALLS_TOLERANCE  0.05
/* A WAL record is at least its header and one block reference: see xlogrecord.h. */
#define RECORD_MIN_BYTES 48.0
#define PAGE_BYTES       8192.0
/* An image leaves out the page's free space and may be compressed: it is between a quarter of what
 * the totals allow and all of it. */
#define IMAGE_SHARE_MIN  0.25

enum figure {
	FIGURE_TOUCHED,
	FIGURE_READ,
	FIGURE_DIRTIED,
	FIGURE_TEMP,
	FIGURE_ROWS,
	FIGURE_WAL_RECORDS,
	FIGURE_WAL_FPI,
	FIGURE_WAL_BYTES,
	FIGURE_HIT_RATIO,
};

static const struct counter {
	const char *metric;
	enum figure figure;
	double least;       /* per call: a smaller difference is not worth a verdict */
	bool cache_decides; /* what is in cache has a say */
	bool plan_decides;  /* the plan that a session happens to have cached has a say */
	double weight;      /* units per event, for the chance of a total */
} counters[] = {
    {"buffers.touched_per_call", FIGURE_TOUCHED, 0.1, false, true, 1},
    {"buffers.read_per_call", FIGURE_READ, 0.1, true, true, 1},
    {"buffers.dirtied_per_call", FIGURE_DIRTIED, 0.1, true, false, 1},
    {"buffers.temp_per_call", FIGURE_TEMP, 0.1, false, true, 1},
    {"rows_per_call", FIGURE_ROWS, 0.05, false, false, 1},
    {"wal.records_per_call", FIGURE_WAL_RECORDS, 0.05, false, false, 1},
    {"wal.fpi_per_call", FIGURE_WAL_FPI, 0.05, true, false, 1},
    {"wal.bytes_per_call", FIGURE_WAL_BYTES, 16, false, false, 100},
    {"cache.hit_ratio", FIGURE_HIT_RATIO, 0.01, true, false, 1},
};

static const struct counter *counter_of(const char *metric)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (strcmp(counters[i].metric, metric) == 0)
			return &counters[i];
	return NULL;
}

static double total(const struct work *work, enum figure figure)
{
	switch (figure) {
	case FIGURE_TOUCHED:
		return work_touched(work);
	case FIGURE_READ:
		return work->shared_read + work->local_read;
	case FIGURE_DIRTIED:
		return work->shared_dirtied;
	case FIGURE_TEMP:
		return work->temp_read + work->temp_written;
	case FIGURE_ROWS:
		return work->rows;
	case FIGURE_WAL_RECORDS:
		return work->wal_records;
	case FIGURE_WAL_FPI:
		return work->wal_fpi;
	case FIGURE_WAL_BYTES:
		return work->wal_bytes;
	case FIGURE_HIT_RATIO:
		return work->shared_hit;
	}
	return NAN;
}

/* Calls that count for a per-call figure; for the hit ratio, blocks. */
static double divisor(const struct work *work, enum figure figure)
{
	return figure == FIGURE_HIT_RATIO ? work->shared_hit + work->shared_read : work->calls;
}

/* The work of a target on both arms, with full-page images taken out of its WAL bytes. */
struct comparison {
	struct work arms[N_ARMS];
	/* WAL bytes without images when an image is as large as the totals allow, and when it is small.
	 */
	double least_net[N_ARMS], most_net[N_ARMS];
	/* Variance of the baseline's total if single calls differed in blocks as they do in time. */
	double touched_variance;
};

static double image_bytes(const struct run_statement *statement)
{
	double most = PAGE_BYTES;

	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct work *w = &statement->arms[arm].work;

		if (w->calls > 0 && w->wal_fpi > 0)
			most = fmin(most, (w->wal_bytes - RECORD_MIN_BYTES * w->wal_records) / w->wal_fpi);
	}
	return fmax(most, 0);
}

/* Squared coefficient of variation of a call's time, times what the calls touched. */
static double touched_variance(const struct work *work)
{
	double mean_ms = work_per_call(work, work->exec_ms), touched = work_touched(work);
	double spread = mean_ms > 0 ? work->stddev_ms / mean_ms : NAN;

	return isnan(spread) || isnan(touched) ? 0 : spread * spread * touched * touched / work->calls;
}

static void compare_work(const struct run *run, const struct target *target, struct comparison *ret)
{
	*ret = (struct comparison){.arms = {work_unknown, work_unknown}};
	for (size_t i = 0; i < target->n_statements; i++) {
		const struct run_statement *statement = &run->statements[target->statements[i]];
		double image = image_bytes(statement);

		for (int arm = 0; arm < N_ARMS; arm++) {
			const struct work *w = &statement->arms[arm].work;

			if (!(w->calls > 0))
				continue;
			work_add(&ret->arms[arm], w);
			if (arm == ARM_BASELINE)
				ret->touched_variance += touched_variance(w);
			ret->least_net[arm] += w->wal_bytes - w->wal_fpi * image;
			ret->most_net[arm] += w->wal_bytes - w->wal_fpi * image * IMAGE_SHARE_MIN;
		}
	}
}

static double per_call(const struct comparison *c, enum figure figure, int arm)
{
	double n = divisor(&c->arms[arm], figure);
	double sum = figure == FIGURE_WAL_BYTES ? c->least_net[arm] : total(&c->arms[arm], figure);

	return n > 0 ? sum / n : NAN;
}

static double fewer_calls(const struct comparison *c)
{
	double a = c->arms[ARM_BASELINE].calls, b = c->arms[ARM_CANDIDATE].calls;

	return a > 0 && a < b ? a : b;
}

/* One standard error of candidate - limit * baseline, as a share of the baseline, if the arms had
 * nothing in common. They run the same ops, so this is several of the real ones. */
static double plan_noise(const struct comparison *c, const struct check *check)
{
	double touched = work_touched(&c->arms[ARM_BASELINE]);
	double limit = bound_is_ratio(check->bound) ? check->limit : 1;

	return touched > 0 ? sqrt(c->touched_variance * (1 + limit * limit)) / touched : 0;
}

/* Above the limit and beyond tolerance, triviality and chance? Totals, not figures per call. */
static bool breaches(const struct check *check, const struct counter *counter,
    const struct comparison *c, double baseline, double candidate)
{
	double calls = fewer_calls(c);
	int side = bound_is_upper(check->bound) ? 1 : -1;
	double allowed, excess, events;

	switch (check->bound) {
	case BOUND_MAX_RATIO:
	case BOUND_MIN_RATIO:
		allowed = baseline * check->limit;
		break;
	case BOUND_MAX_INCREASE:
		allowed = baseline + check->limit;
		break;
	default:
		allowed = check->limit;
		baseline = 0;
		break;
	}
	excess = side * (candidate - allowed) - TOLERANCE * allowed;
	if (excess <= 0)
		return false;
	if (check->bound == BOUND_MAX || check->bound == BOUND_MIN)
		return true;
	events = (fabs(candidate) + fabs(baseline)) * calls / counter->weight;
	return side * (candidate - baseline) >= counter->least &&
	       excess * calls / counter->weight > CHANCE_SCORE * sqrt(events) &&
	       !(counter->plan_decides && excess <= plan_noise(c, check) * baseline);
}

static bool known(struct judging *j, const struct target *target, const struct comparison *c,
    struct check *check, enum figure figure)
{
	bool needs_baseline = check->bound != BOUND_MAX && check->bound != BOUND_MIN;
	_cleanup_free_ char *what = metric_phrase(check);

	(void)j;
	for (int arm = needs_baseline ? ARM_BASELINE : ARM_CANDIDATE; arm < N_ARMS; arm++) {
		if (c->arms[arm].calls > 0 && !isnan(per_call(c, figure, arm)))
			continue;
		/* No block was touched at all: there is no hit ratio, and nothing was missed. */
		if (figure == FIGURE_HIT_RATIO && c->arms[arm].calls > 0 &&
		    divisor(&c->arms[arm], figure) == 0) {
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
static void tell_negligible(struct check *check)
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

/* Above the limit, and beyond all but the noise of cached plans: that is not settled. */
static bool hidden_by_plans(
    const struct check *check, const struct counter *counter, const struct comparison *c)
{
	struct counter steady = *counter;

	steady.plan_decides = false;
	return counter->plan_decides && breaches(check, &steady, c, check->baseline, check->candidate);
}

/* The noise falls with the root of the time; the excess stays. */
static void tell_hidden(const struct judging *j, struct check *check, const struct comparison *c)
{
	_cleanup_free_ char *found = xstrdup(check->why);
	double excess = fabs(check->estimate / check->limit - 1);
	double wanted = pow(plan_noise(c, check) / excess, 2) - 1;
	char more[48] = "";

	if (bound_is_ratio(check->bound) && wanted > 0 && isfinite(wanted))
		check->needs_seconds = j->evidence.span_s * wanted;
	check_decide(check, OUTCOME_INCONCLUSIVE,
	    "%s. Its calls differ so much from each other that %.0f of them do not settle it%s%s%s",
	    found, fewer_calls(c), isnan(check->needs_seconds) ? "" : "; about ",
	    isnan(check->needs_seconds) ? "" : format_seconds(more, check->needs_seconds),
	    isnan(check->needs_seconds) ? "" : " more of replay would");
}

/* The candidate reads or dirties more, but touches no more blocks: the cache differed. */
static bool explained_by_cache(
    const struct check *check, const struct counter *counter, const struct comparison *c)
{
	const struct counter *touched = counter_of("buffers.touched_per_call");
	struct check same = *check;

	if (!counter->cache_decides || check->bound == BOUND_MAX || check->bound == BOUND_MIN)
		return false;
	same.bound = BOUND_MAX_RATIO;
	same.limit = 1;
	return !breaches(&same, touched, c, per_call(c, FIGURE_TOUCHED, ARM_BASELINE),
	    per_call(c, FIGURE_TOUCHED, ARM_CANDIDATE));
}

static void decide_plain(const struct judging *j, struct check *check,
    const struct counter *counter, const struct comparison *c)
{
	_cleanup_free_ char *what = metric_phrase(check);

	check_decide_exact(check, what);
	if (check->outcome == OUTCOME_PASS)
		return;
	if (!breaches(check, counter, c, check->baseline, check->candidate)) {
		if (hidden_by_plans(check, counter, c))
			tell_hidden(j, check, c);
		else
			tell_negligible(check);
	} else if (explained_by_cache(check, counter, c)) {
		_cleanup_free_ char *found = xstrdup(check->why);

		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s. Both arms touch the same blocks, so this tells what was in cache, not what the "
		    "candidate does",
		    found);
	}
}

/*
 * WAL bytes without full-page images. The size of an image is not recorded, only that there was
 * one; after a checkpoint images can be 99% of the bytes. So the ratio is taken twice, with images
 * as large and as small as they can be. Where the two disagree the number of records, which images
 * do not touch, decides.
 */
static void decide_wal_bytes(
    struct check *check, const struct counter *counter, const struct comparison *c)
{
	double n[N_ARMS] = {c->arms[0].calls, c->arms[1].calls};
	double large[N_ARMS], small[N_ARMS], records[N_ARMS];
	bool breach_large, breach_small;

	for (int arm = 0; arm < N_ARMS; arm++) {
		large[arm] = n[arm] > 0 ? c->least_net[arm] / n[arm] : NAN;
		small[arm] = n[arm] > 0 ? c->most_net[arm] / n[arm] : NAN;
		records[arm] = n[arm] > 0 ? c->arms[arm].wal_records / n[arm] : NAN;
	}
	breach_large = breaches(check, counter, c, large[0], large[1]);
	breach_small = breaches(check, counter, c, small[0], small[1]);
	if (breach_large == breach_small || !bound_is_ratio(check->bound)) {
		check_decide_exact(check, NULL);
		if (check->outcome == OUTCOME_FAIL && !breach_large)
			tell_negligible(check);
		return;
	}
	check->estimate = bound_estimate(check->bound, records[0], records[1]);
	check_decide_exact(check, NULL);
	if (check->outcome == OUTCOME_FAIL &&
	    !breaches(check, counter_of("wal.records_per_call"), c, records[0], records[1]))
		check->outcome = OUTCOME_PASS;
	{
		_cleanup_free_ char *what = metric_phrase(check);
		_cleanup_free_ char *limit = limit_phrase(check);
		char ratio[48];

		check_decide(check, check->outcome,
		    "%s is hidden by full-page images; it writes %s the WAL records of the baseline (%.2f "
		    "instead of %.2f per call); %s",
		    what, format_ratio(ratio, check->estimate), records[1], records[0], limit);
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
	compare_work(j->run, target, &c);
	for (int arm = 0; arm < N_ARMS; arm++)
		check->samples[arm] = c.arms[arm].calls;
	if (!counter || !known(j, target, &c, check, counter->figure))
		return;
	check->baseline = per_call(&c, counter->figure, ARM_BASELINE);
	check->candidate = per_call(&c, counter->figure, ARM_CANDIDATE);
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	if (counter->figure == FIGURE_WAL_BYTES)
		decide_wal_bytes(check, counter, &c);
	else
		decide_plain(j, check, counter, &c);
	if (check->bound != BOUND_MAX && check->bound != BOUND_MIN && calls_differ(&c) &&
	    check->outcome == OUTCOME_PASS)
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s cannot be compared: the baseline counted %.0f calls and the candidate %.0f",
		    check->metric->name, c.arms[ARM_BASELINE].calls, c.arms[ARM_CANDIDATE].calls);
}
