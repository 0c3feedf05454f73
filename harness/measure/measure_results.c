#include "measure/measure_results.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VECTORS  20
#define MAX_ROWS     100000
#define MAX_BYTES    ((size_t)64 << 20)
#define FETCH_ROWS   "1000"
#define TIMEOUT_MS   5000
#define STATEMENT_NS (20 * NS_PER_S) /* for all vectors of one statement */
#define CURSOR       "pgrehearse_result"

/* What a text returned: a hash per row. */
struct result {
	uint64_t *rows;
	size_t n, cap, bytes;
	int columns;
	bool too_large;
	bool timed_out;
	char sqlstate[6]; /* of the server's refusal; "" otherwise */
};

static void result_release(struct result *result)
{
	free(result->rows);
	*result = (struct result){0};
}

static bool is_complete(const struct result *result)
{
	return !result->too_large && !result->timed_out && !result->sqlstate[0];
}

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Texts with their final NUL, so that columns do not run into each other; NULL is no text. */
static uint64_t hash_row(const struct db_rows *rows, int row, size_t *bytes)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (int column = 0; column < db_rows_columns(rows); column++) {
		const char *text = db_text(rows, row, column);
		char null = db_is_null(rows, row, column) ? 1 : 2;
		size_t len = strlen(text) + 1;

		hash = hash_bytes(hash_bytes(hash, &null, 1), text, len);
		*bytes += len;
	}
	return hash;
}

static int fetch_all(struct db *db, struct result *ret, struct err *err)
{
	int fetched;

	do {
		struct db_rows *rows = db_query(db, err, "FETCH " FETCH_ROWS " FROM " CURSOR);

		if (!rows)
			return err->code;
		fetched = db_rows_count(rows);
		ret->columns = db_rows_columns(rows);
		for (int i = 0; i < fetched; i++) {
			GROW(ret->rows, ret->n, ret->cap);
			ret->rows[ret->n++] = hash_row(rows, i, &ret->bytes);
		}
		db_rows_free(rows);
		ret->too_large = ret->n > MAX_ROWS || ret->bytes > MAX_BYTES;
	} while (fetched > 0 && !ret->too_large);
	return db_exec(db, "CLOSE " CURSOR, err);
}

static int open_cursor(struct db *db, const struct bound_statement *bound, enum arm arm,
    const char *const *values, struct err *err)
{
	_cleanup_free_ uint32_t *types = xcalloc(bound->n_params + 1, sizeof(*types));
	_cleanup_free_ char *sql =
	    xasprintf("DECLARE " CURSOR " NO SCROLL CURSOR FOR %s", bound_statement_sql(bound, arm));
	struct db_rows *rows;

	for (size_t i = 0; i < bound->n_params; i++)
		types[i] = bound->params[i].type_oid;
	if (db_prepare(db, "", sql, (int)bound->n_params, types, NULL, NULL, err) < 0)
		return err->code;
	rows = db_execute(db, "", (int)bound->n_params, values, err);
	if (!rows)
		return err->code;
	db_rows_free(rows);
	return 0;
}

/* What the server refused is in ret; negative when it is gone or we are to stop. */
static int run_text(struct db *db, const struct bound_statement *bound, enum arm arm,
    const char *const *values, struct result *ret, struct err *err)
{
	struct err problem = {0};
	int rc = db_exec(db, "SAVEPOINT " CURSOR, err);

	if (rc < 0)
		return rc;
	rc = open_cursor(db, bound, arm, values, &problem);
	if (rc == 0)
		rc = fetch_all(db, ret, &problem);
	if (rc == 0)
		return 0;
	if (problem.code == ERR_INTERRUPTED || !db_alive(db)) {
		*err = problem;
		return rc;
	}
	ret->timed_out = strcmp(problem.sqlstate, "57014") == 0;
	memcpy(ret->sqlstate, problem.sqlstate[0] ? problem.sqlstate : "XX000", 6);
	return db_exec(db, "ROLLBACK TO SAVEPOINT " CURSOR, err);
}

static int compare_hash(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static void sort(struct result *result)
{
	if (result->n)
		qsort(result->rows, result->n, sizeof(result->rows[0]), compare_hash);
}

static bool same_order(const struct result *a, const struct result *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->rows, b->rows, a->n * sizeof(a->rows[0])) == 0);
}

/* Rows of one sorted result that the other one has not. */
static size_t missing(const struct result *from, const struct result *in)
{
	size_t n = 0, k = 0;

	for (size_t i = 0; i < from->n; i++) {
		while (k < in->n && in->rows[k] < from->rows[i])
			k++;
		if (k < in->n && in->rows[k] == from->rows[i])
			k++;
		else
			n++;
	}
	return n;
}

static bool same_rows(const struct result *a, const struct result *b)
{
	return a->columns == b->columns && a->n == b->n && missing(a, b) == 0;
}

/* One vector while it is compared. */
struct comparison {
	struct db *db;
	const struct bound_statement *bound;
	size_t row; /* of the vectors */
	const char *const *values;
	struct result arms[N_ARMS];
	struct run_rewrite *record;
};

