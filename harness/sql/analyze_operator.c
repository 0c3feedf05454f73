#include "base/mem.h"
#include "sql/analyze.h"
#include "sql/tree.h"

#include <string.h>

static const char *commuted(const char *op)
{
	static const char *const pairs[][2] = {{"=", "="}, {"<>", "<>"}, {"!=", "!="}, {"<", ">"},
	    {">", "<"}, {"<=", ">="}, {">=", "<="}, {"@>", "<@"}, {"<@", "@>"}, {"&&", "&&"},
	    {"<<", ">>"}, {">>", "<<"}, {"<->", "<->"}, {"@@", "@@"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strcmp(op, pairs[i][0]) == 0)
			return pairs[i][1];
	return NULL;
}

static const json_t *row_fields(const json_t *node)
{
	return node_get(node_as(node, "RowExpr"), "args");
}

/* (a, b) < ($1, $2), and each row of (a, b) IN (($1, $2), ...): field by field. */
static bool visit_rows(
    struct analyzer *a, const json_t *left, const json_t *right, const struct want *want)
{
	const json_t *ours = row_fields(left), *theirs = row_fields(right);
	size_t n = json_array_size(ours);

	if (!n || n != json_array_size(theirs))
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *l = json_array_get(ours, i), *r = json_array_get(theirs, i);
		struct want inner =
		    want_partner(want->scope, want->role, want->op, l, span_node(&a->lex, l));

		inner.group = want->group;
		inner.aggregate = want->aggregate;
		analyze_node(a, r, &inner);
		inner =
		    want_partner(want->scope, PARAM_COMPARE, commuted(want->op), r, span_node(&a->lex, r));
		analyze_node(a, l, &inner);
	}
	return true;
}

static void visit_comparison(struct analyzer *a, const json_t *body, enum param_role role,
    const char *op, const struct want *outer)
{
	const json_t *left = node_get(body, "lexpr"), *right = node_get(body, "rexpr");
	size_t at = node_location(body);
	struct want want = want_nothing(outer->scope);

	want.role = role;
	want.op = op;
	want.aggregate = outer->aggregate;
	if (visit_rows(a, left, right, &want))
		return;
	want = want_partner(outer->scope, role, op, left, span_left(&a->lex, left, at));
	want.aggregate = outer->aggregate;
	analyze_node(a, right, &want);
	want = want_partner(outer->scope, PARAM_COMPARE, role == PARAM_LIKE ? NULL : commuted(op),
	    right, span_right(&a->lex, right, at));
	want.aggregate = outer->aggregate;
	analyze_node(a, left, &want);
}

void analyze_items(struct analyzer *a, const json_t *items, struct want want)
{
	const json_t *item;
	size_t i;

	want.group = a->groups++;
	json_array_foreach (items, i, item)
		analyze_node(a, item, &want);
}

static void visit_in(struct analyzer *a, const json_t *body, const struct want *outer)
{
	const json_t *left = node_get(body, "lexpr");
	const json_t *items = node_get(node_as(node_get(body, "rexpr"), "List"), "items");
	const json_t *first = json_array_get(items, 0), *item;
	const char *op = expr_operator(body);
	struct want want = want_partner(
	    outer->scope, PARAM_IN, op, left, span_left(&a->lex, left, node_location(body)));
	size_t i;

	want.aggregate = outer->aggregate;
	if (row_fields(left)) {
		json_array_foreach (items, i, item) {
			want.group = a->groups++;
			visit_rows(a, left, item, &want);
		}
		return;
	}
	analyze_items(a, items, want);
	want = want_partner(outer->scope, PARAM_COMPARE, op, first, span_node(&a->lex, first));
	analyze_node(a, left, &want);
}

/* expr = ANY($1), = ANY(ARRAY[$1, $2]), and $1 = ANY(expr). */
static void visit_any(struct analyzer *a, const json_t *body, const struct want *outer)
{
	const json_t *left = node_get(body, "lexpr"), *right = node_get(body, "rexpr");
	const json_t *elements = node_get(node_as(expr_bare(right), "A_ArrayExpr"), "elements");
	const char *op = expr_operator(body);
	size_t at = node_location(body), open = lex_at(&a->lex, at) + 1;
	struct want want = want_partner(
	    outer->scope, elements ? PARAM_IN : PARAM_ANY, op, left, span_left(&a->lex, left, at));

	want.aggregate = outer->aggregate;
	if (elements) {
		want.needs_type = expr_bare(right) == right;
		analyze_items(a, elements, want);
	} else {
		analyze_node(a, right, &want);
	}
	while (open < a->lex.n && !lex_is_any(&a->lex, open, "any\0some\0all\0"))
		open++;
	open++;
	want = want_partner(outer->scope, PARAM_ELEMENT, op, right,
	    (struct span){open + 1, lex_closing(&a->lex, open)});
	analyze_node(a, left, &want);
}

