/*
 * session: one non-blocking connection of the replay.
 *
 * Made for the event loop: every call returns at once, nothing allocates per request beyond what
 * libpq does, and one recv per answer is the rule. States:
 *
 *     CONNECTING --poll--> IDLE --send--> BUSY --receive--> IDLE
 *          any of them --> BROKEN (the connection is gone; session_reconnect starts over)
 *
 * A session prepares a statement the first time it sends it (PROTOCOL_PREPARED) in the same
 * round trip as its first execution, or ahead of time with session_prepare.
 */
#ifndef PG_SESSION_H
#define PG_SESSION_H

#include "base/err.h"
#include "pg/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum session_state { SESSION_CONNECTING, SESSION_IDLE, SESSION_BUSY, SESSION_BROKEN };
enum session_want { SESSION_WANT_READ = 1, SESSION_WANT_WRITE = 2 };

struct session;

/* What to send. Borrowed; must live until the answer (text and types until session_free). */
struct session_statement {
	const char *name;      /* prepared statement name; NULL or "" for unnamed */
	const char *sql;
	int n_params;
	const uint32_t *types; /* n_params declared types, 0 to infer; may be NULL */
};

struct session_result {
	bool ok;
	char sqlstate[6];
	char message[200]; /* the server's primary message; "" when ok */
	uint32_t rows;     /* returned or affected */
	bool connection_lost;
};

int session_start(const struct db_target *target, struct session **ret, struct err *err);
void session_free(struct session *session); /* closes; NULL is fine */
enum session_state session_state(const struct session *session);
int session_fd(const struct session *session); /* changes while connecting */
int session_wants(const struct session *session); /* SESSION_WANT_* bits to poll for */

/* Drive the connection attempt; call when the socket is ready. */
int session_poll_connect(struct session *session, struct err *err);

/* Parse a statement ahead of time; blocking, before the run starts. */
int session_prepare(struct session *session, const struct session_statement *statement,
	struct err *err);

/* Send one request; the session must be IDLE. 0, or negative when the connection is gone. */
int session_send_prepared(struct session *session, const struct session_statement *statement,
	const char *const *values);
int session_send_extended(struct session *session, const struct session_statement *statement,
	const char *const *values); /* unnamed Parse, Bind, Execute in one round trip */
int session_send_simple(struct session *session, const char *sql);

/* The socket is ready: flush and read. True when the answer is complete and *ret is filled (the
 * session is IDLE again, or BROKEN with ret->connection_lost); false when more must come. */
bool session_receive(struct session *session, struct session_result *ret);

/* Cancel what runs, and wait at most timeout_ms for the answer; used when draining. */
void session_cancel(struct session *session);

#endif
