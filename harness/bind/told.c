#include "bind/told.h"

#include "bind/literal.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_TOLD       0.9 /* of the executions whose constants were seen */
#define LEAST_EXECUTIONS 3
#define MOST_RANK        10000 /* default_statistics_target goes as far */
#define MOST_KINDS       1000

void told_release(struct told *told)
{
	for (size_t i = 0; i < told->n; i++)
		free(told->values[i]);
	free(told->values);
	free(told->shares);
	*told = (struct told){0};
}

static bool may_be_told(const struct slot *slot)
{
	const struct sql_param *item = slot->item;

	if (!item || !item->partner || (slot->rule != RULE_ROW && slot->rule != RULE_ARRAY))
		return false;
	if (item->role == PARAM_COMPARE)
		return item->op && strcmp(item->op, "=") == 0;
	return item->role == PARAM_IN || item->role == PARAM_ANY;
}

/* Executions by rank, 0 ... n_ranks - 1, of all plans. */
static double *count_ranks(const struct binding *b, const struct catalog_table *table,
    const char *column, size_t *ret_n, struct err *err)
{
	double *counts = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < b->statement->n_quals && !err->code; i++) {
		const struct statement_qual *qual = &b->statement->quals[i];
		if (strcmp(qual->column, column) != 0 || strcmp(qual->op, "=") != 0 ||
		    catalog_table(b->run->catalog, qual->relation, err) != table)
			continue;
		for (size_t v = 0; v < qual->n_values; v++) {
			size_t rank = (size_t)qual->values[v].rank;
			if (rank > MOST_RANK)
				continue;
			for (counts = rank < *ret_n ? counts : xrealloc(counts, (rank + 1) * sizeof(*counts));
			     *ret_n <= rank; (*ret_n)++)
				counts[*ret_n] = 0;
			counts[rank] += qual->values[v].executions;
		}
	}
	return counts;
}

static struct db_rows *commonest_values(
    struct binding *b, const struct catalog_table *table, const char *column, struct err *err)
{
	static const char sql[] =
	    "SELECT m.v, m.rank FROM (SELECT most_common_vals::text::text[] AS list FROM pg_stats"
	    " WHERE (quote_ident(schemaname) || '.' || quote_ident(tablename)) = $1 AND attname = $2"
	    " ORDER BY inherited DESC LIMIT 1) s, unnest(s.list) WITH ORDINALITY AS m(v, rank)"
	    " ORDER BY m.rank";

	return db_query(b->run->db, err, sql, table->name, column);
}

/* Staging's values of production's ranks; kept when they stand for nearly all executions. */
static void take_values(
    struct told *told, const struct db_rows *rows, const double *counts, size_t n_ranks)
{
	double total = 0, known = 0;

	for (size_t rank = 0; rank < n_ranks; rank++)
		total += counts[rank];
	told->values = xcalloc(n_ranks, sizeof(*told->values));
	told->shares = xcalloc(n_ranks, sizeof(*told->shares));
	for (size_t rank = 1; rank < n_ranks && rank <= (size_t)db_rows_count(rows); rank++) {
		if (!(counts[rank] > 0))
			continue;
		told->values[told->n] = xstrdup(db_text(rows, (int)rank - 1, 0));
		told->shares[told->n++] = counts[rank];
		known += counts[rank];
	}
	if (total < LEAST_EXECUTIONS || known < LEAST_TOLD * total)
		told_release(told);
	for (size_t i = 0; i < told->n; i++)
		told->shares[i] /= known;
}

static int find_one(struct binding *b, struct slot *slot, struct err *err)
{
	struct catalog_table *table;
	const struct catalog_column *column = slot_column(b, slot, &table, err);
	_cleanup_free_ double *counts = NULL;
	struct db_rows *rows;
	size_t n_ranks = 0;

	if (column)
		counts = count_ranks(b, table, column->name, &n_ranks, err);
	if (!counts)
		return err->code;
	rows = commonest_values(b, table, column->name, err);
	if (!rows)
		return err->code;
	take_values(&slot->told, rows, counts, n_ranks);
	db_rows_free(rows);
	return 0;
}

int told_find(struct binding *b, struct err *err)
{
	for (size_t i = 0; i < b->n_slots && b->statement->n_quals > 0; i++)
		if (may_be_told(&b->slots[i]) && find_one(b, &b->slots[i], err) < 0)
			return err->code;
	return 0;
}

bool told_entirely(const struct binding *b)
{
	bool any = false;

	for (size_t i = 0; i < b->n_slots; i++) {
		if (b->slots[i].selects && b->slots[i].told.n == 0)
			return false;
		any = any || b->slots[i].told.n > 0;
	}
	return any;
}

