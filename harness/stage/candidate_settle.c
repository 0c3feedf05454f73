/*
 * Equal statistics for both arms where the candidate gave the planner something new to learn.
 */
#include "base/mem.h"
#include "base/strv.h"
#include "stage/candidate.h"
#include "stage/clone.h"

#include <string.h>

/* What ANALYZE collects beyond the columns, with its table. */
static struct db_rows *read_learnable(struct db *db, struct err *err)
{
	return db_query(db, err,
	    "SELECT format('%I.%I', n.nspname, t.relname), x.definition FROM ("
	    "  SELECT indrelid AS relation, pg_get_indexdef(indexrelid) AS definition FROM pg_index"
	    "   WHERE indexprs IS NOT NULL"
	    "  UNION ALL"
	    "  SELECT stxrelid, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext) x"
	    " JOIN pg_class t ON t.oid = x.relation JOIN pg_namespace n ON n.oid = t.relnamespace"
	    " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1, 2");
}

static bool contains(const struct db_rows *rows, const char *table, const char *definition)
{
	for (int i = 0; i < db_rows_count(rows); i++)
		if (strcmp(db_text(rows, i, 0), table) == 0 && strcmp(db_text(rows, i, 1), definition) == 0)
			return true;
	return false;
}

static int find_new(struct db *baseline, struct db *candidate, struct strv *ret, struct err *err)
{
	struct db_rows *old = read_learnable(baseline, err);
	struct db_rows *new = old ? read_learnable(candidate, err) : NULL;
	int rc = new ? 0 : err->code;

	for (int i = 0; rc == 0 && i < db_rows_count(new); i++) {
		const char *table = db_text(new, i, 0);

		if (!contains(old, table, db_text(new, i, 1)) && !strv_contains(ret, table))
			strv_add(ret, table);
	}
	db_rows_free(old);
	db_rows_free(new);
	return rc;
}

/* A table that the candidate made is not on the baseline. */
static int analyze(struct db *db, const char *table, struct err *err)
{
	struct db_rows *rows = db_query(db, err, "SELECT to_regclass($1) IS NOT NULL", table);
	bool exists = rows && db_bool(rows, 0, 0);

	db_rows_free(rows);
	if (!rows)
		return err->code;
	return exists ? db_execf(db, err, "ANALYZE %s", table) : 0;
}

int candidate_settle(
    struct db *baseline, struct db *candidate, const struct progress *progress, struct err *err)
{
	_cleanup_(strv_release) struct strv tables = {0};

	if (clone_require_mark(baseline, err) < 0 || clone_require_mark(candidate, err) < 0 ||
	    find_new(baseline, candidate, &tables, err) < 0)
		return err->code;
	for (size_t i = 0; i < tables.n; i++) {
		progress_say(progress, PROGRESS_NOTE,
		    "analysing %s on both arms: it has new statistics to"
		    " collect",
		    tables.items[i]);
		if (analyze(baseline, tables.items[i], err) < 0 ||
		    analyze(candidate, tables.items[i], err) < 0)
			return err_wrap(err, "analysing %s", tables.items[i]);
	}
	return 0;
}
