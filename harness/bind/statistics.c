/*
 * pg_stats, a column on its own: the most common values as often as they occur, the histogram's
 * bounds for the rest.
 */
#include "bind/binding.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 200

/* Read through unnest, so that the server takes the arrays apart. */
static const char *const sql =
    "WITH s AS (SELECT most_common_vals::text::text[] AS v, most_common_freqs AS f,"
    " histogram_bounds::text::text[] AS h FROM pg_stats"
    " WHERE (quote_ident(schemaname) || '.' || quote_ident(tablename)) = $1 AND attname = $2"
    " ORDER BY inherited DESC LIMIT 1),"
    " m AS (SELECT u.v, u.f FROM s, unnest(s.v, s.f) AS u(v, f)),"
    " r AS (SELECT 1 - COALESCE(sum(f), 0) AS rest FROM m)"
    " SELECT v, f FROM m UNION ALL"
    " SELECT b.v, (r.rest / greatest(cardinality(s.h), 1))::real FROM s, r, unnest(s.h) AS b(v)";

static void add_rows(struct pool *pool, const struct db_rows *rows, struct rng *rng)
{
	for (int i = 0; i < db_rows_count(rows); i++) {
		double expected = fmax(db_double(rows, i, 1), 0) * ROWS;
		int copies = (int)floor(expected + rng_uniform(rng));
		for (int c = 0; c < copies && !db_is_null(rows, i, 0); c++) {
			char *cell = xstrdup(db_text(rows, i, 0));
			pool_add_row(pool, &cell);
		}
	}
}

/* Of the statement's tables any, where the place does not tell: the target of an INSERT, a view. */
static bool find_column(struct binding *b, const struct slot *slot,
    struct catalog_table **ret_table, struct catalog_column **ret_column, struct err *err)
{
	const struct strv *tables = &b->analysis.tables;

	*ret_column = slot_column(b, slot, ret_table, err);
	for (size_t i = 0; i < tables->n && !*ret_column && !err->code; i++) {
		*ret_table = catalog_table(b->run->catalog, tables->items[i], err);
		*ret_column = *ret_table ? catalog_column(*ret_table, slot->item->partner) : NULL;
	}
	return *ret_column != NULL;
}

int statistics_pool(struct binding *b, const struct slot *slot, struct pool *ret, struct err *err)
{
	struct catalog_table *table;
	struct catalog_column *column;
	struct db_rows *rows;
	struct rng rng;

	*ret = (struct pool){.n_columns = 1, .stride = 1, .source = VALUES_STATISTICS};
	if (!slot->item || !slot->item->partner || !find_column(b, slot, &table, &column, err))
		return err->code;
	rows = db_query(b->run->db, err, sql, table->name, column->name);
	if (!rows)
		return err->code;
	rng_init(&rng, b->run->options->seed, 77 + (uint64_t)slot->number);
	add_rows(ret, rows, &rng);
	db_rows_free(rows);
	pool_shuffle(ret, &rng);
	return 0;
}
