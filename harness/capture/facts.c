#include "capture/facts.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "pg/counters.h"

#include <ctype.h>
#include <string.h>

/* Always recorded, because a difference to staging changes plans or costs; other settings of the
 * planner only where they are not the default. */
#define CORE_SETTINGS                                                                              \
	"{shared_buffers,effective_cache_size,work_mem,hash_mem_multiplier,maintenance_work_mem,"      \
	"random_page_cost,seq_page_cost,effective_io_concurrency,default_statistics_target,jit,"       \
	"max_parallel_workers_per_gather,plan_cache_mode,max_connections,wal_level,wal_compression,"   \
	"full_page_writes,synchronous_commit,checkpoint_timeout,max_wal_size,autovacuum,"              \
	"default_transaction_isolation,block_size}"

static char *optional_text(const struct db_rows *rows, int row, int column)
{
	return db_is_null(rows, row, column) ? NULL : xstrdup(db_text(rows, row, column));
}

static int read_settings(struct db *db, struct workload_source *ret, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT " COUNTERS_MARK " name, pg_catalog.current_setting(name)"
	    " FROM pg_catalog.pg_settings"
	    " WHERE name = ANY ($1::text[])"
	    "  OR (category LIKE 'Query Tuning%' AND setting IS DISTINCT FROM boot_val)"
	    " ORDER BY name COLLATE \"C\"",
	    CORE_SETTINGS);

	if (!rows)
		return ERR_ENV;
	for (int i = 0; i < db_rows_count(rows); i++) {
		GROW(ret->settings, ret->n_settings, ret->cap_settings);
		ret->settings[ret->n_settings++] = (struct workload_setting){
		    .name = xstrdup(db_text(rows, i, 0)),
		    .value = xstrdup(db_text(rows, i, 1)),
		};
	}
	db_rows_free(rows);
	return 0;
}

int facts_read_server(struct db *db, struct workload_source *ret, struct err *err)
{
	struct err ignored = {0}, local = {0};
	char now[21];
	struct db_rows *rows;

	err = err ? err : &local;
	if (read_settings(db, ret, err) < 0)
		return err->code;
	rows = db_query(db, err,
	    "SELECT " COUNTERS_MARK " current_user, pg_catalog.current_setting('search_path')");
	if (!rows)
		return err->code;
	ret->role = xstrdup(db_text(rows, 0, 0));
	ret->search_path = xstrdup(db_text(rows, 0, 1));
	db_rows_free(rows);
	rows = db_query(db, &ignored,
	    "SELECT " COUNTERS_MARK " system_identifier FROM pg_catalog.pg_control_system()");
	if (rows)
		ret->system_identifier = optional_text(rows, 0, 0);
	db_rows_free(rows);
	clock_wall_iso8601(now);
	ret->captured_at = xstrdup(now);
	ret->database = xstrdup(db_name(db));
	ret->server_version_num = db_server_version(db);
	return 0;
}

/* One part of a name as written: quotes taken off, or folded to lower case. Returns what follows
 * it ('.' or the end), or NULL. */
static const char *take_part(const char *p, struct buf *part)
{
	if (*p != '"') {
		for (; *p && *p != '.'; p++)
			buf_addc(part, (char)tolower((unsigned char)*p));
		return p;
	}
	for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
		buf_addc(part, *p);
		p += *p == '"';
	}
	return *p == '"' ? p + 1 : NULL;
}

static void add_array_element(struct buf *array, const char *value)
{
	buf_addc(array, array->len ? ',' : '{');
	if (!value) {
		buf_adds(array, "NULL");
		return;
	}
	buf_addc(array, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_addc(array, '\\');
		buf_addc(array, *value);
	}
	buf_addc(array, '"');
}

static void add_name(struct buf *schemas, struct buf *names, const char *written)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	const char *p = take_part(written, &first);

	if (p && *p == '.')
		p = take_part(p + 1, &second);
	if (p && !*p && first.len) {
		add_array_element(schemas, second.len ? first.data : NULL);
		add_array_element(names, second.len ? second.data : first.data);
	}
	buf_release(&first);
	buf_release(&second);
}

int facts_read_relations(
    struct db *db, const struct strv *tables, struct workload_source *ret, struct err *err)
{
	/* A partitioned table has the sizes of its leaves. */
	static const char sql[] =
	    "SELECT " COUNTERS_MARK " DISTINCT ON (f.name COLLATE \"C\")"
	    " f.name, f.reltuples, f.relpages FROM ("
	    " SELECT DISTINCT ON (w.schema, w.name)"
	    "  quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,"
	    "  CASE WHEN c.relkind = 'p' THEN l.reltuples ELSE c.reltuples END AS reltuples,"
	    "  CASE WHEN c.relkind = 'p' THEN l.relpages ELSE c.relpages END AS relpages"
	    " FROM unnest($1::text[], $2::text[]) AS w(schema, name)"
	    " JOIN pg_catalog.pg_class c ON c.relname = w.name AND c.relkind IN ('r', 'p', 'm')"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    "  AND n.nspname = coalesce(w.schema, n.nspname)"
	    "  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
	    " LEFT JOIN LATERAL (SELECT sum(greatest(k.reltuples, 0)) AS reltuples,"
	    "   sum(k.relpages) AS relpages FROM pg_catalog.pg_partition_tree(c.oid) t"
	    "   JOIN pg_catalog.pg_class k ON k.oid = t.relid WHERE t.isleaf) l ON c.relkind = 'p'"
	    " ORDER BY w.schema, w.name, array_position(current_schemas(false), n.nspname), n.nspname"
	    ") f ORDER BY f.name COLLATE \"C\"";
	struct buf schemas = BUF_INIT, names = BUF_INIT;
	struct err local = {0};
	struct db_rows *rows;

	err = err ? err : &local;
	for (size_t i = 0; i < tables->n; i++)
		add_name(&schemas, &names, tables->items[i]);
	if (!names.len)
		return 0;
	buf_addc(&schemas, '}');
	buf_addc(&names, '}');
	rows = db_query(db, err, sql, schemas.data, names.data);
	buf_release(&schemas);
	buf_release(&names);
	if (!rows)
		return err->code;
	for (int i = 0; i < db_rows_count(rows); i++) {
		GROW(ret->relations, ret->n_relations, ret->cap_relations);
		ret->relations[ret->n_relations++] = (struct workload_relation){
		    .name = xstrdup(db_text(rows, i, 0)),
		    .reltuples = db_double(rows, i, 1),
		    .relpages = db_double(rows, i, 2),
		};
	}
	db_rows_free(rows);
	return 0;
}
