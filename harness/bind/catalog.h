/*
 * catalog: what staging knows about tables and types, read once and kept.
 *
 * Names are looked up as written in the statements, in the connection's search_path. Everything
 * returned is borrowed and lives until catalog_free.
 */
#ifndef BIND_CATALOG_H
#define BIND_CATALOG_H

#include "base/err.h"
#include "pg/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalog_type {
	uint32_t oid;
	char *name;        /* to cast with: "integer", "bpchar", "orders.status" */
	char kind;         /* pg_type.typtype: b, c, d, e, r, m */
	char category;     /* pg_type.typcategory: A array, N numeric, S string, D date, E enum,
	                    * ...; U for regclass and its like, which are written as names */
	uint32_t element;  /* of an array; else 0 */
	uint32_t base;     /* of a domain, through all its levels; else oid */
	uint32_t array;    /* the array type of it; 0 when there is none */
	char *first_label; /* of an enum; NULL */
};

struct catalog_column {
	char *name; /* not quoted */
	int number; /* pg_attribute.attnum */
	uint32_t type;
	int max_length; /* of varchar(n) and char(n); 0 when unbounded */
	bool not_null, has_default;
	char *sequence;     /* that a default or identity takes its values from; NULL */
	int64_t fresh_next; /* the next value no FRESH parameter has taken yet; 0 before the first */
};

struct catalog_unique {
	int *columns; /* indexes into table->columns; also those that an expression uses */
	size_t n_columns;
	bool has_expression;
};

struct catalog_foreign_key {
	struct strv columns;       /* in the referencing table, not quoted */
	char *table;               /* the other side, qualified and quoted */
	struct strv other_columns; /* in step with columns */
	bool restricts;            /* deleting a referenced row fails */
};

/* Of a partial index: WHERE column op 'value'. */
struct catalog_pin {
	const struct catalog_column *column;
	char *op, *value;
};

struct catalog_leaf { /* where the rows of a table are: itself, or its partitions */
	uint32_t oid;
	double blocks;
	double rows; /* reltuples */
};

struct catalog_table {
	uint32_t oid;
	char *name; /* schema-qualified and quoted */
	char kind;  /* pg_class.relkind */
	double rows;
	struct catalog_column *columns;
	size_t n_columns;
	struct catalog_unique *uniques;
	size_t n_uniques;
	struct catalog_foreign_key *references; /* this table's foreign keys */
	size_t n_references;
	struct catalog_foreign_key *referenced_by; /* .columns are this table's */
	size_t n_referenced_by;
	struct catalog_leaf *leaves; /* with at least one block; empty for views and empty tables */
	size_t n_leaves;
	struct catalog_pin *pins; /* once catalog_read_pins() was called */
	size_t n_pins, cap_pins;
	bool pins_read;
};

struct catalog;
struct catalog *catalog_new(struct db *db);
void catalog_free(struct catalog *catalog);

/* NULL when there is no such relation (err untouched) or the server failed (err filled). */
struct catalog_table *catalog_table(struct catalog *catalog, const char *name, struct err *err);
/* The constants that the predicates of the table's partial indexes compare columns with. */
int catalog_read_pins(struct catalog *catalog, struct catalog_table *table, struct err *err);
/* NULL when there is none or the server failed. */
const struct catalog_type *catalog_type(struct catalog *catalog, uint32_t oid, struct err *err);
/* The OID of a type by name; 0 when there is none. */
uint32_t catalog_type_oid(struct catalog *catalog, const char *name, struct err *err);

/* A column by name as written in SQL (perhaps quoted, perhaps qualified: the last part counts);
 * NULL when there is none. */
struct catalog_column *catalog_column(const struct catalog_table *table, const char *expression);
/* The last part of a possibly qualified column reference, unquoted; NULL when the expression is
 * more than that. Caller frees. */
char *catalog_identifier(const char *expression);
/* The part before that, the alias of "o.id", likewise; NULL when there is none. Caller frees. */
char *catalog_qualifier(const char *expression);

/* The smallest unique key that the column belongs to; NULL when it belongs to none. */
const struct catalog_unique *catalog_unique_of(
    const struct catalog_table *table, const struct catalog_column *column);
const struct catalog_foreign_key *catalog_reference_of(
    const struct catalog_table *table, const struct catalog_column *column);

#endif
