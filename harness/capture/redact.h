/*
 * redact: which statements may leave production, and as what text.
 *
 * A text gets into the workload only as sql_normalize writes it: no literal, no comment. Utility
 * statements, whose texts keep their literals (passwords, COPY options, DO bodies), and texts that
 * cannot be parsed never do.
 */
#ifndef CAPTURE_REDACT_H
#define CAPTURE_REDACT_H

#include "model/workload.h"

/* text as pg_stat_statements gives it (NULL when it is lost). NULL, and text, fingerprint, kind,
 * writes, tables and skip_reason of *ret filled; or why the statement stays out, a static string. */
const char *redact_statement(const char *text, struct statement *ret);

/* Why a normalised statement must not be replayed although it could: it would block, reach out
 * of the clone or stop something. NULL when it may. Static string. */
const char *redact_unsafe(const char *text);

#endif
