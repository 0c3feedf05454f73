#include "base/buf.h"
#include "base/mem.h"
#include "pg/counters.h"

#include <math.h>
#include <string.h>

/* struct work's figures under the view's names; the second is what older versions call it. */
static const struct {
	const char *column, *older;
	size_t offset;
} figures[] = {
    {"calls", NULL, offsetof(struct work, calls)},
    {"rows", NULL, offsetof(struct work, rows)},
    {"total_exec_time", "total_time", offsetof(struct work, exec_ms)},
    {"stddev_exec_time", "stddev_time", offsetof(struct work, stddev_ms)},
    {"max_exec_time", "max_time", offsetof(struct work, max_ms)},
    {"shared_blks_hit", NULL, offsetof(struct work, shared_hit)},
    {"shared_blks_read", NULL, offsetof(struct work, shared_read)},
    {"shared_blks_dirtied", NULL, offsetof(struct work, shared_dirtied)},
    {"shared_blks_written", NULL, offsetof(struct work, shared_written)},
    {"local_blks_hit", NULL, offsetof(struct work, local_hit)},
    {"local_blks_read", NULL, offsetof(struct work, local_read)},
    {"temp_blks_read", NULL, offsetof(struct work, temp_read)},
    {"temp_blks_written", NULL, offsetof(struct work, temp_written)},
    {"wal_records", NULL, offsetof(struct work, wal_records)},
    {"wal_fpi", NULL, offsetof(struct work, wal_fpi)},
    {"wal_bytes", NULL, offsetof(struct work, wal_bytes)},
};
#define N_FIGURES (sizeof(figures) / sizeof(figures[0]))
enum { COLUMN_QUERYID, COLUMN_HIDDEN, COLUMN_TEXT, COLUMN_FIGURES };

/* Where the extension lives and what its view looks like. */
struct extension {
	char *schema; /* quoted */
	struct strv columns;
	bool has_info;
};

static void extension_release(struct extension *extension)
{
	free(extension->schema);
	strv_release(&extension->columns);
	*extension = (struct extension){0};
}

static int missing_extension(struct db *db, struct err *err)
{
	err_set(err, ERR_ENV, "%s: the extension pg_stat_statements is not installed in this database",
	    db_describe(db));
	return err_hint(err,
	    "run CREATE EXTENSION pg_stat_statements there, with "
	    "shared_preload_libraries = 'pg_stat_statements' in postgresql.conf (takes a restart)");
}

static int extension_find(struct db *db, struct extension *ret, struct err *err)
{
	static const char sql[] =
	    "SELECT " COUNTERS_MARK " quote_ident(n.nspname), v.relname, a.attname,"
	    " has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(v.oid, 'SELECT')"
	    " FROM pg_catalog.pg_extension e"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
	    " JOIN pg_catalog.pg_class v ON v.relnamespace = n.oid"
	    "  AND v.relname IN ('pg_stat_statements', 'pg_stat_statements_info')"
	    " JOIN pg_catalog.pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0"
	    " WHERE e.extname = 'pg_stat_statements' AND NOT a.attisdropped"
	    " ORDER BY v.relname, a.attnum";
	struct err local = {0};
	struct db_rows *rows = db_query(db, err ? err : &local, sql);
	bool readable = true;

	if (!rows)
		return (err ? err : &local)->code;
	*ret = (struct extension){0};
	for (int i = 0; i < db_rows_count(rows); i++) {
		if (strcmp(db_text(rows, i, 1), "pg_stat_statements") == 0) {
			strv_add(&ret->columns, db_text(rows, i, 2));
			readable = readable && db_bool(rows, i, 3);
		} else {
			ret->has_info = db_bool(rows, i, 3);
		}
	}
	if (db_rows_count(rows) > 0)
		ret->schema = xstrdup(db_text(rows, 0, 0));
	db_rows_free(rows);
	if (!ret->schema)
		return missing_extension(db, err);
	if (!readable) {
		err_set(err, ERR_ENV, "%s: %s may not read %s.pg_stat_statements", db_describe(db),
		    db_user(db), ret->schema);
		err_hint(err, "GRANT USAGE ON SCHEMA %s, and SELECT on that view, to %s", ret->schema,
		    db_user(db));
		extension_release(ret);
		return ERR_ENV;
	}
	return 0;
}

/* The texts of all databases are converted to this one's encoding before any is left out. */
static bool failed_on_encoding(const struct err *err)
{
	return strcmp(err->sqlstate, "22021") == 0 || strcmp(err->sqlstate, "22P05") == 0 ||
	       strstr(err->message, "conversion function for encoding");
}

/* "prerequisite state" is what the library says when the server did not preload it. */
static int read_error(struct err *err)
{
	if (err && failed_on_encoding(err))
		err_hint(err,
		    "a database of another encoding on this server has run a statement whose text "
		    "has no equivalent here, and pg_stat_statements then shows nothing: reset its "
		    "entries (pg_stat_statements_reset with that database's OID) and capture again");
	if (err && strcmp(err->sqlstate, "55000") == 0)
		err_hint(err, "set shared_preload_libraries = 'pg_stat_statements' in postgresql.conf and "
		              "restart the server");
	return err ? err->code : ERR_ENV;
}

