#include "judge/ties.h"

#include <math.h>
#include <string.h>

#define TIED_COST_RATIO 1.25 /* of two plans, either way */

bool statistics_differ(const struct run *run)
{
	for (size_t i = 0; i < run->n_disturbances; i++)
		if (strcmp(run->disturbances[i].kind, RUN_STATISTICS_DIFFER) == 0)
			return true;
	return false;
}

bool plans_are_tied(const struct run *run, const size_t *statements, size_t n)
{
	bool worse = false;

	for (size_t i = 0; i < n && statistics_differ(run); i++) {
		const struct run_plan_changes *changes = &run->statements[statements[i]].plan_changes;

		for (size_t k = 0; k < changes->n; k++) {
			const struct run_plan_change *change = &changes->items[k];

			if (change->severity < PLAN_MIXED)
				continue;
			if (!(fabs(log(change->cost_ratio)) < log(TIED_COST_RATIO)))
				return false;
			worse = true;
		}
	}
	return worse;
}
