#include "bind/catalog_internal.h"

#include "base/mem.h"
#include "sql/sent.h"
#include "sql/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The column of "status", "(status)::text" and "((t.status)::text)"; NULL of anything else. */
static struct catalog_column *column_of(const struct catalog_table *table, const char *expression)
{
	const char *start = expression + strspn(expression, "(");
	_cleanup_free_ char *name = xstrndup(start, strcspn(start, "):"));

	return catalog_column(table, name);
}

static void add_pin(
    struct catalog_table *table, const struct sql_param *item, const struct sent_value *value)
{
	struct catalog_column *column;

	if ((item->role != PARAM_COMPARE && item->role != PARAM_IN) || !item->partner ||
	    value->kind != SENT_TEXT)
		return;
	column = column_of(table, item->partner);
	if (!column)
		return;
	GROW(table->pins, table->n_pins, table->cap_pins);
	table->pins[table->n_pins++] = (struct catalog_pin){
	    .column = column, .op = xstrdup(item->op ? item->op : "="), .value = xstrdup(value->text)};
}

static void read_predicate(struct catalog_table *table, const char *predicate)
{
	_cleanup_free_ char *sql = xasprintf("SELECT FROM %s WHERE %s", table->name, predicate);
	_cleanup_free_ char *normalized = NULL;
	struct sql_analysis analysis = {0};
	struct sent_values values = {0};
	struct err ignored = {0}; /* of a newer grammar: nothing is known of it */

	if (sql_normalize(sql, &normalized, &ignored) < 0 || !sent_match(normalized, sql, &values))
		return;
	if (sql_analyze(normalized, &analysis, &ignored) == 0) {
		for (size_t i = 0; i < analysis.n_param_items; i++) {
			const struct sql_param *item = &analysis.params[i];
			if ((size_t)item->number <= values.n)
				add_pin(table, item, &values.items[item->number - 1]);
		}
		sql_analysis_release(&analysis);
	}
	sent_values_release(&values);
}

int catalog_read_pins(struct catalog *catalog, struct catalog_table *table, struct err *err)
{
	struct db_rows *rows;
	char oid[16];

	if (table->pins_read)
		return 0;
	table->pins_read = true;
	snprintf(oid, sizeof(oid), "%u", table->oid);
	rows = db_query(catalog->db, err,
	    "SELECT pg_get_expr(indpred, indrelid) FROM pg_index"
	    " WHERE indrelid = $1::oid AND indpred IS NOT NULL AND indisvalid ORDER BY indexrelid",
	    oid);
	if (!rows)
		return err->code;
	for (int i = 0; i < db_rows_count(rows); i++)
		read_predicate(table, db_text(rows, i, 0));
	db_rows_free(rows);
	return 0;
}

void catalog_pins_free(struct catalog_table *table)
{
	for (size_t i = 0; i < table->n_pins; i++) {
		free(table->pins[i].op);
		free(table->pins[i].value);
	}
	free(table->pins);
}
