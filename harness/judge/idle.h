/*
 * idle: statements of which no call has fallen into the replay. An `each` scope has nothing to say of
 * them; when they make up much of production's time, the run has not rehearsed production.
 */
#ifndef JUDGE_IDLE_H
#define JUDGE_IDLE_H

#include "judge/judging.h"

#define IDLE_LIMIT 0.10 /* of production's execution time: beyond it nothing passes */

bool statement_is_idle(const struct judging *j, size_t statement);
/* An unnamed target of a figure per statement, and all its statements are idle. */
bool target_is_idle(
    const struct judging *j, const struct target *target, enum metric_family family);
/* Why idle statements forbid a PASS; NULL when they do not. Caller frees. */
char *idle_reason(const struct judging *j);

#endif