char *told_array(const struct told *told)
{
	return literal_array((const char *const *)told->values, told->n);
}

static size_t value_index(const struct told *told, const char *cell)
{
	size_t i = 0;

	while (i < told->n && !(cell && strcmp(cell, told->values[i]) == 0))
		i++;
	return i;
}

/* The k-th of evenly spread turns: each value as often as its share. */
static size_t turn_of(const double *shares, size_t n, double *credit)
{
	size_t best = 0;

	for (size_t i = 0; i < n; i++) {
		credit[i] += shares[i];
		if (credit[i] > credit[best])
			best = i;
	}
	credit[best] -= 1;
	return best;
}

/* A row keeps a value that is told and takes one in its turn otherwise. */
static void put_values(const struct slot *slot, size_t column, struct pool *pool)
{
	double *credit = xcalloc(slot->told.n, sizeof(*credit));

	for (size_t row = 0; row < pool->n_rows; row++) {
		char **cell = &pool->cells[row * pool->n_columns + column];
		if (value_index(&slot->told, *cell) < slot->told.n)
			continue;
		free(*cell);
		*cell = xstrdup(slot->told.values[turn_of(slot->told.shares, slot->told.n, credit)]);
	}
	free(credit);
}

/* Rows by their combination of told values. */
struct kinds {
	size_t n;
	double *shares; /* of the kinds that rows have; they add up to 1 */
	size_t *of_row;
	size_t *next; /* row of each kind */
};

static void find_kinds(
    struct slot *const *slots, size_t n_slots, const struct pool *pool, struct kinds *ret)
{
	double total = 0;

	ret->shares = xcalloc(ret->n, sizeof(*ret->shares));
	ret->next = xcalloc(ret->n, sizeof(*ret->next));
	ret->of_row = xcalloc(pool->n_rows + 1, sizeof(*ret->of_row));
	for (size_t row = pool->n_rows; row-- > 0;) {
		size_t kind = 0;
		double share = 1;
		for (size_t s = 0; s < n_slots; s++) {
			const struct told *told = &slots[s]->told;
			size_t value;
			if (told->n == 0)
				continue;
			value = value_index(told, pool->cells[row * pool->n_columns + s]);
			kind = kind * told->n + value;
			share *= told->shares[value];
		}
		ret->of_row[row] = kind;
		ret->next[kind] = row;
		ret->shares[kind] = share;
	}
	for (size_t kind = 0; kind < ret->n; kind++)
		total += ret->shares[kind];
	for (size_t kind = 0; kind < ret->n; kind++)
		ret->shares[kind] /= total;
}

static size_t take_row(struct kinds *kinds, size_t kind, size_t n_rows)
{
	size_t row = kinds->next[kind], next = row;

	do
		next = (next + 1) % n_rows;
	while (kinds->of_row[next] != kind);
	kinds->next[kind] = next;
	return row;
}

/* The same number of rows, in turns by share. */
static void repeat_rows(struct kinds *kinds, struct pool *pool)
{
	size_t n = pool->n_rows, columns = pool->n_columns;
	char **cells = xcalloc(n * columns, sizeof(*cells));
	double *credit = xcalloc(kinds->n, sizeof(*credit));

	for (size_t i = 0; i < n; i++) {
		size_t row = take_row(kinds, turn_of(kinds->shares, kinds->n, credit), n);
		for (size_t c = 0; c < columns; c++)
			cells[i * columns + c] = xstrdup(pool->cells[row * columns + c]);
	}
	for (size_t i = 0; i < n * columns; i++)
		free(pool->cells[i]);
	free(pool->cells);
	pool->cells = cells;
	pool->cap_rows = n;
	free(credit);
}

void told_put(struct slot *const *slots, size_t n_slots, struct pool *pool)
{
	for (size_t s = 0; s < n_slots; s++)
		if (slots[s]->told.n > 0)
			put_values(slots[s], s, pool);
}

void told_repeat(struct slot *const *slots, size_t n_slots, struct pool *pool)
{
	struct kinds kinds = {.n = 1};

	for (size_t s = 0; s < n_slots && kinds.n <= MOST_KINDS; s++)
		if (slots[s]->told.n > 0)
			kinds.n *= slots[s]->told.n;
	if (kinds.n == 1 || kinds.n > MOST_KINDS || pool->n_rows == 0)
		return;
	find_kinds(slots, n_slots, pool, &kinds);
	repeat_rows(&kinds, pool);
	free(kinds.shares);
	free(kinds.next);
	free(kinds.of_row);
}
