/* catalog, between its own files: how the cache is kept. */
#ifndef BIND_CATALOG_INTERNAL_H
#define BIND_CATALOG_INTERNAL_H

#include "bind/catalog.h"

struct catalog_entry { /* a name as written and what it means; several may mean one table */
	char *written;
	struct catalog_table *table; /* NULL: there is no such relation */
};

struct catalog {
	struct db *db;
	struct catalog_entry *entries;
	size_t n_entries, cap_entries;
	struct catalog_table **tables;
	size_t n_tables, cap_tables;
	struct catalog_type **types;
	size_t n_types, cap_types;
};

/* Everything about the relation `name`; *ret stays NULL when there is none. */
int catalog_table_read(
    struct db *db, const char *name, struct catalog_table **ret, struct err *err);
void catalog_table_free(struct catalog_table *table);
void catalog_pins_free(struct catalog_table *table);
void catalog_type_free(struct catalog_type *type);

#endif
