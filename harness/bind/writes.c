#include "bind/writes.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SPARE           1.3
#define MAX_SEQUENTIAL  200000
#define MAX_TRANSITIONS 20000
#define NEW_SHARE       0.2 /* of an upsert's calls, whose rows do not tell */
#define MAX_SAMPLED     5   /* times vectors_per_statement */
#define MOSTLY_COLD     0.5 /* share of updates that were not HOT */
#define LEAST_PAGES     4
#define ALWAYS_NEW      0.98

double writes_expected_ops(const struct binding *b)
{
	double calls = b->statement->work.calls;

	return b->run->replayable_calls > 0
	           ? b->run->options->expected_ops * calls / b->run->replayable_calls
	           : b->run->options->expected_ops;
}

bool writes_target(struct binding *b, const struct slot *slot, struct catalog_table **ret_table,
    struct catalog_column **ret_column, struct err *err)
{
	const struct sql_param *item = slot->item;
	const char *target;

	if (!item || !item->partner || (item->role != PARAM_INSERT && item->role != PARAM_SET))
		return false;
	target = b->analysis.scopes[item->scope].target;
	*ret_table = target ? catalog_table(b->run->catalog, target, err) : NULL;
	if (!*ret_table)
		return false;
	*ret_column = catalog_column(*ret_table, item->partner);
	return *ret_column != NULL;
}

/* The slot of the same VALUES row that gives this column; NULL when it is not a parameter. */
static struct slot *slot_of_column(struct binding *b, const struct slot *like, const char *column)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		const struct sql_param *item = b->slots[i].item;
		_cleanup_free_ char *name = NULL;
		if (!item || !item->partner || item->role != like->item->role ||
		    item->scope != like->item->scope || item->group != like->item->group || !item->direct)
			continue;
		name = catalog_identifier(item->partner);
		if (name && strcmp(name, column) == 0)
			return &b->slots[i];
	}
	return NULL;
}

/* Some column of the key has to differ from every row there is. A column that the statement does
 * not give comes from a default, which sees to that. */
static int make_key_fresh(struct binding *b, const struct slot *slot, struct catalog_table *table,
    const struct catalog_unique *unique, struct err *err)
{
	for (size_t i = 0; i < unique->n_columns; i++) {
		struct catalog_column *column = &table->columns[unique->columns[i]];
		struct slot *part = slot_of_column(b, slot, column->name);
		if (!part || part->rule == RULE_FRESH)
			return 0;
	}
	for (size_t i = 0; i < unique->n_columns; i++) {
		struct catalog_column *column = &table->columns[unique->columns[i]];
		if (catalog_reference_of(table, column))
			continue;
		if (fresh_plan(b, slot_of_column(b, slot, column->name), table, column, err))
			return 0;
		if (err->code)
			return err->code;
	}
	return 0; /* tuples_fill() tries next, with the rows at hand */
}

static int plan_insert(struct binding *b, struct slot *slot, struct err *err)
{
	struct catalog_table *table;
	struct catalog_column *column;
	int index;

	if (!writes_target(b, slot, &table, &column, err))
		return err->code;
	if (!slot->item->direct) {
		if (column->type == slot->type->oid)
			slot->rule = RULE_ROW;
		return 0;
	}
	index = (int)(column - table->columns);
	for (size_t i = 0; i < table->n_uniques; i++) {
		const struct catalog_unique *unique = &table->uniques[i];
		for (size_t j = 0; j < unique->n_columns; j++)
			if (unique->columns[j] == index && make_key_fresh(b, slot, table, unique, err) < 0)
				return err->code;
	}
	return 0;
}

static int plan_set(struct binding *b, struct slot *slot, struct err *err)
{
	struct catalog_table *table;
	struct catalog_column *column;
	const struct catalog_unique *unique;

	if (!slot->item->direct || !writes_target(b, slot, &table, &column, err))
		return err->code;
	unique = catalog_unique_of(table, column);
	if (unique && unique->n_columns == 1)
		fresh_plan(b, slot, table, column, err);
	else if (unique)
		binding_note(b, "sets a part of a unique key: may collide");
	return err->code;
}

