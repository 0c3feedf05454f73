/*
 * log_message: what an entry says of a statement (postgres.c: check_log_statement,
 * check_log_duration, errdetail_params).
 *
 *     "statement: SELECT 1"                                    log_statement
 *     "duration: 0.123 ms  statement: SELECT 1"                log_min_duration_statement
 *     "execute <unnamed>: SELECT $1", "... execute s/portal: ..."  with the values in DETAIL
 *     "duration: 0.123 ms"                                     of the statement logged before it
 *
 * Parse and bind, later fetches of a portal, and plans are not calls of their own: MESSAGE_OTHER.
 */
#ifndef CAPTURE_LOG_MESSAGE_H
#define CAPTURE_LOG_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

enum message_kind {
	MESSAGE_OTHER,
	MESSAGE_STATEMENT, /* simple protocol: text may hold several statements */
	MESSAGE_EXECUTE,   /* extended protocol */
	MESSAGE_DURATION,
};

struct log_message {
	enum message_kind kind;
	double duration_ms; /* NAN */
	bool named;         /* EXECUTE: of a prepared statement with a name */
	const char *text;   /* borrowed; NULL for DURATION and OTHER */
};

void log_message_read(const char *message, struct log_message *ret);

/* The values of "parameters: $1 = 'text', $2 = NULL" (17 and later: "Parameters:"). */
struct log_parameters {
	char **items; /* NULL is SQL NULL */
	size_t n, cap;
	bool truncated; /* log_parameter_max_length cut a value short; the mark could also be data */
};
/* False when it is none, or broken: *ret is then empty. */
bool log_parameters_read(const char *detail, struct log_parameters *ret);
void log_parameters_release(struct log_parameters *parameters);

#endif