static void visit_between(struct analyzer *a, const json_t *body, const struct want *outer)
{
	const json_t *left = node_get(body, "lexpr");
	const json_t *bounds = node_get(node_as(node_get(body, "rexpr"), "List"), "items");
	const json_t *low = json_array_get(bounds, 0), *high = json_array_get(bounds, 1);
	struct span partner = span_left(&a->lex, left, node_location(body));
	struct want want = want_partner(outer->scope, PARAM_BETWEEN_LOW, ">=", left, partner);

	want.aggregate = outer->aggregate;
	want.group = a->groups++;
	analyze_node(a, low, &want);
	want.role = PARAM_BETWEEN_HIGH;
	want.op = "<=";
	analyze_node(a, high, &want);
	want = want_partner(outer->scope, PARAM_COMPARE, ">=", low, span_node(&a->lex, low));
	analyze_node(a, left, &want);
}

/* The want of an operand in <left> op <right>, one of which is this operand. */
static struct want want_operand(
    struct analyzer *a, const struct want *outer, const json_t *body, bool right_side)
{
	const json_t *left = node_get(body, "lexpr"), *right = node_get(body, "rexpr");
	const json_t *self = right_side ? right : left, *other = right_side ? left : right;
	size_t at = node_location(body);
	const char *op = expr_operator(body);
	struct span span = right_side ? span_left(&a->lex, left, at) : span_right(&a->lex, right, at);
	struct want want = want_computed(outer);
	bool sum = word_in(op, "+\0-\0");

	if (outer->role == PARAM_LIKE && strcmp(op, "||") == 0) {
		want = *outer;
		want.direct = false;
	} else if (sum && expr_is_param(self) && (expr_is_interval(self) || expr_is_time(other))) {
		want = *outer;
		want.role = PARAM_INTERVAL;
		want.direct = true;
	} else if (sum && expr_is_param(self) && expr_is_interval(other)) {
		want = *outer; /* $1 - interval: a point in time near the partner */
		want.direct = false;
	} else if (want.role == PARAM_OTHER) {
		want = want_partner(outer->scope, PARAM_OTHER, op, other, span);
		want.direct = false;
	}
	if (want.role == PARAM_INTERVAL || want.role == PARAM_SET) {
		want.base = span;
		want.base_op = op;
	}
	want.aggregate = outer->aggregate;
	want.needs_type = node_as(self, "ParamRef") && node_as(other, "ParamRef");
	want.likely_type = strcmp(op, "||") == 0 ? "text" : "int4";
	if (want.role == PARAM_INTERVAL) {
		want.needs_type = node_as(self, "ParamRef") != NULL;
		want.likely_type = expr_movement_type(other);
	}
	return want;
}

static void visit_computation(struct analyzer *a, const json_t *body, const struct want *outer)
{
	struct want want;

	if (node_get(body, "lexpr")) {
		want = want_operand(a, outer, body, false);
		analyze_node(a, node_get(body, "lexpr"), &want);
		want = want_operand(a, outer, body, true);
	} else {
		want = want_computed(outer); /* -$1 */
	}
	analyze_node(a, node_get(body, "rexpr"), &want);
}

static void visit_operator(struct analyzer *a, const json_t *body, const struct want *want)
{
	static const char computing[] = "+\0-\0*\0/\0%\0^\0&\0|\0#\0||\0->\0->>\0#>\0#>>\0#-\0";
	static const char matching[] = "~~\0!~~\0~~*\0!~~*\0~\0!~\0~*\0!~*\0";
	const char *op = expr_operator(body);

	if (!node_get(body, "lexpr") || word_in(op, computing))
		visit_computation(a, body, want);
	else
		visit_comparison(a, body, word_in(op, matching) ? PARAM_LIKE : PARAM_COMPARE, op, want);
}

void analyze_operator(struct analyzer *a, const json_t *body, const struct want *want)
{
	const char *kind = node_text(body, "kind");

	if (strcmp(kind, "AEXPR_IN") == 0)
		visit_in(a, body, want);
	else if (strcmp(kind, "AEXPR_OP_ANY") == 0 || strcmp(kind, "AEXPR_OP_ALL") == 0)
		visit_any(a, body, want);
	else if (strstr(kind, "BETWEEN"))
		visit_between(a, body, want);
	else if (strstr(kind, "LIKE") || strcmp(kind, "AEXPR_SIMILAR") == 0)
		visit_comparison(a, body, PARAM_LIKE, expr_operator(body), want);
	else if (strcmp(kind, "AEXPR_NOT_DISTINCT") == 0)
		visit_comparison(a, body, PARAM_COMPARE, "=", want);
	else if (strcmp(kind, "AEXPR_DISTINCT") == 0)
		visit_comparison(a, body, PARAM_COMPARE, "<>", want);
	else if (strcmp(kind, "AEXPR_NULLIF") == 0)
		visit_comparison(a, body, PARAM_OTHER, "=", want);
	else
		visit_operator(a, body, want);
}
