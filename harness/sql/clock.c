#include "sql/clock.h"

#include "base/buf.h"
#include "base/mem.h"
#include "sql/lex.h"
#include "sql/tree.h"

#include <stdlib.h>
#include <string.h>

enum clock_kind { CLOCK_NONE, CLOCK_STAMP, CLOCK_DATE, CLOCK_TIMETZ, CLOCK_TIME };

struct clock_read {
	size_t start; /* offset in the text */
	enum clock_kind kind;
	bool unnamed; /* alone in a list of results: it gave the column its name */
};

/* What a walk over the tree finds. */
struct clock_walk {
	struct clock_read *reads;
	size_t n_reads, cap_reads;
	struct strv *columns; /* NULL: not wanted */
};

static enum clock_kind value_function(const char *op)
{
	static const struct {
		const char *op;
		enum clock_kind kind;
	} ops[] = {
	    {"SVFOP_CURRENT_TIMESTAMP", CLOCK_STAMP},
	    {"SVFOP_CURRENT_TIMESTAMP_N", CLOCK_STAMP},
	    {"SVFOP_LOCALTIMESTAMP", CLOCK_STAMP},
	    {"SVFOP_LOCALTIMESTAMP_N", CLOCK_STAMP},
	    {"SVFOP_CURRENT_DATE", CLOCK_DATE},
	    {"SVFOP_CURRENT_TIME", CLOCK_TIMETZ},
	    {"SVFOP_CURRENT_TIME_N", CLOCK_TIMETZ},
	    {"SVFOP_LOCALTIME", CLOCK_TIME},
	    {"SVFOP_LOCALTIME_N", CLOCK_TIME},
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(op, ops[i].op) == 0)
			return ops[i].kind;
	return CLOCK_NONE;
}

static bool is_clock_function(const json_t *call)
{
	static const char *const names[] = {
	    "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"};
	const json_t *name = node_get(call, "funcname");
	size_t parts = json_array_size(name);

	if (json_array_size(node_get(call, "args")) > 0 || parts > 2)
		return false;
	if (parts == 2 && !node_is(node_as(json_array_get(name, 0), "String"), "sval", "pg_catalog"))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(node_last_name(name), names[i]) == 0)
			return true;
	return false;
}

/* Is this node itself a read of the clock? */
static enum clock_kind clock_kind_of(const json_t *node, size_t *ret_location)
{
	const json_t *call = node_as(node, "FuncCall"), *value = node_as(node, "SQLValueFunction");
	enum clock_kind kind = CLOCK_NONE;

	if (call && is_clock_function(call))
		kind = CLOCK_STAMP;
	else if (value)
		kind = value_function(node_text(value, "op"));
	*ret_location = kind == CLOCK_NONE ? NO_LOCATION : node_location(call ? call : value);
	return *ret_location == NO_LOCATION ? CLOCK_NONE : kind;
}

static bool is_clock(const json_t *node)
{
	size_t location;

	return clock_kind_of(node, &location) != CLOCK_NONE;
}

static const char *operator_of(const json_t *expr)
{
	return node_last_name(node_get(expr, "name"));
}

/* Without casts, date_trunc('day', x) and x AT TIME ZONE y around it. */
static const json_t *bare(const json_t *node)
{
	for (;;) {
		const json_t *cast = node_as(node, "TypeCast"), *call = node_as(node, "FuncCall");
		const char *name = node_last_name(node_get(call, "funcname"));

		if (cast)
			node = node_get(cast, "arg");
		else if (strcmp(name, "date_trunc") == 0 || strcmp(name, "timezone") == 0)
			node = json_array_get(node_get(call, "args"), 1);
		else
			return node;
	}
}

static const char *column_of(const json_t *node)
{
	return node_last_name(node_get(node_as(bare(node), "ColumnRef"), "fields"));
}

