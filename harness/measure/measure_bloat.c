#include "measure/measure_bloat.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "measure/bloat.h"

#include <math.h>
#include <string.h>

#define BUDGET_NS (10 * NS_PER_S)
#define TIMEOUT   "SET statement_timeout = '3s'"

/* One row per B-tree: the name it goes by, itself, its size, and what pg_stats knows of its columns.
 * Statistics of an expression are filed under the index. Duplicates only where the index
 * deduplicates: a column of its own, not unique, of a type whose equal values look equal (support
 * function 4). A null stands in pg_stats' view for what this role may not read. */
static const char btrees_sql[] =
    "SELECT quote_ident(rn.nspname) || '.' || quote_ident(root.relname),"
    "  quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
    "  pg_relation_size(c.oid), current_setting('block_size'), c.reltuples,"
    "  coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions)"
    "    WHERE option_name = 'fillfactor')::float, 90) / 100,"
    "  s.width, s.nulls,"
    "  CASE WHEN i.indnatts = 1 AND NOT i.indisunique"
    "    AND NOT coalesce(c.reloptions::text LIKE '%deduplicate_items=%off%', false)"
    "    AND EXISTS (SELECT FROM pg_opclass o JOIN pg_amproc p ON p.amprocfamily = o.opcfamily"
    "      AND p.amproclefttype = o.opcintype AND p.amprocnum = 4 WHERE o.oid = i.indclass[0])"
    "  THEN CASE WHEN s.distinct_keys < 0 THEN 1 / -s.distinct_keys"
    "    WHEN s.distinct_keys > 0 THEN c.reltuples / s.distinct_keys ELSE 1 END ELSE 1 END"
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree'"
    " JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid)::oid, c.oid)"
    " JOIN pg_namespace rn ON rn.oid = root.relnamespace"
    " CROSS JOIN LATERAL ("
    "  SELECT CASE WHEN count(p.avg_width) = count(*)"
    "      THEN sum((1 - p.null_frac) * p.avg_width) END AS width,"
    "    1 - exp(sum(ln(greatest(1 - p.null_frac, 1e-9)))) AS nulls,"
    "    max(p.n_distinct) AS distinct_keys"
    "   FROM unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)"
    "   LEFT JOIN pg_attribute att ON att.attnum = CASE WHEN k.attnum = 0 THEN k.place ELSE "
    "k.attnum END"
    "    AND att.attrelid = CASE WHEN k.attnum = 0 THEN c.oid ELSE t.oid END"
    "   LEFT JOIN LATERAL (SELECT * FROM pg_stats p WHERE p.schemaname = n.nspname"
    "     AND p.tablename = CASE WHEN k.attnum = 0 THEN c.relname ELSE t.relname END"
    "     AND p.attname = att.attname ORDER BY p.inherited LIMIT 1) p ON true) s"
    " WHERE c.relkind = 'i' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    "  AND t.relpersistence <> 't'";
enum { ROOT, SELF, SIZE, BLOCK, ROWS, FILLFACTOR, WIDTH, NULLS, DUPLICATES };

/* Where pgstatindex is, quoted; NULL when it is not. */
static char *find_pgstatindex(struct db *db, bool install)
{
	struct db_rows *rows;
	char *name = NULL;

	if (install)
		db_exec(db, "CREATE EXTENSION IF NOT EXISTS pgstattuple", NULL);
	rows = db_query(db, NULL,
	    "SELECT quote_ident(n.nspname) || '.pgstatindex' FROM pg_extension e"
	    " JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pgstattuple'");
	if (rows && db_rows_count(rows) == 1)
		name = xstrdup(db_text(rows, 0, 0));
	db_rows_free(rows);
	return name;
}

static double measured_pages(
    struct db *db, const char *pgstatindex, const char *index, double fillfactor)
{
	_cleanup_free_ char *sql = xasprintf("SELECT leaf_pages, internal_pages,"
	                                     " nullif(avg_leaf_density, 'NaN') FROM %s($1::regclass)",
	    pgstatindex);
	struct db_rows *rows = db_query(db, NULL, sql, index);
	double pages = NAN;

	if (rows && db_rows_count(rows) == 1) {
		struct btree_pages found = {
		    .leaf = db_double(rows, 0, 0),
		    .internal = db_double(rows, 0, 1),
		    .leaf_density = db_is_null(rows, 0, 2) ? 0 : db_double(rows, 0, 2) / 100,
		    .fillfactor = fillfactor,
		};

		pages = bloat_packed_pages(&found);
	}
	db_rows_free(rows);
	return pages;
}

static double estimated_pages(const struct db_rows *rows, int row)
{
	struct btree_statistics s = {
	    .block_bytes = db_double(rows, row, BLOCK),
	    .rows = db_double(rows, row, ROWS),
	    .fillfactor = db_double(rows, row, FILLFACTOR),
	    .width_bytes = db_double(rows, row, WIDTH),
	    .null_share = db_double(rows, row, NULLS),
	    .duplicates = db_double(rows, row, DUPLICATES),
	};

	/* -1 rows: neither built nor vacuumed since the counts were lost. */
	return s.rows < 0 ? NAN : bloat_ideal_pages(&s);
}

/* Of all partitions of one index. */
struct sum {
	double needed, pages;
	bool estimated;
};

static void add_index(
    struct db *db, const char *pgstatindex, const struct db_rows *rows, int row, struct sum *sum)
{
	double needed = NAN;

	if (pgstatindex)
		needed = measured_pages(
		    db, pgstatindex, db_text(rows, row, SELF), db_double(rows, row, FILLFACTOR));
	if (isnan(needed)) {
		sum->estimated = true;
		needed = estimated_pages(rows, row);
	}
	sum->needed += needed;
	sum->pages += db_double(rows, row, SIZE) / db_double(rows, row, BLOCK);
}

static void measure_index(struct db *db, const char *pgstatindex, const struct db_rows *rows,
    struct run_index *index, enum arm arm)
{
	struct sum sum = {0};

	for (int row = 0; row < db_rows_count(rows); row++)
		if (strcmp(db_text(rows, row, ROOT), index->name) == 0)
			add_index(db, pgstatindex, rows, row, &sum);
	index->arms[arm].bloat = bloat_share(sum.needed, sum.pages);
	index->arms[arm].bloat_measured = sum.pages > 0 && !sum.estimated;
}

static void measure_arm(struct db *db, enum arm arm, bool install, struct run *run)
{
	_cleanup_free_ char *pgstatindex = find_pgstatindex(db, install);
	uint64_t end_ns = clock_now_ns(&clock_monotonic) + BUDGET_NS;
	struct db_rows *rows = db_query(db, NULL, btrees_sql);

	for (size_t i = 0; rows && i < run->n_indexes && !stop_requested(); i++)
		if (run->indexes[i].arms[arm].exists)
			measure_index(db, clock_now_ns(&clock_monotonic) < end_ns ? pgstatindex : NULL, rows,
			    &run->indexes[i], arm);
	db_rows_free(rows);
}

void measure_bloat(struct db *const arms[N_ARMS], bool install, struct run *run)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		if (!arms[arm] || db_exec(arms[arm], TIMEOUT, NULL) < 0)
			continue;
		measure_arm(arms[arm], (enum arm)arm, install, run);
		db_exec(arms[arm], "RESET statement_timeout", NULL);
	}
}
