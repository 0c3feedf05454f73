/*
 * ties: differences between the arms that are the planner's toss, not the candidate's doing.
 *
 * Databases that were analysed one by one (two clones of a dump) have other statistics, and where
 * the planner finds two plans about as good it takes one on this arm and the other on that.
 */
#ifndef JUDGE_TIES_H
#define JUDGE_TIES_H

#include "model/run.h"

#include <stdbool.h>
#include <stddef.h>

bool statistics_differ(const struct run *run);

/* Statistics differ, and these statements have worse (or better) plans on the candidate, all of
 * which the planner holds for as good as the others, and in which no index that the candidate made
 * or dropped has a part. Wants judge_plan_changes() and judge_index_facts(). */
bool plans_are_tied(const struct run *run, const size_t *statements, size_t n, bool worse);

/* Statistics differ, and by this much (candidate / baseline) the planner's estimates do, too. */
bool costs_are_tied(const struct run *run, double cost_ratio);

/* Ends a sentence that is not about the candidate then. */
#define TIED_PLANS_TEXT                                                                            \
	". The plans differ where the planner finds both about as good, and the arms have different "  \
	"statistics, so this may not be the candidate's doing"

#endif
