#include "bind/given.h"

#include "bind/form.h"

#include "base/mem.h"
#include "base/nearest.h"

#include <stdlib.h>
#include <string.h>

static int complain(
    struct binding *b, const struct override *given, struct err *err, const char *what)
{
	return err_set(err, ERR_USAGE, "%s:%d: %s: %s", b->run->options->overrides->file, given->line,
	    given->statement, what);
}

int given_check_names(
    const struct overrides *overrides, const struct workload *workload, struct err *err)
{
	for (size_t i = 0; overrides && i < overrides->n; i++) {
		const struct override *o = &overrides->items[i];
		const char **names = xcalloc(workload->n_statements + 1, sizeof(*names));
		const char *near;
		bool found = false;

		for (size_t s = 0; s < workload->n_statements; s++) {
			const struct statement *statement = &workload->statements[s];
			names[s] = statement->name;
			found = found || strcmp(o->statement, statement->name) == 0 ||
			        strcmp(o->statement, statement->queryid) == 0;
		}
		near = nearest_word(o->statement, names, workload->n_statements);
		free(names);
		if (found)
			continue;
		err_set(err, ERR_USAGE, "%s:%d: the workload has no statement \"%s\"", overrides->file,
		    o->line, o->statement);
		return near ? err_hint(err, "did you mean \"%s\"?", near) : err->code;
	}
	return 0;
}

static int read_query(
    struct binding *b, const struct override *given, struct pool *pool, struct err *err)
{
	struct err problem = {0};
	struct db_rows *rows = NULL;

	if (db_exec(b->run->db, "BEGIN READ ONLY", err) < 0)
		return err->code;
	rows = db_queryv(b->run->db, given->sql, 0, NULL, &problem);
	db_exec(b->run->db, "ROLLBACK", NULL);
	if (!rows)
		return complain(b, given, err, problem.message);
	pool->n_columns = (size_t)db_rows_columns(rows);
	for (int r = 0; r < db_rows_count(rows) && pool->n_columns > 0; r++) {
		_cleanup_free_ char **cells = xcalloc(pool->n_columns, sizeof(*cells));
		for (size_t c = 0; c < pool->n_columns; c++)
			cells[c] = db_is_null(rows, r, (int)c) ? NULL : xstrdup(db_text(rows, r, (int)c));
		pool_add_row(pool, cells);
	}
	db_rows_free(rows);
	return 0;
}

static void copy_values(const struct override *given, struct pool *pool)
{
	pool->n_columns = given->n_columns;
	for (size_t r = 0; r < given->n_rows; r++) {
		_cleanup_free_ char **cells = xcalloc(given->n_columns, sizeof(*cells));
		for (size_t c = 0; c < given->n_columns; c++)
			cells[c] = xstrdup(given->values[r * given->n_columns + c]);
		pool_add_row(pool, cells);
	}
}

static int check_shape(
    struct binding *b, const struct override *given, const struct pool *pool, struct err *err)
{
	_cleanup_free_ char *what = NULL;

	if (pool->n_columns != b->n_slots)
		what = xasprintf("%zu values per call are given, and the statement has %zu parameters",
		    pool->n_columns, b->n_slots);
	else if (pool->n_rows == 0)
		what = xstrdup("the query finds no row");
	return what ? complain(b, given, err, what) : 0;
}

static void use_rows(struct binding *b, struct pool *pool)
{
	int index;

	pool->source = VALUES_OVERRIDE;
	b->order = b->analysis.kind == SQL_DELETE ? VECTOR_SEQUENTIAL : VECTOR_SAMPLED;
	b->n_wanted = pool->n_rows;
	index = pool_attach(b, pool);
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		slot->rule = RULE_GIVEN;
		slot->pool = index;
		slot->column = (int)i;
		slot->turn = 0;
		slot->selects = true;
		slot->source = VALUES_OVERRIDE;
	}
}

int given_fill(struct binding *b, const struct override *given, struct err *err)
{
	struct pool pool = {.stride = 1};
	struct err problem = {0};
	struct check_result result;
	char **values;
	size_t n;
	int rc = 0;

	if (given->kind == OVERRIDE_SQL)
		rc = read_query(b, given, &pool, err);
	else
		copy_values(given, &pool);
	if (rc == 0)
		rc = check_shape(b, given, &pool, err);
	if (rc < 0) {
		pool_release(&pool);
		return rc;
	}
	if (b->protocol != PROTOCOL_SIMPLE)
		form_set(b, (int)b->n_slots);
	use_rows(b, &pool);
	n = b->n_wanted < 3 ? b->n_wanted : 3;
	values = slots_generate(b, n);
	rc = check_vectors(b, values, n, &result, &problem);
	slots_values_free(b, values, n);
	return rc < 0 ? complain(b, given, err, problem.message) : 0;
}
