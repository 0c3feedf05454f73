/* The rows of a witness query on their way into the pool. */
#include "bind/witness.h"

#include "base/mem.h"

#include <stdlib.h>

/* True when the row was not there before. */
static bool remember(struct witness *w, char *const *cells)
{
	uint64_t hash = 1;

	if (!w->seen) {
		for (w->seen_size = 1024; w->seen_size < w->wanted * 4;)
			w->seen_size *= 2;
		w->seen = xcalloc(w->seen_size, sizeof(*w->seen));
	}
	for (size_t i = 0; i < w->n_slots; i++)
		for (const char *p = cells[i] ? cells[i] : "\1";; p++) {
			hash = splitmix64(hash ^ (unsigned char)*p);
			if (!*p)
				break;
		}
	hash |= 1;
	for (size_t at = hash & (w->seen_size - 1);; at = (at + 1) & (w->seen_size - 1)) {
		if (w->seen[at] == hash)
			return false;
		if (w->seen[at] == 0) {
			w->seen[at] = hash;
			return true;
		}
	}
}

/* Of the anchor's tid, "(page,line)". */
static void take_page(struct witness *w, const struct db_rows *rows, int r)
{
	size_t i = w->pool.n_rows;

	if (!w->pages)
		w->pages = xcalloc(w->wanted * 2 + 1, sizeof(*w->pages));
	if (w->alias)
		w->pages[i] = (uint32_t)strtoul(db_text(rows, r, (int)w->n_slots) + 1, NULL, 10);
}

/* The server reads tids in their order, so where there are too many rows the first ones would all be
 * of the table's first pages: take some of all. */
void witness_take_rows(struct witness *w, const struct db_rows *rows)
{
	bool once = w->b->order == VECTOR_SEQUENTIAL;
	size_t n_rows = (size_t)db_rows_count(rows), room = w->wanted * 2 - w->pool.n_rows;
	size_t n = n_rows < room ? n_rows : room;

	for (size_t k = 0; k < n; k++) {
		int r = (int)(k * n_rows / n);
		char **cells = xcalloc(w->n_slots, sizeof(*cells));
		for (size_t i = 0; i < w->n_slots; i++)
			cells[i] = db_is_null(rows, r, (int)i) ? NULL : xstrdup(db_text(rows, r, (int)i));
		if (!once || remember(w, cells)) {
			take_page(w, rows, r);
			pool_add_row(&w->pool, cells);
		} else {
			for (size_t i = 0; i < w->n_slots; i++)
				free(cells[i]);
		}
		free(cells);
	}
}

/* Rows as they come mimic skew: what many rows share is drawn often. An application may as well
 * ask for each value equally often, so every third row is one that was not there before; weights
 * then have both kinds to choose from. */
void witness_spread(struct witness *w)
{
	struct pool *pool = &w->pool;
	size_t n = pool->n_rows, columns = pool->n_columns, n_new = 0, next = 0;
	size_t *new_rows = xcalloc(n + 1, sizeof(*new_rows));

	for (size_t i = 0; i < n; i++)
		if (remember(w, pool->cells + i * columns))
			new_rows[n_new++] = i;
	for (size_t i = 2; i < n && n_new < n; i += 3) {
		while (next < n_new && new_rows[next] < i)
			next++;
		if (next == n_new)
			break;
		pool_swap(pool, i, new_rows[next++]);
	}
	free(new_rows);
}

/* The rows of the last pages, where the newest rows mostly are. */
void witness_keep_pages(struct witness *w, size_t n_pages)
{
	struct pool *pool = &w->pool;
	uint32_t page = UINT32_MAX;
	size_t kept = 0, pages = 0;

	for (;;) {
		uint32_t next = 0;
		bool any = false;
		for (size_t i = kept; i < pool->n_rows; i++) {
			if (w->pages[i] < page && w->pages[i] >= next) {
				next = w->pages[i];
				any = true;
			}
		}
		if (!any || pages++ == n_pages)
			break;
		page = next;
		for (size_t i = kept; i < pool->n_rows; i++) {
			uint32_t other = w->pages[kept];
			if (w->pages[i] != page)
				continue;
			pool_swap(pool, i, kept);
			w->pages[kept++] = page;
			w->pages[i] = other;
		}
	}
	for (size_t i = kept * pool->n_columns; i < pool->n_rows * pool->n_columns; i++)
		free(pool->cells[i]);
	pool->n_rows = kept;
}
