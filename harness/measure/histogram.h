/*
 * histogram: an HdrHistogram of 64-bit integer values (nanoseconds here), three significant digits.
 *
 * The bucket layout is that of HdrHistogram (Gil Tene): values are kept to within 1 part in 10^3
 * from the lowest discernible value up to the highest trackable one. The interchange format is
 * V2: cookie, ZigZag LEB128 counts, zlib-compressed with its own cookie, base64 in log files.
 *
 *     struct histogram *h = histogram_new(1, 3600 * NS_PER_S, 3, &err);
 *     histogram_record(h, ns);
 *     uint64_t p99 = histogram_value_at_quantile(h, 0.99);
 *     char *text = histogram_encode_base64(h, &err);
 *
 * Values above the highest trackable are recorded as the highest and counted in saturated.
 */
#ifndef MEASURE_HISTOGRAM_H
#define MEASURE_HISTOGRAM_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct histogram;

/* lowest >= 1, highest >= 2 * lowest, digits 1..5; else NULL and ERR_BUG. */
struct histogram *histogram_new(uint64_t lowest, uint64_t highest, int digits, struct err *err);
void histogram_free(struct histogram *histogram);
void histogram_reset(struct histogram *histogram);

void histogram_record(struct histogram *histogram, uint64_t value);
void histogram_record_n(struct histogram *histogram, uint64_t value, uint64_t count);
/* into += from, value by value; the layouts may differ. */
void histogram_add(struct histogram *into, const struct histogram *from);

uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_saturated(const struct histogram *histogram);
uint64_t histogram_min(const struct histogram *histogram); /* 0 when empty */
uint64_t histogram_max(const struct histogram *histogram); /* highest equivalent value */
double histogram_mean(const struct histogram *histogram);
double histogram_stddev(const struct histogram *histogram);
/* The value at or below which the share q of the values lies: highest equivalent value. */
uint64_t histogram_value_at_quantile(const struct histogram *histogram, double q);

/* Iterate recorded buckets in order: set *position to 0, call until it returns 0. ret_value is the
 * highest equivalent value of the bucket, ret_count its count. */
int histogram_next(
    const struct histogram *histogram, size_t *position, uint64_t *ret_value, uint64_t *ret_count);

/* V2, compressed, base64; caller frees. */
char *histogram_encode_base64(const struct histogram *histogram, struct err *err);
struct histogram *histogram_decode_base64(const char *text, struct err *err);

#endif
