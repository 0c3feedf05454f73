#include "pg/counters.h"
#include "pg/db_internal.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void discard_notice(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
}

void db_one_line(char *out, size_t size, const char *message)
{
	size_t used = 0;
	bool space = false;

	for (; *message && used + 2 < size; message++) {
		if (*message == '\n' || *message == '\t' || *message == ' ') {
			space = used > 0;
			continue;
		}
		if (space)
			out[used++] = ' ';
		space = false;
		out[used++] = *message;
	}
	out[used] = '\0';
}

static const char *connect_hint(PGconn *conn, const char *message)
{
	if (PQconnectionNeedsPassword(conn))
		return "put the password in ~/.pgpass (mode 0600), a service file or PGPASSWORD";
	if (strstr(message, "password authentication failed"))
		return "check the user (-U) and the password in ~/.pgpass or PGPASSWORD";
	if (strstr(message, "does not exist"))
		return "check the database (-d) and user (-U); what is left out comes from the PG* "
		       "variables";
	if (strstr(message, "no pg_hba.conf entry"))
		return "ask for a pg_hba.conf entry for this machine, user and database";
	if (strstr(message, "definition of service"))
		return "check the service name and where the service file is (PGSERVICEFILE)";
	return "check that the server runs and that -h, -p and the PG* variables name it";
}

int db_connect_error(PGconn *conn, const struct db_target *target, struct err *err)
{
	_cleanup_free_ char *where = db_target_describe(target);
	char line[900];

	db_one_line(line, sizeof(line), PQerrorMessage(conn));
	err_set(err, ERR_ENV, "cannot connect to %s: %s", where, line[0] ? line : "no reason given");
	return err_hint(err, "%s", connect_hint(conn, line));
}

bool db_has_no_encoding(PGconn *conn)
{
	const char *encoding = PQparameterStatus(conn, "server_encoding");

	return encoding && strcmp(encoding, "SQL_ASCII") == 0;
}

int db_connect(const struct db_target *target, struct db **ret, struct err *err)
{
	struct db_keywords keywords;
	struct db *db;
	PGconn *conn;
	int rc = db_keywords_build(target, &keywords, err);

	if (rc < 0)
		return rc;
	conn = PQconnectdbParams(keywords.names, keywords.values, 0);
	db_keywords_release(&keywords);
	if (PQstatus(conn) != CONNECTION_OK) {
		rc = db_connect_error(conn, target, err);
		PQfinish(conn);
		return rc;
	}
	PQsetNoticeProcessor(conn, discard_notice, NULL);
	if (db_has_no_encoding(conn)) /* no SET: that would be counted as production's */
		PQclear(PQexec(conn, "SELECT " COUNTERS_MARK
		                     " pg_catalog.set_config('client_encoding', 'SQL_ASCII', false)"));
	db = xcalloc(1, sizeof(*db));
	db->conn = conn;
	db->cancel = PQgetCancel(conn);
	db->describe = xasprintf("%s at %s:%s", PQdb(conn), PQhost(conn), PQport(conn));
	*ret = db;
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	PQfreeCancel(db->cancel);
	PQfinish(db->conn);
	free(db->describe);
	free(db);
}

int db_server_version(const struct db *db)
{
	return PQserverVersion(db->conn);
}

const char *db_name(const struct db *db)
{
	return PQdb(db->conn);
}

const char *db_user(const struct db *db)
{
	return PQuser(db->conn);
}

const char *db_describe(const struct db *db)
{
	return db->describe;
}

bool db_alive(const struct db *db)
{
	/* Reading finds out that the other side has closed; a healthy idle one has nothing to say. */
	return PQstatus(db->conn) == CONNECTION_OK && PQconsumeInput(db->conn) == 1 &&
	       PQstatus(db->conn) == CONNECTION_OK;
}

void db_ignore_stop(struct db *db, bool ignore)
{
	db->ignores_stop = ignore;
}

struct db_target db_sibling_target(const struct db *db, const char *dbname)
{
	PQconninfoOption *options = PQconninfo(db->conn);
	struct buf conninfo = BUF_INIT;
	struct db_target target = {.dbname = xstrdup(dbname)};

	for (PQconninfoOption *option = options; option && option->keyword; option++) {
		if (!option->val || !*option->val || strcmp(option->keyword, "dbname") == 0)
			continue;
		buf_addf(&conninfo, "%s%s='", conninfo.len ? " " : "", option->keyword);
		for (const char *p = option->val; *p; p++) {
			if (*p == '\'' || *p == '\\')
				buf_addc(&conninfo, '\\');
			buf_addc(&conninfo, *p);
		}
		buf_addc(&conninfo, '\'');
	}
	PQconninfoFree(options);
	target.conninfo = buf_detach(&conninfo);
	return target;
}

int db_cancel(struct db *db, struct err *err)
{
	char message[256] = "";

	if (!db->cancel || !PQcancel(db->cancel, message, sizeof(message)))
		return err_set(err, ERR_ENV, "%s: cannot cancel: %s", db->describe, message);
	return 0;
}
