/*
 * The vectors: every slot's rule applied to the rows of its pool. A pure function of pools,
 * settings and seed; vector i does not depend on how many are made.
 */
#include "bind/form.h"
#include "bind/literal.h"
#include "bind/types.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ELEMENTS 1000

/* A number in [0, bound) that belongs to this slot and vector. */
static uint64_t draw(
    const struct binding *b, const struct slot *slot, size_t i, uint64_t k, uint64_t bound)
{
	uint64_t x = splitmix64(b->run->options->seed ^ splitmix64(i * 131 + (uint64_t)slot->number));

	return splitmix64(x + k) % (bound ? bound : 1);
}

/* Moves on past NULLs, which "=" never finds; NULL only when the whole column is. */
static const char *cell_at(const struct binding *b, const struct slot *slot, size_t row)
{
	const struct pool *pool = &b->pools[slot->pool];
	bool null_is_fine =
	    slot->item && (slot->item->role == PARAM_INSERT || slot->item->role == PARAM_SET);

	for (size_t k = 0; k < pool->n_rows; k++) {
		size_t at = (row + k) % pool->n_rows;
		const char *cell = pool->cells[at * pool->n_columns + (size_t)slot->column];
		if (cell || null_is_fine)
			return cell;
	}
	return NULL;
}

/* Do two rows agree in what the elements of a list have in common? */
static bool is_akin(const struct binding *b, int index, size_t row, size_t other)
{
	const struct pool *pool = &b->pools[index];

	for (size_t s = 0; s < b->n_slots; s++) {
		const struct slot *slot = &b->slots[s];
		const char *x, *y;
		if (!slot->together_with || slot->pool != index)
			continue;
		x = pool->cells[row * pool->n_columns + (size_t)slot->column];
		y = pool->cells[other * pool->n_columns + (size_t)slot->column];
		if (!x || !y || strcmp(x, y) != 0)
			return false;
	}
	return true;
}

/* Up to n different values of rows like this one, from it on. */
static size_t akin_cells(
    const struct binding *b, const struct slot *slot, size_t row, const char **ret, size_t n)
{
	const struct pool *pool = &b->pools[slot->pool];
	size_t found = 0;

	for (size_t k = 0; k < pool->n_rows && found < n; k++) {
		size_t at = (row + k) % pool->n_rows;
		const char *cell = pool->cells[at * pool->n_columns + (size_t)slot->column];
		bool known = !cell || !is_akin(b, slot->pool, row % pool->n_rows, at);
		for (size_t j = 0; j < found && !known; j++)
			known = strcmp(ret[j], cell) == 0;
		if (!known)
			ret[found++] = cell;
	}
	return found;
}

static const char *own_cell(const struct binding *b, const struct slot *slot, size_t i)
{
	if (slot->together && slot->rule == RULE_ROW) {
		const char *akin[MAX_ELEMENTS];
		size_t n = slot->turn < MAX_ELEMENTS ? slot->turn + 1 : MAX_ELEMENTS;
		size_t found = akin_cells(b, slot, i * b->pools[slot->pool].stride, akin, n);
		if (found > 0)
			return akin[found - 1];
	}
	return cell_at(b, slot, i * b->pools[slot->pool].stride + slot->turn);
}

static const char *other_cell(const struct binding *b, const struct slot *slot, size_t i)
{
	const char *own = own_cell(b, slot, i), *other = own;

	for (uint64_t k = 0; k < 8; k++) {
		other = cell_at(b, slot, draw(b, slot, i, k, b->pools[slot->pool].n_rows));
		if (!own || !other || strcmp(own, other) != 0)
			break;
	}
	return other;
}

static double quantile(const double *sorted, size_t n, double q)
{
	double at = fmin(fmax(q, 0), 1) * (double)(n - 1);
	size_t below = (size_t)at;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + (sorted[below + 1] - sorted[below]) * (at - (double)below);
}