/* clock - x, (clock - x) - y */
static bool is_before_clock(const json_t *node)
{
	const json_t *expr = node_as(bare(node), "A_Expr");

	return expr && strcmp(operator_of(expr), "-") == 0 &&
	       (is_clock(bare(node_get(expr, "lexpr"))) || is_before_clock(node_get(expr, "lexpr")));
}

static void add_column(struct clock_walk *w, const char *name)
{
	if (w->columns && name[0] && !strv_contains(w->columns, name))
		strv_add(w->columns, name);
}

static void look_at_expression(struct clock_walk *w, const json_t *expr)
{
	const json_t *left = node_get(expr, "lexpr"), *right = node_get(expr, "rexpr");
	const json_t *bounds = node_get(node_as(right, "List"), "items");
	const char *op = operator_of(expr);

	if (strcmp(op, "-") == 0 && is_clock(left))
		add_column(w, column_of(right));
	if (node_is(expr, "kind", "AEXPR_BETWEEN") && is_before_clock(json_array_get(bounds, 0)))
		add_column(w, column_of(left));
	if (!node_is(expr, "kind", "AEXPR_OP") || !op[0] || !strchr("<>=", op[0]))
		return;
	if (is_before_clock(right))
		add_column(w, column_of(left));
	if (is_before_clock(left))
		add_column(w, column_of(right));
}

/* INSERT (a, b) VALUES ($1, now()) */
static void look_at_insert(struct clock_walk *w, const json_t *insert)
{
	const json_t *columns = node_get(insert, "cols");
	const json_t *select = node_as(node_get(insert, "selectStmt"), "SelectStmt");
	const json_t *row = node_as(json_array_get(node_get(select, "valuesLists"), 0), "List");
	const json_t *items = row ? node_get(row, "items") : node_get(select, "targetList");

	for (size_t i = 0; i < json_array_size(items) && i < json_array_size(columns); i++) {
		const json_t *item = json_array_get(items, i), *target = node_as(item, "ResTarget");
		if (is_clock(target ? node_get(target, "val") : item))
			add_column(w, node_text(node_as(json_array_get(columns, i), "ResTarget"), "name"));
	}
}

/* UPDATE and ON CONFLICT DO UPDATE: SET a = now() */
static void look_at_assignments(struct clock_walk *w, const json_t *targets)
{
	size_t i;
	json_t *item;

	json_array_foreach (targets, i, item) {
		const json_t *target = node_as(item, "ResTarget");
		if (target && is_clock(node_get(target, "val")))
			add_column(w, node_text(target, "name"));
	}
}

static void add_read(struct clock_walk *w, const json_t *node, bool unnamed)
{
	size_t location;
	enum clock_kind kind = clock_kind_of(node, &location);

	if (kind == CLOCK_NONE)
		return;
	GROW(w->reads, w->n_reads, w->cap_reads);
	w->reads[w->n_reads++] = (struct clock_read){location, kind, unnamed};
}

static void walk(struct clock_walk *w, const json_t *node);

static void walk_body(struct clock_walk *w, const char *kind, const json_t *body)
{
	if (strcmp(kind, "A_Expr") == 0)
		look_at_expression(w, body);
	else if (strcmp(kind, "InsertStmt") == 0)
		look_at_insert(w, body);
	else if (strcmp(kind, "UpdateStmt") == 0 || strcmp(kind, "onConflictClause") == 0)
		look_at_assignments(w, node_get(body, "targetList"));
	walk(w, body);
}

/* A function in FROM stays what it is, since an expression may not stand there; its arguments do
 * not. */
static void walk_functions(struct clock_walk *w, const json_t *functions)
{
	size_t i;
	json_t *item;

	json_array_foreach (functions, i, item) {
		const json_t *function = json_array_get(node_get(node_as(item, "List"), "items"), 0);
		walk(w, node_as(function, "FuncCall"));
	}
}

