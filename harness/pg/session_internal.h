/*
 * session_internal: what session_connect.c and session.c share. Includes libpq; nobody outside
 * pg/ may.
 */
#ifndef PG_SESSION_INTERNAL_H
#define PG_SESSION_INTERNAL_H

#include "pg/db_internal.h"
#include "pg/session.h"

enum session_phase {
	PHASE_OPENING, /* PQconnectPoll has more to do */
	PHASE_SETUP,   /* the SET of session_setup is under way */
	PHASE_READY,
};

struct session_setup {
	struct db_target target;
	char *sql; /* sent first by every session; NULL for nothing */
};

struct session {
	const struct session_setup *setup; /* borrowed; outlives the session */
	PGconn *conn;
	enum session_state state;
	enum session_phase phase;
	int wants;
	bool in_pipeline;                        /* Parse and first execution under way together */
	const struct session_statement *parsing; /* becomes prepared when its Parse succeeds */
	uint64_t *prepared;                      /* a bit per statement number */
	size_t n_prepared_words;
	struct session_result answer; /* of the request under way, as far as it has come */
};

void session_mark_prepared(struct session *session, uint32_t number);
/* What is left to send decides whether to poll for writing; negative when the connection broke. */
int session_flush(struct session *session);

#endif
