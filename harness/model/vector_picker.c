/*
 * Draws spread evenly: draw number i is the fraction of start + i * golden ratio, looked up in the
 * cumulative weights (Weyl's sequence; Niederreiter 1992, chapter 3). After n draws the share of
 * any range of rows is off by some log(n) / n, where independent draws are off by 1 / sqrt(n), so
 * that few calls do the work per call that many do. Rows of like cost should stand together.
 */
#include "model/vectors.h"

#include "base/mem.h"
#include "base/random.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define GOLDEN_RATIO UINT64_C(0x9e3779b97f4a7c15) /* its fraction, of 2^64 */

struct column {
	const struct bound_statement *statement;
	uint64_t start;
	double *upto; /* the weight of this row and all before it, of 1; NULL: all weights equal */
};

struct vector_picker {
	struct column *columns;
	size_t n;
};

/* NULL for weights that are no distribution: they count as equal ones. */
static double *cumulate(const double *weights, size_t n)
{
	double *upto = NULL, sum = 0;

	for (size_t i = 0; weights && i < n; i++) {
		if (!isfinite(weights[i]) || weights[i] < 0)
			return NULL;
		sum += weights[i];
	}
	if (!(sum > 0) || !isfinite(sum))
		return NULL;
	upto = xcalloc(n, sizeof(*upto));
	for (size_t i = 0; i < n; i++)
		upto[i] = (i ? upto[i - 1] : 0) + weights[i] / sum;
	return upto;
}

struct vector_picker *vector_picker_new(const struct vectors *vectors, uint64_t seed)
{
	struct vector_picker *picker = xcalloc(1, sizeof(*picker));

	picker->n = vectors->n_statements;
	picker->columns = xcalloc(picker->n, sizeof(*picker->columns));
	for (size_t i = 0; i < picker->n; i++) {
		const struct bound_statement *s = &vectors->statements[i];
		struct column *column = &picker->columns[i];

		column->statement = s;
		column->start = splitmix64(splitmix64(seed) ^ splitmix64(~(uint64_t)i));
		column->upto = cumulate(s->weights, s->n_vectors);
	}
	return picker;
}

void vector_picker_free(struct vector_picker *picker)
{
	if (!picker)
		return;
	for (size_t i = 0; i < picker->n; i++)
		free(picker->columns[i].upto);
	free(picker->columns);
	free(picker);
}

/* The first row that the weights up to exceed the fraction, and has a weight. */
static size_t look_up(const double *upto, size_t n, double fraction)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (upto[middle] > fraction)
			high = middle;
		else
			low = middle + 1;
	}
	while (low > 0 && upto[low] <= upto[low - 1]) /* rounding left the sum below 1 */
		low--;
	return low;
}

static size_t pick_row(const struct column *column, uint64_t ordinal)
{
	size_t n = column->statement->n_vectors;
	uint64_t at = column->start + ordinal * GOLDEN_RATIO;

	if (n == 0)
		return 0;
	if (column->statement->order == VECTOR_SEQUENTIAL)
		return (size_t)(ordinal % n);
	if (!column->upto)
		return (size_t)(((unsigned __int128)at * n) >> 64);
	return look_up(column->upto, n, (double)(at >> 11) * 0x1.0p-53);
}

/* Version 4 in form: scattered like random ones, because that decides what an index on them costs,
 * and unique through the counter in the last 48 bits. */
static void add_uuid(struct buf *buf, uint64_t counter)
{
	uint64_t mixed = splitmix64(counter);

	buf_addf(buf, "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
	    mixed >> 32, mixed >> 16 & 0xffff, mixed >> 4 & 0xfff,
	    0x8000 | (splitmix64(mixed) & 0x3fff), counter & UINT64_C(0xffffffffffff));
}

static void add_fresh(struct buf *buf, const struct param *param, uint64_t ordinal)
{
	uint64_t counter = (uint64_t)param->fresh_base + ordinal;

	switch (param->fresh) {
	case FRESH_NONE:
		return;
	case FRESH_INTEGER:
		buf_addf(buf, "%" PRId64, (int64_t)counter);
		break;
	case FRESH_TEXT:
		buf_addf(
		    buf, "%s%" PRId64, param->fresh_prefix ? param->fresh_prefix : "", (int64_t)counter);
		break;
	case FRESH_UUID:
		add_uuid(buf, counter);
		break;
	}
	buf_addc(buf, '\0');
}

size_t vector_pick(const struct vector_picker *picker, size_t statement, uint64_t ordinal,
    struct buf *scratch, const char **ret_values)
{
	const struct column *column = &picker->columns[statement];
	const struct bound_statement *s = column->statement;
	size_t row = pick_row(column, ordinal);
	const char *fresh;

	/* All fresh values first: adding one may move the ones before it. */
	buf_clear(scratch);
	for (size_t i = 0; i < s->n_params; i++)
		add_fresh(scratch, &s->params[i], ordinal);
	fresh = scratch->data;
	for (size_t i = 0; i < s->n_params; i++) {
		if (s->params[i].fresh == FRESH_NONE) {
			ret_values[i] = s->n_vectors > 0 ? s->values[row * s->n_params + i] : NULL;
		} else {
			ret_values[i] = fresh;
			fresh += strlen(fresh) + 1;
		}
	}
	return row;
}
