/*
 * plan_survey: which of a statement's vectors to look at closely. Pure.
 *
 *     struct plan_survey survey = {0};
 *     plan_survey_add(&survey, (struct surveyed){...}) for every vector that was planned;
 *     n = plan_survey_choose(&survey, places);
 */
#ifndef MEASURE_PLAN_SURVEY_H
#define MEASURE_PLAN_SURVEY_H

#include "model/sample.h"

#include <stddef.h>
#include <stdint.h>

/* At most this many vectors of a statement are run: three by rank, and one for each of the other
 * pairs of plans. */
#define PLAN_SURVEY_PLACES 8

struct surveyed {
	size_t row; /* of the vectors */
	double weight;
	double cost[N_ARMS];
	uint64_t hash[N_ARMS];
	int rank;     /* filled by choose: 1 is the cheapest on the baseline */
	double share; /* filled by choose: of the weight, with the same plans on both arms */
};
struct plan_survey {
	struct surveyed *items;
	size_t n, cap;
};

void plan_survey_add(struct plan_survey *survey, struct surveyed item);
/* Sorts the survey by rank; the chosen indexes in ret_places, in ascending order. */
size_t plan_survey_choose(struct plan_survey *survey, size_t ret_places[PLAN_SURVEY_PLACES]);
void plan_survey_release(struct plan_survey *survey);

#endif
