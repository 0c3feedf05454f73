/*
 * Do the values work, and what do they cost? Reads are executed by EXPLAIN ANALYZE in a read-only
 * transaction that is rolled back; what writes or locks is only planned.
 */
#include "bind/filter.h"
#include "bind/form.h"
#include "bind/writes.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

#define QUERY_CANCELED      "57014"
#define READ_ONLY_VIOLATION "25006"
#define CUSTOM_PLANS        5 /* of a session, before it compares (plancache.c) */
#define LEAST_CHECKED       4 /* vectors, when the time for calibration is over */

static void add_value(struct buf *sql, const struct slot *slot, const char *value)
{
	_cleanup_free_ char *quoted = value && !slot->literal ? db_quote_literal(value) : NULL;

	buf_adds(sql, quoted ? quoted : "NULL");
}

/* Fresh parameters have their values too; borrowed from values and ret_fresh. */
static void complete(
    const struct binding *b, char *const *values, size_t i, char **ret_row, char **ret_fresh)
{
	for (size_t s = 0; s < b->n_slots; s++) {
		const struct slot *slot = &b->slots[s];
		ret_fresh[s] = slot->rule == RULE_FRESH ? fresh_text(slot, (int64_t)i) : NULL;
		ret_row[s] = ret_fresh[s] ? ret_fresh[s] : values[i * b->n_slots + s];
	}
}

static char *explain_text(const struct binding *b, char *const *values, size_t i, bool execute)
{
	_cleanup_free_ char **row = xcalloc(b->n_slots + 1, sizeof(*row));
	_cleanup_free_ char **fresh = xcalloc(b->n_slots + 1, sizeof(*fresh));
	struct buf sql = BUF_INIT;

	complete(b, values, i, row, fresh);
	buf_addf(&sql, "EXPLAIN (FORMAT JSON%s) ",
	    execute ? ", ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF" : "");
	if (b->protocol == PROTOCOL_SIMPLE) {
		_cleanup_free_ char *text = form_text(b, row, true);
		buf_adds(&sql, text);
	} else {
		buf_adds(&sql, "EXECUTE " PREPARED_NAME);
		for (size_t s = 0; s < b->n_slots; s++) {
			buf_adds(&sql, s ? ", " : "(");
			add_value(&sql, &b->slots[s], row[s]);
		}
		if (b->n_slots)
			buf_addc(&sql, ')');
	}
	for (size_t s = 0; s < b->n_slots; s++)
		free(fresh[s]);
	return buf_detach(&sql);
}

static double figure(const json_t *plan, const char *key)
{
	const json_t *value = json_object_get(plan, key);

	return json_is_number(value) ? json_number_value(value) : 0;
}

double check_kept_share(double looked, double kept)
{
	return looked > 0 ? kept / looked : NAN;
}

static struct check_figures read_figures(const struct binding *b, const char *text)
{
	json_t *root = json_loads(text, 0, NULL);
	const json_t *plan = json_object_get(json_array_get(root, 0), "Plan");
	struct check_figures figures = {
	    .rows = figure(plan, "Actual Rows") * figure(plan, "Actual Loops"),
	    .blocks = figure(plan, "Shared Hit Blocks") + figure(plan, "Shared Read Blocks") +
	              figure(plan, "Local Hit Blocks") + figure(plan, "Local Read Blocks"),
	};

	if (b->filter)
		filter_measure(plan, b->filter, &figures.looked, &figures.kept);
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
	*ret = read_figures(b, db_text(rows, 0, 0));
	db_rows_free(rows);
	return 0;
}

static bool may_execute(const struct binding *b)
{
	return b->probe || (!b->analysis.writes && !b->analysis.locks_rows);
}

static int set_plan_mode(struct binding *b, const char *mode, struct err *err)
{
	int rc;

	if (b->run->plan_cache_mode && strcmp(b->run->plan_cache_mode, mode) == 0)
		return 0;
	rc = db_execf(b->run->db, err, "SET plan_cache_mode = %s", mode);
	if (rc == 0)
		b->run->plan_cache_mode = mode;
	return rc;
}

/* A generic plan shows parameters, a custom one their values. */
static bool shows_parameters(const char *plan)
{
	for (const char *p = plan; (p = strchr(p, '$')) != NULL; p++)
		if (p[1] >= '1' && p[1] <= '9')
			return true;
	return false;
}

