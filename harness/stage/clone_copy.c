/*
 * A copy of a database within its server, made as complete as a template allows.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "stage/clone_driver.h"

#include <string.h>

/* PostgreSQL 15 and later can copy through the WAL instead of copying files between two
 * checkpoints. The WAL is cheaper for a small database, and much dearer for a large one. */
#define WAL_LOG_MAX_BYTES (64.0 * 1024 * 1024)

int clone_maintenance(
    const struct db_target *target, struct db **ret, char **ret_source, struct err *err)
{
	struct db *staging = NULL;
	struct db_target sibling;
	const char *name;
	int rc = db_connect(target, &staging, err);

	if (rc < 0)
		return rc;
	/* The copy needs staging to itself: also from us. */
	name = strcmp(db_name(staging), "postgres") == 0 ? "template1" : "postgres";
	sibling = db_sibling_target(staging, name);
	*ret_source = xstrdup(db_name(staging));
	db_close(staging);
	rc = db_connect(&sibling, ret, err);
	if (rc < 0 && strcmp(name, "postgres") == 0) {
		free(sibling.dbname);
		sibling.dbname = xstrdup("template1");
		rc = db_connect(&sibling, ret, err);
	}
	db_target_release(&sibling);
	if (rc < 0)
		err_wrap(err, "copying \"%s\" needs a connection to another database of its server",
		    *ret_source);
	return rc;
}

static void name_sessions(struct db *db, const char *database, struct buf *ret)
{
	struct db_rows *rows = db_query(db, NULL,
	    "SELECT format('%s as %s, process %s%s', coalesce(nullif(application_name, ''),"
	    " backend_type), usename, pid, coalesce(', ' || state, ''))"
	    " FROM pg_stat_activity WHERE datname = $1 ORDER BY backend_start LIMIT 5",
	    database);

	buf_adds(ret, "");
	for (int i = 0; i < db_rows_count(rows); i++)
		buf_addf(ret, "%s%s", i ? "; " : ": ", db_text(rows, i, 0));
	db_rows_free(rows);
}

/* What the server's words do not say: who is in the way, and what to do. */
static int explain(struct db *db, const char *source, const char *name, struct err *err)
{
	_cleanup_buf_ struct buf sessions = BUF_INIT;

	if (err->code == ERR_INTERRUPTED)
		return err->code;
	if (strcmp(err->sqlstate, "55006") == 0) {
		name_sessions(db, source, &sessions);
		err_set(err, ERR_ENV, "cannot copy database \"%s\" while others are connected to it%s",
		    source, sessions.data);
		return err_hint(err, "end these sessions, or rehearse on a copy that nobody uses");
	}
	err_wrap(err, "cannot copy database \"%s\" to \"%s\"", source, name);
	if (strcmp(err->sqlstate, "42501") == 0)
		err_hint(err,
		    "user %s needs CREATEDB, and must own \"%s\" or be a superuser (or \"%s\" be a "
		    "template)",
		    db_user(db), source, source);
	else if (strcmp(err->sqlstate, "53100") == 0)
		err_hint(
		    err, "the server's disk is full: two more copies of \"%s\" must fit on it", source);
	else if (strcmp(err->sqlstate, "42P04") == 0)
		err_hint(err, "choose another name, or drop that one: pgrehearse clone drop %s", name);
	return err->code;
}

static const char *strategy(struct db *db, const char *source)
{
	struct db_rows *rows;
	double size_bytes;

	if (db_server_version(db) < 150000)
		return "";
	rows = db_query(db, NULL, "SELECT pg_database_size($1::name)", source);
	size_bytes = rows ? db_double(rows, 0, 0) : 0;
	db_rows_free(rows);
	return size_bytes > WAL_LOG_MAX_BYTES ? " STRATEGY file_copy" : " STRATEGY wal_log";
}

/* ALTER DATABASE ... SET, also per role. FROM CURRENT takes the value in the form in which it is
 * stored, quoted lists included. A guard against writing would make the clone useless. */