static char *range_end(const struct binding *b, const struct slot *low, size_t i, bool high)
{
	enum number_kind kind = number_kind_of(low->type->base);
	double min, max, width, from;

	if (low->n_sorted == 0)
		return NULL;
	if (!low->numbers) {
		size_t at = draw(b, low, i, 0, low->n_sorted);
		size_t to = at + (size_t)(low->setting * (double)low->n_sorted);
		return xstrdup(low->sorted[high ? (to < low->n_sorted ? to : low->n_sorted - 1) : at]);
	}
	min = low->numbers[0];
	max = low->numbers[low->n_sorted - 1];
	width = (quantile(low->numbers, low->n_sorted, 0.99) -
	            quantile(low->numbers, low->n_sorted, 0.01)) *
	        low->setting;
	width = fmax(width, kind == NUMBER_DECIMAL ? 0 : number_unit(kind));
	if (!number_parse(kind, own_cell(b, low, i), &from))
		from = min;
	if (from + width > max)
		from = fmax(max - width, fmin(from, min));
	return number_format(kind, high ? from + width : from);
}

/* A share above 1: so much farther than all the rows reach. Other conditions may leave few rows, and
 * a range that is wider than they are looks at more. */
static char *beyond(const struct slot *slot, double share)
{
	double min = slot->numbers[0], max = slot->numbers[slot->n_sorted - 1];
	double farther = (share - 1) * (max - min);

	return number_format(
	    number_kind_of(slot->type->base), slot->rule == RULE_ABOVE ? min - farther : max + farther);
}

/* One-sided ranges differ from call to call, by half their share either way. */
static char *one_sided(const struct binding *b, const struct slot *slot, size_t i)
{
	double jitter = 0.5 + (double)draw(b, slot, i, 0, 1024) / 1024;
	double share = slot->setting * jitter;

	if (b->order == VECTOR_SEQUENTIAL) /* a purge goes on where the last one ended */
		share = fmin(1, slot->setting * (double)(i + 1));
	if (slot->setting > 1 && share > 1 && slot->numbers && slot->n_sorted > 0)
		return beyond(slot, share);
	share = fmin(1, share);
	if (slot->rule == RULE_ABOVE)
		share = 1 - share;
	if (slot->n_sorted == 0)
		return NULL;
	if (!slot->numbers)
		return xstrdup(slot->sorted[(size_t)(share * (double)(slot->n_sorted - 1))]);
	return number_format(
	    number_kind_of(slot->type->base), quantile(slot->numbers, slot->n_sorted, share));
}

static char *array_of(const struct binding *b, const struct slot *slot, size_t i)
{
	const struct pool *pool = &b->pools[slot->pool];
	const char *elements[MAX_ELEMENTS];
	size_t n = (size_t)fmin(MAX_ELEMENTS, fmax(1, round(slot->setting)));

	if (slot->together)
		return literal_array(elements, akin_cells(b, slot, i * pool->stride, elements, n));
	elements[0] = own_cell(b, slot, i);
	for (size_t k = 1; k < n; k++)
		elements[k] = cell_at(b, slot,
		    b->order == VECTOR_SEQUENTIAL ? i * pool->stride + k
		                                  : draw(b, slot, i, k, pool->n_rows));
	return literal_array(elements, n);
}

static char *pattern_of(const struct binding *b, const struct slot *slot, size_t i)
{
	const char *op = slot->item->op ? slot->item->op : "~~";
	const char *cell = own_cell(b, slot, i);

	return literal_pattern(
	    op[0] == '!' ? op + 1 : op, cell ? cell : "", (size_t)fmax(1, slot->setting), slot->wild);
}

/* Not every call finds something. Of the loose vectors one in four takes the value of a row of its
 * own, rare ones as often as common ones, and so combines what does not occur together; one in
 * eight asks for a value that is not there. */