char *statement_counters_sql(const char *schema, const struct strv *columns, bool with_text)
{
	struct buf sql = BUF_INIT;

	buf_addf(&sql, "SELECT " COUNTERS_MARK " queryid, queryid IS NULL, %s",
	    with_text ? "query" : "NULL");
	for (size_t i = 0; i < N_FIGURES; i++) {
		const char *name = figures[i].column;

		if (!strv_contains(columns, name))
			name = figures[i].older;
		buf_addf(&sql, ", %s", name && strv_contains(columns, name) ? name : "NULL");
	}
	/* The function rather than the view: only it can leave the texts out. */
	buf_addf(&sql,
	    " FROM %s.pg_stat_statements(%s) WHERE dbid = (SELECT oid FROM pg_catalog.pg_database"
	    " WHERE datname = current_database())%s ORDER BY 1",
	    schema, with_text ? "true" : "false",
	    strv_contains(columns, "toplevel") ? " AND toplevel" : "");
	return buf_detach(&sql);
}

static int read_info(struct db *db, const struct extension *extension,
    struct statement_counters *ret, struct err *err)
{
	struct buf sql = BUF_INIT;
	struct db_rows *rows;

	buf_adds(&sql, "SELECT " COUNTERS_MARK " extract(epoch FROM clock_timestamp())");
	if (extension->has_info)
		buf_addf(&sql,
		    ", dealloc, to_char(stats_reset AT TIME ZONE 'UTC', "
		    "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
		    " extract(epoch FROM stats_reset) FROM %s.pg_stat_statements_info",
		    extension->schema);
	else
		buf_adds(&sql, ", NULL, NULL, NULL");
	rows = db_query(db, err, sql.data);
	buf_release(&sql);
	if (!rows)
		return read_error(err);
	ret->taken_at_s = db_double(rows, 0, 0);
	ret->dealloc = db_double(rows, 0, 1);
	ret->stats_reset = db_is_null(rows, 0, 2) ? NULL : xstrdup(db_text(rows, 0, 2));
	ret->stats_reset_s = db_double(rows, 0, 3);
	db_rows_free(rows);
	return 0;
}

static struct work row_work(const struct db_rows *rows, int row)
{
	struct work work = work_unknown;

	for (size_t i = 0; i < N_FIGURES; i++)
		*(double *)((char *)&work + figures[i].offset) =
		    db_double(rows, row, COLUMN_FIGURES + (int)i);
	return work;
}

static void add_entry(struct statement_counters *counters, const struct db_rows *rows, int row)
{
	const char *queryid = db_text(rows, row, COLUMN_QUERYID);
	const char *text = db_is_null(rows, row, COLUMN_TEXT) ? NULL : db_text(rows, row, COLUMN_TEXT);
	struct work work = row_work(rows, row);
	struct statement_counter *last = counters->n ? &counters->items[counters->n - 1] : NULL;

	if (db_bool(rows, row, COLUMN_HIDDEN)) {
		counters->hidden++;
		return;
	}
	if (text && strstr(text, COUNTERS_MARK))
		return;
	if (last && strcmp(last->queryid, queryid) == 0) {
		work_add(&last->work, &work);
		if (!last->text)
			last->text = xstrdup(text);
		return;
	}
	GROW(counters->items, counters->n, counters->cap);
	counters->items[counters->n++] = (struct statement_counter){
	    .queryid = xstrdup(queryid),
	    .text = xstrdup(text),
	    .work = work,
	};
}

static int compare_counter(const void *a, const void *b)
{
	const struct statement_counter *left = a, *right = b;

	return strcmp(left->queryid, right->queryid);
}

int statement_counters_read(
    struct db *db, bool with_text, struct statement_counters *ret, struct err *err)
{
	struct statement_counters counters = {0};
	struct extension extension;
	struct db_rows *rows;
	struct err local = {0};
	char *sql;
	int rc;

	err = err ? err : &local;
	rc = extension_find(db, &extension, err);
	if (rc < 0)
		return rc;
	rc = read_info(db, &extension, &counters, err);
	if (rc == 0) {
		sql = statement_counters_sql(extension.schema, &extension.columns, with_text);
		rows = db_query(db, err, sql);
		free(sql);
		if (rows)
			for (int i = 0; i < db_rows_count(rows); i++)
				add_entry(&counters, rows, i);
		else
			rc = read_error(err);
		db_rows_free(rows);
	}
	extension_release(&extension);
	if (rc < 0) {
		statement_counters_release(&counters);
		return rc;
	}
	/* The server ordered by number, the look-up compares text. */
	if (counters.n)
		qsort(counters.items, counters.n, sizeof(counters.items[0]), compare_counter);
	*ret = counters;
	return 0;
}

const struct statement_counter *statement_counters_find(
    const struct statement_counters *counters, const char *queryid)
{
	struct statement_counter key = {.queryid = (char *)queryid};

	if (!counters->n)
		return NULL;
	return bsearch(&key, counters->items, counters->n, sizeof(key), compare_counter);
}

void statement_counters_release(struct statement_counters *counters)
{
	for (size_t i = 0; i < counters->n; i++) {
		free(counters->items[i].queryid);
		free(counters->items[i].text);
	}
	free(counters->items);
	free(counters->stats_reset);
	*counters = (struct statement_counters){0};
}
