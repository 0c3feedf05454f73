/*
 * db: connections and queries, the synchronous kind.
 *
 * pg/ is the only includer of libpq-fe.h; everything else talks to a server through here (and
 * through pg/session.h while replaying).
 *
 *     struct db *db = NULL;
 *     struct db_target target = {.conninfo = "service=staging"};
 *     if (db_connect(&target, &db, &err) < 0) ...
 *     struct db_rows *rows = db_query(db, &err, "SELECT relname FROM pg_class WHERE oid = $1", "1259");
 *     for (int i = 0; rows && i < db_rows_count(rows); i++) use(db_text(rows, i, 0));
 *     db_rows_free(rows);
 *     db_close(db);
 *
 * Every connection sets application_name "pgrehearse", client_encoding UTF8 (SQL_ASCII in a
 * database of SQL_ASCII: texts then are bytes), and bounds the connection attempt (connect_timeout
 * 10 s unless given). Errors are ERR_ENV with SQLSTATE and name the server and database, never the
 * password. A connection is used by one thread.
 */
#ifndef PG_DB_H
#define PG_DB_H

#include "base/err.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stdint.h>

/* Where to connect, in libpq's words; each may be NULL. conninfo and dbname may each be a database
 * name, a URI or a keyword/value string, as psql's -d; dbname overrides conninfo, and host, port
 * and user override both; what is left out comes from the PG* variables. */
struct db_target {
	char *conninfo;
	char *host, *port, *user, *dbname;
};
struct db_target db_target_copy(const struct db_target *target);
void db_target_release(struct db_target *target);
/* One keyword/value conninfo of everything in target; caller frees. May hold a password. */
char *db_target_conninfo(const struct db_target *target);
/* "orders at /tmp/lab:5433" for messages: no user, no password; caller frees. */
char *db_target_describe(const struct db_target *target);

struct db;
struct db_rows;

int db_connect(const struct db_target *target, struct db **ret, struct err *err);
void db_close(struct db *db); /* NULL is fine */
int db_server_version(const struct db *db); /* 150004 */
const char *db_name(const struct db *db);
const char *db_user(const struct db *db);
const char *db_describe(const struct db *db); /* as db_target_describe, resolved */
bool db_alive(const struct db *db);
/* A stop signal (base/stop.h) cancels the statement that runs at that moment, which then fails
 * with ERR_INTERRUPTED; statements that start later are clean-up and run to their end. With
 * ignore, none is cancelled: for clean-up that may already be under way when the signal comes. */
void db_ignore_stop(struct db *db, bool ignore);
/* The same server and user, another database; caller releases. */
struct db_target db_sibling_target(const struct db *db, const char *dbname);

/* Run statements without parameters; results are discarded. */
int db_exec(struct db *db, const char *sql, struct err *err);
int db_execf(struct db *db, struct err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One statement with text parameters ($1...), varargs of const char * (NULL is SQL NULL); the
 * number of arguments is db_query's highest $n and is counted from the text. NULL on error. */
struct db_rows *db_query(struct db *db, struct err *err, const char *sql, ...);
struct db_rows *db_queryv(struct db *db, const char *sql, int n, const char *const *values,
	struct err *err);
void db_rows_free(struct db_rows *rows); /* NULL is fine */
int db_rows_count(const struct db_rows *rows);
int db_rows_columns(const struct db_rows *rows);
bool db_is_null(const struct db_rows *rows, int row, int column);
const char *db_text(const struct db_rows *rows, int row, int column); /* "" for NULL */
double db_double(const struct db_rows *rows, int row, int column);    /* NAN for NULL */
int64_t db_int(const struct db_rows *rows, int row, int column);      /* 0 for NULL */
bool db_bool(const struct db_rows *rows, int row, int column);
/* The OID of a result column's type, and of a described parameter (db_prepare). */
uint32_t db_column_type(const struct db_rows *rows, int column);

/* Parse and describe a statement under a name ("" is the unnamed one). types may be NULL (all
 * inferred). ret_types gets what the server resolved, n_params of them; caller frees. */
int db_prepare(struct db *db, const char *name, const char *sql, int n_types,
	const uint32_t *types, uint32_t **ret_types, int *ret_n_params, struct err *err);
struct db_rows *db_execute(struct db *db, const char *name, int n, const char *const *values,
	struct err *err);

/* Quoting; caller frees. */
char *db_quote_ident(const char *identifier); /* always safe, quotes only when needed */
char *db_quote_literal(const char *value);

/* Ask the server to stop what it does on this connection, from another thread or a handler. */
int db_cancel(struct db *db, struct err *err);

#endif
