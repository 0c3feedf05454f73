#include "sql/analyze.h"

#include "base/mem.h"
#include "sql/tree.h"

#include <string.h>

/* The text of WITH up to the statement it belongs to. */
static struct span with_span(const struct lex *lex, const json_t *with)
{
	size_t location = node_location(with);

	return span_until(lex, location == NO_LOCATION ? 0 : lex_at(lex, location),
	    "select\0insert\0update\0delete\0merge\0values\0table\0");
}

static bool writes(const json_t *node)
{
	return node_as(node, "InsertStmt") || node_as(node, "UpdateStmt") ||
	       node_as(node, "DeleteStmt");
}

static void see_cte(struct analyzer *a, const json_t *cte)
{
	GROW(a->ctes, a->sight.n_ctes, a->cap_ctes);
	a->ctes[a->sight.n_ctes++] = node_text(cte, "ctename");
}

/* Puts the CTEs in sight, for each of them those before it; of a recursive WITH always all. The
 * caller takes a->sight back after the statement. */
void analyze_with(struct analyzer *a, const json_t *with, int scope)
{
	bool recursive = node_flag(with, "recursive");
	struct span whole;
	const json_t *item, *cte;
	size_t i;

	if (!with)
		return;
	whole = with_span(&a->lex, with);
	a->sight.with = recursive ? whole : (struct span){0, 0};
	a->sight.with_writes = false;
	json_array_foreach (node_get(with, "ctes"), i, item) {
		if (recursive)
			see_cte(a, node_as(item, "CommonTableExpr"));
	}
	json_array_foreach (node_get(with, "ctes"), i, item) {
		cte = node_as(item, "CommonTableExpr");
		if (!recursive && i > 0) /* without the comma before this one */
			a->sight.with = (struct span){whole.first, lex_at(&a->lex, node_location(cte)) - 1};
		a->derived =
		    (struct derived){node_text(cte, "ctename"), node_get(cte, "aliascolnames"), scope};
		analyze_statement(a, node_get(cte, "ctequery"), scope, -1);
		a->sight.with_writes |= writes(node_get(cte, "ctequery"));
		if (!recursive)
			see_cte(a, cte);
	}
	a->sight.with = whole;
}

static void analyze_limit(struct analyzer *a, const json_t *select, int scope)
{
	struct want want = want_nothing(scope);

	want.direct = true;
	want.role = PARAM_LIMIT;
	analyze_node(a, node_get(select, "limitCount"), &want);
	want.role = PARAM_OFFSET;
	analyze_node(a, node_get(select, "limitOffset"), &want);
	a->out->has_limit |= node_get(select, "limitCount") != NULL;
	a->out->locks_rows |= node_get(select, "lockingClause") != NULL;
	a->out->creates_table |= node_get(select, "intoClause") != NULL;
	a->out->writes |= a->out->creates_table;
}

/* VALUES outside INSERT. */
static void analyze_values(
    struct analyzer *a, const json_t *rows, int scope, const struct derived *derived)
{
	const json_t *row, *item;
	size_t i, k;

	json_array_foreach (rows, i, row) {
		int group = a->groups++;

		json_array_foreach (node_get(node_as(row, "List"), "items"), k, item) {
			struct want want = want_nothing(scope);

			want.direct = true;
			want.needs_type = true;
			want.group = group;
			if (node_contains(item, "ParamRef"))
				derived_want(a, derived, k, "", &want);
			analyze_node(a, item, &want);
		}
	}
}

static void analyze_targets(
    struct analyzer *a, const json_t *targets, int scope, const struct derived *derived)
{
	const json_t *item;
	size_t i;

	json_array_foreach (targets, i, item) {
		const json_t *target = node_as(item, "ResTarget"), *value = node_get(target, "val");
		struct want want = want_nothing(scope);

		if (node_as(value, "ParamRef") || node_as(value, "TypeCast")) {
			want.direct = true;
			want.needs_type = derived->name != NULL;
			derived_want(a, derived, i, node_text(target, "name"), &want);
		}
		analyze_node(a, value, &want);
	}
}

static void analyze_plain_select(
    struct analyzer *a, const json_t *select, int scope, const struct derived *derived)
{
	struct want nothing = want_nothing(scope);

	scope_set_from(a, scope, node_get(select, "fromClause"));
	scope_add_conjuncts(a, scope, node_get(select, "whereClause"));
	analyze_node(a, node_get(select, "distinctClause"), &nothing);
	analyze_targets(a, node_get(select, "targetList"), scope, derived);
	analyze_node(a, node_get(select, "fromClause"), &nothing);
	analyze_node(a, node_get(select, "whereClause"), &nothing);
	analyze_node(a, node_get(select, "groupClause"), &nothing);
	nothing.aggregate = true;
	analyze_node(a, node_get(select, "havingClause"), &nothing);
	nothing.aggregate = false;
	analyze_node(a, node_get(select, "windowClause"), &nothing);
	analyze_values(a, node_get(select, "valuesLists"), scope, derived);
}

int analyze_select(struct analyzer *a, const json_t *select, int parent, int own)
{
	int scope = own >= 0 ? own : scope_new(a, parent);
	struct derived derived = derived_take(a);
	struct sight sight = a->sight;
	struct want nothing = want_nothing(scope);

	analyze_with(a, node_get(select, "withClause"), scope);
	if (node_get(select, "larg")) {
		a->derived = derived;
		analyze_select(a, node_get(select, "larg"), parent, scope);
		a->derived = derived;
		analyze_select(a, node_get(select, "rarg"), parent, -1);
	} else {
		analyze_plain_select(a, select, scope, &derived);
	}
	analyze_node(a, node_get(select, "sortClause"), &nothing);
	analyze_limit(a, select, scope);
	a->sight = sight;
	return scope;
}
