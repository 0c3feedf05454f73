#include "base/mem.h"
#include "sql/analyze.h"
#include "sql/tree.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool one_of(const char *word, const char *list)
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
static struct want want_computed(const struct want *want)
{
	struct want inner = want_nothing(want->scope);

	if (want->role == PARAM_SET || want->role == PARAM_INSERT || want->role == PARAM_LIMIT ||
	    want->role == PARAM_OFFSET) {
		inner = *want;
		inner.direct = false;
	}
	return inner;
}

static const char *operator_name(const json_t *expression)
{
	return node_last_name(node_get(expression, "name"));
}

static size_t operator_offset(const json_t *expression)
{
	return node_location(expression);
}

/* Below casts and collations. */
static const json_t *bare(const json_t *node)
{
	const json_t *body;

	for (;;) {
		const char *kind = node_kind(node, &body);

		if (strcmp(kind, "TypeCast") != 0 && strcmp(kind, "CollateClause") != 0)
			return node;
		node = node_get(body, "arg");
	}
}

static bool is_param(const json_t *node)
{
	return node_as(bare(node), "ParamRef") != NULL;
}

static const char *cast_type(const json_t *node)
{
	return node_last_name(node_get(node_get(node_as(node, "TypeCast"), "typeName"), "names"));
}

static bool is_interval(const json_t *node)
{
	const json_t *expression = node_as(node, "A_Expr");

	if (strcmp(cast_type(node), "interval") == 0)
		return true;
	if (strcmp(node_last_name(node_get(node_as(node, "FuncCall"), "funcname")), "make_interval") ==
	    0)
		return true;
	return expression && one_of(operator_name(expression), "*\0/\0") &&
	       (is_interval(node_get(expression, "lexpr")) ||
	           is_interval(node_get(expression, "rexpr")));
}

/* An expression that is a point in time whatever the tables are. */
static bool is_time(const json_t *node)
{
	static const char functions[] = "now\0clock_timestamp\0statement_timestamp\0"
	                                "transaction_timestamp\0date_trunc\0timezone\0to_timestamp\0";
	const char *function = node_last_name(node_get(node_as(node, "FuncCall"), "funcname"));
	const char *keyword = node_text(node_as(node, "SQLValueFunction"), "op");
	const json_t *expression = node_as(node, "A_Expr");

	if (strstr(keyword, "CURRENT_DATE") || strstr(keyword, "TIME"))
		return true; /* CURRENT_TIMESTAMP, LOCALTIME, ...; not CURRENT_USER */
	if (one_of(cast_type(node), "date\0timestamp\0timestamptz\0") || one_of(function, functions))
		return true;
	return expression && one_of(operator_name(expression), "+\0-\0") &&
	       is_time(node_get(expression, "lexpr"));
}

/* What moves a date is a number of days; what moves a time, an interval. */
static const char *movement_type(const json_t *time)
{
	const json_t *keyword = node_as(time, "SQLValueFunction");

	return node_is(keyword, "op", "SVFOP_CURRENT_DATE") || strcmp(cast_type(time), "date") == 0
	           ? "int4"
	           : "interval";
}

