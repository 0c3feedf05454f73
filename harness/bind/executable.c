/*
 * A text that prepares. In this order: the splices of sql_executable, one parameter for a
 * constant that was written twice, declared parameter types, and last a literal in place.
 */
#include "bind/binding.h"
#include "bind/lists.h"
#include "bind/repeated.h"
#include "bind/time_shift.h"
#include "bind/types.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TRIES 200 /* PREPAREs per statement; one takes some 0.2 ms */

/* The search for declared types, while it lasts. */
struct attempt {
	struct binding *b;
	uint32_t *types; /* declared; 0 inferred */
	int n;
	int tries;
	uint32_t *resolved; /* after success */
	int n_resolved;
	struct err err; /* of the last try */
};

/* What an undeclared parameter is tried as, commonest first. */
static const uint32_t candidate_types[] = {TYPE_INT4, TYPE_TEXT, TYPE_NUMERIC, TYPE_TIMESTAMPTZ,
    TYPE_INTERVAL, TYPE_DATE, TYPE_FLOAT8, TYPE_BOOL, TYPE_INT8, TYPE_JSONB, TYPE_UUID,
    TYPE_TIMESTAMP, TYPE_TEXT_ARRAY, TYPE_INT4_ARRAY};
#define N_CANDIDATE_TYPES (sizeof(candidate_types) / sizeof(candidate_types[0]))

static bool try_prepare(struct attempt *a)
{
	a->tries++;
	if (a->b->prepared)
		db_exec(a->b->run->db, "DEALLOCATE " PREPARED_NAME, NULL);
	free(a->resolved);
	a->resolved = NULL;
	a->err = (struct err){0};
	a->b->prepared = db_prepare(a->b->run->db, PREPARED_NAME, a->b->sql, a->n, a->types,
	                     &a->resolved, &a->n_resolved, &a->err) == 0;
	return a->b->prepared;
}

static bool failed_with(const struct attempt *a, const char *sqlstate)
{
	return strcmp(a->err.sqlstate, sqlstate) == 0;
}

/* No such function or operator, wrong type, ambiguous: a declared type may help. */
static bool failed_on_types(const struct attempt *a)
{
	static const char *const states[] = {"42883", "42804", "42725", "42P18", "42846", "22P02",
	    "42P38", "22007", "42P08", "2202E", "42809", NULL};

	for (const char *const *state = states; *state; state++)
		if (failed_with(a, *state))
			return true;
	return false;
}

/* Take another text over: analysed again, since offsets move. */
static int adopt_text(struct binding *b, char *sql, struct err *err)
{
	if (b->sql != sql)
		free(b->sql);
	b->sql = sql;
	sql_analysis_release(&b->analysis);
	b->analysis = (struct sql_analysis){0};
	return sql_analyze(sql, &b->analysis, err);
}

/* Close gaps in the numbering: $1, $3 -> $1, $2. */
static int renumber(struct binding *b, struct err *err)
{
	int n = b->analysis.n_params, next = 0;
	char **names = xcalloc((size_t)n + 1, sizeof(*names));
	char *sql = NULL;

	for (size_t i = 0; i < b->analysis.n_param_items; i++)
		if (!names[b->analysis.params[i].number - 1])
			names[b->analysis.params[i].number - 1] = xstrdup("");
	for (int i = 0; i < n; i++) {
		if (!names[i])
			continue;
		free(names[i]);
		names[i] = xasprintf("$%d", ++next);
	}
	if (next < n)
		sql = sql_substitute(b->sql, (const char *const *)names, n);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return sql ? adopt_text(b, sql, err) : 0;
}

