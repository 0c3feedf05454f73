/*
 * request: the bound statements in the form in which the sessions of an arm send them. Made once,
 * read-only after, shared by all jobs.
 *
 *     requests_init(&requests, &vectors, ARM_BASELINE, PROTOCOL_PREPARED);
 *     session_send_prepared(session, &requests.items[i].statement, values);
 *     session_send_simple(session, request_text(&requests.items[i], values, &buf));   // simple
 *     requests_release(&requests);
 *
 * The simple protocol sends values as literals in the text. The text is split at its parameters
 * once (not inside strings, quoted identifiers, comments and dollar quotes), so that making a
 * request's text is copying pieces. A literal has production's form where that is known; else it
 * keeps the parameter's declared type: digits alone for integer, 'text'::type for other declared
 * types, 'text' for text and undeclared ones, NULL.
 *
 * PROTOCOL_CAPTURED sends each statement as production did, and prepared where that is not known.
 */
#ifndef REPLAY_REQUEST_H
#define REPLAY_REQUEST_H

#include "base/buf.h"
#include "model/gate.h"
#include "model/vectors.h"
#include "pg/session.h"

#include <stddef.h>

struct request_piece {
	const char *text; /* borrowed from the statement */
	size_t len;
	int param; /* index of the parameter that follows; -1 for none */
};

struct request {
	enum protocol protocol; /* never CAPTURED: that is resolved here */
	struct session_statement statement;
	char name[32];   /* "pgr_17" */
	uint32_t *types; /* NULL when none is declared */
	const struct param *params;
	struct request_piece *pieces; /* simple protocol only */
	size_t n_pieces, cap_pieces;
};

struct requests {
	struct request *items; /* one per statement of vectors, in order */
	size_t n;
	size_t max_params;
};

void requests_init(
    struct requests *requests, const struct vectors *vectors, enum arm arm, enum protocol protocol);
void requests_release(struct requests *requests);

/* The text with values in place, in out (cleared first); borrowed until out changes. */
const char *request_text(const struct request *request, const char *const *values, struct buf *out);

#endif
