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

/* Scans that queries made; a unique index also works without any, by refusing duplicates. */
static void evaluate_used(const struct run_index *index, struct check *check)
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
	if (check->outcome == OUTCOME_FAIL && fabs(candidate - baseline) < least)
		check_decide(check, OUTCOME_PASS, "%s of %s differs by less than two equal clones can",
		    check->metric->name, target->label);
}

/* "a, b DESC" of "... USING btree (a, b DESC) INCLUDE (c) WHERE d": up to the closing parenthesis.
 */
static char *key_columns(const char *definition, const char **ret_rest)
{
	const char *open = strstr(definition, " USING ");
	int depth = 0;

	open = open ? strchr(open, '(') : NULL;
	for (const char *at = open; at && *at; at++) {
		depth += (*at == '(') - (*at == ')');
		if (depth)
			continue;
		*ret_rest = at + 1;
		return xstrndup(open + 1, (size_t)(at - open - 1));
	}
	return NULL;
}

static const char *access_method(const char *definition)
{
	const char *at = strstr(definition, " USING ");

	return at ? at : "";
}

/* Are a's key columns the first ones of b's, with the same method and the same predicate? */
static bool is_prefix_of(const struct run_index *a, const struct run_index *b)
{
	const char *rest_a = "", *rest_b = "";
	_cleanup_free_ char *keys_a = key_columns(a->definition, &rest_a);
	_cleanup_free_ char *keys_b = key_columns(b->definition, &rest_b);
	size_t n;

	if (!keys_a || !keys_b || strcmp(a->table, b->table) != 0)
		return false;
	n = strlen(keys_a);
	if (strncmp(access_method(a->definition), access_method(b->definition),
	        strcspn(access_method(a->definition), "(")) != 0)
		return false;
	return strcmp(rest_a, rest_b) == 0 && strncmp(keys_a, keys_b, n) == 0 &&
	       (keys_b[n] == '\0' || keys_b[n] == ',');
}

static void evaluate_redundant(
    const struct run *run, const struct run_index *index, struct check *check)
{
	const struct run_index *other = NULL;

	for (size_t i = 0; i < run->n_indexes && !other; i++)
		if (&run->indexes[i] != index && run->indexes[i].arms[ARM_CANDIDATE].exists &&
		    is_prefix_of(index, &run->indexes[i]))
			other = &run->indexes[i];
	check->baseline = 0;
	check->candidate = check->estimate = other && !index->is_unique ? 1 : 0;
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	if (check->candidate > 0)
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "%s has the leading columns of %s, which serves the same queries", index->name,
		    other->name);
	else
		check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL,
		    "no other index has the columns of %s in front", index->name);
}

static double growth_share(const struct run_index *index, int arm)
{
	double before = index->arms[arm].size_bytes - index->arms[arm].growth_bytes;

	return index->arms[arm].exists && before > 0 ? index->arms[arm].growth_bytes / before : NAN;
}

static void evaluate_index_figure(const struct run *run, const struct threshold *threshold,
    const struct target *target, struct check *check)
{
	const struct run_index *index = target->index;
	const char *name = threshold->metric->name;

	if (strcmp(name, "index.used") == 0)
		evaluate_used(index, check);
	else if (strcmp(name, "index.redundant") == 0)
		evaluate_redundant(run, index, check);
	else if (strcmp(name, "index.size_bytes") == 0)
		evaluate_figure(target, check, size_of(index, ARM_BASELINE), size_of(index, ARM_CANDIDATE),
		    bound_is_ratio(check->bound) ? SIZE_LEAST_BYTES : 0);
	else if (strcmp(name, "index.build_seconds") == 0)
		evaluate_figure(target, check, NAN, index->build_seconds, 0);
	else
		evaluate_figure(target, check, growth_share(index, ARM_BASELINE),
		    growth_share(index, ARM_CANDIDATE), bound_is_ratio(check->bound) ? BLOAT_LEAST : 0);
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
