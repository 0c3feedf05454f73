/*
 * warmup: the two answers to how much of the start does not count; judge_warmup_seconds() takes the
 * later.
 */
#ifndef JUDGE_WARMUP_H
#define JUDGE_WARMUP_H

#include "model/run.h"
#include "model/sample.h"

/* Seconds from the start until response times settle (MSER-5 on block medians), at most a quarter
 * of duration_s. */
double warmup_of_times(const struct samples *samples, double duration_s);
/* Seconds from the start until the buffer caches of both arms settle, by run->arms[].cache; up to
 * the last look when they do not, 0 without looks. */
double warmup_of_caches(const struct run *run);

#endif
