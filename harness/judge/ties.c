#include "judge/ties.h"

#include <math.h>
#include <string.h>

/* Of two plans, either way. Each arm's cost is by its own statistics, and a value that the sample
 * of one ANALYZE has sixty times differs by a fifth from the next one's. Seen with equal data: 0.91
 * to 1.25. */
#define TIED_COST_RATIO 1.6

bool statistics_differ(const struct run *run)
{
	for (size_t i = 0; i < run->n_disturbances; i++)
		if (strcmp(run->disturbances[i].kind, RUN_STATISTICS_DIFFER) == 0)
			return true;
	return false;
}

bool costs_are_tied(const struct run *run, double cost_ratio)
{
	return statistics_differ(run) && fabs(log(cost_ratio)) < log(TIED_COST_RATIO);
}

static bool uses_an_index_of_the_change(const struct run *run, const char *statement)
{
	for (size_t i = 0; i < run->n_indexes; i++)
		if (run->indexes[i].role != INDEX_EXISTING &&
		    strv_contains(&run->indexes[i].used_by, statement))
			return true;
	return false;
}

bool plans_are_tied(const struct run *run, const size_t *statements, size_t n, bool worse)
{
	bool tied = false;

	for (size_t i = 0; i < n && statistics_differ(run); i++) {
		const struct run_statement *statement = &run->statements[statements[i]];
		const struct run_plan_changes *changes = &statement->plan_changes;

		if (changes->n > 0 && uses_an_index_of_the_change(run, statement->name))
			return false;
		for (size_t k = 0; k < changes->n; k++) {
			const struct run_plan_change *change = &changes->items[k];

			if (change->severity != PLAN_MIXED && (change->severity > PLAN_MIXED) != worse)
				continue;
			if (!costs_are_tied(run, change->cost_ratio))
				return false;
			tied = true;
		}
	}
	return tied;
}