/* jansson's limit of levels bounds the recursion. */
static void walk(struct clock_walk *w, const json_t *node)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach (node, i, inner) {
			add_read(w, inner, false);
			walk(w, inner);
		}
		return;
	}
	json_object_foreach ((json_t *)node, key, inner) {
		bool unnamed = strcmp(key, "val") == 0 && !json_object_get(node, "name");
		if (json_is_object(inner)) {
			if (strcmp(key, "FuncCall") != 0 && strcmp(key, "SQLValueFunction") != 0)
				add_read(w, inner, unnamed);
			walk_body(w, key, inner);
		} else if (json_is_array(inner) && strcmp(key, "functions") == 0) {
			walk_functions(w, inner);
		} else if (json_is_array(inner)) {
			walk(w, inner);
		}
	}
}

static int compare_reads(const void *left, const void *right)
{
	const struct clock_read *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void add_shifted(struct buf *out, const struct clock_read *read, const char *shift,
    const char *text, int length, const char *precision, int precision_length)
{
	switch (read->kind) {
	case CLOCK_DATE:
		buf_addf(out, "(CURRENT_TIMESTAMP - interval '%s')::date", shift);
		break;
	case CLOCK_TIMETZ:
		buf_addf(out, "(CURRENT_TIMESTAMP - interval '%s')::timetz%.*s", shift, precision_length,
		    precision);
		break;
	case CLOCK_TIME:
		buf_addf(
		    out, "(LOCALTIMESTAMP - interval '%s')::time%.*s", shift, precision_length, precision);
		break;
	default:
		buf_addf(out, "(%.*s - interval '%s')", length, text, shift);
	}
}

/* Copies the text up to the read, and the read as it is to be; returns the offset after it. */
static size_t splice(struct buf *out, const struct lex *lex, size_t copied,
    const struct clock_read *read, const char *shift)
{
	size_t first = lex_at(lex, read->start), last = lex_name_end(lex, first);
	size_t end, name_end = lex->tokens[last - 1].end;
	const char *text = lex->text;

	if (lex_is(lex, last, "("))
		last = lex_closing(lex, last) + 1;
	end = lex->tokens[last - 1].end;
	buf_add(out, text + copied, read->start - copied);
	add_shifted(out, read, shift, text + read->start, (int)(end - read->start), text + name_end,
	    (int)(end - name_end));
	if (read->unnamed) {
		const struct lex_token *name = &lex->tokens[lex_name_end(lex, first) - 1];
		buf_addf(out, " AS %.*s", (int)(name->end - name->start), text + name->start);
	}
	return end;
}

static char *splice_all(const char *text, struct clock_walk *w, const char *shift)
{
	struct buf out = BUF_INIT;
	struct lex lex;
	size_t copied = 0;

	lex_init(&lex, text);
	qsort(w->reads, w->n_reads, sizeof(*w->reads), compare_reads);
	for (size_t i = 0; i < w->n_reads; i++)
		copied = splice(&out, &lex, copied, &w->reads[i], shift);
	buf_add(&out, text + copied, lex.len - copied);
	lex_release(&lex);
	return buf_detach(&out);
}

static int look(const char *text, struct clock_walk *w, struct err *err)
{
	json_t *tree = NULL;
	int rc = tree_parse(text, &tree, err);

	if (rc < 0)
		return rc;
	walk(w, tree);
	json_decref(tree);
	return 0;
}

int sql_clock_shift(const char *text, const char *shift, char **ret, struct err *err)
{
	struct clock_walk w = {0};
	int rc = look(text, &w, err);

	if (rc == 0)
		*ret = w.n_reads ? splice_all(text, &w, shift) : NULL;
	free(w.reads);
	return rc;
}

int sql_clock_columns(const char *text, bool *ret_reads, struct strv *ret_columns, struct err *err)
{
	struct clock_walk w = {.columns = ret_columns};
	int rc = look(text, &w, err);

	*ret_reads = rc == 0 && w.n_reads > 0;
	free(w.reads);
	return rc;
}
