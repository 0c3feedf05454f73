/*
 * series: the latencies of one arm, sorted, each with the block of time it was due in.
 *
 * A value and its block share one 64-bit number, value above and block below, so that sorting by
 * value is sorting numbers: 42 bits of nanoseconds (73 minutes; more is counted as that) and 22
 * bits of block. A pair is the two arms of one set of statements, which is what a test compares.
 */
#ifndef JUDGE_SERIES_H
#define JUDGE_SERIES_H

#include <stddef.h>
#include <stdint.h>

#define SERIES_BLOCK_BITS 22
#define SERIES_MAX_NS     ((UINT64_C(1) << 42) - 1)
#define SERIES_MAX_BLOCKS ((size_t)1 << SERIES_BLOCK_BITS)

static inline uint64_t series_pack(uint64_t value_ns, size_t block)
{
	return (value_ns > SERIES_MAX_NS ? SERIES_MAX_NS : value_ns) << SERIES_BLOCK_BITS | block;
}
static inline double series_value(uint64_t packed)
{
	return (double)(packed >> SERIES_BLOCK_BITS);
}
static inline size_t series_block(uint64_t packed)
{
	return packed & (SERIES_MAX_BLOCKS - 1);
}

struct series {
	const uint64_t *sorted; /* ascending by value; borrowed */
	size_t n;
	double *block_n, *block_sum; /* per block; owned */
};

struct series_pair {
	struct series arms[2]; /* baseline, candidate */
	size_t n_blocks;
	size_t n_used_blocks; /* blocks with at least one value on either arm */
	double *scratch;      /* n_blocks: d of the block test */
};

/* Sort packed numbers by value. scratch holds n numbers. */
void series_sort(uint64_t *packed, uint64_t *scratch, size_t n);

/* Borrows the sorted arrays; release frees the per-block figures only. */
void series_pair_init(
    struct series_pair *pair, const uint64_t *const sorted[2], const size_t n[2], size_t n_blocks);
void series_pair_release(struct series_pair *pair);

/* The smallest value with at least the share p of the values at or below it; NAN when empty. */
double series_quantile(const struct series *series, double p);
double series_mean(const struct series *series);

#endif
