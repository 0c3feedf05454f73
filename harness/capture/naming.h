/*
 * naming: a unique name for every statement, stable from capture to capture.
 *
 * A name is made from the text alone (sql_name) or comes from the user's file. Statements that
 * would share one all get a suffix made from their text: a bare name never means one statement
 * today and another tomorrow.
 */
#ifndef CAPTURE_NAMING_H
#define CAPTURE_NAMING_H

#include "base/err.h"
#include "base/strv.h"
#include "model/names.h"
#include "model/workload.h"

/* Can all texts be parsed? Asked before a long window; ERR_USAGE when not. */
int naming_check(const struct statement_names *names, struct err *err);

/* Sets name of every statement. ret_unmatched gets the given names that no statement has. */
int naming_assign(struct statement *statements, size_t n, const struct statement_names *names,
	struct strv *ret_unmatched, struct err *err);

#endif
