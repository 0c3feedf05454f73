/* Reads one table: a query per kind of fact, so that each result maps to one struct. */
#include "bind/catalog_internal.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_columns(
    struct db *db, const char *oid, struct catalog_table *table, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT a.attname, a.attnum, a.atttypid, a.attnotnull,"
	    " a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '',"
	    " CASE WHEN t.oid IN (1042, 1043) AND a.atttypmod > 4 THEN a.atttypmod - 4 ELSE 0 END,"
	    " pg_get_serial_sequence($2, a.attname)"
	    " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
	    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
	    oid, table->name);

	if (!rows)
		return err->code;
	table->n_columns = (size_t)db_rows_count(rows);
	table->columns = xcalloc(table->n_columns + 1, sizeof(*table->columns));
	for (int i = 0; i < db_rows_count(rows); i++)
		table->columns[i] = (struct catalog_column){
		    .name = xstrdup(db_text(rows, i, 0)),
		    .number = (int)db_int(rows, i, 1),
		    .type = (uint32_t)db_int(rows, i, 2),
		    .not_null = db_bool(rows, i, 3),
		    .has_default = db_bool(rows, i, 4),
		    .max_length = (int)db_int(rows, i, 5),
		    .sequence = db_is_null(rows, i, 6) ? NULL : xstrdup(db_text(rows, i, 6)),
		};
	db_rows_free(rows);
	return 0;
}

static int column_index(const struct catalog_table *table, int attnum)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (table->columns[i].number == attnum)
			return (int)i;
	return -1;
}

/* Columns that an index expression uses stand in pg_depend only. */
static int read_uniques(
    struct db *db, const char *oid, struct catalog_table *table, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT i.indexrelid, i.indexprs IS NOT NULL, k.attnum FROM pg_index i,"
	    " LATERAL (SELECT unnest((i.indkey::int2[])[0:i.indnkeyatts - 1])::int AS attnum"
	    "  UNION SELECT d.refobjsubid FROM pg_depend d WHERE i.indexprs IS NOT NULL"
	    "  AND d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid"
	    "  AND d.refobjid = i.indrelid AND d.refobjsubid > 0) k"
	    " WHERE i.indrelid = $1::oid AND i.indisunique AND k.attnum > 0 ORDER BY 1, 3",
	    oid);
	int64_t index = 0;

	if (!rows)
		return err->code;
	table->uniques = xcalloc((size_t)db_rows_count(rows) + 1, sizeof(*table->uniques));
	for (int i = 0; i < db_rows_count(rows); i++) {
		struct catalog_unique *unique;
		if (db_int(rows, i, 0) != index)
			table->uniques[table->n_uniques++].columns = xcalloc(table->n_columns + 1, sizeof(int));
		index = db_int(rows, i, 0);
		unique = &table->uniques[table->n_uniques - 1];
		unique->has_expression = db_bool(rows, i, 1);
		unique->columns[unique->n_columns++] = column_index(table, (int)db_int(rows, i, 2));
	}
	db_rows_free(rows);
	return 0;
}

/* Both directions with one shape: the table's own columns first, the other side after. */
static int read_foreign_keys(struct db *db, const char *oid, const char *sql,
    struct catalog_foreign_key **ret, size_t *ret_n, struct err *err)
{
	struct db_rows *rows = db_query(db, err, sql, oid);
	int64_t constraint = 0;

	if (!rows)
		return err->code;
	*ret = xcalloc((size_t)db_rows_count(rows) + 1, sizeof(**ret));
	for (int i = 0; i < db_rows_count(rows); i++) {
		struct catalog_foreign_key *key;
		if (db_int(rows, i, 0) != constraint)
			(*ret_n)++;
		constraint = db_int(rows, i, 0);
		key = &(*ret)[*ret_n - 1];
		if (!key->table)
			key->table = xstrdup(db_text(rows, i, 2));
		strv_add(&key->columns, db_text(rows, i, 1));
		strv_add(&key->other_columns, db_text(rows, i, 3));
		key->restricts = db_bool(rows, i, 4);
	}
	db_rows_free(rows);
	return 0;
}

