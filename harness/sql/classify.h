/*
 * classify: what a parsed statement is. Private to sql/.
 */
#ifndef SQL_CLASSIFY_H
#define SQL_CLASSIFY_H

#include "sql/lex.h"
#include "sql/sql.h"

#include <jansson.h>

enum sql_kind classify_kind(const json_t *statement);

/* Fills kind, concurrently, only_settings, object and table of ret; lex is the statement's text. */
void classify_statement(const json_t *statement, const struct lex *lex, struct sql_statement *ret);

#endif
