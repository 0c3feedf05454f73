#include "model/vectors.h"

#include "base/mem.h"
#include "base/random.h"
#include "model/alias.h"

#include <inttypes.h>
#include <string.h>

#define STREAM_STEP UINT64_C(0x9e3779b97f4a7c15) /* of splitmix64 */

struct column {
	const struct bound_statement *statement;
	struct alias alias;
	uint64_t key; /* the statement's stream: draw number n is splitmix64(key + n * STREAM_STEP) */
};

struct vector_picker {
	struct column *columns;
	size_t n;
};

struct vector_picker *vector_picker_new(const struct vectors *vectors, uint64_t seed)
{
	struct vector_picker *picker = xcalloc(1, sizeof(*picker));

	picker->n = vectors->n_statements;
	picker->columns = xcalloc(picker->n, sizeof(*picker->columns));
	for (size_t i = 0; i < picker->n; i++) {
		const struct bound_statement *s = &vectors->statements[i];
		struct column *column = &picker->columns[i];

		column->statement = s;
		column->key = splitmix64(splitmix64(seed) ^ splitmix64(~(uint64_t)i));
		/* Weights that are no distribution count as equal ones. */
		if (!alias_init(&column->alias, s->weights, s->n_vectors))
			alias_init(&column->alias, NULL, s->n_vectors);
	}
	return picker;
}

void vector_picker_free(struct vector_picker *picker)
{
	if (!picker)
		return;
	for (size_t i = 0; i < picker->n; i++)
		alias_release(&picker->columns[i].alias);
	free(picker->columns);
	free(picker);
}

static size_t pick_row(const struct column *column, uint64_t ordinal)
{
	size_t n = column->statement->n_vectors;

	if (n == 0)
		return 0;
	if (column->statement->order == VECTOR_SEQUENTIAL)
		return (size_t)(ordinal % n);
	return alias_draw(&column->alias, splitmix64(column->key + ordinal * STREAM_STEP));
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
