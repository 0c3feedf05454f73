#include "replay/tally.h"

#include <math.h>

#define STEP_BITS 6

/* Values below 2 * TALLY_STEPS have buckets of their own; above, the leading seven bits count. */
static unsigned bucket_of(uint64_t ns)
{
	unsigned shift, bucket;

	if (ns < 2 * TALLY_STEPS)
		return (unsigned)ns;
	shift = 63 - STEP_BITS - (unsigned)__builtin_clzll(ns);
	bucket = shift * TALLY_STEPS + (unsigned)(ns >> shift);
	return bucket < TALLY_BUCKETS ? bucket : TALLY_BUCKETS - 1;
}

static uint64_t upper_edge(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2 * TALLY_STEPS)
		return bucket;
	shift = bucket / TALLY_STEPS - 1;
	return ((uint64_t)(bucket % TALLY_STEPS + TALLY_STEPS + 1) << shift) - 1;
}

void tally_add(struct tally *tally, uint64_t ns)
{
	tally->count++;
	tally->buckets[bucket_of(ns)]++;
	if (ns > tally->max)
		tally->max = ns;
}

uint64_t tally_quantile(const struct tally *tally, double q)
{
	uint64_t rank = (uint64_t)ceil(q * (double)tally->count), seen = 0;

	for (unsigned i = 0; tally->count && i < TALLY_BUCKETS; i++) {
		seen += tally->buckets[i];
		if (seen >= rank && seen > 0) {
			uint64_t edge = upper_edge(i);

			return edge < tally->max ? edge : tally->max;
		}
	}
	return tally->max;
}
