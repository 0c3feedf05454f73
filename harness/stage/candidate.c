#include "stage/candidate.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/units.h"
#include "pg/counters.h"
#include "sql/sql.h"
#include "stage/candidate_reach.h"
#include "stage/clone.h"
#include "stage/lock_watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of user tables; also those that an earlier failure left in staging. */
static int read_invalid(struct db *db, struct strv *ret, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i"
	    " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 1");

	if (!rows)
		return ERR_ENV;
	for (int i = 0; i < db_rows_count(rows); i++)
		strv_add(ret, db_text(rows, i, 0));
	db_rows_free(rows);
	return 0;
}

/* "index public.a, public.b" of those that were not invalid before; false when there are none. */
static bool name_new_invalid(struct db *db, const struct strv *before, struct buf *ret)
{
	_cleanup_(strv_release) struct strv now = {0};

	if (read_invalid(db, &now, NULL) < 0)
		return false;
	for (size_t i = 0; i < now.n; i++)
		if (!strv_contains(before, now.items[i]))
			buf_addf(ret, "%s%s", ret->len ? ", " : "", now.items[i]);
	return ret->len > 0;
}

/* Somebody else's statement, or a worker of autovacuum, writes WAL as well. */
static bool is_alone(struct db *db)
{
	struct db_rows *rows = db_query(db, NULL,
	    "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND"
	    " (backend_type = 'autovacuum worker' OR (backend_type = 'client backend' AND state IN"
	    " ('active', 'idle in transaction', 'fastpath function call')))");
	bool alone = rows && db_int(rows, 0, 0) == 0;

	db_rows_free(rows);
	return alone;
}

static struct run_change *add_change(struct run *run, const struct sql_statement *statement)
{
	GROW(run->changes, run->n_changes, run->cap_changes);
	run->changes[run->n_changes] = (struct run_change){.sql = xstrdup(statement->text),
	    .kind = xstrdup(sql_kind_name(statement->kind)),
	    .seconds = NAN,
	    .wal_bytes = NAN,
	    .temp_bytes = NAN,
	    .lock_seconds = NAN};
	return &run->changes[run->n_changes++];
}

static void tell(const struct progress *progress, const struct sql_statement *statement,
    const struct run_change *change)
{
	char seconds[32], wal[32] = "";

	units_format_duration(seconds, change->seconds * 1e9);
	if (isfinite(change->wal_bytes))
		units_format_bytes(wal, change->wal_bytes);
	progress_say(progress, PROGRESS_NOTE, "%s%s%s: %s%s%s", change->kind,
	    statement->object ? " " : "", statement->object ? statement->object : "", seconds,
	    wal[0] ? ", WAL " : "", wal);
}

/* Of this database so far; NAN where a backend cannot publish its own share at once. */
static double temp_bytes(struct db *db)
{
	struct db_rows *rows;
	double bytes;

	if (db_server_version(db) < 150000 ||
	    db_exec(db, "SELECT pg_stat_force_next_flush()", NULL) < 0)
		return NAN;
	rows = db_query(
	    db, NULL, "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()");
	bytes = rows && db_rows_count(rows) == 1 ? db_double(rows, 0, 0) : NAN;
	db_rows_free(rows);
	return bytes;
}

static int64_t backend_pid(struct db *db)
{
	struct db_rows *rows = db_query(db, NULL, "SELECT pg_backend_pid()");
	int64_t pid = rows ? db_int(rows, 0, 0) : 0;

	db_rows_free(rows);
	return pid;
}

/* watcher: an idle connection to the same server, or NULL. */
static int run_statement(struct db *db, struct db *watcher, const struct sql_statement *statement,
    struct run_change *change, struct err *err)
{
	struct lock_watch *watch = NULL;
	_cleanup_free_ char *text = statement->kind == SQL_SETTING
	                                ? candidate_reach_text(statement->text, db_name(db))
	                                : xstrdup(statement->text);
	bool alone = is_alone(db);
	double before = NAN, after = NAN, temp_before = alone ? temp_bytes(db) : NAN;
	int64_t pid = backend_pid(db);
	uint64_t start_ns;
	int rc;