/* The type of an expression over a scope's FROM, from a query that returns nothing. */
static uint32_t expression_type(struct binding *b, const struct sql_param *item)
{
	const struct sql_scope *scope = &b->analysis.scopes[item->scope];
	struct db_rows *rows;
	uint32_t type = 0;
	_cleanup_free_ char *sql = NULL;
	_cleanup_free_ char **nulls = xcalloc((size_t)b->analysis.n_params + 1, sizeof(*nulls));
	_cleanup_free_ char *text = NULL;

	if (!scope->from || !item->partner)
		return 0;
	for (int i = 0; i < b->analysis.n_params; i++)
		nulls[i] = (char *)(uintptr_t) "NULL";
	text = xasprintf(
	    "%s SELECT %s FROM %s LIMIT 0", scope->with ? scope->with : "", item->partner, scope->from);
	sql = sql_substitute(text, (const char *const *)nulls, b->analysis.n_params);
	rows = db_queryv(b->run->db, sql, 0, NULL, NULL);
	if (rows && db_rows_columns(rows) == 1)
		type = db_column_type(rows, 0);
	db_rows_free(rows);
	return type;
}

static uint32_t named_type(struct binding *b, const struct sql_param *item)
{
	return item->type ? catalog_type_oid(b->run->catalog, item->type, NULL) : 0;
}

static uint32_t likely_type(struct binding *b, const struct sql_param *item)
{
	uint32_t type = named_type(b, item);

	if (type)
		return type;
	if (item->role == PARAM_INTERVAL)
		return TYPE_INTERVAL;
	if (item->role == PARAM_LIMIT || item->role == PARAM_OFFSET)
		return TYPE_INT8;
	type = expression_type(b, item);
	if (type && (item->role == PARAM_ANY || item->role == PARAM_ELEMENT)) {
		const struct catalog_type *found = catalog_type(b->run->catalog, type, NULL);
		if (!found)
			return 0;
		return item->role == PARAM_ANY ? found->array : found->element;
	}
	return type;
}

static const struct sql_param *item_of(const struct binding *b, int number)
{
	const struct sql_param *found = NULL;

	for (size_t i = 0; i < b->analysis.n_param_items; i++) {
		const struct sql_param *item = &b->analysis.params[i];
		if (item->number == number && (!found || (!found->partner && item->partner)))
			found = item;
	}
	return found;
}

/* 42P18 names the parameter whose type nothing determines. */
static bool declare_named(struct attempt *a)
{
	const char *at = strstr(a->err.message, "parameter $");
	int number = at ? atoi(at + strlen("parameter $")) : 0;
	const struct sql_param *item = number >= 1 ? item_of(a->b, number) : NULL;
	uint32_t type;

	if (number < 1 || number > a->n || a->types[number - 1])
		return false;
	type = item ? likely_type(a->b, item) : 0;
	a->types[number - 1] = type ? type : TYPE_TEXT;
	return true;
}

static bool declare_undetermined(struct attempt *a)
{
	while (failed_with(a, "42P18"))
		if (!declare_named(a) || try_prepare(a))
			break;
	return a->b->prepared;
}

/* Parameters that stand against an expression get its type: ANY(ARRAY[$1, $2]) and the like. */
static bool declare_partners(struct attempt *a)
{
	bool any = false;

	for (int number = 1; number <= a->n; number++) {
		const struct sql_param *item = item_of(a->b, number);
		uint32_t type;
		if (!item || a->types[number - 1] || item->role == PARAM_OTHER ||
		    item->role == PARAM_INSERT || item->role == PARAM_SET)
			continue;
		type = likely_type(a->b, item);
		if (type) {
			a->types[number - 1] = type;
			any = true;
		}
	}
	if (!any)
		return false;
	if (try_prepare(a) || declare_undetermined(a))
		return true;
	return false;
}

static void declare_group(struct attempt *a, int number, uint32_t type)
{
	const struct sql_param *item = item_of(a->b, number);

	a->types[number - 1] = type;
	for (size_t i = 0; item && item->group >= 0 && i < a->b->analysis.n_param_items; i++) {
		const struct sql_param *other = &a->b->analysis.params[i];
		if (other->group == item->group && item->role != PARAM_INSERT)
			a->types[other->number - 1] = type;
	}
}

