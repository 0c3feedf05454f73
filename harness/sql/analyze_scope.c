#include "base/mem.h"
#include "sql/analyze.h"
#include "sql/tree.h"

#include <string.h>

#define CLAUSES                                                                                    \
	"where\0group\0having\0window\0order\0limit\0offset\0fetch\0for\0union\0intersect\0except\0"   \
	"returning\0"

int scope_new(struct analyzer *a, int parent)
{
	struct sql_analysis *out = a->out;

	if (out->n_scopes >= a->cap_names) {
		a->cap_names = a->cap_names ? a->cap_names * 2 : 8;
		a->names = xrealloc(a->names, a->cap_names * sizeof(*a->names));
	}
	a->names[out->n_scopes] = (struct strv){0};
	GROW(out->scopes, out->n_scopes, out->cap_scopes);
	out->scopes[out->n_scopes] = (struct sql_scope){.parent = parent};
	return (int)out->n_scopes++;
}

bool scope_is_cte(const struct analyzer *a, const json_t *range_var)
{
	if (node_get(range_var, "schemaname"))
		return false;
	for (size_t i = a->sight.n_ctes; i-- > 0;)
		if (node_is(range_var, "relname", a->ctes[i]))
			return true;
	return false;
}

static void add_name(struct analyzer *a, int scope, const json_t *body)
{
	const char *alias = node_text(node_get(body, "alias"), "aliasname");

	if (*alias || *node_text(body, "relname"))
		strv_add(&a->names[scope], *alias ? alias : node_text(body, "relname"));
}

/* The token of the alias after the name that ends before token i, or of the name's last part. */
static size_t alias_index(const struct analyzer *a, const json_t *relation, size_t i)
{
	if (!node_get(relation, "alias"))
		return i - 1;
	i += lex_is(&a->lex, i, "*");
	return i + lex_is(&a->lex, i, "as");
}

static void add_table(struct analyzer *a, int scope, const json_t *relation)
{
	_cleanup_free_ char *name = NULL, *alias = NULL;
	size_t location = node_location(relation), first, end;

	if (location == NO_LOCATION)
		return;
	if (scope_is_cte(a, relation)) {
		struct sql_scope *out = &a->out->scopes[scope];

		if (!out->with) {
			out->with = span_text(&a->lex, a->sight.with);
			out->with_params = a->sight.with_writes || span_has_param(&a->lex, a->sight.with);
		}
		return;
	}
	first = lex_at(&a->lex, location);
	end = lex_name_end(&a->lex, first);
	name = span_text(&a->lex, (struct span){first, end});
	if (!name)
		return;
	first = alias_index(a, relation, end);
	alias = span_text(&a->lex, (struct span){first, first + 1});
	strv_add(&a->out->scopes[scope].tables, name);
	strv_add(&a->out->scopes[scope].aliases, alias ? alias : name);
}

static void add_from_item(struct analyzer *a, int scope, const json_t *node)
{
	const json_t *body;
	const char *kind = node_kind(node, &body);

	if (strcmp(kind, "JoinExpr") == 0) {
		add_from_item(a, scope, node_get(body, "larg"));
		add_from_item(a, scope, node_get(body, "rarg"));
	} else if (strcmp(kind, "RangeTableSample") == 0) {
		add_from_item(a, scope, node_get(body, "relation"));
		return;
	} else if (strcmp(kind, "RangeVar") == 0) {
		add_table(a, scope, body);
	}
	add_name(a, scope, body);
}

static void add_from_items(struct analyzer *a, int scope, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		add_from_item(a, scope, item);
}

enum origin { ORIGIN_UNKNOWN = -2 };

/* The scope, from here outwards, that has this name. */
static int owner_of(const struct analyzer *a, int scope, const char *name)
{
	for (; scope >= 0; scope = a->out->scopes[scope].parent)
		if (strv_contains(&a->names[scope], name))
			return scope;
	return ORIGIN_UNKNOWN;
}

struct origins {
	int scope;       /* looked from */
	bool own, outer; /* names of the scope itself (or unqualified ones), of outer scopes */
	int outer_scope; /* the one, or ORIGIN_UNKNOWN when there are several */
};

static void find_origins(const struct analyzer *a, const json_t *value, struct origins *found)
{
	const json_t *fields = node_get(node_as(value, "ColumnRef"), "fields");
	const json_t *first = node_as(json_array_get(fields, 0), "String");
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach (value, i, inner)
			find_origins(a, inner, found);
		return;
	}
	if (first) {
		int owner = json_array_size(fields) < 2
		                ? found->scope
		                : owner_of(a, found->scope, node_text(first, "sval"));

		if (owner == found->scope || owner == ORIGIN_UNKNOWN) {
			found->own = true;
		} else {
			found->outer_scope =
			    !found->outer || found->outer_scope == owner ? owner : ORIGIN_UNKNOWN;
			found->outer = true;
		}
		return;
	}
	json_object_foreach ((json_t *)value, key, inner) {
		if (json_is_object(inner) || json_is_array(inner))
			find_origins(a, inner, found);
	}
}

