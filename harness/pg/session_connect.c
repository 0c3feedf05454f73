/*
 * session_connect: from nothing to an IDLE session, with and without waiting.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "pg/session_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

struct session_setup *session_setup_new(
    const struct db_target *target, uint64_t statement_timeout_ms)
{
	struct session_setup *setup = xcalloc(1, sizeof(*setup));

	setup->target = db_target_copy(target);
	if (statement_timeout_ms)
		setup->sql = xasprintf("SET statement_timeout = %" PRIu64, statement_timeout_ms);
	return setup;
}

void session_setup_free(struct session_setup *setup)
{
	if (!setup)
		return;
	db_target_release(&setup->target);
	free(setup->sql);
	free(setup);
}

/* Notices and warnings of replayed statements are the server's chatter, not ours to print. */
static void ignore_notice(void *ctx, const PGresult *result)
{
	(void)ctx;
	(void)result;
}

int session_start(const struct session_setup *setup, struct session **ret, struct err *err)
{
	struct db_keywords keywords = {0};
	struct session *session;
	int rc = db_keywords_build(&setup->target, &keywords, err);

	if (rc < 0)
		return rc;
	if (keywords.n < DB_MAX_KEYWORDS) { /* a later value replaces an earlier one */
		keywords.names[keywords.n] = "application_name";
		keywords.values[keywords.n] = "pgrehearse replay";
		keywords.names[++keywords.n] = NULL;
	}
	session = xcalloc(1, sizeof(*session));
	session->setup = setup;
	session->state = SESSION_CONNECTING;
	session->phase = PHASE_OPENING;
	session->wants = SESSION_WANT_WRITE;
	session->conn = PQconnectStartParams(keywords.names, keywords.values, 0);
	db_keywords_release(&keywords);
	if (!session->conn || PQstatus(session->conn) == CONNECTION_BAD) {
		rc = db_connect_error(session->conn, &setup->target, err);
		session_free(session);
		return rc;
	}
	PQsetNoticeReceiver(session->conn, ignore_notice, NULL);
	*ret = session;
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	PQfinish(session->conn);
	free(session->prepared);
	free(session);
}

static int broken(struct session *session, struct err *err)
{
	session->state = SESSION_BROKEN;
	session->wants = 0;
	return db_connect_error(session->conn, &session->setup->target, err);
}

static int ready(struct session *session)
{
	session->phase = PHASE_READY;
	session->state = SESSION_IDLE;
	session->wants = SESSION_WANT_READ;
	return 0;
}

static int begin_setup(struct session *session, struct err *err)
{
	bool no_encoding = db_has_no_encoding(session->conn);
	const char *set = session->setup->sql ? session->setup->sql : "";
	_cleanup_free_ char *sql =
	    xasprintf("%s%s", no_encoding ? "SET client_encoding = SQL_ASCII;" : "", set);

	if (PQsetnonblocking(session->conn, 1) != 0)
		return broken(session, err);
	if (!*sql)
		return ready(session);
	session->phase = PHASE_SETUP;
	if (!PQsendQuery(session->conn, sql) || session_flush(session) < 0)
		return broken(session, err);
	return 0;
}

static int poll_opening(struct session *session, struct err *err)
{
	switch (PQconnectPoll(session->conn)) {
	case PGRES_POLLING_READING:
		session->wants = SESSION_WANT_READ;
		return 0;
	case PGRES_POLLING_WRITING:
		session->wants = SESSION_WANT_WRITE;
		return 0;
	case PGRES_POLLING_OK:
		return begin_setup(session, err);
	default:
		return broken(session, err);
	}
}

static int poll_setup(struct session *session, struct err *err)
{
	PGresult *result;

	if (!PQconsumeInput(session->conn) || session_flush(session) < 0)
		return broken(session, err);
	while (!PQisBusy(session->conn)) {
		result = PQgetResult(session->conn);
		if (!result)
			return ready(session);
		if (PQresultStatus(result) != PGRES_COMMAND_OK) {
			db_result_error(session->conn, result, session->setup->sql, err);
			PQclear(result);
			session->state = SESSION_BROKEN;
			session->wants = 0;
			return ERR_ENV;
		}
		PQclear(result);
	}
	return 0;
}

int session_poll_connect(struct session *session, struct err *err)
{
	if (session->state != SESSION_CONNECTING)
		return 0;
	return session->phase == PHASE_OPENING ? poll_opening(session, err) : poll_setup(session, err);
}

/* Wait for the socket; 0 when it is ready, negative when the time is over. */
static int wait_for_socket(const struct session *session, uint64_t deadline_ns)
{
	struct pollfd poll_fd = {.fd = session_fd(session)};
	uint64_t now = clock_now_ns(&clock_monotonic);
	int n;

	if (session->wants & SESSION_WANT_READ)
		poll_fd.events |= POLLIN;
	if (session->wants & SESSION_WANT_WRITE)
		poll_fd.events |= POLLOUT;
	if (now >= deadline_ns)
		return -1;
	n = poll(&poll_fd, 1, (int)((deadline_ns - now) / NS_PER_MS) + 1);
	return n > 0 || (n < 0 && errno == EINTR) ? 0 : -1;
}

int session_connect(
    const struct session_setup *setup, int timeout_ms, struct session **ret, struct err *err)
{
	uint64_t deadline = clock_now_ns(&clock_monotonic) + (uint64_t)timeout_ms * NS_PER_MS;
	struct session *session;
	int rc = session_start(setup, &session, err);

	if (rc < 0)
		return rc;
	while (session->state == SESSION_CONNECTING) {
		if (wait_for_socket(session, deadline) < 0) {
			_cleanup_free_ char *where = db_target_describe(&setup->target);

			session_free(session);
			return err_set(
			    err, ERR_ENV, "cannot connect to %s: no answer within %d ms", where, timeout_ms);
		}
		rc = session_poll_connect(session, err);
		if (rc < 0) {
			session_free(session);
			return rc;
		}
	}
	*ret = session;
	return 0;
}