/* Parameter by parameter, keep the first type that makes the complaint go away or change. */
static bool search_types(struct attempt *a)
{
	for (int number = 1; number <= a->n; number++) {
		struct err before = a->err;
		uint32_t previous = a->types[number - 1];
		bool changed = false;
		for (size_t i = 0; i < N_CANDIDATE_TYPES && !changed && a->tries < MAX_TRIES; i++) {
			if (previous)
				break;
			declare_group(a, number, candidate_types[i]);
			if (try_prepare(a) || declare_undetermined(a))
				return true;
			changed = strcmp(a->err.message, before.message) != 0 && failed_on_types(a) &&
			          !strstr(a->err.message, "unknown");
		}
		if (!changed && !previous) {
			declare_group(a, number, 0);
			a->err = before;
		}
	}
	return false;
}

/* A constant in place of one parameter, where the grammar takes nothing else. */
static bool put_literals(struct attempt *a)
{
	static const char *const literals[] = {"1", "'1'", "'1 day'"};

	for (int number = 1; number <= a->n; number++) {
		_cleanup_free_ const char **texts = xcalloc((size_t)a->n, sizeof(*texts));
		const struct sql_param *item = item_of(a->b, number);
		if (item && item->role != PARAM_OTHER && item->role != PARAM_TYPED &&
		    item->role != PARAM_INTERVAL)
			continue;
		for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
			char *whole = a->b->sql;
			if (a->tries >= MAX_TRIES)
				return false;
			texts[number - 1] = literals[i];
			a->b->sql = sql_substitute(whole, texts, a->n);
			a->types[number - 1] = TYPE_TEXT; /* the number stays, with nothing to infer it from */
			if (try_prepare(a)) {
				binding_note(a->b, "constant %s stands in the text for $%d", literals[i], number);
				free(whole);
				return true;
			}
			free(a->b->sql);
			a->b->sql = whole;
			a->types[number - 1] = 0;
		}
	}
	return false;
}

/* A type of this database's own may have another OID on a clone: name it in the text instead. */
static int cast_own_types(struct attempt *a, struct err *err)
{
	char **casts = xcalloc((size_t)a->n + 1, sizeof(*casts));
	bool any = false;
	char *sql;
	int rc = 0;

	for (int i = 0; i < a->n; i++) {
		const struct catalog_type *type;
		if (a->types[i] < TYPE_FIRST_USER)
			continue;
		type = catalog_type(a->b->run->catalog, a->types[i], err);
		if (!type)
			continue;
		casts[i] = xasprintf("CAST($%d AS %s)", i + 1, type->name);
		any = true;
	}
	if (any) {
		sql = sql_substitute(a->b->sql, (const char *const *)casts, a->n);
		rc = adopt_text(a->b, sql, err);
		if (rc == 0 && !try_prepare(a)) {
			*err = a->err;
			rc = err->code;
		}
	}
	for (int i = 0; i < a->n; i++)
		free(casts[i]);
	free(casts);
	return rc;
}

/* Where the analysis knows that nothing can be inferred, or that the wrong type would be. */
static void declare_needed(struct attempt *a)
{
	for (int number = 1; number <= a->n; number++) {
		const struct sql_param *item = item_of(a->b, number);
		if (item && item->needs_type)
			a->types[number - 1] = likely_type(a->b, item);
	}
}

static void note_declared(struct attempt *a)
{
	int declared = 0;

	for (int i = 0; i < a->n; i++)
		declared += a->types[i] != 0;
	if (declared && a->b->note.len == 0)
		binding_note(
		    a->b, "declared the type of %d parameter%s", declared, declared == 1 ? "" : "s");
}

static bool merge_repeated(struct attempt *a, struct err *err)
{
	char *merged = repeated_merge(a->b->sql);

	if (!merged || adopt_text(a->b, merged, err) < 0 || renumber(a->b, err) < 0)
		return false;
	a->n = a->b->analysis.n_params;
	memset(a->types, 0, (size_t)a->n * sizeof(*a->types));
	declare_needed(a);
	binding_note(a->b, "a constant that GROUP BY or ORDER BY repeats is one parameter");
	return try_prepare(a);
}

static bool find_types(struct attempt *a)
{
	if (declare_undetermined(a))
		return true;
	return failed_on_types(a) && (declare_partners(a) || search_types(a));
}

