/*
 * Do the values work, and what do they cost? Reads are executed by EXPLAIN ANALYZE in a read-only
 * transaction that is rolled back; what writes or locks is only planned.
 */
#include "bind/writes.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

#define QUERY_CANCELED      "57014"
#define READ_ONLY_VIOLATION "25006"

static char *explain_text(const struct binding *b, char *const *values, size_t i, bool execute)
{
	struct buf sql = BUF_INIT;

	buf_addf(&sql, "EXPLAIN (FORMAT JSON%s) EXECUTE %s",
	    execute ? ", ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF" : "", PREPARED_NAME);
	for (size_t s = 0; s < b->n_slots; s++) {
		const struct slot *slot = &b->slots[s];
		_cleanup_free_ char *fresh = slot->rule == RULE_FRESH ? fresh_text(slot, (int64_t)i) : NULL;
		const char *value = fresh ? fresh : values[i * b->n_slots + s];
		_cleanup_free_ char *quoted = value ? db_quote_literal(value) : xstrdup("NULL");
		buf_addf(&sql, "%s%s", s ? ", " : "(", quoted);
	}
	if (b->n_slots)
		buf_addc(&sql, ')');
	return buf_detach(&sql);
}

static double figure(const json_t *plan, const char *key)
{
	const json_t *value = json_object_get(plan, key);

	return json_is_number(value) ? json_number_value(value) : 0;
}

static struct check_figures read_figures(const char *text)
{
	json_t *root = json_loads(text, 0, NULL);
	const json_t *plan = json_object_get(json_array_get(root, 0), "Plan");
	struct check_figures figures = {
	    .rows = figure(plan, "Actual Rows") * figure(plan, "Actual Loops"),
	    .blocks = figure(plan, "Shared Hit Blocks") + figure(plan, "Shared Read Blocks") +
	              figure(plan, "Local Hit Blocks") + figure(plan, "Local Read Blocks"),
	};

	json_decref(root);
	return figures;
}

static int explain_one(struct binding *b, char *const *values, size_t i, bool execute,
    struct check_figures *ret, struct err *err)
{
	_cleanup_free_ char *sql = explain_text(b, values, i, execute);
	struct db_rows *rows = db_queryv(b->run->db, sql, 0, NULL, err);

	if (!rows)
		return err->code;
	*ret = read_figures(db_text(rows, 0, 0));
	db_rows_free(rows);
	return 0;
}

static int explain_all(struct binding *b, char *const *values, size_t n, bool execute,
    struct check_result *result, struct err *err)
{
	int rc = db_exec(b->run->db, "BEGIN READ ONLY", err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct check_figures figures;
		rc = explain_one(b, values, i, execute, &figures, err);
		if (rc == 0 && execute) {
			result->rows += figures.rows;
			result->blocks += figures.blocks;
			result->measured++;
		}
	}
	db_exec(b->run->db, "ROLLBACK", NULL);
	return rc;
}

static bool may_execute(const struct binding *b)
{
	return !b->analysis.writes && !b->analysis.locks_rows;
}

size_t check_each(struct binding *b, char *const *values, size_t n, struct check_figures *ret)
{
	struct err ignored = {0}; /* it ends the measuring; the vectors have been checked before */
	size_t measured = 0;

	if (!may_execute(b) || db_exec(b->run->db, "BEGIN READ ONLY", &ignored) < 0)
		return 0;
	while (measured < n && clock_now_ns(&clock_monotonic) < b->run->deadline_ns &&
	       explain_one(b, values, measured, true, &ret[measured], &ignored) == 0)
		measured++;
	db_exec(b->run->db, "ROLLBACK", NULL);
	return measured;
}

int check_vectors(
    struct binding *b, char *const *values, size_t n, struct check_result *ret, struct err *err)
{
	bool execute = may_execute(b);
	int rc;

	*ret = (struct check_result){0};
	rc = explain_all(b, values, n, execute, ret, err);
	if (rc < 0 && execute && strcmp(err->sqlstate, QUERY_CANCELED) == 0 &&
	    !bind_server_failed(b, err)) {
		ret->timed_out = true;
		rc = 0;
	} else if (rc < 0 && execute && strcmp(err->sqlstate, READ_ONLY_VIOLATION) == 0) {
		*err = (struct err){0};
		rc = explain_all(b, values, 1, false, ret, err); /* calls a function that writes */
	}
	if (rc == 0)
		*err = (struct err){0};
	ret->rows = ret->measured ? ret->rows / (double)ret->measured : NAN;
	ret->blocks = ret->measured ? ret->blocks / (double)ret->measured : NAN;
	return rc;
}
