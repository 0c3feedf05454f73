/*
 * db_internal: what the files of this room share. Includes libpq; nobody outside pg/ may.
 */
#ifndef PG_DB_INTERNAL_H
#define PG_DB_INTERNAL_H

#include "base/err.h"
#include "pg/db.h"

#include <libpq-fe.h>
#include <stdbool.h>

struct db {
	PGconn *conn;
	PGcancel *cancel;
	char *describe;
	bool ignores_stop;
};

struct db_rows {
	PGresult *result;
};

/* The keyword and value arrays for PQconnectdbParams and PQconnectStartParams (with
 * expand_dbname 0): everything in the target, application_name, client_encoding and
 * connect_timeout. ERR_USAGE when the conninfo cannot be parsed. */
#define DB_MAX_KEYWORDS 64
struct db_keywords {
	const char *names[DB_MAX_KEYWORDS + 1]; /* NULL-terminated */
	const char *values[DB_MAX_KEYWORDS + 1];
	struct strv owned;
	int n;
};
int db_keywords_build(const struct db_target *target, struct db_keywords *ret, struct err *err);
void db_keywords_release(struct db_keywords *keywords);

/* Copy libpq's many-line message as one line, without trailing white space. */
void db_one_line(char *out, size_t size, const char *message);

/* The database is SQL_ASCII: its texts may be of any encoding, and a client_encoding of UTF8 makes
 * an error of each that is not UTF-8. */
bool db_has_no_encoding(PGconn *conn);

/* Fill err with ERR_ENV "cannot connect to X: ..." and a hint that fits. */
int db_connect_error(PGconn *conn, const struct db_target *target, struct err *err);

/* Fill err from a failed result (or the connection when result is NULL); ERR_ENV. */
int db_result_error(PGconn *conn, const PGresult *result, const char *where, struct err *err);

#endif