/* UPDATE ... SET status = $1 WHERE ... status = $2 finds each row once. */
static bool is_transition(const struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		const struct sql_param *set = b->slots[i].item;
		for (size_t j = 0; set && set->role == PARAM_SET && set->partner && j < b->n_slots; j++) {
			const struct sql_param *where = b->slots[j].item;
			_cleanup_free_ char *a = NULL, *c = NULL;
			if (!where || !where->partner ||
			    (where->role != PARAM_COMPARE && where->role != PARAM_IN))
				continue;
			a = catalog_identifier(set->partner);
			c = catalog_identifier(where->partner);
			if (a && c && strcmp(a, c) == 0)
				return true;
		}
	}
	return false;
}

static void choose_order(struct binding *b)
{
	double ops = ceil(writes_expected_ops(b) * SPARE) + 1;
	double usual = (double)b->run->options->vectors_per_statement;
	bool deletes = b->analysis.kind == SQL_DELETE || strcasestr(b->sql, "DELETE FROM ");

	/* What finds nothing takes no row away. */
	if (!(work_per_call(&b->statement->work, b->statement->work.rows) < NO_ROWS) &&
	    (deletes || (b->analysis.kind == SQL_UPDATE && is_transition(b)))) {
		b->order = VECTOR_SEQUENTIAL;
		b->n_wanted = (size_t)fmin(ops, deletes ? MAX_SEQUENTIAL : MAX_TRANSITIONS);
		return;
	}
	b->order = VECTOR_SAMPLED;
	b->n_wanted = (size_t)fmax(usual, fmin(ops, usual * MAX_SAMPLED));
}

/* The rows that one INSERT gives. */
static size_t rows_given(const struct binding *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->analysis.n_param_items; i++) {
		const struct sql_param *item = &b->analysis.params[i];
		bool first = item->role == PARAM_INSERT && item->group >= 0;
		for (size_t j = 0; j < i && first; j++)
			first = b->analysis.params[j].group != item->group;
		n += first;
	}
	return n ? n : 1;
}

/* The share of ON CONFLICT's rows that meet none: of DO NOTHING, those that production counted. */
static double share_new(const struct binding *b)
{
	double rows = work_per_call(&b->statement->work, b->statement->work.rows);

	if (!strcasestr(b->sql, " DO NOTHING"))
		return NEW_SHARE;
	return isnan(rows) ? 0 : fmin(1, rows / (double)rows_given(b));
}

/* ON CONFLICT meets rows that are there, unless production's calls always inserted. */
static bool wants_conflict(const struct binding *b)
{
	return strcasestr(b->sql, " ON CONFLICT ") && share_new(b) < ALWAYS_NEW;
}

static double count_indexes(struct binding *b, const char *table)
{
	static const char sql[] = "SELECT count(*) FROM pg_index WHERE indrelid = to_regclass($1)";
	struct db_rows *rows = db_query(b->run->db, NULL, sql, table);
	double n = rows ? db_double(rows, 0, 0) : 0;

	db_rows_free(rows);
	return n;
}

size_t writes_pages(struct binding *b)
{
	const struct work *work = &b->statement->work;
	const char *target = b->analysis.n_scopes ? b->analysis.scopes[0].target : NULL;
	double indexes, cold, updates;

	if (b->analysis.kind != SQL_UPDATE || b->order != VECTOR_SAMPLED || !target ||
	    !(work->rows > 0) || !(work->wal_records > 0))
		return 0;
	indexes = count_indexes(b, target);
	cold = (work->wal_records / work->rows - 1) / indexes; /* one record, and one per index */
	updates = fmin(work->calls, writes_expected_ops(b)) * work->rows / work->calls;
	if (!(indexes > 0) || !(cold < MOSTLY_COLD))
		return 0;
	return (size_t)ceil(fmax(cold * updates, LEAST_PAGES));
}

