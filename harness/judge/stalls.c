/*
 * Which ops met a stall of the machine: they were due before it ended and answered after it began,
 * on one arm at least. The other arm's half of the pair goes with it, or the arms would differ.
 */
#include "base/mem.h"
#include "judge/evidence.h"

/* The first stall that ends after that time; run->stalls are in order and do not overlap. */
static size_t first_ending_after(const struct run *run, double time_s)
{
	size_t low = 0, high = run->n_stalls;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (run->stalls[middle].start_s + run->stalls[middle].length_s > time_s)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool met_a_stall(const struct run *run, const struct sample *s)
{
	size_t stall = first_ending_after(run, (double)s->due_ns / 1e9);

	return stall < run->n_stalls && run->stalls[stall].start_s < (double)s->done_ns / 1e9;
}

bool *samples_stalled(const struct samples *samples, const struct run *run)
{
	uint32_t last_op = 0;
	bool *stalled, any = false;

	if (!run->n_stalls)
		return NULL;
	for (size_t i = 0; i < samples->n; i++)
		if (samples->items[i].op > last_op)
			last_op = samples->items[i].op;
	stalled = xcalloc((size_t)last_op + 1, sizeof(*stalled));
	for (size_t i = 0; i < samples->n; i++)
		if (met_a_stall(run, &samples->items[i]))
			any = stalled[samples->items[i].op] = true;
	if (any)
		return stalled;
	free(stalled);
	return NULL;
}
