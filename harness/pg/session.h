/*
 * session: one non-blocking connection of the replay.
 *
 * Made for the event loop: calls return at once (but for the two marked "blocking"), nothing
 * allocates per request beyond what libpq does, and one send and one recv per request is the
 * rule. States:
 *
 *     CONNECTING --poll--> IDLE --send--> BUSY --receive--> IDLE
 *          any of them --> BROKEN (the connection is gone: free the session and start another)
 *
 *     struct session_setup *setup = session_setup_new(&target, 30000);
 *     session_start(setup, &session, &err);
 *     while (session_state(session) == SESSION_CONNECTING) {
 *         wait until session_fd() is ready for session_wants();
 *         session_poll_connect(session, &err);
 *     }
 *     session_send_prepared(session, &statement, values);
 *     wait until session_fd() is readable (and writable, when session_wants() says so);
 *     if (session_receive(session, &result)) use(&result);
 *
 * A session prepares a statement the first time it sends it (session_send_prepared) in the same
 * round trip as its first execution, or ahead of time with session_prepare. A session is used by
 * one thread at a time; a setup may be shared.
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
struct session_setup;

/* What to send. Borrowed; must live until the answer (text and types until session_free). */
struct session_statement {
	uint32_t number;  /* small and unique: what the session remembers as prepared */
	const char *name; /* prepared statement name; NULL or "" for unnamed */
	const char *sql;
	int n_params;
	const uint32_t *types; /* n_params declared types, 0 to infer; may be NULL */
};

struct session_result {
	bool ok;
	bool connection_lost;
	char sqlstate[6];  /* "" when ok, and when the server did not say */
	char message[200]; /* the server's primary message; "" when ok */
	uint32_t rows;     /* returned or affected */
};

/* How the sessions of an arm connect: the target, application_name "pgrehearse replay", UTF8, and
 * statement_timeout (0 leaves the server's), set again by every session that connects. */
struct session_setup *session_setup_new(
    const struct db_target *target, uint64_t statement_timeout_ms);
void session_setup_free(struct session_setup *setup); /* after its sessions; NULL is fine */

int session_start(const struct session_setup *setup, struct session **ret, struct err *err);
void session_free(struct session *session); /* closes; NULL is fine */
enum session_state session_state(const struct session *session);
int session_fd(const struct session *session);    /* changes while connecting; -1 when broken */
int session_wants(const struct session *session); /* SESSION_WANT_* bits to poll for */

/* Drive the connection attempt; call when the socket is ready. */
int session_poll_connect(struct session *session, struct err *err);
/* Start and finish a connection; blocking, before the run starts. */
int session_connect(
    const struct session_setup *setup, int timeout_ms, struct session **ret, struct err *err);

/* Parse a statement ahead of time; blocking, before the run starts. A statement that the server
 * refuses leaves the session IDLE: sending it will tell again. */
int session_prepare(
    struct session *session, const struct session_statement *statement, struct err *err);

/* Send one request; the session must be IDLE. 0, or negative when the connection is gone. */
int session_send_prepared(
    struct session *session, const struct session_statement *statement, const char *const *values);
int session_send_extended(struct session *session, const struct session_statement *statement,
    const char *const *values); /* unnamed Parse, Bind, Execute in one round trip */
int session_send_simple(struct session *session, const char *sql);

/* The socket is ready: flush and read. True when the answer is complete and *ret is filled (the
 * session is IDLE again, or BROKEN with ret->connection_lost); false when more must come. Also
 * for an IDLE session whose socket became readable: true only when its connection is gone. */
bool session_receive(struct session *session, struct session_result *ret);

/* Ask the server to cancel what runs; the answer comes through session_receive. Does not wait:
 * a server that does not listen any more costs nothing. */
void session_cancel(struct session *session);

#endif
