#include "capture/qualstats.h"

#include "base/mem.h"
#include "pg/counters.h"

#include <stdlib.h>
#include <string.h>

enum column { QUERYID, RELATION, COLUMN, OPERATOR, BY_INDEX, EXECUTIONS, EVALUATED, FILTERED };

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

static struct db_rows *read_quals(struct db *db, const char *schema, struct err *err)
{
	_cleanup_free_ char *sql = xasprintf(
	    "SELECT " COUNTERS_MARK " q.queryid, q.lrelid::pg_catalog.regclass, a.attname, o.oprname,"
	    " q.eval_type = 'i', sum(q.occurences), sum(q.execution_count), sum(q.nbfiltered)"
	    " FROM %s.pg_qualstats() q"
	    " JOIN pg_catalog.pg_attribute a ON a.attrelid = q.lrelid AND a.attnum = q.lattnum"
	    " JOIN pg_catalog.pg_operator o ON o.oid = q.opno"
	    " WHERE q.queryid IS NOT NULL AND q.dbid ="
	    "  (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
	    " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2::text, 3, 4, 5",
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

int qualstats_read(
    struct db *db, struct workload *workload, const struct progress *progress, struct err *err)
{
	_cleanup_free_ char *schema = find_schema(db);
	struct err problem = {0};
	struct db_rows *rows = schema ? read_quals(db, schema, &problem) : NULL;

	if (!db_alive(db)) {
		*err = problem;
		return err_set(err, ERR_ENV, "%s: the connection was lost", db_describe(db));
	}
	if (!rows) {
		if (schema)
			progress_say(progress, PROGRESS_WARNING,
			    "pg_qualstats is installed and cannot be read: %s", problem.message);
		return 0;
	}
	for (int row = 0; row < db_rows_count(rows); row++)
		for (size_t i = 0; i < workload->n_statements; i++)
			if (strcmp(workload->statements[i].queryid, db_text(rows, row, QUERYID)) == 0)
				add_qual(&workload->statements[i], rows, row);
	db_rows_free(rows);
	return 0;
}
