/*
 * Parameters in FROM (VALUES ($1, $2)) AS v(id, total), in such a CTE, or in the select list of a
 * subquery have no partner where they stand. It is where the column is used: v.id = o.id, or
 * SET total = v.total.
 */
#include "base/mem.h"
#include "sql/analyze.h"
#include "sql/tree.h"

#include <stdio.h>
#include <string.h>

static const char *column_name(const json_t *node, const char **ret_qualifier)
{
	const json_t *fields = node_get(node_as(node, "ColumnRef"), "fields");
	size_t n = json_array_size(fields);

	*ret_qualifier =
	    n > 1 ? node_text(node_as(json_array_get(fields, n - 2), "String"), "sval") : "";
	return n ? node_text(node_as(json_array_get(fields, n - 1), "String"), "sval") : "";
}

struct search {
	const struct lex *lex;
	const char *relation, *column;
	struct want *want; /* what was found */
	bool found, computed;
};

static bool is_column(const struct search *search, const json_t *node)
{
	const char *qualifier, *name = column_name(node, &qualifier);

	return strcmp(name, search->column) == 0 &&
	       (!*qualifier || strcmp(qualifier, search->relation) == 0);
}

static void take(struct search *search, enum param_role role, const char *op, const json_t *partner,
    struct span span)
{
	if (search->found || span.first == span.end)
		return;
	search->found = true;
	search->want->role = role;
	search->want->op = op;
	search->want->partner = span;
	search->want->partner_node = partner;
}

static void try_operator(struct search *search, const json_t *body)
{
	const json_t *left = node_get(body, "lexpr"), *right = node_get(body, "rexpr");
	const char *op = node_last_name(node_get(body, "name"));
	const json_t *other = is_column(search, left) ? right : is_column(search, right) ? left : NULL;

	if (!other || !node_is(body, "kind", "AEXPR_OP"))
		return;
	if (strlen(op) == 1 && strchr("+-*/%", *op))
		search->computed = true;
	else if ((strcmp(op, "=") == 0 || strcmp(op, "@@") == 0) && node_contains(other, "ColumnRef"))
		take(search, PARAM_COMPARE, op, other, span_node(search->lex, other));
}

static void try_target(struct search *search, const json_t *target)
{
	size_t location = node_location(target), i;

	if (!is_column(search, node_get(target, "val")) || !node_get(target, "name") ||
	    location == NO_LOCATION)
		return;
	i = lex_at(search->lex, location);
	if (!node_as(node_get(target, "val"), "ColumnRef"))
		return;
	/* In a select list the location is the value's, so a column of SET is told by its name. */
	if (lex_is(search->lex, lex_name_end(search->lex, i), "="))
		take(search, PARAM_SET, NULL, NULL, (struct span){i, lex_name_end(search->lex, i)});
}

static void look(struct search *search, const json_t *value)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach (value, i, inner)
			look(search, inner);
		return;
	}
	json_object_foreach ((json_t *)value, key, inner) {
		if (strcmp(key, "A_Expr") == 0)
			try_operator(search, inner);
		else if (strcmp(key, "ResTarget") == 0)
			try_target(search, inner);
		if (!search->found && (json_is_object(inner) || json_is_array(inner)))
			look(search, inner);
	}
}

struct derived derived_take(struct analyzer *a)
{
	struct derived derived = a->derived;

	a->derived = (struct derived){0};
	return derived;
}

void derived_want(struct analyzer *a, const struct derived *derived, size_t i, const char *name,
    struct want *want)
{
	const json_t *given = node_as(json_array_get(derived->columns, i), "String");
	struct search search = {.lex = &a->lex, .relation = derived->name, .want = want};
	char standard[32];

	if (!derived->name)
		return;
	snprintf(standard, sizeof(standard), "column%zu", i + 1);
	search.column = given ? node_text(given, "sval") : *name ? name : standard;
	look(&search, a->root);
	if (search.found)
		want->scope = derived->scope;
	else if (search.computed)
		want->likely_type = "int4";
}
