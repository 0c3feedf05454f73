#include "sql/want.h"

#include "sql/tree.h"

#include <string.h>

bool word_in(const char *word, const char *list)
{
	for (; *list; list += strlen(list) + 1)
		if (strcmp(word, list) == 0)
			return true;
	return false;
}

struct want want_nothing(int scope)
{
	return (struct want){.role = PARAM_OTHER, .scope = scope, .group = -1};
}

/* The same place, but what stands there is computed with. */
struct want want_computed(const struct want *want)
{
	struct want inner = want_nothing(want->scope);

	if (want->role == PARAM_SET || want->role == PARAM_INSERT || want->role == PARAM_LIMIT ||
	    want->role == PARAM_OFFSET) {
		inner = *want;
		inner.direct = false;
	}
	return inner;
}

const char *expr_operator(const json_t *expression)
{
	return node_last_name(node_get(expression, "name"));
}

/* Below casts and collations. */
const json_t *expr_bare(const json_t *node)
{
	const json_t *body;

	for (;;) {
		const char *kind = node_kind(node, &body);

		if (strcmp(kind, "TypeCast") != 0 && strcmp(kind, "CollateClause") != 0)
			return node;
		node = node_get(body, "arg");
	}
}

bool expr_is_param(const json_t *node)
{
	return node_as(expr_bare(node), "ParamRef") != NULL;
}

const char *expr_cast_type(const json_t *node)
{
	return node_last_name(node_get(node_get(node_as(node, "TypeCast"), "typeName"), "names"));
}

bool expr_is_interval(const json_t *node)
{
	const json_t *expression = node_as(node, "A_Expr");

	if (strcmp(expr_cast_type(node), "interval") == 0)
		return true;
	if (strcmp(node_last_name(node_get(node_as(node, "FuncCall"), "funcname")), "make_interval") ==
	    0)
		return true;
	return expression && word_in(expr_operator(expression), "*\0/\0") &&
	       (expr_is_interval(node_get(expression, "lexpr")) ||
	           expr_is_interval(node_get(expression, "rexpr")));
}

/* An expression that is a point in time whatever the tables are. */
bool expr_is_time(const json_t *node)
{
	static const char functions[] = "now\0clock_timestamp\0statement_timestamp\0"
	                                "transaction_timestamp\0date_trunc\0timezone\0to_timestamp\0";
	const char *function = node_last_name(node_get(node_as(node, "FuncCall"), "funcname"));
	const char *keyword = node_text(node_as(node, "SQLValueFunction"), "op");
	const json_t *expression = node_as(node, "A_Expr");

	if (strstr(keyword, "CURRENT_DATE") || strstr(keyword, "TIME"))
		return true; /* CURRENT_TIMESTAMP, LOCALTIME, ...; not CURRENT_USER */
	if (word_in(expr_cast_type(node), "date\0timestamp\0timestamptz\0") ||
	    word_in(function, functions))
		return true;
	return expression && word_in(expr_operator(expression), "+\0-\0") &&
	       expr_is_time(node_get(expression, "lexpr"));
}

/* What moves a date is a number of days; what moves a time, an interval. */
const char *expr_movement_type(const json_t *time)
{
	const json_t *keyword = node_as(time, "SQLValueFunction");

	return node_is(keyword, "op", "SVFOP_CURRENT_DATE") || strcmp(expr_cast_type(time), "date") == 0
	           ? "int4"
	           : "interval";
}

/* $1 = $2, coalesce($1, $2) = $3: nothing there tells a value. */
bool expr_only_params(const json_t *node)
{
	return node_contains(node, "ParamRef") && !node_contains(node, "ColumnRef") &&
	       !node_contains(node, "SubLink");
}

bool expr_all_params(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (!node_as(item, "ParamRef"))
			return false;
	}
	return true;
}

struct want want_partner(
    int scope, enum param_role role, const char *op, const json_t *partner, struct span span)
{
	struct want want = want_nothing(scope);

	want.role = op && !expr_only_params(partner) ? role : PARAM_OTHER;
	want.op = op;
	want.partner = span;
	want.partner_node = partner;
	want.direct = true;
	return want;
}
