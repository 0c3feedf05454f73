/*
 * replica.lag_bytes: how far the candidate leaves the slowest standby behind.
 *
 * With a server for each arm the figures are measured. With one server for both its standby replays
 * both, and each arm gets the part of the longest lag that its share of their WAL makes: an upper
 * bound of what it would cause alone (measure_replica.c), so that a PASS is safe.
 */
#include "base/mem.h"
#include "judge/judging.h"
#include "judge/sentence.h"

#include <math.h>

static bool against_baseline(const struct check *check)
{
	return check->bound != BOUND_MAX && check->bound != BOUND_MIN;
}

/* Why there is no figure for this arm; false when there is one. */
static bool is_unknown(const struct run *run, enum arm arm, struct check *check)
{
	const struct run_arm *a = &run->arms[arm];

	if (a->replica_problem)
		check_decide(
		    check, OUTCOME_INCONCLUSIVE, "replica.lag_bytes is not known: %s", a->replica_problem);
	else if (isnan(a->standbys))
		check_decide(check, OUTCOME_INCONCLUSIVE, "replica.lag_bytes was not measured in this run");
	else if (a->standbys == 0)
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "replica.lag_bytes is not known: no standby replicates from the server of the %s; "
		    "attach one to it (pg_basebackup -R) and name that server as staging, a lab has none",
		    arm_name(arm));
	else if (isnan(a->replica_share))
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "replica.lag_bytes is not known for one arm: both are on one server, and without "
		    "pg_stat_statements nothing tells whose WAL its standby replays");
	else
		return false;
	return true;
}

/* How the figures came about, where they are shares of one stream. */
static void tell_share(const struct run *run, struct check *check)
{
	const struct run_arm *a = &run->arms[ARM_CANDIDATE];
	_cleanup_free_ char *found = xstrdup(check->why);
	char lag[48];

	if (a->replica_share >= 1)
		return;
	format_figure(lag, check->metric, a->replica_lag_max);
	check_decide(check, check->outcome,
	    "%s; both arms are on one server, whose slowest standby was up to %s behind, and %.0f%% of "
	    "their WAL is the candidate's",
	    found, lag, 100 * a->replica_share);
}

void evaluate_replica(struct judging *j, struct check *check)
{
	const struct run *run = j->run;

	if (is_unknown(run, ARM_CANDIDATE, check) ||
	    (against_baseline(check) && is_unknown(run, ARM_BASELINE, check)))
		return;
	check->baseline =
	    run->arms[ARM_BASELINE].replica_lag_max * run->arms[ARM_BASELINE].replica_share;
	check->candidate =
	    run->arms[ARM_CANDIDATE].replica_lag_max * run->arms[ARM_CANDIDATE].replica_share;
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	if (!isfinite(check->estimate)) {
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "replica.lag_bytes cannot be compared: nothing lagged behind the baseline");
		return;
	}
	check_decide_exact(check, NULL);
	tell_share(run, check);
	if (check->outcome == OUTCOME_FAIL && check->bound == BOUND_MAX &&
	    check->baseline > check->limit) {
		_cleanup_free_ char *found = xstrdup(check->why);

		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "%s; but the baseline is beyond the limit, too: the standby is too slow for this rate",
		    found);
	}
}
