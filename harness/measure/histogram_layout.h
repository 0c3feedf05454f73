/*
 * histogram_layout: the inside of a histogram, shared by histogram.c and histogram_codec.c only.
 *
 * HdrHistogram's layout: bucket i covers values in units of 2^(unit_magnitude + i), in
 * sub_bucket_count steps; every bucket but the first shares its lower half with the bucket
 * before it, so counts holds (n_buckets + 1) * sub_bucket_half_count cells, in value order.
 */
#ifndef MEASURE_HISTOGRAM_LAYOUT_H
#define MEASURE_HISTOGRAM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct histogram {
	uint64_t lowest, highest;
	int digits;
	int unit_magnitude;
	int sub_bucket_half_magnitude;
	uint64_t sub_bucket_mask;
	size_t n_counts;
	size_t min_index, max_index; /* first and last cell in use; meaningless when total is 0 */
	uint64_t total, saturated;
	uint64_t *counts;
};

/* The largest value that is counted in the same cell. */
uint64_t histogram_highest_in_cell(const struct histogram *histogram, size_t index);

/* Add to a cell by number; index < n_counts. */
void histogram_add_to_cell(struct histogram *histogram, size_t index, uint64_t count);

#endif