/* INSERT without a column list: the place in the row tells the column. */
static void name_insert_columns(struct binding *b)
{
	for (size_t i = 0; i < b->analysis.n_param_items; i++) {
		struct sql_param *item = &b->analysis.params[i];
		const char *target = b->analysis.scopes[item->scope].target;
		const struct catalog_table *table;
		if (item->role != PARAM_INSERT || item->partner || !target)
			continue;
		table = catalog_table(b->run->catalog, target, NULL);
		if (table && item->position >= 1 && (size_t)item->position <= table->n_columns)
			item->partner = db_quote_ident(table->columns[item->position - 1].name);
	}
}

static int fill_slots(struct attempt *a, struct err *err)
{
	struct binding *b = a->b;

	name_insert_columns(b);
	b->n_slots = (size_t)a->n_resolved;
	b->slots = xcalloc(b->n_slots + 1, sizeof(*b->slots));
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		slot->number = (int)i + 1;
		slot->item = item_of(b, slot->number);
		slot->declared = i < (size_t)a->n ? a->types[i] : 0;
		slot->type = catalog_type(b->run->catalog, a->resolved[i], err);
		slot->pool = -1;
		slot->mate = -1;
		if (!slot->type)
			return err->code ? err->code
			                 : err_set(err, ERR_USAGE, "parameter $%zu has an unknown type", i + 1);
	}
	return 0;
}

/* What the server said, and where the reason may lie outside the statement. */
static int refuse(struct attempt *a, struct err *err)
{
	*err = a->err;
	err->code = ERR_USAGE;
	if (failed_with(a, "42P01"))
		err_hint(
		    err, "the table is not on staging, or in another schema than its search_path says");
	return ERR_USAGE;
}

/* The repaired text, its clock moved back where that is wanted; caller frees. */
static char *repaired_text(struct binding *b, bool shift, struct err *err)
{
	_cleanup_free_ char *note = NULL;
	char *sql = NULL, *other;

	if (sql_executable(b->text, &sql, &note, err) < 0)
		return NULL;
	lists_note(b);
	if (note)
		binding_note(b, "%s", note);
	if (db_server_version(b->run->db) < 140000) {
		other = sql_executable_before_14(sql);
		free(sql);
		sql = other;
	}
	other = shift ? time_shifted(b->run, sql) : NULL;
	b->shifted = other != NULL;
	if (other)
		free(sql);
	return other ? other : sql;
}

static int choose(struct binding *b, bool shift, struct err *err)
{
	struct attempt a = {.b = b};
	char *sql = repaired_text(b, shift, err);
	int rc;

	if (!sql || adopt_text(b, sql, err) < 0 || renumber(b, err) < 0)
		return err->code;
	a.n = b->analysis.n_params;
	a.types = xcalloc((size_t)a.n + 1, sizeof(*a.types));
	declare_needed(&a);
	if (!try_prepare(&a) && (failed_with(&a, "42803") || failed_with(&a, "42P10")))
		merge_repeated(&a, err);
	if (!b->prepared && !find_types(&a) && !bind_server_failed(b, &a.err))
		put_literals(&a);
	if (bind_server_failed(b, &a.err)) {
		*err = a.err;
		rc = err->code;
	} else if (!b->prepared) {
		rc = refuse(&a, err);
	} else {
		note_declared(&a);
		rc = cast_own_types(&a, err);
		if (rc == 0)
			rc = adopt_text(b, b->sql, err) < 0 ? err->code : fill_slots(&a, err);
	}
	free(a.types);
	free(a.resolved);
	return rc;
}

/* A text that names a result of the clock's may not prepare with another expression there. */
int executable_choose(struct binding *b, struct err *err)
{
	struct err moved = {0};
	int rc = choose(b, true, err);

	if (rc == 0 && b->shifted)
		binding_note(b, "the clock is moved back to staging's time");
	if (rc == 0 || !b->shifted || bind_server_failed(b, err))
		return rc;
	moved = *err;
	*err = (struct err){0};
	b->note.len = 0;
	rc = choose(b, false, err);
	if (rc == 0)
		binding_note(b, "the clock is not moved back to staging's time: %s", moved.message);
	return rc;
}
