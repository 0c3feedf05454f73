#include "measure/histogram.h"

#include "base/mem.h"
#include "measure/histogram_layout.h"

#include <math.h>
#include <string.h>

static int floor_log2(uint64_t x)
{
	return 63 - __builtin_clzll(x);
}

/* Steps per bucket: enough that one step is at most 10^-digits of a value in its upper half. */
static int sub_bucket_magnitude(int digits)
{
	static const uint64_t steps[] = {0, 20, 200, 2000, 20000, 200000};

	return floor_log2(steps[digits] - 1) + 1;
}

struct histogram *histogram_new(uint64_t lowest, uint64_t highest, int digits, struct err *err)
{
	struct histogram *h;
	int magnitude, n_buckets = 1;
	uint64_t smallest_untracked;

	if (lowest < 1 || lowest > UINT64_MAX / 4 || highest / 2 < lowest || highest > INT64_MAX ||
	    digits < 1 || digits > 5) {
		err_set(err, ERR_BUG,
		    "a histogram from %llu to %llu with %d digits is not possible: it needs 1 <= lowest, "
		    "2 * lowest <= highest < 2^63 and 1 to 5 digits",
		    (unsigned long long)lowest, (unsigned long long)highest, digits);
		return NULL;
	}
	magnitude = sub_bucket_magnitude(digits);
	if (floor_log2(lowest) + magnitude > 61) {
		err_set(err, ERR_BUG, "a histogram with %d digits cannot start at %llu", digits,
		    (unsigned long long)lowest);
		return NULL;
	}
	h = xcalloc(1, sizeof(*h));
	h->lowest = lowest;
	h->highest = highest;
	h->digits = digits;
	h->unit_magnitude = floor_log2(lowest);
	h->sub_bucket_half_magnitude = magnitude - 1;
	h->sub_bucket_mask = ((UINT64_C(1) << magnitude) - 1) << h->unit_magnitude;
	smallest_untracked = UINT64_C(1) << (magnitude + h->unit_magnitude);
	while (smallest_untracked <= highest) {
		n_buckets++;
		if (smallest_untracked > INT64_MAX / 2)
			break;
		smallest_untracked <<= 1;
	}
	h->n_counts = (size_t)(n_buckets + 1) << h->sub_bucket_half_magnitude;
	h->counts = xcalloc(h->n_counts, sizeof(*h->counts));
	return h;
}

void histogram_free(struct histogram *histogram)
{
	if (!histogram)
		return;
	free(histogram->counts);
	free(histogram);
}

void histogram_reset(struct histogram *histogram)
{
	if (histogram->total)
		memset(histogram->counts + histogram->min_index, 0,
		    (histogram->max_index - histogram->min_index + 1) * sizeof(*histogram->counts));
	histogram->total = 0;
	histogram->saturated = 0;
}

static size_t cell_of(const struct histogram *h, uint64_t value)
{
	int magnitude = floor_log2(value | h->sub_bucket_mask);
	int bucket = magnitude - h->unit_magnitude - h->sub_bucket_half_magnitude;
	uint64_t step = value >> (bucket + h->unit_magnitude);

	/* The first bucket alone uses its lower half, where step < half count. */
	return ((size_t)bucket << h->sub_bucket_half_magnitude) + (size_t)step;
}

uint64_t histogram_highest_in_cell(const struct histogram *h, size_t index)
{
	uint64_t half = UINT64_C(1) << h->sub_bucket_half_magnitude;
	uint64_t bucket = index >> h->sub_bucket_half_magnitude;
	uint64_t step = index & (half - 1);

	if (bucket > 0) {
		bucket--;
		step += half;
	}
	return ((step + 1) << (bucket + (uint64_t)h->unit_magnitude)) - 1;
}

static uint64_t lowest_in_cell(const struct histogram *h, size_t index)
{
	return index ? histogram_highest_in_cell(h, index - 1) + 1 : 0;
}

static uint64_t middle_of_cell(const struct histogram *h, size_t index)
{
	uint64_t low = lowest_in_cell(h, index);

	return low + (histogram_highest_in_cell(h, index) - low + 1) / 2;
}

void histogram_add_to_cell(struct histogram *h, size_t index, uint64_t count)
{
	if (!count)
		return;
	if (!h->total || index < h->min_index)
		h->min_index = index;
	if (!h->total || index > h->max_index)
		h->max_index = index;
	h->counts[index] += count;
	h->total += count;
}

void histogram_record_n(struct histogram *histogram, uint64_t value, uint64_t count)
{
	if (value > histogram->highest) {
		value = histogram->highest;
		histogram->saturated += count;
	}
	histogram_add_to_cell(histogram, cell_of(histogram, value), count);
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
	histogram_record_n(histogram, value, 1);
}

void histogram_add(struct histogram *into, const struct histogram *from)
{
	if (!from->total)
		return;
	for (size_t i = from->min_index; i <= from->max_index; i++)
		if (from->counts[i])
			histogram_record_n(into, middle_of_cell(from, i), from->counts[i]);
	into->saturated += from->saturated;
}

uint64_t histogram_count(const struct histogram *histogram)
{
	return histogram->total;
}

uint64_t histogram_saturated(const struct histogram *histogram)
{
	return histogram->saturated;
}

uint64_t histogram_min(const struct histogram *histogram)
{
	return histogram->total ? lowest_in_cell(histogram, histogram->min_index) : 0;
}

uint64_t histogram_max(const struct histogram *histogram)
{
	return histogram->total ? histogram_highest_in_cell(histogram, histogram->max_index) : 0;
}

double histogram_mean(const struct histogram *histogram)
{
	double sum = 0;

	if (!histogram->total)
		return 0;
	for (size_t i = histogram->min_index; i <= histogram->max_index; i++)
		sum += (double)histogram->counts[i] * (double)middle_of_cell(histogram, i);
	return sum / (double)histogram->total;
}

double histogram_stddev(const struct histogram *histogram)
{
	double mean = histogram_mean(histogram), sum = 0;

	if (!histogram->total)
		return 0;
	for (size_t i = histogram->min_index; i <= histogram->max_index; i++) {
		double deviation = (double)middle_of_cell(histogram, i) - mean;

		sum += (double)histogram->counts[i] * deviation * deviation;
	}
	return sqrt(sum / (double)histogram->total);
}

uint64_t histogram_value_at_quantile(const struct histogram *histogram, double q)
{
	double clamped = q < 0 ? 0 : q > 1 ? 1 : q;
	uint64_t wanted, seen = 0;

	if (!histogram->total)
		return 0;
	/* The 1e-9 keeps 0.95 * 100 from becoming the 96th value through rounding. */
	wanted = (uint64_t)ceil(clamped * (double)histogram->total - 1e-9);
	if (wanted < 1)
		wanted = 1;
	for (size_t i = histogram->min_index; i <= histogram->max_index; i++) {
		seen += histogram->counts[i];
		if (seen >= wanted)
			return histogram_highest_in_cell(histogram, i);
	}
	return histogram_max(histogram);
}

int histogram_next(
    const struct histogram *histogram, size_t *position, uint64_t *ret_value, uint64_t *ret_count)
{
	if (!histogram->total)
		return 0;
	for (size_t i = *position; i <= histogram->max_index; i++) {
		if (!histogram->counts[i])
			continue;
		*position = i + 1;
		*ret_value = histogram_highest_in_cell(histogram, i);
		*ret_count = histogram->counts[i];
		return 1;
	}
	return 0;
}
