#include "base/mem.h"
#include "sql/analyze.h"
#include "sql/tree.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

void analyze_param(struct analyzer *a, size_t token, const struct want *want)
{
	struct sql_analysis *out = a->out;
	struct sql_param *item;
	struct lex_token at = lex_token(&a->lex, token);

	if (lex_param_number(&a->lex, token) < 1 || a->recorded[token])
		return;
	a->recorded[token] = true;
	GROW(out->params, out->n_param_items, out->cap_param_items);
	item = &out->params[out->n_param_items++];
	*item = (struct sql_param){
	    .number = lex_param_number(&a->lex, token),
	    .offset = at.start,
	    .length = at.end - at.start,
	    .role = want->role,
	    .partner = span_text(&a->lex, want->partner),
	    .partner_params = span_has_param(&a->lex, want->partner),
	    .aggregate = want->aggregate,
	    .op = want->op ? xstrdup(want->op) : NULL,
	    .base = span_text(&a->lex, want->base),
	    .type = span_text(&a->lex, want->type),
	    .direct = want->direct,
	    .needs_type = want->needs_type && want->type.first == want->type.end,
	    .squashed = lex_token(&a->lex, token + 1).kind == LEX_SQUASHED,
	    .position = want->position,
	    .scope = want->partner_node ? scope_of(a, want->scope, want->partner_node) : want->scope,
	    .group = want->group,
	};
	if (item->needs_type && want->likely_type)
		item->type = xstrdup(want->likely_type);
	if (item->base)
		item->base_op = xstrdup(want->base_op);
	if (want->typed_constant) {
		item->type_offset = lex_token(&a->lex, want->type.first).start;
		item->type_length = strlen(item->type);
	}
	if (item->role == PARAM_OTHER && item->type && !item->needs_type)
		item->role = strncasecmp(item->type, "interval", 8) == 0 ? PARAM_INTERVAL : PARAM_TYPED;
}

static void visit_param(struct analyzer *a, const json_t *param, const struct want *want)
{
	analyze_param(a, lex_at(&a->lex, node_location(param)), want);
}

/* $n::type, CAST($n AS type) and type $n. */
static void visit_cast(struct analyzer *a, const json_t *cast, const struct want *want)
{
	const json_t *arg = node_get(cast, "arg"), *type = node_get(cast, "typeName");
	const json_t *param = node_as(arg, "ParamRef");
	size_t named = node_location(type);
	struct want inner = *want;

	if (param && named != NO_LOCATION && inner.type.first == inner.type.end) {
		inner.typed_constant = named < node_location(param);
		inner.type = inner.typed_constant ? (struct span){lex_at(&a->lex, named),
		                                        lex_at(&a->lex, node_location(param))}
		                                  : span_type(&a->lex, type);
	}
	/* The elements of ARRAY[...]::type[] take their type from the cast. */
	if (node_as(arg, "A_ArrayExpr"))
		inner.needs_type = false;
	analyze_node(a, arg, &inner);
}

/* a IN (SELECT b ...): the rows of both belong together. */
static void link_in(struct analyzer *a, int scope, const json_t *outer, const json_t *inner)
{
	struct sql_scope *out = &a->out->scopes[scope];

	if (!outer || !inner || node_contains(outer, "ParamRef") || node_contains(inner, "ParamRef") ||
	    node_contains(inner, "FuncCall") || node_as(outer, "RowExpr"))
		return;
	out->link_outer = span_text(&a->lex, span_node(&a->lex, outer));
	out->link_inner = span_text(&a->lex, span_node(&a->lex, inner));
}

static bool negation_take(struct analyzer *a)
{
	bool negated = a->negated;

	a->negated = false;
	return negated;
}

static void visit_not(struct analyzer *a, const json_t *body, const struct want *want)
{
	const json_t *args = node_get(body, "args");
	struct want nothing = want_nothing(want->scope);

	nothing.aggregate = want->aggregate;
	a->negated = node_is(body, "boolop", "NOT_EXPR") && node_as(json_array_get(args, 0), "SubLink");
	analyze_node(a, args, &nothing);
	a->negated = false;
}

/* $1 IN (SELECT x ...): the partner is x, within the subquery. */
static void visit_sublink(struct analyzer *a, const json_t *body, const struct want *want)
{
	const json_t *select = node_as(node_get(body, "subselect"), "SelectStmt");
	const json_t *test = node_get(body, "testexpr");
	const json_t *target = node_as(json_array_get(node_get(select, "targetList"), 0), "ResTarget");
	const char *op = node_last_name(node_get(body, "operName"));
	bool negated = negation_take(a);
	int scope = analyze_select(a, select, want->scope, -1);
	struct want inner = want_partner(scope, PARAM_COMPARE, *op ? op : "=", node_get(target, "val"),
	    span_node(&a->lex, node_get(target, "val")));

	link_in(a, scope, test, node_get(target, "val"));
	a->out->scopes[scope].negated = negated;
	a->out->scopes[scope].scalar = node_is(body, "subLinkType", "EXPR_SUBLINK");
	if (!expr_is_param(test) || !target)
		inner = want_nothing(want->scope);
	analyze_node(a, test, &inner);
}

void analyze_fields(struct analyzer *a, const json_t *body, const struct want *want)
{
	const char *key;
	json_t *field;

	json_object_foreach ((json_t *)body, key, field) {
		if (json_is_object(field) || json_is_array(field))
			analyze_node(a, field, want);
	}
}