/* A session compares the costs after some executions, and mostly keeps to what it finds then. */
static int find_plan(struct binding *b, char *const *values, size_t n, struct err *err)
{
	int rc = set_plan_mode(b, "auto", err);

	if (rc == 0)
		rc = form_prepare(b, values, err);
	for (size_t i = 0; i <= CUSTOM_PLANS && rc == 0; i++) {
		_cleanup_free_ char *sql = explain_text(b, values, i % n, false);
		struct db_rows *rows = db_queryv(b->run->db, sql, 0, NULL, err);
		if (!rows)
			return err->code;
		b->plan = shows_parameters(db_text(rows, 0, 0)) ? PLAN_GENERIC : PLAN_CUSTOM;
		db_rows_free(rows);
	}
	return rc;
}

/* The statement in its form, with the plan that the replay will have. */
static int begin(struct binding *b, char *const *values, size_t n, struct err *err)
{
	bool settles = b->protocol == PROTOCOL_CAPTURED && b->n_slots > b->n_literals && may_execute(b);

	if (b->protocol == PROTOCOL_SIMPLE)
		return 0;
	if (settles && b->plan == PLAN_UNKNOWN)
		return find_plan(b, values, n, err);
	if (set_plan_mode(b,
	        settles && b->plan == PLAN_GENERIC ? "force_generic_plan" : "force_custom_plan",
	        err) < 0)
		return err->code;
	return b->n_slots > 0 ? form_prepare(b, values, err) : 0;
}

bool check_is_late(const struct binding *b)
{
	return clock_now_ns(&clock_monotonic) > b->run->deadline_ns;
}

/* Beyond the first `least` only until the deadline. */
static int explain_all(struct binding *b, char *const *values, size_t least, size_t n, bool execute,
    struct check_result *result, struct err *err)
{
	int rc = begin(b, values, n, err);

	if (rc < 0)
		return rc;
	rc = db_exec(b->run->db, "BEGIN READ ONLY", err);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct check_figures figures;
		if (i >= least && check_is_late(b))
			break;
		rc = explain_one(b, values, i, execute, &figures, err);
		if (rc == 0 && execute) {
			result->rows += figures.rows;
			result->blocks += figures.blocks;
			result->looked += figures.looked;
			result->kept += figures.kept;
			result->measured++;
		}
	}
	db_exec(b->run->db, "ROLLBACK", NULL);
	return rc;
}

size_t check_each(struct binding *b, char *const *values, size_t n, struct check_figures *ret)
{
	struct err ignored = {0}; /* it ends the measuring; the vectors have been checked before */
	size_t measured = 0;

	if (!may_execute(b) || begin(b, values, n, &ignored) < 0 ||
	    db_exec(b->run->db, "BEGIN READ ONLY", &ignored) < 0)
		return 0;
	while (measured < n && !check_is_late(b) &&
	       explain_one(b, values, measured, true, &ret[measured], &ignored) == 0)
		measured++;
	db_exec(b->run->db, "ROLLBACK", NULL);
	return measured;
}

static int check_some(struct binding *b, char *const *values, size_t least, size_t n,
    struct check_result *ret, struct err *err)
{
	bool execute = may_execute(b);
	int rc;

	*ret = (struct check_result){0};
	rc = explain_all(b, values, least, n, execute, ret, err);
	if (rc < 0 && execute && strcmp(err->sqlstate, QUERY_CANCELED) == 0 &&
	    !bind_server_failed(b, err)) {
		ret->timed_out = true;
		rc = 0;
	} else if (rc < 0 && execute && strcmp(err->sqlstate, READ_ONLY_VIOLATION) == 0) {
		*err = (struct err){0};
		rc = explain_all(b, values, 1, 1, false, ret, err); /* calls a function that writes */
	}
	if (rc == 0)
		*err = (struct err){0};
	ret->rows = ret->measured ? ret->rows / (double)ret->measured : NAN;
	ret->blocks = ret->measured ? ret->blocks / (double)ret->measured : NAN;
	ret->looked = ret->measured ? ret->looked / (double)ret->measured : NAN;
	ret->kept = ret->measured ? ret->kept / (double)ret->measured : NAN;
	return rc;
}

int check_vectors(
    struct binding *b, char *const *values, size_t n, struct check_result *ret, struct err *err)
{
	return check_some(b, values, n, n, ret, err);
}

int check_in_time(
    struct binding *b, char *const *values, size_t n, struct check_result *ret, struct err *err)
{
	return check_some(b, values, LEAST_CHECKED, n, ret, err);
}
