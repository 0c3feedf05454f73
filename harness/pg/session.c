/*
 * session: one request at a time over a connection that is up.
 */
#include "pg/session.h"

#include "base/mem.h"
#include "pg/session_internal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum session_state session_state(const struct session *session)
{
	return session->state;
}

int session_fd(const struct session *session)
{
	return session->state == SESSION_BROKEN ? -1 : PQsocket(session->conn);
}

int session_wants(const struct session *session)
{
	return session->wants;
}

/* Statements prepared */

static bool is_prepared(const struct session *session, uint32_t number)
{
	size_t word = number / 64;

	return word < session->n_prepared_words && (session->prepared[word] >> (number % 64) & 1);
}

void session_mark_prepared(struct session *session, uint32_t number)
{
	size_t word = number / 64;

	if (word >= session->n_prepared_words) {
		session->prepared = xrealloc(session->prepared, (word + 1) * sizeof(session->prepared[0]));
		memset(session->prepared + session->n_prepared_words, 0,
		    (word + 1 - session->n_prepared_words) * sizeof(session->prepared[0]));
		session->n_prepared_words = word + 1;
	}
	session->prepared[word] |= UINT64_C(1) << (number % 64);
}

int session_prepare(
    struct session *session, const struct session_statement *statement, struct err *err)
{
	PGresult *result = PQprepare(
	    session->conn, statement->name, statement->sql, statement->n_params, statement->types);
	int rc = 0;

	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		session_mark_prepared(session, statement->number);
	else
		rc = db_result_error(session->conn, result, statement->name, err);
	PQclear(result);
	if (PQstatus(session->conn) == CONNECTION_BAD) {
		session->state = SESSION_BROKEN;
		session->wants = 0;
	}
	return rc;
}

/* Sending */

int session_flush(struct session *session)
{
	int left = PQflush(session->conn);

	session->wants = SESSION_WANT_READ | (left > 0 ? SESSION_WANT_WRITE : 0);
	return left < 0 ? ERR_ENV : 0;
}

/* libpq sends by itself at the end of a request, so that session_flush is a system call only
 * when the socket could not take all of it. */
static int sent(struct session *session, int ok)
{
	session->answer = (struct session_result){.ok = true};
	if (ok && session_flush(session) == 0) {
		session->state = SESSION_BUSY;
		return 0;
	}
	session->state = SESSION_BROKEN;
	session->wants = 0;
	return ERR_ENV;
}

static int send_with_parse(
    struct session *session, const struct session_statement *statement, const char *const *values)
{
	PGconn *conn = session->conn;
	int ok =
	    PQenterPipelineMode(conn) &&
	    PQsendPrepare(
	        conn, statement->name, statement->sql, statement->n_params, statement->types) &&
	    PQsendQueryPrepared(conn, statement->name, statement->n_params, values, NULL, NULL, 0) &&
	    PQpipelineSync(conn);

	session->in_pipeline = true;
	session->parsing = statement;
	return sent(session, ok);
}

int session_send_prepared(
    struct session *session, const struct session_statement *statement, const char *const *values)
{
	if (!is_prepared(session, statement->number))
		return send_with_parse(session, statement, values);
	return sent(session, PQsendQueryPrepared(session->conn, statement->name, statement->n_params,
	                         values, NULL, NULL, 0));
}

int session_send_extended(
    struct session *session, const struct session_statement *statement, const char *const *values)
{
	return sent(session, PQsendQueryParams(session->conn, statement->sql, statement->n_params,
	                         statement->types, values, NULL, NULL, 0));
}

int session_send_simple(struct session *session, const char *sql)
{
	return sent(session, PQsendQuery(session->conn, sql));
}

/* Receiving */

static bool lost(struct session *session, struct session_result *ret)
{
	if (session->answer.ok) {
		session->answer.ok = false;
		db_one_line(session->answer.message, sizeof(session->answer.message),
		    PQerrorMessage(session->conn));
	}
	session->answer.connection_lost = true;
	session->state = SESSION_BROKEN;
	session->wants = 0;
	*ret = session->answer;
	return true;
}

static bool complete(struct session *session, struct session_result *ret)
{
	if (session->in_pipeline && !PQexitPipelineMode(session->conn))
		return lost(session, ret);
	session->in_pipeline = false;
	session->parsing = NULL;
	session->state = SESSION_IDLE;
	session->wants = SESSION_WANT_READ;
	*ret = session->answer;
	return true;
}

/* The first error of a request is the one that counts. */
static void take_error(struct session *session, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (!session->answer.ok)
		return;
	session->answer.ok = false;
	snprintf(
	    session->answer.sqlstate, sizeof(session->answer.sqlstate), "%s", sqlstate ? sqlstate : "");
	db_one_line(session->answer.message, sizeof(session->answer.message),
	    message ? message : PQresultErrorMessage(result));
}

static void take_command(struct session *session, PGresult *result)
{
	if (session->parsing) {
		session_mark_prepared(session, session->parsing->number);
		session->parsing = NULL;
		return;
	}
	session->answer.rows = (uint32_t)strtoul(PQcmdTuples(result), NULL, 10);
}

/* COPY needs data that nobody has; the only way out of its mode is a new connection. */
static void refuse_copy(struct session *session)
{
	session->answer.ok = false;
	strcpy(session->answer.sqlstate, "0A000");
	strcpy(session->answer.message, "COPY cannot be replayed");
}

/* Take one result. False when the session cannot go on. */
static bool take_result(struct session *session, PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
		session->answer.rows = (uint32_t)PQntuples(result);
		return true;
	case PGRES_COMMAND_OK:
		take_command(session, result);
		return true;
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		refuse_copy(session);
		return false;
	case PGRES_EMPTY_QUERY:
	case PGRES_PIPELINE_SYNC:
	case PGRES_PIPELINE_ABORTED:
		return true;
	default:
		take_error(session, result);
		return true;
	}
}

bool session_receive(struct session *session, struct session_result *ret)
{
	if (session->state == SESSION_IDLE)
		session->answer = (struct session_result){.ok = true};
	if (!PQconsumeInput(session->conn))
		return lost(session, ret);
	if (session->wants & SESSION_WANT_WRITE && session_flush(session) < 0)
		return lost(session, ret);
	while (session->state == SESSION_BUSY && !PQisBusy(session->conn)) {
		PGresult *result = PQgetResult(session->conn);
		ExecStatusType status = PQresultStatus(result);
		bool usable = !result || take_result(session, result);

		PQclear(result);
		if (!usable || PQstatus(session->conn) == CONNECTION_BAD)
			return lost(session, ret);
		if (session->in_pipeline ? status == PGRES_PIPELINE_SYNC : !result)
			return complete(session, ret);
	}
	return false;
}

/* Cancelling */

static void *cancel_thread(void *arg)
{
	PGcancel *cancel = arg;
	char reason[256];

	/* Whether it worked shows in the answer, or in its absence. */
	(void)PQcancel(cancel, reason, sizeof(reason));
	PQfreeCancel(cancel);
	return NULL;
}

/* PQcancel waits for the server; a thread of its own waits for one that never answers. */
void session_cancel(struct session *session)
{
	PGcancel *cancel = session->state == SESSION_BUSY ? PQgetCancel(session->conn) : NULL;
	pthread_attr_t attributes;
	pthread_t thread;

	if (!cancel)
		return;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, 256 * 1024);
	if (pthread_create(&thread, &attributes, cancel_thread, cancel) != 0)
		PQfreeCancel(cancel);
	pthread_attr_destroy(&attributes);
}
