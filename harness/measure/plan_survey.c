#include "measure/plan_survey.h"

#include "base/mem.h"

#include <math.h>
#include <stdbool.h>

void plan_survey_add(struct plan_survey *survey, struct surveyed item)
{
	GROW(survey->items, survey->n, survey->cap);
	survey->items[survey->n++] = item;
}

void plan_survey_release(struct plan_survey *survey)
{
	free(survey->items);
	*survey = (struct plan_survey){0};
}

static int by_cost(const void *a, const void *b)
{
	const struct surveyed *x = a, *y = b;

	if (x->cost[ARM_BASELINE] != y->cost[ARM_BASELINE])
		return x->cost[ARM_BASELINE] < y->cost[ARM_BASELINE] ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static bool same_plans(const struct surveyed *a, const struct surveyed *b)
{
	return a->hash[ARM_BASELINE] == b->hash[ARM_BASELINE] &&
	       a->hash[ARM_CANDIDATE] == b->hash[ARM_CANDIDATE];
}

static bool differs(const struct surveyed *item)
{
	return item->hash[ARM_BASELINE] != item->hash[ARM_CANDIDATE];
}

static double cost_ratio(const struct surveyed *item)
{
	return item->cost[ARM_CANDIDATE] / fmax(item->cost[ARM_BASELINE], 0.01);
}

static void rank_all(struct plan_survey *survey)
{
	double total = 0;

	qsort(survey->items, survey->n, sizeof(*survey->items), by_cost);
	for (size_t i = 0; i < survey->n; i++) {
		survey->items[i].rank = (int)i + 1;
		total += survey->items[i].weight;
	}
	for (size_t i = 0; i < survey->n; i++) {
		double same = 0;

		for (size_t k = 0; k < survey->n; k++)
			if (same_plans(&survey->items[i], &survey->items[k]))
				same += survey->items[k].weight;
		survey->items[i].share = total > 0 ? same / total : NAN;
	}
}

static bool is_chosen(size_t i, const size_t *places, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (places[k] == i)
			return true;
	return false;
}

static bool is_represented(
    const struct plan_survey *survey, size_t i, const size_t *places, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (same_plans(&survey->items[i], &survey->items[places[k]]))
			return true;
	return false;
}

/* Of the pairs of plans not yet chosen: a pair that differs before one that does not, the one
 * whose cost grows most first. */
static size_t next_pair(const struct plan_survey *survey, const size_t *places, size_t n)
{
	size_t best = survey->n;

	for (size_t i = 0; i < survey->n; i++) {
		const struct surveyed *item = &survey->items[i];

		if (is_represented(survey, i, places, n))
			continue;
		if (best == survey->n || (differs(item) && !differs(&survey->items[best])) ||
		    (differs(item) == differs(&survey->items[best]) &&
		        cost_ratio(item) > cost_ratio(&survey->items[best])))
			best = i;
	}
	return best;
}

static int by_number(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

size_t plan_survey_choose(struct plan_survey *survey, size_t ret_places[PLAN_SURVEY_PLACES])
{
	size_t n = 0, next;

	if (survey->n == 0)
		return 0;
	rank_all(survey);
	const size_t usual[] = {0, survey->n / 2, survey->n - 1};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (!is_chosen(usual[i], ret_places, n))
			ret_places[n++] = usual[i];
	while (n < PLAN_SURVEY_PLACES && (next = next_pair(survey, ret_places, n)) < survey->n)
		ret_places[n++] = next;
	qsort(ret_places, n, sizeof(*ret_places), by_number);
	return n;
}
