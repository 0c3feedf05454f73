/*
 * What a planned run can decide, told before it starts.
 *
 * The standard error of ln(ratio) of two p-quantiles of n values each is sqrt(2p / ((1-p) n)) / a,
 * where a is the tail index at the quantile: about 2 at p99 and above, 3 at p95 and below (1.5 on
 * a noisy machine). A slow-down of delta is found with probability 90% when ln((1+delta)/limit) is
 * z_alpha + z_90% standard errors. Means are taken to be like medians.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "judge/distributions.h"
#include "judge/estimates.h"
#include "judge/judging.h"
#include "model/vectors.h"

#include <math.h>
#include <string.h>

#define POWER        0.90
#define JUDGED_SHARE 0.95 /* of the time; the rest goes to warm-up */
#define MOST_LINES   12

struct planned_check {
	const struct threshold *threshold;
	char *label;
	double ops; /* per arm */
};
struct planned_checks {
	struct planned_check *items;
	size_t n, cap;
};

/* Share of all ops that are of each statement; caller frees. */
static double *op_shares(const struct vectors *vectors)
{
	double *shares = xcalloc(vectors->n_statements + 1, sizeof(*shares)), all = 0;

	for (size_t i = 0; i < vectors->n_transactions; i++) {
		const struct transaction *transaction = &vectors->transactions[i];

		for (size_t k = 0; k < transaction->n_statements; k++) {
			shares[transaction->statements[k]] += transaction->weight;
			all += transaction->weight;
		}
	}
	for (size_t i = 0; i < vectors->n_statements && all > 0; i++)
		shares[i] /= all;
	return shares;
}

static bool in_scope(const struct bound_statement *statement, const struct scope *scope)
{
	struct scope_subject subject = {
	    statement->name, statement->queryid, statement->writes, &statement->tables};

	return scope_covers(scope, &subject);
}

static void add_planned(
    struct planned_checks *checks, const struct threshold *threshold, const char *label, double ops)
{
	GROW(checks->items, checks->n, checks->cap);
	checks->items[checks->n++] = (struct planned_check){threshold, xstrdup(label), ops};
}

static void plan_threshold(const struct vectors *vectors, const double *shares, double all_ops,
    const struct threshold *threshold, struct planned_checks *checks)
{
	_cleanup_free_ char *label = scope_format(&threshold->scope);
	double ops = 0;

	for (size_t i = 0; i < vectors->n_statements; i++) {
		if (!in_scope(&vectors->statements[i], &threshold->scope))
			continue;
		if (scope_is_each(&threshold->scope))
			add_planned(checks, threshold, vectors->statements[i].name, shares[i] * all_ops);
		else
			ops += shares[i] * all_ops;
	}
	if (ops > 0)
		add_planned(checks, threshold, label, ops);
}

static bool is_planned_test(const struct threshold *threshold)
{
	return evidence_kind_of(threshold->metric->family) < N_EVIDENCE_KINDS &&
	       threshold->metric->quantile < 1 && threshold->bound == BOUND_MAX_RATIO;
}

double expected_error(double tail, double ops)
{
	double index = tail < 0.02 ? 2 : 3;

	return sqrt(2 * (1 - tail) / (tail * ops)) / index;
}

static double tail_share(const struct planned_check *check)
{
	return quantile_tail(check->threshold->metric->quantile);
}

/* The least slow-down, as a ratio to the baseline, that is found with 90% power. */
static double least_ratio(
    const struct planned_check *check, const struct gate *gate, size_t n_tests)
{
	double error = expected_error(tail_share(check), check->ops);
	double alpha = gate->replay.early_stop ? gate->alpha / 2 : gate->alpha;
	double score =
	    normal_upper_quantile(alpha / (double)n_tests) + normal_upper_quantile(1 - POWER);

	return check->threshold->limit * (1 + gate->dead_band) * exp(score * error);
}

static void describe(
    const struct planned_check *check, const struct gate *gate, size_t n_tests, struct buf *out)
{
	double ratio = least_ratio(check, gate, n_tests);

	buf_addf(out, "  %s of %s: ", check->threshold->metric->name, check->label);
	if (tail_share(check) * check->ops < FAIL_EXCEEDANCES)
		buf_addf(out, "too few ops (%.0f; it takes %.0f)\n", check->ops,
		    FAIL_EXCEEDANCES / tail_share(check));
	else if (ratio < 1)
		buf_addf(out, "fails above %.2f× the baseline\n", ratio);
	else
		buf_addf(
		    out, "finds a slow-down of %.0f%% or more (%.0f ops)\n", 100 * (ratio - 1), check->ops);
}

/* Hardest first: what will not be decided is what the reader must know. */
static int by_ops(const void *a, const void *b)
{
	const struct planned_check *x = a, *y = b;
	double in_x = tail_share(x) * x->ops, in_y = tail_share(y) * y->ops;

	if (in_x != in_y)
		return in_x < in_y ? -1 : 1;
	return strcmp(x->label, y->label);
}

static char *describe_all(struct planned_checks *checks, const struct gate *gate)
{
	struct buf out = BUF_INIT;
	size_t n_tests = 0;

	for (size_t i = 0; i < checks->n; i++)
		n_tests += tail_share(&checks->items[i]) * checks->items[i].ops >= FAIL_EXCEEDANCES;
	qsort(checks->items, checks->n, sizeof(*checks->items), by_ops);
	buf_addf(&out, "the planned time can decide %zu of %zu timing checks (90%% power):\n", n_tests,
	    checks->n);
	for (size_t i = 0; i < checks->n && i < MOST_LINES; i++)
		describe(&checks->items[i], gate, n_tests ? n_tests : 1, &out);
	if (checks->n > MOST_LINES)
		buf_addf(&out, "  and %zu checks with more ops than these\n", checks->n - MOST_LINES);
	out.data[--out.len] = '\0'; /* the last newline is the terminal's */
	return buf_detach(&out);
}

/* Where arms take turns, an arm does not receive ops all the time. */
static double time_share(const struct turns *turns, enum metric_family family)
{
	double sending = turns_sending_share(turns), paired = turns_paired_share(turns);

	if (family == METRIC_ALONE)
		return sending - paired;
	return paired > 0 ? paired : sending;
}

char *judge_power_statement(const struct vectors *vectors, const struct gate *gate)
{
	_cleanup_free_ double *shares = op_shares(vectors);
	struct planned_checks checks = {0};
	double rate = gate->replay.rate_per_s > 0 ? gate->replay.rate_per_s : vectors->production_rate;
	double ops = rate * (double)gate->replay.duration_ns / 1e9 * JUDGED_SHARE;
	struct turns turns = turns_of(&gate->replay);
	char *text = NULL;

	for (size_t i = 0; i < gate->n_thresholds; i++)
		if (is_planned_test(&gate->thresholds[i]))
			plan_threshold(vectors, shares,
			    ops * time_share(&turns, gate->thresholds[i].metric->family), &gate->thresholds[i],
			    &checks);
	if (checks.n)
		text = describe_all(&checks, gate);
	for (size_t i = 0; i < checks.n; i++)
		free(checks.items[i].label);
	free(checks.items);
	return text;
}
