/*
 * counters: the server's cumulative statistics, read into plain data.
 *
 * A snapshot is taken with one query per view; two snapshots are subtracted by the caller
 * (work_delta, or field by field). PostgreSQL 13 to 18: a column that a version does not have
 * reads as NAN.
 */
#ifndef PG_COUNTERS_H
#define PG_COUNTERS_H

#include "base/err.h"
#include "model/work.h"
#include "pg/db.h"

#include <stdbool.h>
#include <stddef.h>

/* One queryid of pg_stat_statements: top-level entries of one database, summed over users. */
struct statement_counter {
	char *queryid;
	char *text; /* as the view gives it, comments included; NULL when hidden or lost */
	struct work work;
};
struct statement_counters {
	struct statement_counter *items; /* ordered by queryid */
	size_t n, cap;
	double hidden;        /* entries of other users that we may not see; not among the items */
	double dealloc;       /* pg_stat_statements_info.dealloc; NAN before 14 */
	char *stats_reset;    /* ISO 8601 with microseconds, UTC; NULL before 14 */
	double stats_reset_s; /* the same as epoch seconds; NAN before 14 */
	double taken_at_s;    /* server's clock, epoch seconds */
};
/* Texts cost the server a read of its whole text file: ask for them once. Queries that carry
 * COUNTERS_MARK, ours, are left out of a reading with texts. */
int statement_counters_read(
    struct db *db, bool with_text, struct statement_counters *ret, struct err *err);
const struct statement_counter *statement_counters_find(
    const struct statement_counters *counters, const char *queryid);
void statement_counters_release(struct statement_counters *counters);

/* A comment in every query that reads production for us; pg_stat_statements keeps it. */
#define COUNTERS_MARK "/* pgrehearse */"

/* The query for a view with these columns: pg_stat_statements 1.7 (which says total_time and has
 * no WAL figures) to 1.12. Caller frees. */
char *statement_counters_sql(const char *schema, const struct strv *columns, bool with_text);

struct table_counter {
	char *name; /* schema.table */
	double inserted, updated, hot_updated, deleted, live, dead;
	double seq_scans, idx_scans;
	double size_bytes; /* heap, main fork */
};
struct index_counter {
	char *name, *table; /* schema-qualified */
	char *definition;
	bool is_unique, is_primary, is_constraint, is_valid;
	double scans, tuples_read, tuples_fetched, size_bytes;
};
struct relation_counters {
	struct table_counter *tables;
	size_t n_tables, cap_tables;
	struct index_counter *indexes;
	size_t n_indexes, cap_indexes;
	double database_bytes;
};
/* User tables and indexes (no system schemas), ordered by name; the partitions of a table, and of an
 * index, are added up under the name of their root. Flushes this backend's pending
 * statistics and, before 15, waits for the collector. */
int relation_counters_read(struct db *db, struct relation_counters *ret, struct err *err);
void relation_counters_release(struct relation_counters *counters);

/* Current WAL position in bytes (pg_current_wal_lsn, or the replay position on a standby). */
int wal_position_read(struct db *db, double *ret_bytes, struct err *err);

#endif
