#include "bind/catalog_internal.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With typmod -1, since "character" alone would mean character(1). */
static struct catalog_type *read_type(struct catalog *catalog, uint32_t oid, struct err *err)
{
	char number[16];
	struct db_rows *rows;
	struct catalog_type *type = NULL;

	snprintf(number, sizeof(number), "%u", oid);
	rows = db_query(catalog->db, err,
	    "WITH RECURSIVE b AS (SELECT oid, typtype, typbasetype FROM pg_type WHERE oid = $1::oid"
	    " UNION ALL SELECT t.oid, t.typtype, t.typbasetype FROM b JOIN pg_type t"
	    " ON t.oid = b.typbasetype WHERE b.typtype = 'd')"
	    " SELECT format_type(t.oid, -1), t.typtype,"
	    /* regclass, regconfig: numbers by category, but written as names */
	    " CASE WHEN t.typcategory = 'N' AND t.typname LIKE 'reg%' THEN 'U' ELSE t.typcategory END,"
	    " CASE WHEN t.typcategory = 'A' THEN t.typelem::oid ELSE 0 END,"
	    " (SELECT b.oid FROM b WHERE b.typtype <> 'd'), t.typarray,"
	    " (SELECT enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY enumsortorder LIMIT "
	    "1)"
	    " FROM pg_type t WHERE t.oid = $1::oid",
	    number);
	if (rows && db_rows_count(rows) == 1) {
		type = xcalloc(1, sizeof(*type));
		type->oid = oid;
		type->name = xstrdup(db_text(rows, 0, 0));
		type->kind = db_text(rows, 0, 1)[0];
		type->category = db_text(rows, 0, 2)[0];
		type->element = (uint32_t)db_int(rows, 0, 3);
		type->base = (uint32_t)db_int(rows, 0, 4);
		type->array = (uint32_t)db_int(rows, 0, 5);
		type->first_label = db_is_null(rows, 0, 6) ? NULL : xstrdup(db_text(rows, 0, 6));
	}
	db_rows_free(rows);
	return type;
}

const struct catalog_type *catalog_type(struct catalog *catalog, uint32_t oid, struct err *err)
{
	struct catalog_type *type;

	for (size_t i = 0; i < catalog->n_types; i++)
		if (catalog->types[i]->oid == oid)
			return catalog->types[i];
	type = read_type(catalog, oid, err);
	if (!type)
		return NULL;
	GROW(catalog->types, catalog->n_types, catalog->cap_types);
	catalog->types[catalog->n_types++] = type;
	return type;
}

uint32_t catalog_type_oid(struct catalog *catalog, const char *name, struct err *err)
{
	struct db_rows *rows = db_query(catalog->db, err, "SELECT to_regtype($1)::oid", name);
	uint32_t oid = 0;

	if (rows && db_rows_count(rows) == 1)
		oid = (uint32_t)db_int(rows, 0, 0);
	db_rows_free(rows);
	return oid;
}

void catalog_type_free(struct catalog_type *type)
{
	free(type->name);
	free(type->first_label);
	free(type);
}
