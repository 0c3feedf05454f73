/*
 * Foreign keys and unique keys that only together are new: (user_id, product_id) of a table that
 * joins two others. Candidates are put together from the parents' keys (or the column's own
 * values), and the server says which of them nobody has.
 */
#include "bind/literal.h"
#include "bind/tids.h"
#include "bind/types.h"
#include "bind/writes.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PARENT_TIDS     2000
#define MAX_KEY_COLUMNS 8
#define MAX_TUPLES      20000
#define STREAM_TUPLES   203

/* Random values of table.column, as a column of texts. */
static int sample_column(struct binding *b, const char *table_name, const char *column,
    struct pool *ret, struct err *err)
{
	struct catalog_table *table = catalog_table(b->run->catalog, table_name, err);
	_cleanup_free_ char *name = db_quote_ident(column);
	_cleanup_free_ char *tids = NULL;
	_cleanup_free_ char *sql = NULL;
	struct db_rows *rows;
	struct rng rng;
	bool whole;

	*ret = (struct pool){.n_columns = 1, .stride = 1, .source = VALUES_WITNESS};
	if (!table || table->n_leaves == 0)
		return err->code;
	rng_init(&rng, b->run->options->seed, STREAM_TUPLES);
	whole = table->rows <= PARENT_TIDS * 2;
	tids = tids_draw(&rng, tids_leaf(&rng, table), PARENT_TIDS);
	sql = xasprintf("SELECT %s::text FROM %s WHERE %s IS NOT NULL%s LIMIT %d", name, table->name,
	    name, whole ? "" : " AND ctid = ANY ($1::tid[])", PARENT_TIDS * 4);
	rows = db_queryv(b->run->db, sql, !whole, (const char *const *)&tids, err);
	if (!rows)
		return err->code;
	for (int i = 0; i < db_rows_count(rows); i++) {
		char *cell = xstrdup(db_text(rows, i, 0));
		pool_add_row(ret, &cell);
	}
	db_rows_free(rows);
	pool_shuffle(ret, &rng);
	return 0;
}

/* The parent's column that ours refers to; NULL when it refers to none. */
static const char *parent_column(
    const struct catalog_foreign_key *key, const struct catalog_column *column)
{
	for (size_t i = 0; key && i < key->columns.n; i++)
		if (strcmp(key->columns.items[i], column->name) == 0)
			return key->other_columns.items[i];
	return NULL;
}

int parents_fill(struct binding *b, struct slot *slot, const struct catalog_table *table,
    const struct catalog_column *column, struct err *err)
{
	const struct catalog_foreign_key *key = catalog_reference_of(table, column);
	const char *parent = parent_column(key, column);
	struct pool pool;

	if (!parent)
		return 0;
	if (sample_column(b, key->table, parent, &pool, err) < 0)
		return err->code;
	if (pool.n_rows == 0) {
		pool_release(&pool);
		return 0;
	}
	slot->pool = pool_attach(b, &pool);
	slot->column = 0;
	slot->source = VALUES_WITNESS;
	return 0;
}

/* The parameters of one VALUES row that make up a unique key. */
struct key_slots {
	struct slot *slots[MAX_KEY_COLUMNS];
	const struct catalog_column *columns[MAX_KEY_COLUMNS];
	size_t n;
};

/* False when a column is no parameter, or is FRESH already: then the key is new anyway. */
static bool find_key(struct binding *b, const struct slot *first, const struct catalog_table *table,
    const struct catalog_unique *unique, struct key_slots *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < unique->n_columns && i < MAX_KEY_COLUMNS; i++) {
		const struct catalog_column *column = &table->columns[unique->columns[i]];
		struct slot *found = NULL;
		for (size_t s = 0; s < b->n_slots; s++) {
			struct catalog_table *other_table;
			struct catalog_column *other;
			struct err ignored = {0};
			struct slot *slot = &b->slots[s];
			if (slot->item && slot->item->role == PARAM_INSERT && slot->item->direct &&
			    slot->item->scope == first->item->scope &&
			    slot->item->group == first->item->group &&
			    writes_target(b, slot, &other_table, &other, &ignored) && other == column)
				found = slot;
		}
		if (!found || found->rule == RULE_FRESH)
			return false;
		ret->slots[ret->n] = found;
		ret->columns[ret->n++] = column;
	}
	return ret->n == unique->n_columns;
}

static void copy_column(const struct pool *from, int column, struct pool *ret)
{
	*ret = (struct pool){.n_columns = 1, .stride = 1};
	for (size_t i = 0; i < from->n_rows; i++) {
		const char *cell = from->cells[i * from->n_columns + (size_t)column];
		char *copy = xstrdup(cell);
		if (copy)
			pool_add_row(ret, &copy);
	}
}

/* Values that the table has already are the safer ones: a parent with children is not among the
 * rows that a DELETE of the same workload takes. */
static int candidate_column(struct binding *b, const struct catalog_table *table,
    const struct catalog_column *column, const struct slot *slot, bool from_parents,
    struct pool *ret, struct err *err)
{
	const struct catalog_foreign_key *key = catalog_reference_of(table, column);
	const char *parent = parent_column(key, column);

	if (parent && from_parents)
		return sample_column(b, key->table, parent, ret, err);
	*ret = (struct pool){.n_columns = 1};
	if (slot->pool >= 0)
		copy_column(&b->pools[slot->pool], slot->column, ret);
	return 0;
}

