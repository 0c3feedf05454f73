#include "capture/qualstats.h"

#include "base/mem.h"
#include "pg/counters.h"

#include <stdlib.h>
#include <string.h>

enum column {
	QUERYID,
	RELATION,
	COLUMN,
	OPERATOR,
	BY_INDEX,
	EXECUTIONS,
	EVALUATED,
	FILTERED,
	RANK = EVALUATED
};

/* Quoted; NULL when the extension is not there. Caller frees. */
static char *find_schema(struct db *db)
{
	struct db_rows *rows = db_query(db, NULL,
	    "SELECT " COUNTERS_MARK " pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
	    " WHERE e.extname = 'pg_qualstats'");
	char *schema = rows && db_rows_count(rows) == 1 ? xstrdup(db_text(rows, 0, 0)) : NULL;

	db_rows_free(rows);
	return schema;
}

/* Partitions are added up under their root. */
#define QUALS                                                                                      \
	"SELECT q.queryid, COALESCE(pg_catalog.pg_partition_root(q.lrelid), q.lrelid) AS relation,"    \
	" a.attname, o.oprname, q.eval_type = 'i' AS by_index, q.occurences, q.execution_count,"       \
	" q.nbfiltered, q.constvalue FROM %s.pg_qualstats() q"                                         \
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = q.lrelid AND a.attnum = q.lattnum"            \
	" JOIN pg_catalog.pg_operator o ON o.oid = q.opno"                                             \
	" WHERE q.queryid IS NOT NULL AND q.dbid ="                                                    \
	"  (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"

static struct db_rows *read_quals(struct db *db, const char *schema, struct err *err)
{
	_cleanup_free_ char *sql = xasprintf(
	    "SELECT " COUNTERS_MARK " queryid, relation::regclass, attname, oprname, by_index,"
	    " sum(occurences), sum(execution_count), sum(nbfiltered) FROM (" QUALS ") q"
	    " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2::text, 3, 4, 5",
	    schema);

	return db_query(db, err, sql);
}

/*
 * Constants are compared on the server and stay there: what comes back is their rank. A constant is
 * shown as in a query, 'new'::text or 7::bigint, and one that was cut off has no rank; IN and ANY
 * have an array, whose elements count each.
 */
static struct db_rows *read_ranks(struct db *db, const char *schema, struct err *err)
{
	_cleanup_free_ char *sql = xasprintf(
	    "WITH q AS MATERIALIZED (SELECT *,"
	    " CASE WHEN constvalue ~ '''::[^'']*$' THEN pg_catalog.replace("
	    "  pg_catalog.substring(constvalue, '^E?''(.*)''::[^'']*$'), '''''', '''')"
	    "  ELSE pg_catalog.substring(constvalue, '^\\(?([^:)]*)\\)?::') END AS shown"
	    " FROM (" QUALS " AND q.constvalue IS NOT NULL AND o.oprname = '=') q),"
	    " v AS (SELECT q.queryid, q.relation, q.attname, q.oprname, q.by_index, q.occurences,"
	    "  CASE WHEN q.constvalue ~ '::boolean$' THEN pg_catalog.left(e.value, 1) ELSE e.value END"
	    "  AS value FROM q, pg_catalog.unnest(CASE WHEN q.constvalue ~ '\\[\\]$'"
	    "  THEN q.shown::text[] ELSE ARRAY[q.shown] END) AS e(value)),"
	    " s AS (SELECT c.relation, c.attname, m.value, m.rank"
	    "  FROM (SELECT DISTINCT relation, attname FROM q) c"
	    "  JOIN pg_catalog.pg_class t ON t.oid = c.relation"
	    "  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
	    "  CROSS JOIN LATERAL (SELECT most_common_vals::text::text[] AS list"
	    "   FROM pg_catalog.pg_stats WHERE schemaname = n.nspname AND tablename = t.relname"
	    "   AND attname = c.attname ORDER BY inherited DESC LIMIT 1) l,"
	    "  pg_catalog.unnest(l.list) WITH ORDINALITY AS m(value, rank))"
	    " SELECT " COUNTERS_MARK " v.queryid, v.relation::regclass, v.attname, v.oprname,"
	    " v.by_index, sum(v.occurences), COALESCE(s.rank, 0)"
	    " FROM v LEFT JOIN s USING (relation, attname, value)"
	    " GROUP BY 1, 2, 3, 4, 5, 7 ORDER BY 1, 2::text, 3, 4, 5, 6 DESC, 7",
	    schema);

	return db_query(db, err, sql);
}

static double number(const struct db_rows *rows, int row, enum column column)
{
	return db_is_null(rows, row, column) ? 0 : strtod(db_text(rows, row, column), NULL);
}

static void add_qual(struct statement *statement, const struct db_rows *rows, int row)
{
	double evaluated = number(rows, row, EVALUATED);

	GROW(statement->quals, statement->n_quals, statement->cap_quals);
	statement->quals[statement->n_quals++] = (struct statement_qual){
	    .relation = xstrdup(db_text(rows, row, RELATION)),
	    .column = xstrdup(db_text(rows, row, COLUMN)),
	    .op = xstrdup(db_text(rows, row, OPERATOR)),
	    .by_index = db_bool(rows, row, BY_INDEX),
	    .executions = number(rows, row, EXECUTIONS),
	    .evaluated = evaluated,
	    .filter_ratio = evaluated > 0 ? number(rows, row, FILTERED) / evaluated : 0,
	};
}

static void add_rank(struct statement *statement, const struct db_rows *rows, int row)
{
	for (size_t i = 0; i < statement->n_quals; i++) {
		struct statement_qual *qual = &statement->quals[i];
		if (strcmp(qual->relation, db_text(rows, row, RELATION)) != 0 ||
		    strcmp(qual->column, db_text(rows, row, COLUMN)) != 0 ||
		    strcmp(qual->op, db_text(rows, row, OPERATOR)) != 0 ||
		    qual->by_index != db_bool(rows, row, BY_INDEX))
			continue;
		GROW(qual->values, qual->n_values, qual->cap_values);
		qual->values[qual->n_values++] = (struct qual_value){
		    .rank = (int)number(rows, row, RANK),
		    .executions = number(rows, row, EXECUTIONS),
		};
	}
}

typedef void add_row(struct statement *statement, const struct db_rows *rows, int row);

static void for_statements(struct workload *workload, const struct db_rows *rows, add_row *add)
{
	for (int row = 0; row < db_rows_count(rows); row++)
		for (size_t i = 0; i < workload->n_statements; i++)
			if (strcmp(workload->statements[i].queryid, db_text(rows, row, QUERYID)) == 0)
				add(&workload->statements[i], rows, row);
}

int qualstats_read(
    struct db *db, struct workload *workload, const struct progress *progress, struct err *err)
{
	_cleanup_free_ char *schema = find_schema(db);
	struct err problem = {0};
	struct db_rows *rows = schema ? read_quals(db, schema, &problem) : NULL;
	struct db_rows *ranks = rows ? read_ranks(db, schema, &problem) : NULL;

	if (rows)
		for_statements(workload, rows, add_qual);
	if (ranks)
		for_statements(workload, ranks, add_rank);
	db_rows_free(rows);
	db_rows_free(ranks);
	if (!db_alive(db)) {
		*err = problem;
		return err_set(err, ERR_ENV, "%s: the connection was lost", db_describe(db));
	}
	if (schema && !rows)
		progress_say(progress, PROGRESS_WARNING, "pg_qualstats is installed and cannot be read: %s",
		    problem.message);
	else if (schema && !ranks) /* the message may quote a constant */
		progress_say(progress, PROGRESS_WARNING,
		    "how common the constants of pg_qualstats are cannot be told (SQLSTATE %s)",
		    problem.sqlstate);
	return 0;
}
