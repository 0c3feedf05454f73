/*
 * log_prefix: what log_line_prefix put before every line.
 *
 *     struct log_prefix *prefix = log_prefix_new("%m [%p] %q%u@%d ", err);
 *     if (log_prefix_match(prefix, line, len, &found)) use(found.session, ...)
 *
 * All escapes of elog.c's log_status_format(), also padded. %q ends the prefix for processes that
 * are no sessions.
 */
#ifndef CAPTURE_LOG_PREFIX_H
#define CAPTURE_LOG_PREFIX_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* A part of the line; length 0 when the prefix does not tell. */
struct log_part {
	const char *text;
	size_t len;
};

struct log_prefix_found {
	struct log_part pid, session, database, application, time, queryid;
};

struct log_prefix;

/* ERR_USAGE names an escape that no server knows. */
struct log_prefix *log_prefix_new(const char *format, struct err *err);
void log_prefix_free(struct log_prefix *prefix);
/* Exactly these bytes? */
bool log_prefix_match(
    const struct log_prefix *prefix, const char *text, size_t len, struct log_prefix_found *ret);

/* The usual ones: of packages, of cloud services, of log analysers. The i-th, or NULL. */
const char *log_prefix_usual(size_t i);

/* Seconds since 1970 of "2026-11-20 14:06:51.123 UTC", or of a number of seconds; NAN when it is
 * neither. A time zone that is only a name is taken for UTC. */
double log_time(const char *text, size_t len);

#endif
