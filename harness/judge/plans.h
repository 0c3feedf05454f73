/*
 * plans: what the stored plans of a run say: what changed, what uses which index, and which index
 * another one makes superfluous. Pure; needs no server.
 */
#ifndef JUDGE_PLANS_H
#define JUDGE_PLANS_H

#include "model/run.h"

#include <stdbool.h>

/* Rebuilds plan_changes of every statement from the plans of both arms. */
void judge_plan_changes(struct run *run);

/* How much work a plan is on the candidate, against the baseline's for the same values. */
enum plan_severity judge_plan_severity(
    const struct run_plan *baseline, const struct run_plan *candidate);

/* The worst of the changes; NULL when there are none. */
const struct run_plan_change *judge_worst_plan_change(const struct run_statement *statement);

/* Rebuilds used_by and redundant_with of every index. */
void judge_index_facts(struct run *run);

#endif