	if (wal_position_read(db, &before, NULL) < 0)
		before = NAN;
	if (watcher && pid > 0)
		watch = lock_watch_start(watcher, pid);
	start_ns = clock_now_ns(&clock_monotonic);
	rc = db_exec(db, text, err);
	change->seconds = (double)(clock_now_ns(&clock_monotonic) - start_ns) / 1e9;
	lock_watch_end(watch, &change->locks, &change->lock_seconds);
	if (alone && is_alone(db) && wal_position_read(db, &after, NULL) == 0) {
		change->wal_bytes = after - before;
		change->temp_bytes = temp_bytes(db) - temp_before;
	}
	if (rc < 0)
		change->error = xstrdup(err->message);
	return rc;
}

/* Context for the error of a statement: where it stands, and what it left behind. */
static int explain(struct db *db, const char *file, const struct sql_statement *statement,
    const struct strv *invalid_before, struct err *err)
{
	_cleanup_buf_ struct buf left = BUF_INIT;

	err_wrap(err, "%s:%d: %s", file, statement->line, sql_kind_name(statement->kind));
	if (name_new_invalid(db, invalid_before, &left)) {
		size_t used = strlen(err->message);

		snprintf(err->message + used, sizeof(err->message) - used,
		    "; it left the invalid index %s behind", left.data);
		err_hint(err,
		    "the same will happen in production: correct what made it fail, and drop %s there "
		    "before"
		    " another try",
		    left.data);
	}
	return err->code;
}

static int apply_script(struct db *db, struct db *watcher, const char *file,
    const struct sql_script *script, const struct progress *progress, struct run *run,
    struct err *err)
{
	_cleanup_(strv_release) struct strv invalid = {0};
	_cleanup_buf_ struct buf left = BUF_INIT;

	/* From PostgreSQL 14 on, a build does not go on for nobody when we are killed. */
	db_exec(db, "SET client_connection_check_interval = '1s'", NULL);
	db_exec(db, "SET application_name = '" CANDIDATE_APPLICATION "'", NULL);
	if (db_exec(db, "SET statement_timeout = 0", err) < 0 || read_invalid(db, &invalid, err) < 0)
		return err->code;
	for (size_t i = 0; i < script->n; i++) {
		const struct sql_statement *statement = &script->statements[i];
		struct run_change *change;

		if (stop_requested())
			return stop_error(err);
		progress_say(progress, PROGRESS_TICK, "%s:%d: %s", file, statement->line,
		    sql_kind_name(statement->kind));
		change = add_change(run, statement);
		if (run_statement(db, watcher, statement, change, err) < 0)
			return explain(db, file, statement, &invalid, err);
		tell(progress, statement, change);
	}
	if (name_new_invalid(db, &invalid, &left))
		return err_set(err, ERR_ENV, "%s: it ended without an error, but left the invalid index %s",
		    file, left.data);
	return 0;
}

int candidate_apply(struct db *clone, const char *file, const char *up_sql,
    const struct progress *progress, struct run *run, struct err *err)
{
	_cleanup_(sql_script_release) struct sql_script script = {0};
	struct db_target target;
	struct db *own = NULL, *watcher = NULL;
	int rc = clone_require_mark(clone, err);

	if (rc < 0 || !up_sql)
		return rc;
	if (sql_split(up_sql, &script, err) < 0)
		return err_wrap(err, "%s", file);
	/* What the script SETs must not outlive it. */
	target = db_sibling_target(clone, db_name(clone));
	rc = db_connect(&target, &own, err);
	/* Without a second connection the locks stay unknown, which is no reason to stop. */
	if (rc == 0 && db_connect(&target, &watcher, NULL) < 0)
		watcher = NULL;
	db_target_release(&target);
	if (rc == 0)
		rc = apply_script(own, watcher, file, &script, progress, run, err);
	db_close(watcher);
	db_close(own);
	return rc;
}
