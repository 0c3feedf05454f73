#include "base/mem.h"
#include "sql/analyze.h"
#include "sql/tree.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

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
		if (inner.partner.first == inner.partner.end || expr_is_param(inner.partner_node))
			inner = want_nothing(want->scope);
		analyze_node(a, json_array_get(args, i), &inner);
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
		if (word_in(name, vague_functions[i].functions))
			return !vague_functions[i].all || expr_all_params(args) ? &vague_functions[i] : NULL;
	return NULL;
}

static bool takes_field(const char *name)
{
	return word_in(name, "extract\0date_trunc\0date_part\0");
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
	return word_in(
	    name, "lower\0upper\0btrim\0ltrim\0rtrim\0unaccent\0like_escape\0similar_to_escape\0");
}

/* search @@ plainto_tsquery('english', $1): words of what is searched, as text. */
static bool visit_words(struct analyzer *a, const json_t *call, const struct want *want)
{
	static const char functions[] =
	    "to_tsquery\0plainto_tsquery\0phraseto_tsquery\0websearch_to_tsquery\0";
	const json_t *args = node_get(call, "args");
	size_t n = json_array_size(args);
	struct want words = *want;

	if (!want->op || strcmp(want->op, "@@") != 0 || n == 0 ||
	    !word_in(node_last_name(node_get(call, "funcname")), functions))
		return false;
	words.direct = false;
	analyze_node(a, json_array_get(args, n - 1), &words);
	words = want_nothing(want->scope);
	if (n > 1)
		analyze_node(a, json_array_get(args, 0), &words);
	return true;
}

void analyze_call(struct analyzer *a, const json_t *call, const struct want *want)
{
	const json_t *args = node_get(call, "args"), *arg;
	const char *name = node_last_name(node_get(call, "funcname"));
	const struct vague *vague = vague_function(name, args);
	struct want inner = want_computed(want);
	size_t i;

	if (takes_field(name))
		visit_field(a, args, want);
	if (visit_same_call(a, call, want) || visit_words(a, call, want))
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
void analyze_alternatives(struct analyzer *a, const json_t *list, const struct want *want)
{
	struct want inner = *want;
	const json_t *item;
	size_t i;

	inner.needs_type = expr_all_params(list);
	if (inner.role == PARAM_OTHER && expr_only_params(inner.partner_node))
		inner.partner_node = NULL;
	json_array_foreach (list, i, item) {
		if (inner.role == PARAM_OTHER && !inner.partner_node && !expr_only_params(item)) {
			inner.partner_node = item;
			inner.partner = span_node(&a->lex, item);
		}
	}
	analyze_node(a, list, &inner);
}

void analyze_case(struct analyzer *a, const json_t *body, const struct want *want)
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
	analyze_alternatives(a, results, want);
	json_decref(results);
}
