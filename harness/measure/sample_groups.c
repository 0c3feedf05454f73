#include "measure/sample_groups.h"

#include "base/mem.h"

void sample_groups_init(struct sample_groups *groups, const struct samples *samples, size_t n_keys,
    size_t (*key_of)(const struct sample *sample, const void *ctx), const void *ctx)
{
	size_t *next = xcalloc(n_keys + 1, sizeof(*next));

	groups->start = xcalloc(n_keys + 1, sizeof(*groups->start));
	for (size_t i = 0; i < samples->n; i++) {
		size_t key = key_of(&samples->items[i], ctx);

		if (key < n_keys)
			groups->start[key + 1]++;
	}
	for (size_t key = 0; key < n_keys; key++) {
		groups->start[key + 1] += groups->start[key];
		next[key] = groups->start[key];
	}
	groups->order = xcalloc(groups->start[n_keys] + 1, sizeof(*groups->order));
	for (size_t i = 0; i < samples->n; i++) {
		size_t key = key_of(&samples->items[i], ctx);

		if (key < n_keys)
			groups->order[next[key]++] = (uint32_t)i;
	}
	free(next);
}

void sample_groups_release(struct sample_groups *groups)
{
	free(groups->start);
	free(groups->order);
	*groups = (struct sample_groups){0};
}
