/*
 * Index checks. Without a scope they are about the indexes that the candidate created; a bound
 * against the baseline is about the indexes that both arms have.
 */
#include "base/mem.h"
#include "judge/judging.h"
#include "judge/sentence.h"

#include <math.h>
#include <string.h>

#define SIZE_LEAST_BYTES (64 * 8192.0)
#define BLOAT_LEAST      0.05

static void not_measured(struct check *check, const struct target *target)
{
	check_decide(check, OUTCOME_INCONCLUSIVE, "%s of %s was not measured in this run",
	    check->metric->name, target->label);
}

static double size_of(const struct run_index *index, int arm)
{
	return index->arms[arm].exists ? index->arms[arm].size_bytes : NAN;
}

/* Nothing ran that could have used it. */
static bool nothing_ran(const struct run *run)
{
	for (size_t i = 0; i < run->n_replayed; i++)
		if (run->statements[i].arms[ARM_CANDIDATE].ok > 0)
			return false;
	return true;
}

/* Scans that queries made; a unique index also works without any, by refusing duplicates. */
static void evaluate_used(const struct run *run, const struct run_index *index, struct check *check)
{
	_cleanup_free_ char *limit = limit_phrase(check);

	check->baseline = index->arms[ARM_BASELINE].exists ? index->arms[ARM_BASELINE].scans : NAN;
	check->candidate = index->arms[ARM_CANDIDATE].exists ? index->arms[ARM_CANDIDATE].scans : NAN;
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	if (isnan(check->estimate)) {
		check_decide(check, OUTCOME_INCONCLUSIVE, "the scans of %s were not counted", index->name);
		return;
	}
	if (!bound_is_ratio(check->bound) && check->candidate == 0 && index->is_unique &&
	    !bound_holds(check->bound, check->estimate, check->limit)) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS,
		    "%s was not scanned, but it is unique and keeps duplicates out", index->name);
		return;
	}
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	if (!check->proven && nothing_ran(run)) {
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "whether %s is used is not known: no op was answered on the candidate", index->name);
		return;
	}
	check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
	    check->candidate == 0 ? "no statement of the replay used %s (index.used: %.0f scans); %s"
	                          : "%s was used (index.used: %.0f scans); %s",
	    index->name, check->candidate, limit);
}

static void evaluate_figure(const struct target *target, struct check *check, double baseline,
    double candidate, double least)
{
	check->baseline = baseline;
	check->candidate = candidate;
	check->estimate = bound_estimate(check->bound, baseline, candidate);
	if (isnan(check->estimate)) {
		not_measured(check, target);
		return;
	}
	check_decide_exact(check, NULL);
	if (check->outcome == OUTCOME_FAIL && bound_allows_equal(check) &&
	    fabs(candidate - baseline) < least)
		check_decide(check, OUTCOME_PASS, "%s of %s differs by less than two equal clones can",
		    check->metric->name, target->label);
}

static void evaluate_redundant(const struct run_index *index, struct check *check)
{
	check->baseline = 0;
	check->candidate = check->estimate = index->redundant_with ? 1 : 0;
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	if (index->redundant_with)
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "%s can do all that %s does", index->redundant_with, index->name);
	else
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "no other index can do all that %s does", index->name);
}

static void evaluate_bloat(
    const struct run_index *index, const struct target *target, struct check *check)
{
	if (!target->named && index->definition && !strstr(index->definition, " USING btree ")) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS,
		    "%s is no B-tree: what of another kind of index is bloat is not known", index->name);
		return;
	}
	evaluate_figure(target, check, index->arms[ARM_BASELINE].bloat,
	    index->arms[ARM_CANDIDATE].bloat, bound_is_ratio(check->bound) ? BLOAT_LEAST : 0);
}

static void evaluate_index_figure(const struct run *run, const struct threshold *threshold,
    const struct target *target, struct check *check)
{
	const struct run_index *index = target->index;
	const char *name = threshold->metric->name;

	if (strcmp(name, "index.used") == 0)
		evaluate_used(run, index, check);
	else if (strcmp(name, "index.redundant") == 0)
		evaluate_redundant(index, check);
	else if (strcmp(name, "index.size_bytes") == 0)
		evaluate_figure(target, check, size_of(index, ARM_BASELINE), size_of(index, ARM_CANDIDATE),
		    bound_is_ratio(check->bound) ? SIZE_LEAST_BYTES : 0);
	else if (strcmp(name, "index.build_seconds") == 0)
		evaluate_figure(target, check, NAN, index->build_seconds, 0);
	else
		evaluate_bloat(index, target, check);
}

void evaluate_index(struct judging *j, const struct threshold *threshold,
    const struct target *target, struct check *check)
{
	if (!target->index) {
		check->proven = true;
		check_decide(check, OUTCOME_PASS,
		    bound_is_ratio(check->bound) || check->bound == BOUND_MAX_INCREASE
		        ? "no index exists on both arms"
		        : "the candidate creates no index");
		return;
	}
	evaluate_index_figure(j->run, threshold, target, check);
}