static int copy_settings(struct db *db, const char *source, const char *name,
    const struct progress *progress, struct err *err)
{
	_cleanup_free_ char *target = db_quote_ident(name);
	struct db_rows *rows = db_query(db, err,
	    "SELECT r.rolname, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)"
	    " FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
	    " LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c WHERE d.datname = $1"
	    " AND split_part(c, '=', 1) <> 'default_transaction_read_only'",
	    source);

	if (!rows)
		return err->code;
	for (int i = 0; i < db_rows_count(rows); i++) {
		const char *setting = db_text(rows, i, 1);
		_cleanup_free_ char *role = db_quote_ident(db_text(rows, i, 0));
		_cleanup_free_ char *value = db_quote_literal(db_text(rows, i, 2));
		_cleanup_free_ char *key = db_quote_literal(setting);
		bool everybody = db_is_null(rows, i, 0);
		struct err problem = {0};

		if (db_execf(db, &problem,
		        "BEGIN; SELECT set_config(%s, %s, true);"
		        " ALTER %s %s%s%s SET %s FROM CURRENT; COMMIT",
		        key, value, everybody ? "DATABASE" : "ROLE", everybody ? target : role,
		        everybody ? "" : " IN DATABASE ", everybody ? "" : target, setting) == 0)
			continue;
		db_exec(db, "ROLLBACK", NULL);
		progress_say(progress, PROGRESS_WARNING,
		    "setting %s of database \"%s\" could not be copied to its clone: %s", setting, source,
		    problem.message);
	}
	db_rows_free(rows);
	return 0;
}

/* A copy of a database that is closed to PUBLIC is as closed. */
static int copy_privileges(struct db *db, const char *source, const char *name, struct err *err)
{
	_cleanup_free_ char *target = db_quote_ident(name);
	struct db_rows *rows = db_query(db, err,
	    "SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END,"
	    " a.privilege_type FROM pg_database d, aclexplode(d.datacl) a"
	    " LEFT JOIN pg_roles r ON r.oid = a.grantee"
	    " WHERE d.datname = $1 AND (a.grantee = 0 OR r.rolname IS NOT NULL)",
	    source);
	int rc = 0;

	if (!rows)
		return err->code;
	if (db_rows_count(rows) > 0)
		rc = db_execf(db, err, "REVOKE ALL ON DATABASE %s FROM PUBLIC", target);
	for (int i = 0; i < db_rows_count(rows) && rc == 0; i++)
		rc = db_execf(db, err, "GRANT %s ON DATABASE %s TO %s", db_text(rows, i, 1), target,
		    db_text(rows, i, 0));
	db_rows_free(rows);
	return rc;
}

static void drop_half_made(struct db *db, const char *name)
{
	_cleanup_free_ char *target = db_quote_ident(name);

	db_ignore_stop(db, true);
	db_execf(db, NULL, "DROP DATABASE IF EXISTS %s", target);
	db_ignore_stop(db, false);
}

int clone_copy(struct db *db, const char *source, const char *name, const struct progress *progress,
    struct err *err)
{
	_cleanup_free_ char *from = db_quote_ident(source), *to = db_quote_ident(name);

	progress_say(progress, PROGRESS_TICK, "copying %s to %s", source, name);
	if (db_execf(db, err, "CREATE DATABASE %s TEMPLATE %s%s", to, from, strategy(db, source)) < 0)
		return explain(db, source, name, err);
	if (copy_settings(db, source, name, progress, err) < 0 ||
	    copy_privileges(db, source, name, err) < 0) {
		drop_half_made(db, name);
		return err_wrap(err, "copying the settings of database \"%s\"", source);
	}
	return 0;
}

/* Foreign tables, dblink and the like leave the clone: nobody can take back what they do. */
static void warn_of_doors(struct db *db, const struct progress *progress)
{
	struct db_rows *rows = db_query(
	    db, NULL, "SELECT string_agg(srvname, ', ' ORDER BY srvname) FROM pg_foreign_server");

	if (rows && !db_is_null(rows, 0, 0))
		progress_say(progress, PROGRESS_WARNING,
		    "the clone has foreign servers (%s): statements that write through them reach beyond "
		    "it",
		    db_text(rows, 0, 0));
	db_rows_free(rows);
}

void clone_add_counters(struct db *db, const struct progress *progress)
{
	struct err problem = {0};

	if (db_exec(db, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements", &problem) < 0)
		progress_say(progress, PROGRESS_WARNING,
		    "pg_stat_statements cannot be created in the clone, so there are no counters per "
		    "statement: %s",
		    problem.message);
}

int clone_prepare(const struct db_target *clone, const struct progress *progress, struct err *err)
{
	struct db *db = NULL;
	int rc = db_connect(clone, &db, err);

	if (rc < 0)
		return rc;
	warn_of_doors(db, progress);
	clone_add_counters(db, progress);
	progress_say(progress, PROGRESS_TICK, "analysing %s", db_name(db));
	rc = db_exec(db, "ANALYZE", err);
	db_close(db);
	return rc;
}
