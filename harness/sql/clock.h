/*
 * clock: where a statement reads the clock, and which columns it takes for the past.
 *
 * On a copy of a database that is older than the database, "the last seven days" are empty. So each
 * read of the clock is moved back, byte by byte at the places that the parser names:
 *
 *     now()               -> (now() - interval 'SHIFT')
 *     CURRENT_TIMESTAMP   -> (CURRENT_TIMESTAMP - interval 'SHIFT')    and LOCALTIMESTAMP
 *     CURRENT_DATE        -> (CURRENT_TIMESTAMP - interval 'SHIFT')::date
 *     CURRENT_TIME(0)     -> (CURRENT_TIMESTAMP - interval 'SHIFT')::timetz(0)
 *     LOCALTIME           -> (LOCALTIMESTAMP - interval 'SHIFT')::time
 *
 * likewise transaction_timestamp(), statement_timestamp() and clock_timestamp(). Types stay, and so
 * does what the planner knows: a stable function minus a constant is folded for estimates as the
 * function alone is. A column of a result keeps its name. Not moved: what a default of a column
 * reads (it is not in the statement), a function in FROM, age(x), timeofday(), and 'now' as a
 * value, which a normalised text does not show.
 */
#ifndef SQL_CLOCK_H
#define SQL_CLOCK_H

#include "base/err.h"
#include "base/strv.h"

#include <stdbool.h>

/* shift is an interval as PostgreSQL reads it ("2592000 seconds"), without quotes in it. *ret is
 * NULL when the text does not read the clock; caller frees. */
int sql_clock_shift(const char *text, const char *shift, char **ret, struct err *err);

/* Does the text read the clock? Added to ret_columns, each once: names of columns that hold a past
 * or the present for it: col > now() - x, now() - col, SET col = now(), INSERT (col) VALUES (now()).
 * Unquoted and without their table. */
int sql_clock_columns(const char *text, bool *ret_reads, struct strv *ret_columns, struct err *err);

#endif