typedef void visitor(struct analyzer *a, const json_t *body, const struct want *want);

static void visit_collate(struct analyzer *a, const json_t *body, const struct want *want)
{
	analyze_node(a, node_get(body, "arg"), want);
}

static void visit_args(struct analyzer *a, const json_t *body, const struct want *want)
{
	analyze_alternatives(a, node_get(body, "args"), want);
}

static void visit_array(struct analyzer *a, const json_t *body, const struct want *want)
{
	const json_t *elements = node_get(body, "elements");
	struct want inner = want_computed(want);

	if (want->role == PARAM_COMPARE) { /* tags && ARRAY[$1, $2] */
		inner = *want;
		inner.role = PARAM_ELEMENT;
	}
	inner.needs_type = expr_all_params(elements);
	analyze_items(a, elements, inner);
}

static void visit_select(struct analyzer *a, const json_t *body, const struct want *want)
{
	analyze_select(a, body, want->scope, -1);
}

/* The type of $1 IS NULL is open unless $1 stands elsewhere, too. */
static void visit_null_test(struct analyzer *a, const json_t *body, const struct want *want)
{
	struct want inner = want_nothing(want->scope);

	inner.aggregate = want->aggregate;
	inner.needs_type = node_as(node_get(body, "arg"), "ParamRef") != NULL;
	inner.likely_type = "text";
	analyze_node(a, node_get(body, "arg"), &inner);
}

static void visit_subselect(struct analyzer *a, const json_t *body, const struct want *want)
{
	const json_t *alias = node_get(body, "alias");

	if (alias)
		a->derived = (struct derived){
		    node_text(alias, "aliasname"), node_get(alias, "colnames"), want->scope};
	analyze_node(a, node_get(body, "subquery"), want);
	derived_take(a);
}

/* FROM plainto_tsquery($1) AS q WHERE search @@ q. */
static bool visit_search(struct analyzer *a, const json_t *call, const struct derived *derived)
{
	struct want value = want_nothing(derived->scope);

	derived_want(a, derived, 0, derived->name, &value);
	if (!value.op || strcmp(value.op, "@@") != 0)
		return false;
	analyze_call(a, call, &value);
	return true;
}

/* unnest($1) AS u(id): an array of what u.id is compared with. */
static void visit_range_function(struct analyzer *a, const json_t *body, const struct want *want)
{
	const json_t *alias = node_get(body, "alias");
	const json_t *first =
	    node_get(node_as(json_array_get(node_get(body, "functions"), 0), "List"), "items");
	const json_t *call = node_as(json_array_get(first, 0), "FuncCall"), *arg;
	struct derived derived = {
	    node_text(alias, "aliasname"), node_get(alias, "colnames"), want->scope};
	size_t i;

	if (!alias || strcmp(node_last_name(node_get(call, "funcname")), "unnest") != 0) {
		if (!call || !visit_search(a, call, &derived))
			analyze_fields(a, body, want);
		return;
	}
	json_array_foreach (node_get(call, "args"), i, arg) {
		struct want element = want_nothing(want->scope);

		element.needs_type = node_as(arg, "ParamRef") != NULL;
		element.likely_type = "text[]";
		if (expr_is_param(arg))
			derived_want(a, &derived, i, derived.name, &element);
		if (element.role == PARAM_COMPARE)
			element.role = PARAM_ANY;
		element.direct = element.role == PARAM_ANY;
		analyze_node(a, arg, &element);
	}
}

static void visit_table(struct analyzer *a, const json_t *body, const struct want *want)
{
	size_t first = lex_at(&a->lex, node_location(body));
	_cleanup_free_ char *name = NULL;

	(void)want;
	if (node_location(body) == NO_LOCATION || scope_is_cte(a, body))
		return;
	name = span_text(&a->lex, (struct span){first, lex_name_end(&a->lex, first)});
	if (name && !strv_contains(&a->out->tables, name))
		strv_add(&a->out->tables, name);
}

static const struct {
	const char *kind;
	visitor *visit;
} visitors[] = {
    {"ParamRef", visit_param},
    {"A_Expr", analyze_operator},
    {"TypeCast", visit_cast},
    {"CollateClause", visit_collate},
    {"FuncCall", analyze_call},
    {"CoalesceExpr", visit_args},
    {"MinMaxExpr", visit_args},
    {"CaseExpr", analyze_case},
    {"A_ArrayExpr", visit_array},
    {"SubLink", visit_sublink},
    {"BoolExpr", visit_not},
    {"SelectStmt", visit_select},
    {"RangeVar", visit_table},
    {"RangeSubselect", visit_subselect},
    {"RangeFunction", visit_range_function},
    {"NullTest", visit_null_test},
};

void analyze_node(struct analyzer *a, const json_t *node, const struct want *want)
{
	const json_t *body, *item;
	const char *kind = node_kind(node, &body);
	struct want nothing = want_nothing(want->scope);
	bool wrapped;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach (node, i, item)
			analyze_node(a, item, want);
		return;
	}
	for (i = 0; i < LENGTH(visitors); i++) {
		if (strcmp(visitors[i].kind, kind) == 0) {
			visitors[i].visit(a, body, want);
			return;
		}
	}
	nothing.aggregate = want->aggregate; /* in HAVING every comparison is one of aggregates */
	wrapped = json_object_size(node) == 1 && kind[0] >= 'A' && kind[0] <= 'Z';
	analyze_fields(a, wrapped ? body : node, &nothing);
}