#define LOOSE_OF   8
#define LOOSE_ROWS 3 /* i % LOOSE_OF below it: other rows */
#define LOOSE_MISS 3 /* equal to it: a value that is not there */

static bool may_be_loose(const struct binding *b, const struct slot *slot)
{
	return b->loose && slot->rule == RULE_ROW && slot->selects && slot->pool >= 0 &&
	       slot->told.n == 0 && !form_freezes(b, slot);
}

static char *missing_value(const struct slot *slot, const char *cell)
{
	if (cell && slot->type->category == 'S')
		return xasprintf("%s~", cell);
	if (cell && number_kind_of(slot->type->base) == NUMBER_INTEGER && cell[0] != '-')
		return xasprintf("-%s", cell);
	if (cell && slot->type->base == TYPE_UUID && strlen(cell) > 8)
		return xasprintf("%.24s0000%s", cell, cell + 28);
	return xstrdup(cell);
}

static bool misses(const struct binding *b, const struct slot *slot, size_t i)
{
	return b->miss_share > 0 && slot->selects && slot->pool >= 0 && slot->told.n == 0 &&
	       !form_freezes(b, slot) &&
	       (double)draw(b, &b->slots[0], i, 13, 1000) < b->miss_share * 1000;
}

static const char *rare_cell(const struct binding *b, const struct slot *slot, size_t i)
{
	return slot->n_distinct ? slot->distinct[draw(b, slot, i, 11, slot->n_distinct)]
	                        : cell_at(b, slot, draw(b, slot, i, 12, b->pools[slot->pool].n_rows));
}

static char *loose_value(const struct binding *b, const struct slot *slot, size_t i)
{
	size_t turn = i % LOOSE_OF;

	if (turn == LOOSE_MISS)
		return missing_value(slot, own_cell(b, slot, i));
	if (turn < LOOSE_ROWS)
		return xstrdup(rare_cell(b, slot, i));
	return xstrdup(own_cell(b, slot, i));
}

static char *slot_value(const struct binding *b, const struct slot *slot, size_t i)
{
	if (form_freezes(b, slot))
		i = 0;
	switch (slot->rule) {
	case RULE_GIVEN:
		return xstrdup(
		    b->pools[slot->pool]
		        .cells[i % b->pools[slot->pool].n_rows * b->n_slots + (size_t)slot->column]);
	case RULE_ROW:
		if (misses(b, slot, i))
			return missing_value(slot, own_cell(b, slot, i));
		return may_be_loose(b, slot) ? loose_value(b, slot, i) : xstrdup(own_cell(b, slot, i));
	case RULE_OTHER:
		return xstrdup(other_cell(b, slot, i));
	case RULE_LOW:
		return range_end(b, slot, i, false);
	case RULE_HIGH:
		return range_end(b, &b->slots[slot->mate], i, true);
	case RULE_ABOVE:
	case RULE_BELOW:
		return one_sided(b, slot, i);
	case RULE_ARRAY:
		return array_of(b, slot, i);
	case RULE_PATTERN:
		return pattern_of(b, slot, i);
	case RULE_LIMIT:
	case RULE_OFFSET:
	case RULE_COUNT:
		return xasprintf("%.0f", slot->setting);
	case RULE_INTERVAL:
		return literal_interval(slot->setting);
	case RULE_FRESH:
		return NULL;
	default:
		return xstrdup(slot->constant);
	}
}

char **slots_generate(const struct binding *b, size_t n)
{
	char **values = xcalloc(n * b->n_slots + 1, sizeof(*values));

	for (size_t i = 0; i < n; i++)
		for (size_t s = 0; s < b->n_slots; s++)
			values[i * b->n_slots + s] = slot_value(b, &b->slots[s], i);
	return values;
}

void slots_values_free(const struct binding *b, char **values, size_t n)
{
	for (size_t i = 0; values && i < n * b->n_slots; i++)
		free(values[i]);
	free(values);
}
