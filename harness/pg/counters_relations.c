#include "base/clock.h"
#include "base/mem.h"
#include "pg/counters.h"

#include <math.h>

/* How long the statistics collector of 14 and before takes to publish: PGSTAT_STAT_INTERVAL is
 * 500 ms. */
#define COLLECTOR_DELAY_NS (600 * NS_PER_MS)

static int flush_statistics(struct db *db, struct err *err)
{
	if (db_server_version(db) >= 150000)
		return db_exec(db, "SELECT " COUNTERS_MARK " pg_stat_force_next_flush()", err);
	clock_monotonic.sleep_until_ns(NULL, clock_now_ns(&clock_monotonic) + COLLECTOR_DELAY_NS);
	return db_exec(db, "SELECT " COUNTERS_MARK " pg_stat_clear_snapshot()", err);
}

static int read_tables(struct db *db, struct relation_counters *counters, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT " COUNTERS_MARK " quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
	    " sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_hot_upd), sum(n_tup_del), sum(n_live_tup),"
	    " sum(n_dead_tup), sum(seq_scan), sum(idx_scan), sum(pg_relation_size(s.relid))"
	    " FROM pg_catalog.pg_stat_user_tables s JOIN pg_catalog.pg_class c"
	    "  ON c.oid = coalesce(pg_partition_root(s.relid)::oid, s.relid)"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE c.relpersistence <> 't' GROUP BY c.oid, n.nspname, c.relname ORDER BY 1");

	if (!rows)
		return ERR_ENV;
	for (int i = 0; i < db_rows_count(rows); i++) {
		GROW(counters->tables, counters->n_tables, counters->cap_tables);
		counters->tables[counters->n_tables++] = (struct table_counter){
		    .name = xstrdup(db_text(rows, i, 0)),
		    .inserted = db_double(rows, i, 1),
		    .updated = db_double(rows, i, 2),
		    .hot_updated = db_double(rows, i, 3),
		    .deleted = db_double(rows, i, 4),
		    .live = db_double(rows, i, 5),
		    .dead = db_double(rows, i, 6),
		    .seq_scans = db_double(rows, i, 7),
		    .idx_scans = db_double(rows, i, 8),
		    .size_bytes = db_double(rows, i, 9),
		};
	}
	db_rows_free(rows);
	return 0;
}

static int read_indexes(struct db *db, struct relation_counters *counters, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT " COUNTERS_MARK " quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
	    " quote_ident(n.nspname) || '.' || quote_ident(t.relname), pg_get_indexdef(c.oid),"
	    " i.indisunique, i.indisprimary, EXISTS (SELECT FROM pg_catalog.pg_constraint k"
	    "  WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')),"
	    " i.indisvalid AND bool_and(leaf.indisvalid), sum(s.idx_scan), sum(s.idx_tup_read),"
	    " sum(s.idx_tup_fetch), sum(pg_relation_size(s.indexrelid))"
	    " FROM pg_catalog.pg_stat_user_indexes s"
	    " JOIN pg_catalog.pg_index leaf ON leaf.indexrelid = s.indexrelid"
	    " JOIN pg_catalog.pg_class c"
	    "  ON c.oid = coalesce(pg_partition_root(s.indexrelid)::oid, s.indexrelid)"
	    " JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
	    " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE t.relpersistence <> 't' GROUP BY c.oid, n.nspname, c.relname, t.relname,"
	    " i.indisunique, i.indisprimary, i.indisvalid ORDER BY 1");

	if (!rows)
		return ERR_ENV;
	for (int i = 0; i < db_rows_count(rows); i++) {
		GROW(counters->indexes, counters->n_indexes, counters->cap_indexes);
		counters->indexes[counters->n_indexes++] = (struct index_counter){
		    .name = xstrdup(db_text(rows, i, 0)),
		    .table = xstrdup(db_text(rows, i, 1)),
		    .definition = xstrdup(db_text(rows, i, 2)),
		    .is_unique = db_bool(rows, i, 3),
		    .is_primary = db_bool(rows, i, 4),
		    .is_constraint = db_bool(rows, i, 5),
		    .is_valid = db_bool(rows, i, 6),
		    .scans = db_double(rows, i, 7),
		    .tuples_read = db_double(rows, i, 8),
		    .tuples_fetched = db_double(rows, i, 9),
		    .size_bytes = db_double(rows, i, 10),
		};
	}
	db_rows_free(rows);
	return 0;
}

static int read_database(struct db *db, struct relation_counters *counters, struct err *err)
{
	struct db_rows *rows =
	    db_query(db, err, "SELECT " COUNTERS_MARK " pg_database_size(current_database())");

	if (!rows)
		return ERR_ENV;
	counters->database_bytes = db_double(rows, 0, 0);
	db_rows_free(rows);
	return 0;
}

int relation_counters_read(struct db *db, struct relation_counters *ret, struct err *err)
{
	struct relation_counters counters = {0};
	struct err local = {0};

	err = err ? err : &local;
	if (flush_statistics(db, err) < 0 || read_tables(db, &counters, err) < 0 ||
	    read_indexes(db, &counters, err) < 0 || read_database(db, &counters, err) < 0) {
		relation_counters_release(&counters);
		return err->code;
	}
	*ret = counters;
	return 0;
}

void relation_counters_release(struct relation_counters *counters)
{
	for (size_t i = 0; i < counters->n_tables; i++)
		free(counters->tables[i].name);
	for (size_t i = 0; i < counters->n_indexes; i++) {
		free(counters->indexes[i].name);
		free(counters->indexes[i].table);
		free(counters->indexes[i].definition);
	}
	free(counters->tables);
	free(counters->indexes);
	*counters = (struct relation_counters){0};
}

int wal_position_read(struct db *db, double *ret_bytes, struct err *err)
{
	struct err local = {0};
	struct db_rows *rows = db_query(db, err ? err : &local,
	    "SELECT " COUNTERS_MARK " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
	    " ELSE pg_current_wal_lsn() END - '0/0'");

	if (!rows)
		return (err ? err : &local)->code;
	*ret_bytes = db_double(rows, 0, 0);
	db_rows_free(rows);
	return 0;
}
