#include "bind/catalog.h"

#include "base/buf.h"
#include "base/mem.h"
#include "bind/catalog_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct catalog *catalog_new(struct db *db)
{
	struct catalog *catalog = xcalloc(1, sizeof(*catalog));

	catalog->db = db;
	return catalog;
}

void catalog_free(struct catalog *catalog)
{
	if (!catalog)
		return;
	for (size_t i = 0; i < catalog->n_entries; i++)
		free(catalog->entries[i].written);
	for (size_t i = 0; i < catalog->n_tables; i++)
		catalog_table_free(catalog->tables[i]);
	for (size_t i = 0; i < catalog->n_types; i++)
		catalog_type_free(catalog->types[i]);
	free(catalog->entries);
	free(catalog->tables);
	free(catalog->types);
	free(catalog);
}

/* One struct per relation, however it is written, so that fresh keys are handed out once. */
static struct catalog_table *keep(struct catalog *catalog, struct catalog_table *table)
{
	if (!table)
		return NULL;
	for (size_t i = 0; i < catalog->n_tables; i++) {
		if (catalog->tables[i]->oid == table->oid) {
			catalog_table_free(table);
			return catalog->tables[i];
		}
	}
	GROW(catalog->tables, catalog->n_tables, catalog->cap_tables);
	catalog->tables[catalog->n_tables++] = table;
	return table;
}

struct catalog_table *catalog_table(struct catalog *catalog, const char *name, struct err *err)
{
	struct catalog_table *table = NULL;

	for (size_t i = 0; i < catalog->n_entries; i++)
		if (strcmp(catalog->entries[i].written, name) == 0)
			return catalog->entries[i].table;
	if (catalog_table_read(catalog->db, name, &table, err) < 0)
		return NULL;
	table = keep(catalog, table);
	GROW(catalog->entries, catalog->n_entries, catalog->cap_entries);
	catalog->entries[catalog->n_entries++] =
	    (struct catalog_entry){.written = xstrdup(name), .table = table};
	return table;
}

/* Reads one identifier at *at into out; false when there is none. */
static bool read_identifier(const char **at, struct buf *out)
{
	const char *p = *at;

	buf_clear(out);
	if (*p == '"') {
		for (p++; *p && !(p[0] == '"' && p[1] != '"'); p++) {
			if (*p == '"')
				p++;
			buf_addc(out, *p);
		}
		if (*p != '"')
			return false;
		*at = p + 1;
		return out->len > 0;
	}
	if (!isalpha((unsigned char)*p) && *p != '_' && !(*p & 0x80))
		return false;
	for (; isalnum((unsigned char)*p) || *p == '_' || *p == '$' || (*p & 0x80); p++)
		buf_addc(out, (char)tolower((unsigned char)*p));
	*at = p;
	return true;
}

/* Two parts of "schema.table.column": the last and the one before it, which is empty when there is
 * none. */
static bool read_reference(const char *expression, struct buf *last, struct buf *before)
{
	const char *p = expression;

	for (;;) {
		if (!read_identifier(&p, last))
			return false;
		if (*p == '\0')
			return true;
		if (*p != '.')
			return false;
		buf_clear(before);
		buf_adds(before, last->data);
		p++;
	}
}

char *catalog_identifier(const char *expression)
{
	_cleanup_buf_ struct buf last = BUF_INIT, before = BUF_INIT;

	return read_reference(expression, &last, &before) ? xstrdup(last.data) : NULL;
}

char *catalog_qualifier(const char *expression)
{
	_cleanup_buf_ struct buf last = BUF_INIT, before = BUF_INIT;

	return read_reference(expression, &last, &before) && before.len > 0 ? xstrdup(before.data)
	                                                                    : NULL;
}

struct catalog_column *catalog_column(const struct catalog_table *table, const char *expression)
{
	_cleanup_free_ char *name = catalog_identifier(expression);

	for (size_t i = 0; name && i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	return NULL;
}

const struct catalog_unique *catalog_unique_of(
    const struct catalog_table *table, const struct catalog_column *column)
{
	int index = (int)(column - table->columns);
	const struct catalog_unique *best = NULL;

	for (size_t i = 0; i < table->n_uniques; i++) {
		const struct catalog_unique *unique = &table->uniques[i];
		for (size_t j = 0; j < unique->n_columns; j++)
			if (unique->columns[j] == index && (!best || unique->n_columns < best->n_columns))
				best = unique;
	}
	return best;
}

const struct catalog_foreign_key *catalog_reference_of(
    const struct catalog_table *table, const struct catalog_column *column)
{
	for (size_t i = 0; i < table->n_references; i++)
		if (strv_contains(&table->references[i].columns, column->name))
			return &table->references[i];
	return NULL;
}
