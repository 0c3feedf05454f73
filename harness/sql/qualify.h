/*
 * qualify: table names of a statement put into a schema, byte by byte at the places that the parser
 * names. What a search_path resolved is then resolved without it.
 */
#ifndef SQL_QUALIFY_H
#define SQL_QUALIFY_H

#include "base/err.h"
#include "base/strv.h"

/* Names of tables that the text uses without a schema, unquoted, each once; no names of CTEs. */
int sql_unqualified_tables(const char *text, struct strv *ret, struct err *err);

/* "orders" -> "schema.orders" wherever a table of these names (unquoted) has no schema yet; schema
 * is quoted where it needs to be. Caller frees. */
int sql_qualify(
    const char *text, const char *schema, const struct strv *names, char **ret, struct err *err);

#endif