#define FOREIGN_KEY_SQL(self, own_key, other, other_key)                                           \
	"SELECT c.oid, a.attname, quote_ident(n.nspname) || '.' || quote_ident(r.relname), b.attname," \
	" c.confdeltype IN ('a', 'r') FROM pg_constraint c"                                            \
	" JOIN pg_class r ON r.oid = c." other " JOIN pg_namespace n ON n.oid = r.relnamespace"        \
	" CROSS JOIN LATERAL unnest(c." own_key ", c." other_key                                       \
	") WITH ORDINALITY AS k(own, other, place)"                                                    \
	" JOIN pg_attribute a ON a.attrelid = c." self " AND a.attnum = k.own"                         \
	" JOIN pg_attribute b ON b.attrelid = c." other " AND b.attnum = k.other"                      \
	" WHERE c.contype = 'f' AND c.conparentid = 0 AND c." self                                     \
	" = $1::oid ORDER BY c.oid, k.place"

static int read_leaves(struct db *db, const char *oid, struct catalog_table *table, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT c.oid, pg_relation_size(c.oid) / current_setting('block_size')::int,"
	    " greatest(c.reltuples, 0) FROM pg_class c WHERE c.relkind IN ('r', 'm') AND (c.oid = "
	    "$1::oid"
	    " OR c.oid IN (SELECT relid FROM pg_partition_tree($1::oid::regclass) WHERE isleaf))"
	    " AND pg_relation_size(c.oid) > 0 ORDER BY c.oid",
	    oid);

	if (!rows)
		return err->code;
	table->leaves = xcalloc((size_t)db_rows_count(rows) + 1, sizeof(*table->leaves));
	for (int i = 0; i < db_rows_count(rows); i++) {
		table->leaves[table->n_leaves++] = (struct catalog_leaf){
		    .oid = (uint32_t)db_int(rows, i, 0),
		    .blocks = db_double(rows, i, 1),
		    .rows = db_double(rows, i, 2),
		};
		table->rows += db_double(rows, i, 2);
	}
	db_rows_free(rows);
	return 0;
}

int catalog_table_read(struct db *db, const char *name, struct catalog_table **ret, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind"
	    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE c.oid = to_regclass($1)",
	    name);
	struct catalog_table *table;
	char oid[16];
	int rc;

	if (!rows)
		return err->code;
	if (db_rows_count(rows) == 0) {
		db_rows_free(rows);
		return 0;
	}
	table = xcalloc(1, sizeof(*table));
	table->oid = (uint32_t)db_int(rows, 0, 0);
	table->name = xstrdup(db_text(rows, 0, 1));
	table->kind = db_text(rows, 0, 2)[0];
	db_rows_free(rows);
	snprintf(oid, sizeof(oid), "%u", table->oid);
	rc = read_columns(db, oid, table, err);
	if (rc == 0)
		rc = read_uniques(db, oid, table, err);
	if (rc == 0)
		rc = read_foreign_keys(db, oid,
		    FOREIGN_KEY_SQL("conrelid", "conkey", "confrelid", "confkey"), &table->references,
		    &table->n_references, err);
	if (rc == 0)
		rc = read_foreign_keys(db, oid,
		    FOREIGN_KEY_SQL("confrelid", "confkey", "conrelid", "conkey"), &table->referenced_by,
		    &table->n_referenced_by, err);
	if (rc == 0)
		rc = read_leaves(db, oid, table, err);
	if (rc == 0)
		*ret = table;
	else
		catalog_table_free(table);
	return rc;
}

static void release_keys(struct catalog_foreign_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		strv_release(&keys[i].columns);
		strv_release(&keys[i].other_columns);
		free(keys[i].table);
	}
	free(keys);
}

void catalog_table_free(struct catalog_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->n_columns; i++) {
		free(table->columns[i].name);
		free(table->columns[i].sequence);
	}
	for (size_t i = 0; i < table->n_uniques; i++)
		free(table->uniques[i].columns);
	release_keys(table->references, table->n_references);
	release_keys(table->referenced_by, table->n_referenced_by);
	free(table->columns);
	free(table->uniques);
	free(table->leaves);
	catalog_pins_free(table);
	free(table->name);
	free(table);
}