/* Ranges of an UPDATE or DELETE cannot be tried out: take the share of rows production touched. */
static int plan_ranges(struct binding *b, struct err *err)
{
	const char *target = b->analysis.n_scopes ? b->analysis.scopes[0].target : NULL;
	struct catalog_table *table = target ? catalog_table(b->run->catalog, target, err) : NULL;
	double rows = work_per_call(&b->statement->work, b->statement->work.rows);

	for (size_t i = 0; table && table->rows > 0 && rows > 0 && i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		if (slot->rule == RULE_LOW || slot->rule == RULE_ABOVE || slot->rule == RULE_BELOW)
			slot->setting = fmin(1, rows / table->rows);
	}
	return err->code;
}

int writes_plan(struct binding *b, struct err *err)
{
	bool conflict = wants_conflict(b);

	choose_order(b);
	if (b->analysis.writes && plan_ranges(b, err) < 0)
		return err->code;
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		int rc = 0;
		if (!slot->item)
			continue;
		if (slot->item->role == PARAM_INSERT && !conflict)
			rc = plan_insert(b, slot, err);
		else if (slot->item->role == PARAM_SET)
			rc = plan_set(b, slot, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* As many rows as are wanted, the same again and again. */
static void repeat_rows(struct pool *pool, size_t n)
{
	char **row = xcalloc(pool->n_columns + 1, sizeof(*row));

	for (size_t i = 0; pool->n_rows > 0 && pool->n_rows < n; i++) {
		for (size_t c = 0; c < pool->n_columns; c++)
			row[c] = xstrdup(pool->cells[i * pool->n_columns + c]);
		pool_add_row(pool, row);
	}
	free(row);
}

/* The slot has a pool of existing keys: some become ones that nobody has, once each. */
static void mix_slot(struct binding *b, struct slot *slot, const struct catalog_table *table,
    struct catalog_column *column, struct err *err)
{
	struct pool *pool = &b->pools[slot->pool];
	double share = share_new(b);

	if (!fresh_plan(b, slot, table, column, err))
		return;
	if (b->order != VECTOR_SEQUENTIAL) {
		b->order = VECTOR_SEQUENTIAL;
		b->n_wanted = (size_t)fmin(ceil(writes_expected_ops(b) * SPARE) + 1, MAX_TRANSITIONS);
	}
	repeat_rows(pool, b->n_wanted * pool->stride);
	for (size_t i = 0; i < pool->n_rows; i++) {
		char **cell = &pool->cells[i * pool->n_columns + (size_t)slot->column];
		if (floor((double)(i + 1) * share) == floor((double)i * share))
			continue;
		free(*cell);
		*cell = fresh_text(slot, (int64_t)i);
	}
	slot->rule = RULE_ROW;
}

/* One column of the key is enough: the first that refers to nothing. */
static bool makes_key_new(struct binding *b, const struct slot *slot,
    const struct catalog_table *table, const struct catalog_unique *unique,
    const struct catalog_column *column)
{
	for (size_t i = 0; i < unique->n_columns; i++) {
		const struct catalog_column *part = &table->columns[unique->columns[i]];
		if (!catalog_reference_of(table, part) && slot_of_column(b, slot, part->name))
			return part == column;
	}
	return false;
}

int conflicts_mix(struct binding *b, struct err *err)
{
	if (!wants_conflict(b) || !(share_new(b) > 0))
		return 0;
	for (size_t i = 0; i < b->n_slots && !err->code; i++) {
		struct slot *slot = &b->slots[i];
		struct catalog_table *table;
		struct catalog_column *column;
		const struct catalog_unique *unique;
		if (slot->pool < 0 || slot->item->role != PARAM_INSERT || !slot->item->direct ||
		    !writes_target(b, slot, &table, &column, err))
			continue;
		unique = catalog_unique_of(table, column);
		if (unique && makes_key_new(b, slot, table, unique, column))
			mix_slot(b, slot, table, column, err);
	}
	return err->code;
}
