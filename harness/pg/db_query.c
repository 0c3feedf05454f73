#include "base/buf.h"
#include "base/mem.h"
#include "base/stop.h"
#include "pg/db_internal.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>

#define MAX_QUERY_PARAMS 32

int db_result_error(PGconn *conn, const PGresult *result, const char *where, struct err *err)
{
	const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	const char *detail = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL) : NULL;
	const char *hint = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_HINT) : NULL;
	const char *sqlstate = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	char line[900];

	if (primary && detail) {
		_cleanup_free_ char *both = xasprintf("%s (%s)", primary, detail);

		db_one_line(line, sizeof(line), both);
	} else {
		db_one_line(line, sizeof(line), primary ? primary : PQerrorMessage(conn));
	}
	err_set(err, ERR_ENV, "%s: %s", where, line[0] ? line : "the connection was lost");
	if (err && sqlstate)
		strncpy(err->sqlstate, sqlstate, sizeof(err->sqlstate) - 1);
	if (hint)
		err_hint(err, "%s", hint);
	else if (PQstatus(conn) != CONNECTION_OK)
		err_hint(err, "the connection is gone: look into the server's log");
	return ERR_ENV;
}

/* COPY from and to us is not spoken here: end it, and let the statement fail. */
static void refuse_copy(PGconn *conn, const PGresult *result)
{
	char *chunk;

	if (PQresultStatus(result) == PGRES_COPY_IN) {
		PQputCopyEnd(conn, "COPY FROM STDIN is not supported here");
		return;
	}
	while (PQgetCopyData(conn, &chunk, 0) > 0)
		PQfreemem(chunk);
}

/* Wait for input or for a signal; the first signal cancels what runs. A lost connection ends the
 * wait: PQgetResult then has the reason. */
static void wait_for_answer(struct db *db, bool *watches_stop)
{
	while (PQisBusy(db->conn)) {
		struct pollfd fds[2] = {
		    {.fd = PQsocket(db->conn), .events = POLLIN},
		    {.fd = *watches_stop ? stop_fd() : -1, .events = POLLIN},
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (*watches_stop && stop_requested()) {
			*watches_stop = false;
			db_cancel(db, NULL);
		}
		if (fds[0].revents && !PQconsumeInput(db->conn))
			return;
	}
}

/* After a PQsend...: the last result, or the first that failed; NULL when there was none. */
static PGresult *collect(struct db *db, bool *ret_stopped)
{
	/* Whoever starts a statement after the signal is cleaning up. */
	bool watches_stop = !db->ignores_stop && stop_fd() >= 0 && !stop_requested();
	bool watched = watches_stop;
	PGresult *last = NULL;

	while (PQstatus(db->conn) == CONNECTION_OK) {
		PGresult *next;

		wait_for_answer(db, &watches_stop);
		next = PQgetResult(db->conn);
		if (!next)
			break;
		if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(next);
			continue;
		}
		PQclear(last);
		last = next;
		if (PQresultStatus(last) == PGRES_COPY_IN || PQresultStatus(last) == PGRES_COPY_OUT)
			refuse_copy(db->conn, last);
	}
	*ret_stopped = watched && !watches_stop;
	return last;
}

static struct db_rows *finish(struct db *db, int sent, struct err *err)
{
	bool stopped = false;
	PGresult *result = sent ? collect(db, &stopped) : NULL;
	ExecStatusType status = result ? PQresultStatus(result) : PGRES_FATAL_ERROR;
	struct db_rows *rows;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
		db_result_error(db->conn, result, db->describe, err);
		if (stopped && stop_requested())
			stop_error(err);
		PQclear(result);
		return NULL;
	}
	rows = xcalloc(1, sizeof(*rows));
	rows->result = result;
	return rows;
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
	struct err local = {0};
	struct db_rows *rows = finish(db, PQsendQuery(db->conn, sql), err ? err : &local);

	db_rows_free(rows);
	return rows ? 0 : (err ? err : &local)->code;
}

int db_execf(struct db *db, struct err *err, const char *format, ...)
{
	struct buf sql = BUF_INIT;
	va_list args;
	int rc;

	va_start(args, format);
	buf_vaddf(&sql, format, args);
	va_end(args);
	rc = db_exec(db, sql.data, err);
	buf_release(&sql);
	return rc;
}

struct db_rows *db_queryv(
    struct db *db, const char *sql, int n, const char *const *values, struct err *err)
{
	return finish(db, PQsendQueryParams(db->conn, sql, n, NULL, values, NULL, NULL, 0), err);
}

/* The highest $n outside quotes. */
static int count_params(const char *sql)
{
	int highest = 0;
	char quote = '\0';

	for (const char *p = sql; *p; p++) {
		if (quote) {
			if (*p == quote)
				quote = '\0';
		} else if (*p == '\'' || *p == '"') {
			quote = *p;
		} else if (*p == '$') {
			int n = 0;

			while (p[1] >= '0' && p[1] <= '9' && n <= MAX_QUERY_PARAMS)
				n = n * 10 + *++p - '0';
			if (n > highest)
				highest = n;
		}
	}
	return highest;
}

struct db_rows *db_query(struct db *db, struct err *err, const char *sql, ...)
{
	const char *values[MAX_QUERY_PARAMS];
	int n = count_params(sql);
	va_list args;

	if (n > MAX_QUERY_PARAMS) {
		err_set(err, ERR_BUG, "a query with more than %d parameters", MAX_QUERY_PARAMS);
		return NULL;
	}
	va_start(args, sql);
	for (int i = 0; i < n; i++)
		values[i] = va_arg(args, const char *);
	va_end(args);
	return db_queryv(db, sql, n, values, err);
}

int db_prepare(struct db *db, const char *name, const char *sql, int n_types, const uint32_t *types,
    uint32_t **ret_types, int *ret_n_params, struct err *err)
{
	struct err local = {0};
	struct db_rows *rows;

	err = err ? err : &local;
	rows = finish(db, PQsendPrepare(db->conn, name, sql, n_types, types), err);
	if (!rows)
		return err->code;
	db_rows_free(rows);
	if (!ret_types && !ret_n_params)
		return 0;
	rows = finish(db, PQsendDescribePrepared(db->conn, name), err);
	if (!rows)
		return err->code;
	if (ret_n_params)
		*ret_n_params = PQnparams(rows->result);
	if (ret_types) {
		int n = PQnparams(rows->result);

		*ret_types = xcalloc((size_t)n, sizeof(**ret_types));
		for (int i = 0; i < n; i++)
			(*ret_types)[i] = PQparamtype(rows->result, i);
	}
	db_rows_free(rows);
	return 0;
}

struct db_rows *db_execute(
    struct db *db, const char *name, int n, const char *const *values, struct err *err)
{
	return finish(db, PQsendQueryPrepared(db->conn, name, n, values, NULL, NULL, 0), err);
}