static struct origins origins_of(const struct analyzer *a, int scope, const json_t *node)
{
	struct origins found = {.scope = scope, .outer_scope = ORIGIN_UNKNOWN};

	find_origins(a, node, &found);
	return found;
}

int scope_of(struct analyzer *a, int scope, const json_t *node)
{
	struct origins found = origins_of(a, scope, node);

	return found.outer && !found.own && found.outer_scope >= 0 ? found.outer_scope : scope;
}

/* From after FROM (or TABLE) left of the first located token of the list. */
static size_t from_start(const struct lex *lex, const json_t *list)
{
	size_t location = span_first_location(list), i;

	if (location == NO_LOCATION)
		return lex->n;
	for (i = lex_at(lex, location); i > 0; i--) {
		if (lex_is(lex, i - 1, "table"))
			return i;
		if (lex_is(lex, i - 1, "from") && !(i > 1 && lex_is_any(lex, i - 2, "rows\0.\0")))
			return i;
	}
	return lex->n;
}

/* ... ON CONFLICT ends the FROM of INSERT ... SELECT; ON alone belongs to a join. */
static struct span until_clause(const struct lex *lex, size_t from)
{
	struct span span = span_until(lex, from, CLAUSES);

	for (size_t i = from; i + 1 < span.end; i++)
		if (lex_is(lex, i, "on") && lex_is(lex, i + 1, "conflict"))
			span.end = i;
	return span;
}

void scope_set_from(struct analyzer *a, int scope, const json_t *from_clause)
{
	struct span span = {0, 0};
	struct sql_scope *out;
	size_t start;

	if (!json_array_size(from_clause))
		return;
	add_from_items(a, scope, from_clause);
	start = from_start(&a->lex, from_clause);
	if (start < a->lex.n)
		span = until_clause(&a->lex, start);
	out = &a->out->scopes[scope];
	out->from = span_text(&a->lex, span);
	out->from_params = span_has_param(&a->lex, span);
	out->correlated = origins_of(a, scope, from_clause).outer;
}

void scope_set_target(struct analyzer *a, int scope, const json_t *relation)
{
	struct sql_scope *out = &a->out->scopes[scope];
	size_t location = node_location(relation), first, end;

	if (location == NO_LOCATION)
		return;
	first = lex_at(&a->lex, location);
	end = lex_name_end(&a->lex, first);
	out->target = span_text(&a->lex, (struct span){first, end});
	add_table(a, scope, relation);
	add_name(a, scope, relation);
	end = alias_index(a, relation, end) + 1;
	first -= first > 0 && lex_is(&a->lex, first - 1, "only");
	out->from = span_text(&a->lex, (struct span){first, end});
}

void scope_add_source(struct analyzer *a, int scope, const json_t *list, const char *word)
{
	struct sql_scope *out = &a->out->scopes[scope];
	_cleanup_free_ char *target = out->from;
	_cleanup_free_ char *source = NULL;
	size_t location = span_first_location(list), first;
	struct span span;

	if (!json_is_array(list))
		add_from_item(a, scope, list);
	else
		add_from_items(a, scope, list);
	out->from = NULL;
	if (location == NO_LOCATION)
		return;
	first = lex_at(&a->lex, location);
	while (first > 0 && !lex_is(&a->lex, first - 1, word))
		first--;
	span = span_until(&a->lex, first, "where\0returning\0on\0");
	if (json_is_array(list))
		span = until_clause(&a->lex, first);
	source = span_text(&a->lex, span);
	out->from_params |= span_has_param(&a->lex, span);
	out->from = target && source ? xasprintf("%s, %s", target, source) : NULL;
}

static void add_conjunct(struct analyzer *a, int scope, const json_t *term)
{
	struct sql_scope *out = &a->out->scopes[scope];
	bool outer = origins_of(a, scope, term).outer;
	_cleanup_free_ char *text = NULL;

	out->linked |= outer;
	if (node_contains(term, "ParamRef") || node_contains(term, "SubLink"))
		return;
	text = span_text(&a->lex, span_node(&a->lex, term));
	if (text && node_is(node_as(term, "BoolExpr"), "boolop", "OR_EXPR"))
		strv_addf(outer ? &out->links : &out->plain_conjuncts, "(%s)", text);
	else if (text)
		strv_add(outer ? &out->links : &out->plain_conjuncts, text);
}

void scope_add_conjuncts(struct analyzer *a, int scope, const json_t *where)
{
	const json_t *both = node_as(where, "BoolExpr");
	const json_t *term;
	size_t i;

	if (!where)
		return;
	if (!node_is(both, "boolop", "AND_EXPR")) {
		add_conjunct(a, scope, where);
		return;
	}
	json_array_foreach (node_get(both, "args"), i, term)
		add_conjunct(a, scope, term);
}