static void record(struct analyzer *a, const json_t *param, const struct want *want)
{
	struct sql_analysis *out = a->out;
	size_t token = lex_at(&a->lex, node_location(param));
	struct sql_param *item;
	struct lex_token at = lex_token(&a->lex, token);

	if (at.kind != LEX_PARAM || a->recorded[token])
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

static const char *commuted(const char *op)
{
	static const char *const pairs[][2] = {{"=", "="}, {"<>", "<>"}, {"!=", "!="}, {"<", ">"},
	    {">", "<"}, {"<=", ">="}, {">=", "<="}, {"@>", "<@"}, {"<@", "@>"}, {"&&", "&&"},
	    {"<<", ">>"}, {">>", "<<"}, {"<->", "<->"}, {"@@", "@@"}};

	for (size_t i = 0; i < LENGTH(pairs); i++)
		if (strcmp(op, pairs[i][0]) == 0)
			return pairs[i][1];
	return NULL;
}

/* $1 = $2, coalesce($1, $2) = $3: nothing there tells a value. */
static bool only_params(const json_t *node)
{
	return node_contains(node, "ParamRef") && !node_contains(node, "ColumnRef") &&
	       !node_contains(node, "SubLink");
}

static struct want want_partner(
    int scope, enum param_role role, const char *op, const json_t *partner, struct span span)
{
	struct want want = want_nothing(scope);

	want.role = op && !only_params(partner) ? role : PARAM_OTHER;
	want.op = op;
	want.partner = span;
	want.partner_node = partner;
	want.direct = true;
	return want;
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
	size_t at = operator_offset(body);
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

static void visit_items(struct analyzer *a, const json_t *items, struct want want)
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
	const char *op = operator_name(body);
	struct want want = want_partner(
	    outer->scope, PARAM_IN, op, left, span_left(&a->lex, left, operator_offset(body)));
	size_t i;

	want.aggregate = outer->aggregate;
	if (row_fields(left)) {
		json_array_foreach (items, i, item) {
			want.group = a->groups++;
			visit_rows(a, left, item, &want);
		}
		return;
	}
	visit_items(a, items, want);
	want = want_partner(outer->scope, PARAM_COMPARE, op, first, span_node(&a->lex, first));
	analyze_node(a, left, &want);
}

/* expr = ANY($1), = ANY(ARRAY[$1, $2]), and $1 = ANY(expr). */
static void visit_any(struct analyzer *a, const json_t *body, const struct want *outer)
{
	const json_t *left = node_get(body, "lexpr"), *right = node_get(body, "rexpr");
	const json_t *elements = node_get(node_as(bare(right), "A_ArrayExpr"), "elements");
	const char *op = operator_name(body);
	size_t at = operator_offset(body), open = lex_at(&a->lex, at) + 1;
	struct want want = want_partner(
	    outer->scope, elements ? PARAM_IN : PARAM_ANY, op, left, span_left(&a->lex, left, at));

	want.aggregate = outer->aggregate;
	if (elements) {
		want.needs_type = bare(right) == right;
		visit_items(a, elements, want);
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
	struct span partner = span_left(&a->lex, left, operator_offset(body));
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
	size_t at = operator_offset(body);
	const char *op = operator_name(body);
	struct span span = right_side ? span_left(&a->lex, left, at) : span_right(&a->lex, right, at);
	struct want want = want_computed(outer);
	bool sum = one_of(op, "+\0-\0");

	if (outer->role == PARAM_LIKE && strcmp(op, "||") == 0) {
		want = *outer;
		want.direct = false;
	} else if (sum && is_param(self) && (is_interval(self) || is_time(other))) {
		want = *outer;
		want.role = PARAM_INTERVAL;
		want.direct = true;
	} else if (sum && is_param(self) && is_interval(other)) {
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
		want.likely_type = movement_type(other);
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
	const char *op = operator_name(body);

	if (!node_get(body, "lexpr") || one_of(op, computing))
		visit_computation(a, body, want);
	else
		visit_comparison(a, body, one_of(op, matching) ? PARAM_LIKE : PARAM_COMPARE, op, want);
}

static void visit_expression(struct analyzer *a, const json_t *body, const struct want *want)
{
	const char *kind = node_text(body, "kind");

	if (strcmp(kind, "AEXPR_IN") == 0)
		visit_in(a, body, want);
	else if (strcmp(kind, "AEXPR_OP_ANY") == 0 || strcmp(kind, "AEXPR_OP_ALL") == 0)
		visit_any(a, body, want);
	else if (strstr(kind, "BETWEEN"))
		visit_between(a, body, want);
	else if (strstr(kind, "LIKE") || strcmp(kind, "AEXPR_SIMILAR") == 0)
		visit_comparison(a, body, PARAM_LIKE, operator_name(body), want);
	else if (strcmp(kind, "AEXPR_NOT_DISTINCT") == 0)
		visit_comparison(a, body, PARAM_COMPARE, "=", want);
	else if (strcmp(kind, "AEXPR_DISTINCT") == 0)
		visit_comparison(a, body, PARAM_COMPARE, "<>", want);
	else if (strcmp(kind, "AEXPR_NULLIF") == 0)
		visit_comparison(a, body, PARAM_OTHER, "=", want);
	else
		visit_operator(a, body, want);
}

/* lower(email) = lower($1): the argument's partner is the argument. */
static bool visit_same_call(struct analyzer *a, const json_t *call, const struct want *want)
{
	const json_t *theirs = node_as(want->partner_node, "FuncCall");
	const json_t *args = node_get(call, "args"), *partners = node_get(theirs, "args");
	const char *name = node_last_name(node_get(call, "funcname"));
	size_t n = json_array_size(args);

	if (!theirs || n == 0 || n != json_array_size(partners) ||
	    strcmp(name, node_last_name(node_get(theirs, "funcname"))) != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct want inner = *want;

		inner.partner_node = json_array_get(partners, i);
		inner.partner = span_node(&a->lex, inner.partner_node);
		if (inner.partner.first == inner.partner.end || is_param(inner.partner_node))
			inner = want_nothing(want->scope);
		analyze_node(a, json_array_get(args, i), &inner);
	}
	return true;
}

static bool all_params(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (!node_as(item, "ParamRef"))
			return false;
	}
	return true;
}

/* Functions that take "any" type, or have versions that an unknown literal cannot choose among, and
 * the type that their parameters mostly have. */
struct vague {
	const char *functions;
	const char *type; /* NULL: that of the partner */
	bool all;         /* only when every argument is a parameter */
};
static const struct vague vague_functions[] = {
    {"concat\0concat_ws\0format\0json_build_object\0json_build_array\0jsonb_build_object\0"
     "jsonb_build_array\0json_object_agg\0jsonb_object_agg\0array_agg\0json_agg\0jsonb_agg\0"
     "to_json\0to_jsonb\0pg_typeof\0num_nulls\0num_nonnulls\0",
        "text", false},
    {"unnest\0array_length\0cardinality\0array_to_string\0array_position\0", "text[]", true},
    {"count\0generate_series\0sum\0avg\0abs\0round\0floor\0ceil\0ceiling\0mod\0power\0sign\0",
        "int4", true},
    {"to_char\0min\0max\0", "text", true},
};

static const struct vague *vague_function(const char *name, const json_t *args)
{
	static const struct vague substring = {"substring\0", "int4", false};

	if (strcmp(name, "substring") == 0 && json_array_size(args) == 3)
		return &substring;
	for (size_t i = 0; i < LENGTH(vague_functions); i++)
		if (one_of(name, vague_functions[i].functions))
			return !vague_functions[i].all || all_params(args) ? &vague_functions[i] : NULL;
	return NULL;
}

static bool takes_field(const char *name)
{
	return one_of(name, "extract\0date_trunc\0date_part\0");
}

static void visit_field(struct analyzer *a, const json_t *args, const struct want *outer)
{
	const json_t *time = json_array_get(args, 1);
	struct want want = want_nothing(outer->scope);

	want.role = PARAM_FIELD;
	want.partner_node = time;
	want.partner = span_node(&a->lex, time);
	want.direct = true;
	analyze_node(a, json_array_get(args, 0), &want);
}

/* Functions whose value is much like their first argument. */
static bool hands_through(const char *name)
{
	return one_of(
	    name, "lower\0upper\0btrim\0ltrim\0rtrim\0unaccent\0like_escape\0similar_to_escape\0");
}

static void visit_call(struct analyzer *a, const json_t *call, const struct want *want)
{
	const json_t *args = node_get(call, "args"), *arg;
	const char *name = node_last_name(node_get(call, "funcname"));
	const struct vague *vague = vague_function(name, args);
	struct want inner = want_computed(want);
	size_t i;

	if (takes_field(name))
		visit_field(a, args, want);
	if (visit_same_call(a, call, want))
		return;
	inner.needs_type = vague != NULL;
	inner.likely_type = vague ? vague->type : NULL;
	json_array_foreach (args, i, arg) {
		struct want first = *want;

		first.direct = false;
		analyze_node(a, arg, i == 0 && hands_through(name) ? &first : &inner);
	}
	inner = want_nothing(want->scope);
	analyze_node(a, node_get(call, "agg_order"), &inner);
	analyze_node(a, node_get(call, "agg_filter"), &inner);
	analyze_fields(a, node_get(call, "over"), &inner);
}

/* COALESCE($1, a), GREATEST(a, $1), the results of CASE: values of the whole, one at a time. Where
 * the whole has no partner, they are each other's. */
static void visit_alternatives(struct analyzer *a, const json_t *list, const struct want *want)
{
	struct want inner = *want;
	const json_t *item;
	size_t i;

	inner.needs_type = all_params(list);
	if (inner.role == PARAM_OTHER && only_params(inner.partner_node))
		inner.partner_node = NULL;
	json_array_foreach (list, i, item) {
		if (inner.role == PARAM_OTHER && !inner.partner_node && !only_params(item)) {
			inner.partner_node = item;
			inner.partner = span_node(&a->lex, item);
		}
	}
	analyze_node(a, list, &inner);
}

static void visit_case(struct analyzer *a, const json_t *body, const struct want *want)
{
	const json_t *arg = node_get(body, "arg"), *item, *when;
	json_t *results = json_array();
	struct want inner = want_nothing(want->scope);
	size_t i;

	analyze_node(a, arg, &inner);
	if (arg)
		inner = want_partner(want->scope, PARAM_COMPARE, "=", arg, span_node(&a->lex, arg));
	json_array_foreach (node_get(body, "args"), i, item) {
		when = node_as(item, "CaseWhen");
		analyze_node(a, node_get(when, "expr"), &inner);
		json_array_append(results, (json_t *)node_get(when, "result"));
	}
	if (node_get(body, "defresult"))
		json_array_append(results, (json_t *)node_get(body, "defresult"));
	visit_alternatives(a, results, want);
	json_decref(results);
}

/* $1 IN (SELECT x ...): the partner is x, within the subquery. */
static void visit_sublink(struct analyzer *a, const json_t *body, const struct want *want)
{
	const json_t *select = node_as(node_get(body, "subselect"), "SelectStmt");
	const json_t *test = node_get(body, "testexpr");
	const json_t *target = node_as(json_array_get(node_get(select, "targetList"), 0), "ResTarget");
	const char *op = node_last_name(node_get(body, "operName"));
	int scope = analyze_select(a, select, want->scope, -1);
	struct want inner = want_partner(scope, PARAM_COMPARE, *op ? op : "=", node_get(target, "val"),
	    span_node(&a->lex, node_get(target, "val")));

	if (!is_param(test) || !target)
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
	visit_alternatives(a, node_get(body, "args"), want);
}

static void visit_array(struct analyzer *a, const json_t *body, const struct want *want)
{
	const json_t *elements = node_get(body, "elements");
	struct want inner = want_computed(want);

	if (want->role == PARAM_COMPARE) { /* tags && ARRAY[$1, $2] */
		inner = *want;
		inner.role = PARAM_ELEMENT;
	}
	inner.needs_type = all_params(elements);
	visit_items(a, elements, inner);
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
    {"ParamRef", record},
    {"A_Expr", visit_expression},
    {"TypeCast", visit_cast},
    {"CollateClause", visit_collate},
    {"FuncCall", visit_call},
    {"CoalesceExpr", visit_args},
    {"MinMaxExpr", visit_args},
    {"CaseExpr", visit_case},
    {"A_ArrayExpr", visit_array},
    {"SubLink", visit_sublink},
    {"SelectStmt", visit_select},
    {"RangeVar", visit_table},
    {"RangeSubselect", visit_subselect},
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
