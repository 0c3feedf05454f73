/*
 * How much of the start to discard, by its times: MSER-5 (White, "An effective truncation heuristic
 * for bias reduction in simulation output", 1997) on the medians of half-second blocks.
 *
 * The mix of statements changes from block to block, so the medians are of ln(service time) less
 * the mean of that statement on that arm: a block is high when everything in it was slow. Batches
 * of five medians are averaged, and the cut d minimises sum((Y_i - mean)^2) / (n - d)^2 over what
 * is kept. A cut counts only when what it removes was slower: settling is always downwards, noise
 * is not.
 */
#include "judge/warmup.h"

#include "base/clock.h"
#include "base/mem.h"
#include "judge/judge.h"

#include <math.h>

#define BLOCK_NS        (NS_PER_S / 2)
#define BATCH           5
#define PER_BLOCK       255   /* values that a block's median is taken from, at most ... */
#define SAMPLES_MAX     20000 /* ... and of all samples, evenly, so that a look stays cheap */
#define SHARE_MAX       0.25  /* of the time */
#define SLOWER_AT_LEAST 0.02  /* in ln(time): two percent */

/* Which samples tell: answered ones with sound times. */
static bool tells(const struct sample *s)
{
	return s->status == SAMPLE_OK && s->sent_ns >= s->due_ns && s->done_ns > s->sent_ns;
}

static size_t group_of(const struct sample *s)
{
	return (size_t)s->statement * N_ARMS + s->arm;
}

static double log_service(const struct sample *s)
{
	return log((double)sample_service_ns(s));
}

static size_t stride(const struct samples *samples)
{
	/* Odd, because the samples of the two arms alternate. */
	return samples->n / SAMPLES_MAX | 1;
}

/* Mean of ln(service time) per statement and arm; caller frees. */
static double *group_means(const struct samples *samples)
{
	size_t n_groups = 0;
	double *sum, *count;

	for (size_t i = 0; i < samples->n; i++)
		if (group_of(&samples->items[i]) >= n_groups)
			n_groups = group_of(&samples->items[i]) + 1;
	sum = xcalloc(n_groups + 1, sizeof(*sum));
	count = xcalloc(n_groups + 1, sizeof(*count));
	for (size_t i = 0; i < samples->n; i += stride(samples)) {
		if (!tells(&samples->items[i]))
			continue;
		sum[group_of(&samples->items[i])] += log_service(&samples->items[i]);
		count[group_of(&samples->items[i])]++;
	}
	for (size_t g = 0; g < n_groups; g++)
		sum[g] = count[g] > 0 ? sum[g] / count[g] : 0;
	free(count);
	return sum;
}

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* One median per block; an empty block repeats the one before it. Caller frees. */
static double *block_medians(const struct samples *samples, size_t n_blocks)
{
	_cleanup_free_ double *means = group_means(samples);
	_cleanup_free_ float *values = xcalloc(n_blocks * PER_BLOCK + 1, sizeof(*values));
	_cleanup_free_ size_t *n = xcalloc(n_blocks + 1, sizeof(*n));
	double *medians = xcalloc(n_blocks + 1, sizeof(*medians));

	for (size_t i = 0; i < samples->n; i += stride(samples)) {
		const struct sample *s = &samples->items[i];
		size_t block = (size_t)(s->due_ns / BLOCK_NS);

		if (block < n_blocks && n[block] < PER_BLOCK && tells(s))
			values[block * PER_BLOCK + n[block]++] = (float)(log_service(s) - means[group_of(s)]);
	}
	for (size_t b = 0; b < n_blocks; b++) {
		float *of_block = values + b * PER_BLOCK;

		qsort(of_block, n[b], sizeof(*of_block), compare_floats);
		medians[b] = n[b] ? (double)of_block[n[b] / 2] : b ? medians[b - 1] : 0;
	}
	return medians;
}

static void mean_and_squares(const double *y, size_t n, double *ret_mean, double *ret_squares)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		mean += y[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (y[i] - mean) * (y[i] - mean);
	*ret_mean = mean;
	*ret_squares = squares;
}

/* The number of batches to discard. */
static size_t mser_cut(const double *batches, size_t n)
{
	size_t best = 0, most = (size_t)((double)n * SHARE_MAX);
	double least = INFINITY, mean, squares, discarded;

	for (size_t d = 0; d <= most; d++) {
		double kept = (double)(n - d);

		mean_and_squares(batches + d, n - d, &mean, &squares);
		if (squares / (kept * kept) < least) {
			least = squares / (kept * kept);
			best = d;
		}
	}
	mean_and_squares(batches + best, n - best, &mean, &squares);
	mean_and_squares(batches, best, &discarded, &squares);
	return best && discarded > mean + SLOWER_AT_LEAST ? best : 0;
}

double warmup_of_times(const struct samples *samples, double duration_s)
{
	size_t n_blocks = duration_s > 0 ? (size_t)(duration_s * 1e9 / BLOCK_NS) : 0;
	size_t n_batches = n_blocks / BATCH;
	_cleanup_free_ double *medians = NULL;
	_cleanup_free_ double *batches = NULL;

	if (n_batches < 4)
		return 0;
	medians = block_medians(samples, n_blocks);
	batches = xcalloc(n_batches, sizeof(*batches));
	for (size_t i = 0; i < n_batches * BATCH; i++)
		batches[i / BATCH] += medians[i] / BATCH;
	return (double)(mser_cut(batches, n_batches) * BATCH * BLOCK_NS) / 1e9;
}

/* Caches are looked at once a second, so their end is rounded up to a whole block. */
double judge_warmup_seconds(const struct samples *samples, const struct run *run, double duration_s)
{
	double block_s = BLOCK_NS / 1e9;
	double caches_s = ceil(warmup_of_caches(run) / block_s) * block_s;

	return fmax(warmup_of_times(samples, duration_s), fmin(caches_s, SHARE_MAX * duration_s));
}
