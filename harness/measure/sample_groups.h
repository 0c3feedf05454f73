/*
 * sample_groups: the numbers of samples, ordered by a key, in one pass and 4 bytes per sample.
 *
 *     struct sample_groups groups;
 *     sample_groups_init(&groups, samples, n_keys, key_of, ctx);
 *     for (size_t i = groups.start[key]; i < groups.start[key + 1]; i++)
 *         use(&samples->items[groups.order[i]]);
 *     sample_groups_release(&groups);
 */
#ifndef MEASURE_SAMPLE_GROUPS_H
#define MEASURE_SAMPLE_GROUPS_H

#include "model/sample.h"

#include <stddef.h>
#include <stdint.h>

struct sample_groups {
	size_t *start; /* n_keys + 1 */
	uint32_t *order;
};

/* key_of gives a number below n_keys, or SIZE_MAX to leave the sample out. */
void sample_groups_init(struct sample_groups *groups, const struct samples *samples, size_t n_keys,
    size_t (*key_of)(const struct sample *sample, const void *ctx), const void *ctx);
void sample_groups_release(struct sample_groups *groups);

#endif
