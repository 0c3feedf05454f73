/*
 * Table, index and vacuum checks: figures of the statistics views and sizes, one pair per table.
 */
#include "base/mem.h"
#include "judge/judging.h"
#include "judge/sentence.h"

#include <math.h>
#include <string.h>

#define CHANCE_SCORE     3.0
/* Relations grow by pages, and by many at once under concurrent inserts. */
#define SIZE_LEAST_BYTES (64 * 8192.0)
#define SIZE_TOLERANCE   0.01
/* pg_stat_user_tables.n_dead_tup is a running estimate that pruning and vacuum lower. */
#define DEAD_LEAST       1000.0
#define DEAD_TOLERANCE   0.10
/* One VACUUM per arm is one measurement: only a coarse difference of some length tells. */
#define VACUUM_LEAST_S   0.5
#define VACUUM_TOLERANCE 0.50

/* One table, or all of them added up. */
static double sum_tables(const struct run *run, const struct target *target, int arm,
    double (*figure)(const struct run_table_arm *arm))
{
	double sum = 0;
	bool any = false;

	if (target->table)
		return figure(&target->table->arms[arm]);
	for (size_t i = 0; i < run->n_tables; i++) {
		double x = figure(&run->tables[i].arms[arm]);

		if (isnan(x))
			continue;
		sum += x;
		any = true;
	}
	return any ? sum : NAN;
}

static double updated(const struct run_table_arm *arm)
{
	return arm->updated;
}
static double hot_updated(const struct run_table_arm *arm)
{
	return arm->hot_updated;
}
static double dead_tuples(const struct run_table_arm *arm)
{
	return arm->dead_tuples;
}
static double size_bytes(const struct run_table_arm *arm)
{
	return arm->size_bytes;
}
static double vacuum_seconds(const struct run_table_arm *arm)
{
	return arm->vacuum_seconds;
}

static bool against_baseline(const struct check *check)
{
	return check->bound != BOUND_MAX && check->bound != BOUND_MIN;
}

static void tell_small(struct check *check)
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

/* The share of updates that were HOT: FAILS beyond three standard errors of a share. */
static void evaluate_hot_ratio(
    const struct judging *j, const struct target *target, struct check *check)
{
	const struct run *run = j->run;
	double n[N_ARMS], share[N_ARMS], pooled, error, edge;

	for (int arm = 0; arm < N_ARMS; arm++) {
		n[arm] = sum_tables(run, target, arm, updated);
		share[arm] = n[arm] > 0 ? sum_tables(run, target, arm, hot_updated) / n[arm] : NAN;
		check->samples[arm] = n[arm];
	}
	check->baseline = share[ARM_BASELINE];
	check->candidate = share[ARM_CANDIDATE];
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	if (!(n[ARM_CANDIDATE] > 0) || (against_baseline(check) && !(n[ARM_BASELINE] > 0))) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS, "%s: the replay updated no row", target->label);
		return;
	}
	check_decide_exact(check, NULL);
	if (check->outcome == OUTCOME_PASS)
		return;
	pooled = (share[ARM_CANDIDATE] * n[ARM_CANDIDATE] +
	             (against_baseline(check) ? share[ARM_BASELINE] * n[ARM_BASELINE] : 0)) /
	         (n[ARM_CANDIDATE] + (against_baseline(check) ? n[ARM_BASELINE] : 0));
	error = sqrt(fmax(pooled * (1 - pooled), 1 / n[ARM_CANDIDATE]) *
	             (1 / n[ARM_CANDIDATE] + (against_baseline(check) ? 1 / n[ARM_BASELINE] : 0)));
	edge = bound_is_ratio(check->bound)         ? check->limit * share[ARM_BASELINE]
	       : check->bound == BOUND_MAX_INCREASE ? check->limit + share[ARM_BASELINE]
	                                            : check->limit;
	if (fabs(share[ARM_CANDIDATE] - edge) > j->caution * CHANCE_SCORE * error &&
	    (j->input->final || n[ARM_CANDIDATE] >= LOOK_CALLS))
		return;
	{
		_cleanup_free_ char *found = xstrdup(check->why);

		check_decide(check, OUTCOME_INCONCLUSIVE, "%s; with %.0f updates this may be chance", found,
		    n[ARM_CANDIDATE]);
	}
}

/* A figure that two equal clones share but for a tolerance and a least difference. */
static void evaluate_sized(const struct run *run, const struct target *target, struct check *check,
    double (*figure)(const struct run_table_arm *arm), double least, double tolerance)
{
	double edge;

	check->baseline = sum_tables(run, target, ARM_BASELINE, figure);
	check->candidate = sum_tables(run, target, ARM_CANDIDATE, figure);
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	if (isnan(check->estimate)) {
		check_decide(check, OUTCOME_INCONCLUSIVE, "%s of %s was not measured in this run",
		    check->metric->name, target->label);
		return;
	}
	check_decide_exact(check, NULL);
	if (check->outcome == OUTCOME_PASS || !against_baseline(check))
		return;
	edge = check->bound == BOUND_MAX_INCREASE ? check->limit + check->baseline
	                                          : check->limit * check->baseline;
	if ((bound_allows_equal(check) && fabs(check->candidate - check->baseline) < least) ||
	    fabs(check->candidate - edge) < tolerance * check->baseline)
		tell_small(check);
}

void evaluate_table(struct judging *j, const struct threshold *threshold,
    const struct target *target, struct check *check)
{
	const char *name = threshold->metric->name;

	if (!target->table && threshold->scope.kind != SCOPE_ALL) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS, "the replay wrote no table");
		return;
	}
	if (strcmp(name, "table.hot_ratio") == 0)
		evaluate_hot_ratio(j, target, check);
	else if (!j->input->final)
		check_decide(check, OUTCOME_INCONCLUSIVE, "%s is known at the end", name);
	else if (strcmp(name, "table.dead_tuples") == 0)
		evaluate_sized(j->run, target, check, dead_tuples, DEAD_LEAST, DEAD_TOLERANCE);
	else if (strcmp(name, "table.size_bytes") == 0)
		evaluate_sized(j->run, target, check, size_bytes, SIZE_LEAST_BYTES, SIZE_TOLERANCE);
	else
		evaluate_sized(j->run, target, check, vacuum_seconds, VACUUM_LEAST_S, VACUUM_TOLERANCE);
}
