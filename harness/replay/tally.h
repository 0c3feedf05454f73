/*
 * tally: counts of durations in constant memory, for percentiles while a run goes on.
 *
 * Log-linear: 64 steps per power of two, so a percentile is off by at most 1.6% (its bucket's
 * upper edge is returned). The figures that are judged come from the samples, not from here.
 */
#ifndef REPLAY_TALLY_H
#define REPLAY_TALLY_H

#include <stdint.h>

#define TALLY_STEPS   64
#define TALLY_BUCKETS (TALLY_STEPS * 42) /* up to 2^47 ns, a day and a half */

struct tally {
	uint64_t count, max;
	uint32_t buckets[TALLY_BUCKETS];
};

void tally_add(struct tally *tally, uint64_t ns);
/* The value at or below which the share q lies; 0 when empty. */
uint64_t tally_quantile(const struct tally *tally, double q);

#endif
