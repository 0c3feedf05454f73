#include "judge/series.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGITS     (1 << DIGIT_BITS)
#define SMALL      64

static void insertion_sort(uint64_t *packed, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t item = packed[i];
		size_t at = i;

		for (; at > 0 && packed[at - 1] > item; at--)
			packed[at] = packed[at - 1];
		packed[at] = item;
	}
}

/* Least significant digit first, over the value's bits; a digit that all numbers share costs one
 * count and no move. Judging runs beside the replay, so this must be cheap. */
void series_sort(uint64_t *packed, uint64_t *scratch, size_t n)
{
	uint64_t *from = packed, *to = scratch;

	if (n <= SMALL) {
		insertion_sort(packed, n);
		return;
	}
	for (int shift = SERIES_BLOCK_BITS; shift < 64; shift += DIGIT_BITS) {
		size_t start[DIGITS + 1] = {0};
		uint64_t *swap;

		for (size_t i = 0; i < n; i++)
			start[(from[i] >> shift & (DIGITS - 1)) + 1]++;
		if (start[(from[0] >> shift & (DIGITS - 1)) + 1] == n)
			continue;
		for (size_t d = 1; d < DIGITS; d++)
			start[d] += start[d - 1];
		for (size_t i = 0; i < n; i++)
			to[start[from[i] >> shift & (DIGITS - 1)]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != packed)
		memcpy(packed, from, n * sizeof(*packed));
}

static void sum_blocks(struct series *series, size_t n_blocks)
{
	series->block_n = xcalloc(n_blocks + 1, sizeof(*series->block_n));
	series->block_sum = xcalloc(n_blocks + 1, sizeof(*series->block_sum));
	for (size_t i = 0; i < series->n; i++) {
		size_t block = series_block(series->sorted[i]);

		series->block_n[block]++;
		series->block_sum[block] += series_value(series->sorted[i]);
	}
}

void series_pair_init(
    struct series_pair *pair, const uint64_t *const sorted[2], const size_t n[2], size_t n_blocks)
{
	*pair = (struct series_pair){.n_blocks = n_blocks};
	for (int arm = 0; arm < 2; arm++) {
		pair->arms[arm].sorted = sorted[arm];
		pair->arms[arm].n = n[arm];
		sum_blocks(&pair->arms[arm], n_blocks);
	}
	for (size_t b = 0; b < n_blocks; b++)
		pair->n_used_blocks += pair->arms[0].block_n[b] + pair->arms[1].block_n[b] > 0;
	pair->scratch = xcalloc(n_blocks + 1, sizeof(*pair->scratch));
}

void series_pair_release(struct series_pair *pair)
{
	for (int arm = 0; arm < 2; arm++) {
		free(pair->arms[arm].block_n);
		free(pair->arms[arm].block_sum);
	}
	free(pair->scratch);
	*pair = (struct series_pair){0};
}

double series_quantile(const struct series *series, double p)
{
	double rank = ceil(p * (double)series->n - 1e-9);

	if (!series->n)
		return NAN;
	if (rank < 1)
		rank = 1;
	return series_value(series->sorted[(size_t)rank - 1]);
}

double series_mean(const struct series *series)
{
	double sum = 0;

	if (!series->n)
		return NAN;
	for (size_t i = 0; i < series->n; i++)
		sum += series_value(series->sorted[i]);
	return sum / (double)series->n;
}
