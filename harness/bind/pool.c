#include "bind/binding.h"
#include "bind/literal.h"
#include "bind/told.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void pool_release(struct pool *pool)
{
	for (size_t i = 0; i < pool->n_rows * pool->n_columns; i++)
		free(pool->cells[i]);
	free(pool->cells);
	*pool = (struct pool){0};
}

void pool_add_row(struct pool *pool, char *const *cells)
{
	if (pool->n_rows == pool->cap_rows) {
		pool->cap_rows = pool->cap_rows ? pool->cap_rows * 2 : 64;
		pool->cells = xrealloc(pool->cells, pool->cap_rows * pool->n_columns * sizeof(char *));
	}
	memcpy(pool->cells + pool->n_rows * pool->n_columns, cells, pool->n_columns * sizeof(char *));
	pool->n_rows++;
}

void pool_swap(struct pool *pool, size_t a, size_t b)
{
	size_t n = pool->n_columns;

	for (size_t c = 0; c < n && a != b; c++) {
		char *cell = pool->cells[a * n + c];
		pool->cells[a * n + c] = pool->cells[b * n + c];
		pool->cells[b * n + c] = cell;
	}
}

void pool_shuffle(struct pool *pool, struct rng *rng)
{
	for (size_t i = pool->n_rows; i > 1; i--)
		pool_swap(pool, i - 1, rng_below(rng, i));
}

int pool_attach(struct binding *b, struct pool *pool)
{
	GROW(b->pools, b->n_pools, b->cap_pools);
	b->pools[b->n_pools] = *pool;
	*pool = (struct pool){0};
	return (int)b->n_pools++;
}

static void forget_sorted(struct slot *slot)
{
	for (size_t i = 0; i < slot->n_sorted; i++)
		free(slot->sorted[i]);
	free(slot->sorted);
	free(slot->numbers);
	slot->sorted = NULL;
	slot->numbers = NULL;
	slot->n_sorted = 0;
}

static void parse_numbers(struct slot *slot)
{
	enum number_kind kind = number_kind_of(slot->type->base);

	if (kind == NUMBER_NONE || slot->n_sorted == 0)
		return;
	slot->numbers = xcalloc(slot->n_sorted, sizeof(double));
	for (size_t i = 0; i < slot->n_sorted; i++) {
		if (!number_parse(kind, slot->sorted[i], &slot->numbers[i])) {
			free(slot->numbers);
			slot->numbers = NULL;
			return;
		}
	}
}

/* The server sorts: it knows the type's order and the collation. */
int slot_sort(struct binding *b, struct slot *slot, struct err *err)
{
	const struct pool *pool = &b->pools[slot->pool];
	const char **column = xcalloc(pool->n_rows + 1, sizeof(*column));
	_cleanup_free_ char *array = NULL;
	_cleanup_free_ char *sql = NULL;
	struct db_rows *rows;
	size_t n = 0;

	forget_sorted(slot);
	for (size_t i = 0; i < pool->n_rows; i++) {
		const char *cell = pool->cells[i * pool->n_columns + (size_t)slot->column];
		if (cell)
			column[n++] = cell;
	}
	array = literal_array(column, n);
	free(column);
	sql = xasprintf("SELECT v FROM unnest($1::text[]) v ORDER BY v::%s", slot->type->name);
	rows = db_query(b->run->db, err, sql, array);
	if (!rows)
		return err->code;
	slot->sorted = xcalloc(n + 1, sizeof(char *));
	for (int i = 0; i < db_rows_count(rows); i++)
		slot->sorted[slot->n_sorted++] = xstrdup(db_text(rows, i, 0));
	db_rows_free(rows);
	parse_numbers(slot);
	return 0;
}

static void release_slot(struct slot *slot)
{
	forget_sorted(slot);
	free(slot->constant);
	free(slot->fresh.fresh_prefix);
	free(slot->distinct);
	told_release(&slot->told);
}

static void find_distinct(const struct pool *pool, struct slot *slot)
{
	enum { MOST = 50 };

	free(slot->distinct);
	slot->distinct = xcalloc(MOST, sizeof(*slot->distinct));
	slot->n_distinct = 0;
	for (size_t i = 0; i < pool->n_rows; i++) {
		const char *cell = pool->cells[i * pool->n_columns + (size_t)slot->column];
		bool known = cell == NULL;
		for (size_t k = 0; k < slot->n_distinct && !known; k++)
			known = strcmp(slot->distinct[k], cell) == 0;
		if (known)
			continue;
		if (slot->n_distinct == MOST) { /* many: any row has a rare one */
			slot->n_distinct = 0;
			return;
		}
		slot->distinct[slot->n_distinct++] = cell;
	}
}

void slots_loosen(struct binding *b)
{
	b->loose = true;
	for (size_t i = 0; i < b->n_slots; i++)
		if (b->slots[i].rule == RULE_ROW && b->slots[i].pool >= 0)
			find_distinct(&b->pools[b->slots[i].pool], &b->slots[i]);
}

void slot_reset(struct slot *slot)
{
	release_slot(slot);
	*slot = (struct slot){
	    .number = slot->number,
	    .item = slot->item,
	    .type = slot->type,
	    .declared = slot->declared,
	    .literal = slot->literal,
	    .written = slot->written,
	    .pool = -1,
	    .mate = -1,
	};
}

void binding_release(struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++)
		release_slot(&b->slots[i]);
	for (size_t i = 0; i < b->n_pools; i++)
		pool_release(&b->pools[i]);
	free(b->slots);
	free(b->pools);
	free(b->text);
	free(b->sql);
	free(b->rewrite);
	free(b->probe);
	buf_release(&b->note);
	sql_analysis_release(&b->analysis);
}

void binding_note(struct binding *b, const char *format, ...)
{
	va_list args;

	if (b->note.len)
		buf_adds(&b->note, "; ");
	va_start(args, format);
	buf_vaddf(&b->note, format, args);
	va_end(args);
}