static void note_difference(struct comparison *c)
{
	const struct result *before = &c->arms[ARM_BASELINE], *after = &c->arms[ARM_CANDIDATE];
	char *text;

	c->record->mismatches++;
	if (c->record->difference)
		return;
	if (after->sqlstate[0])
		text = xasprintf(
		    "with vector %zu the rewrite fails with SQLSTATE %s", c->row + 1, after->sqlstate);
	else if (before->columns != after->columns)
		text = xasprintf(
		    "the rewrite returns %d columns instead of %d", after->columns, before->columns);
	else
		text = xasprintf("with vector %zu the rewrite returns %zu rows instead of %zu: %zu of the "
		                 "statement's are missing, %zu are others",
		    c->row + 1, after->n, before->n, missing(before, after), missing(after, before));
	c->record->difference = text;
}

/* A statement whose own results change from run to run says nothing about its rewrite. */
static int check_itself(struct comparison *c, struct err *err)
{
	struct result again = {0};
	int rc = run_text(c->db, c->bound, ARM_BASELINE, c->values, &again, err);

	if (rc == 0) {
		sort(&again);
		if (is_complete(&again) && same_rows(&c->arms[ARM_BASELINE], &again))
			note_difference(c);
		else
			c->record->unstable++;
	}
	result_release(&again);
	return rc;
}

static int hold_together(struct comparison *c, struct err *err)
{
	struct result *before = &c->arms[ARM_BASELINE], *after = &c->arms[ARM_CANDIDATE];
	bool ordered;

	if (!is_complete(before) || after->timed_out || after->too_large) {
		c->record->unknown++;
		return 0;
	}
	c->record->compared++;
	if (after->sqlstate[0]) {
		note_difference(c);
		return 0;
	}
	ordered = same_order(before, after);
	sort(before);
	sort(after);
	if (!same_rows(before, after))
		return check_itself(c, err);
	c->record->reordered += !ordered;
	return 0;
}

static int compare_vector(struct comparison *c, struct err *err)
{
	int rc = db_execf(c->db, err,
	    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = %d;"
	    " SET LOCAL cursor_tuple_fraction = 1; SET LOCAL extra_float_digits = 0",
	    TIMEOUT_MS);

	for (int arm = 0; rc == 0 && arm < N_ARMS; arm++)
		rc = run_text(c->db, c->bound, (enum arm)arm, c->values, &c->arms[arm], err);
	if (rc == 0)
		rc = hold_together(c, err);
	for (int arm = 0; arm < N_ARMS; arm++)
		result_release(&c->arms[arm]);
	if (db_exec(c->db, "ROLLBACK", rc < 0 ? NULL : err) < 0 && rc == 0)
		rc = err->code;
	return rc;
}

/* Does the server take the rewrite at all, and all its parameters? */
static int check_prepares(struct db *db, const struct bound_statement *bound, struct err *err)
{
	_cleanup_free_ uint32_t *types = xcalloc(bound->n_params + 1, sizeof(*types));
	struct err problem = {0};

	for (size_t i = 0; i < bound->n_params; i++)
		types[i] = bound->params[i].type_oid;
	if (db_prepare(
	        db, "", bound->candidate_sql, (int)bound->n_params, types, NULL, NULL, &problem) == 0)
		return 0;
	*err = problem;
	if (problem.code != ERR_INTERRUPTED && db_alive(db))
		err->code = ERR_USAGE;
	return err_wrap(err, "the rewrite of \"%s\" cannot be prepared", bound->name);
}

static int compare_statement(
    struct db *db, const struct bound_statement *bound, struct run_rewrite *record, struct err *err)
{
	size_t n = bound->n_params ? bound->n_vectors : 1;
	size_t wanted = n < MAX_VECTORS ? n : MAX_VECTORS;
	uint64_t end_ns = clock_now_ns(&clock_monotonic) + STATEMENT_NS;

	record->sql = xstrdup(bound->candidate_sql);
	for (size_t i = 0; i < wanted; i++) {
		struct comparison c = {.db = db, .bound = bound, .row = i * n / wanted, .record = record};

		if (stop_requested())
			return stop_error(err);
		if (i > 0 && clock_now_ns(&clock_monotonic) > end_ns)
			break;
		if (bound->n_params)
			c.values = (const char *const *)bound->values + c.row * bound->n_params;
		if (compare_vector(&c, err) < 0)
			return err_wrap(err, "comparing the results of \"%s\"", bound->name);
	}
	return 0;
}

int measure_results(struct db *candidate, const struct vectors *vectors,
    const struct progress *progress, struct run *run, struct err *err)
{
	for (size_t i = 0; i < vectors->n_statements && i < run->n_replayed; i++) {
		const struct bound_statement *bound = &vectors->statements[i];
		struct run_rewrite *record = &run->statements[i].rewrite;

		if (!bound->candidate_sql)
			continue;
		if (check_prepares(candidate, bound, err) < 0 ||
		    compare_statement(candidate, bound, record, err) < 0)
			return err->code;
		progress_say(progress, PROGRESS_NOTE, "%s: results of %.0f vectors compared, %.0f differ",
		    bound->name, record->compared, record->mismatches);
	}
	return 0;
}
