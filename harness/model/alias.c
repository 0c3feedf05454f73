#include "model/alias.h"

#include "base/mem.h"
#include "base/random.h"

#include <math.h>

static bool sum_weights(const double *weights, size_t n, double *ret_sum)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(weights[i]) || weights[i] < 0)
			return false;
		sum += weights[i];
	}
	*ret_sum = sum;
	return sum > 0 && isfinite(sum);
}

/* Pair every column below average with one above until all are level. `work` holds the small
 * columns from the front and the large ones from the back. */
static void build(struct alias *alias, uint32_t *work)
{
	size_t n = alias->n, small = 0, large = n, heaviest = 0;

	for (size_t i = 0; i < n; i++) {
		if (alias->keep[i] > alias->keep[heaviest])
			heaviest = i;
		alias->other[i] = (uint32_t)i;
		if (alias->keep[i] < 1)
			work[small++] = (uint32_t)i;
		else
			work[--large] = (uint32_t)i;
	}
	while (small > 0 && large < n) {
		uint32_t low = work[--small], high = work[large];

		alias->other[low] = high;
		alias->keep[high] -= 1 - alias->keep[low];
		if (alias->keep[high] < 1) {
			large++;
			work[small++] = high;
		}
	}
	/* Left over by rounding alone. A weight of zero must stay one. */
	while (small > 0)
		alias->other[work[--small]] = (uint32_t)heaviest;
	while (large < n)
		alias->keep[work[large++]] = 1;
}

bool alias_init(struct alias *alias, const double *weights, size_t n)
{
	_cleanup_free_ uint32_t *work = NULL;
	double sum;

	*alias = (struct alias){.n = n};
	if (n == 0 || n > UINT32_MAX)
		return false;
	if (!weights)
		return true;
	if (!sum_weights(weights, n, &sum))
		return false;
	work = xcalloc(n, sizeof(*work));
	alias->keep = xcalloc(n, sizeof(*alias->keep));
	alias->other = xcalloc(n, sizeof(*alias->other));
	for (size_t i = 0; i < n; i++)
		alias->keep[i] = weights[i] / sum * (double)n;
	build(alias, work);
	return true;
}

void alias_release(struct alias *alias)
{
	free(alias->keep);
	free(alias->other);
	*alias = (struct alias){0};
}

size_t alias_draw(const struct alias *alias, uint64_t random)
{
	size_t column = (size_t)(((unsigned __int128)random * alias->n) >> 64);

	if (!alias->keep)
		return column;
	/* The column used up the high bits; the coin takes a mix of all. */
	if ((double)(splitmix64(random) >> 11) * 0x1.0p-53 < alias->keep[column])
		return column;
	return alias->other[column];
}
