#include "pg/explain.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/strv.h"

#include <string.h>

#define STATEMENT "pgrehearse_statement"
#define PLAN      "pgrehearse_plan"
#define MEASURE   "pgrehearse_measure"
#define TRIAL     "pgrehearse_trial"

#define OPTIONS         "FORMAT JSON, SETTINGS, SUMMARY OFF"
#define MEASURE_OPTIONS "FORMAT JSON, SETTINGS, SUMMARY ON, ANALYZE, BUFFERS, WAL, TIMING OFF"

struct explainer {
	struct db *db;
	char *sql;
	uint32_t *types; /* as the server resolved them */
	int n_params;
	struct strv prepared; /* names to deallocate: one too many would end a transaction */
};

static int prepare(struct explainer *e, const char *name, const char *options, struct err *err)
{
	_cleanup_free_ char *sql = xasprintf("EXPLAIN (%s) %s", options, e->sql);

	if (db_prepare(e->db, name, sql, e->n_params, e->types, NULL, NULL, err) < 0)
		return err->code;
	strv_add(&e->prepared, name);
	return 0;
}

static int prepare_all(struct explainer *e, size_t n_params, const uint32_t *types, struct err *err)
{
	if (db_prepare(e->db, STATEMENT, e->sql, types ? (int)n_params : 0, types, &e->types,
	        &e->n_params, err) < 0)
		return err->code;
	strv_add(&e->prepared, STATEMENT);
	if ((size_t)e->n_params != n_params)
		return err_set(
		    err, ERR_BUG, "the statement has %d parameters, not %zu", e->n_params, n_params);
	return prepare(e, PLAN, OPTIONS, err);
}

int explainer_open(struct db *db, const char *sql, size_t n_params, const uint32_t *types,
    struct explainer **ret, struct err *err)
{
	struct explainer *e = xcalloc(1, sizeof(*e));

	e->db = db;
	e->sql = xstrdup(sql);
	if (prepare_all(e, n_params, types, err) < 0) {
		explainer_close(e);
		return err->code;
	}
	*ret = e;
	return 0;
}

void explainer_close(struct explainer *explainer)
{
	if (!explainer)
		return;
	for (size_t i = 0; i < explainer->prepared.n; i++)
		db_execf(explainer->db, NULL, "DEALLOCATE %s", explainer->prepared.items[i]);
	strv_release(&explainer->prepared);
	free(explainer->sql);
	free(explainer->types);
	free(explainer);
}

/* EXPLAIN's answer is one row in JSON. */
static int take(struct db_rows *rows, char **ret_json, struct err *err)
{
	if (!rows)
		return err->code;
	*ret_json = xstrdup(db_text(rows, 0, 0));
	db_rows_free(rows);
	return 0;
}

int explainer_plan(
    struct explainer *explainer, const char *const *values, char **ret_json, struct err *err)
{
	return take(db_execute(explainer->db, PLAN, explainer->n_params, values, err), ret_json, err);
}

int explainer_generic(
    struct explainer *explainer, const char *const *values, char **ret_json, struct err *err)
{
	_cleanup_buf_ struct buf sql = BUF_INIT;
	int rc;

	buf_adds(&sql, "EXPLAIN (" OPTIONS ") EXECUTE " STATEMENT);
	for (int i = 0; i < explainer->n_params; i++) {
		_cleanup_free_ char *literal = values[i] ? db_quote_literal(values[i]) : xstrdup("NULL");

		buf_addf(&sql, "%s%s", i ? ", " : "(", literal);
	}
	if (explainer->n_params > 0)
		buf_addc(&sql, ')');
	if (db_exec(explainer->db, "SET plan_cache_mode = force_generic_plan", err) < 0)
		return err->code;
	rc = take(db_queryv(explainer->db, sql.data, 0, NULL, err), ret_json, err);
	if (db_exec(explainer->db, "RESET plan_cache_mode", rc < 0 ? NULL : err) < 0 && rc == 0)
		rc = err->code;
	return rc;
}

static bool is_timeout(const struct err *err)
{
	return strcmp(err->sqlstate, "57014") == 0 && err->code != ERR_INTERRUPTED;
}

int explainer_measure(struct explainer *explainer, const char *const *values, unsigned timeout_ms,
    enum measure_end *ret_end, char **ret_json, struct err *err)
{
	struct db *db = explainer->db;
	struct db_rows *rows;
	struct err problem = {0};

	if (!strv_contains(&explainer->prepared, MEASURE) &&
	    prepare(explainer, MEASURE, MEASURE_OPTIONS, err) < 0)
		return err->code;
	if (db_execf(db, err, "BEGIN READ ONLY; SET LOCAL statement_timeout = %u", timeout_ms) < 0)
		return err->code;
	rows = db_execute(db, MEASURE, explainer->n_params, values, &problem);
	*ret_json = NULL;
	*ret_end = MEASURE_DONE;
	if (rows) {
		*ret_json = xstrdup(db_text(rows, 0, 0));
		db_rows_free(rows);
		return db_exec(db, "ROLLBACK", err);
	}
	if (db_exec(db, "ROLLBACK", err) < 0)
		return err->code;
	if (is_timeout(&problem))
		*ret_end = MEASURE_TIMED_OUT;
	else if (strcmp(problem.sqlstate, "25006") == 0)
		*ret_end = MEASURE_WRITES;
	else
		*err = problem;
	return problem.code == ERR_INTERRUPTED || *ret_end == MEASURE_DONE ? problem.code : 0;
}

int explainer_try(
    struct explainer *explainer, const char *const *values, char **ret_json, struct err *err)
{
	struct db *db = explainer->db;
	int rc;

	if (!strv_contains(&explainer->prepared, MEASURE) &&
	    prepare(explainer, MEASURE, MEASURE_OPTIONS, err) < 0)
		return err->code;
	if (db_exec(db, "SAVEPOINT " TRIAL, err) < 0)
		return err->code;
	rc = take(db_execute(db, MEASURE, explainer->n_params, values, err), ret_json, err);
	if (db_exec(db, "ROLLBACK TO SAVEPOINT " TRIAL "; RELEASE SAVEPOINT " TRIAL,
	        rc < 0 ? NULL : err) < 0 &&
	    rc == 0) {
		free(*ret_json);
		rc = err->code;
	}
	return rc;
}