/* SELECT the candidates that are not in the table; arrays come as $1, $2, ... */
static char *free_tuples_query(const struct catalog_table *table, const struct key_slots *key)
{
	struct buf sql = BUF_INIT;

	buf_adds(&sql, "SELECT DISTINCT ON (");
	for (size_t i = 0; i < key->n; i++)
		buf_addf(&sql, "%sv.c%zu", i ? ", " : "", i);
	buf_adds(&sql, ") v.* FROM unnest(");
	for (size_t i = 0; i < key->n; i++)
		buf_addf(&sql, "%s$%zu::text[]", i ? ", " : "", i + 1);
	buf_adds(&sql, ") AS v(");
	for (size_t i = 0; i < key->n; i++)
		buf_addf(&sql, "%sc%zu", i ? ", " : "", i);
	buf_addf(&sql, ") WHERE NOT EXISTS (SELECT 1 FROM %s t WHERE ", table->name);
	for (size_t i = 0; i < key->n; i++) {
		_cleanup_free_ char *name = db_quote_ident(key->columns[i]->name);
		buf_addf(&sql, "%st.%s = v.c%zu::%s", i ? " AND " : "", name, i, key->slots[i]->type->name);
	}
	buf_adds(&sql, ")");
	return buf_detach(&sql);
}

static int select_free(struct binding *b, const struct catalog_table *table,
    const struct key_slots *key, const struct pool *columns, size_t n, struct pool *ret,
    struct err *err)
{
	_cleanup_free_ char *sql = free_tuples_query(table, key);
	_cleanup_free_ const char **texts = xcalloc(n, sizeof(*texts));
	char *arrays[MAX_KEY_COLUMNS] = {0};
	struct db_rows *rows;
	struct rng rng;

	rng_init(&rng, b->run->options->seed, STREAM_TUPLES + 1 + (uint64_t)key->slots[0]->number);
	for (size_t c = 0; c < key->n; c++) {
		for (size_t i = 0; i < n; i++)
			texts[i] = columns[c].cells[rng_below(&rng, columns[c].n_rows)];
		arrays[c] = literal_array(texts, n);
	}
	rows = db_queryv(b->run->db, sql, (int)key->n, (const char *const *)arrays, err);
	for (size_t c = 0; c < key->n; c++)
		free(arrays[c]);
	if (!rows)
		return err->code;
	*ret = (struct pool){.n_columns = key->n, .stride = 1, .source = VALUES_WITNESS};
	for (int r = 0; r < db_rows_count(rows); r++) {
		char *cells[MAX_KEY_COLUMNS];
		for (size_t c = 0; c < key->n; c++)
			cells[c] = xstrdup(db_text(rows, r, (int)c));
		pool_add_row(ret, cells);
	}
	db_rows_free(rows);
	pool_shuffle(ret, &rng);
	return 0;
}

static int find_tuples(struct binding *b, const struct catalog_table *table, struct key_slots *key,
    bool from_parents, struct pool *ret, struct err *err)
{
	struct pool columns[MAX_KEY_COLUMNS] = {0};
	size_t n = (size_t)fmin(MAX_TUPLES, writes_expected_ops(b) * 3 + 1000);
	bool complete = true;
	int rc = 0;

	for (size_t c = 0; c < key->n && rc == 0; c++) {
		rc = candidate_column(
		    b, table, key->columns[c], key->slots[c], from_parents, &columns[c], err);
		complete = complete && columns[c].n_rows > 0;
	}
	if (rc == 0 && complete)
		rc = select_free(b, table, key, columns, n, ret, err);
	for (size_t c = 0; c < key->n; c++)
		pool_release(&columns[c]);
	return rc;
}

static int fill_key(
    struct binding *b, const struct catalog_table *table, struct key_slots *key, struct err *err)
{
	struct pool tuples = {0};
	int rc = find_tuples(b, table, key, false, &tuples, err);
	size_t n;

	if (rc == 0 && (double)tuples.n_rows < writes_expected_ops(b)) {
		pool_release(&tuples);
		rc = find_tuples(b, table, key, true, &tuples, err);
	}
	if (rc < 0 || tuples.n_rows == 0) {
		pool_release(&tuples);
		if (rc == 0)
			binding_note(b, "found no unused key for %s: may collide", table->name);
		return rc;
	}
	b->order = VECTOR_SEQUENTIAL;
	b->n_wanted = tuples.n_rows;
	n = (size_t)pool_attach(b, &tuples);
	for (size_t c = 0; c < key->n; c++) {
		key->slots[c]->rule = RULE_ROW;
		key->slots[c]->pool = (int)n;
		key->slots[c]->column = (int)c;
		key->slots[c]->turn = 0;
		key->slots[c]->source = VALUES_WITNESS;
	}
	return 0;
}

int tuples_fill(struct binding *b, struct err *err)
{
	if (strcasestr(b->sql, " ON CONFLICT "))
		return 0;
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		struct catalog_table *table;
		struct catalog_column *column;
		if (!slot->item || slot->item->role != PARAM_INSERT || !slot->item->direct ||
		    !writes_target(b, slot, &table, &column, err)) {
			if (err->code)
				return err->code;
			continue;
		}
		for (size_t u = 0; u < table->n_uniques; u++) {
			struct key_slots key;
			/* Once per key: at its first column. */
			if (table->uniques[u].columns[0] == (int)(column - table->columns) &&
			    find_key(b, slot, table, &table->uniques[u], &key) &&
			    fill_key(b, table, &key, err) < 0)
				return err->code;
		}
	}
	return 0;
}
