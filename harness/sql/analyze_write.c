#include "sql/analyze.h"

#include "base/mem.h"
#include "sql/tree.h"

#include <string.h>

static struct want want_column(int scope, enum param_role role)
{
	struct want want = want_nothing(scope);

	want.role = role;
	want.direct = true;
	return want;
}

/* The column that a ResTarget of SET or of an INSERT list names, as written. */
static struct span column_span(const struct analyzer *a, const json_t *target)
{
	size_t location = node_location(target), i;

	if (location == NO_LOCATION)
		return (struct span){0, 0};
	i = lex_at(&a->lex, location);
	return (struct span){i, lex_name_end(&a->lex, i)};
}

static struct want want_insert(struct analyzer *a, int scope, const json_t *columns, size_t i)
{
	const json_t *target = node_as(json_array_get(columns, i), "ResTarget");
	struct want want = want_column(scope, PARAM_INSERT);

	want.position = (int)i + 1;
	if (target)
		want.partner = column_span(a, target);
	return want;
}

static void analyze_row(struct analyzer *a, int scope, const json_t *columns, const json_t *values)
{
	int group = a->groups++;
	const json_t *value;
	size_t i;

	json_array_foreach (values, i, value) {
		struct want want = want_insert(a, scope, columns, i);

		want.group = group;
		analyze_node(a, value, &want);
	}
}

/* INSERT ... SELECT: constants of the select list go into columns. */
static void analyze_insert_select(
    struct analyzer *a, int scope, const json_t *columns, const json_t *select)
{
	const json_t *item;
	size_t i;

	if (node_get(select, "larg")) {
		analyze_insert_select(a, scope, columns, node_get(select, "larg"));
		analyze_insert_select(a, scope, columns, node_get(select, "rarg"));
	}
	json_array_foreach (node_get(select, "targetList"), i, item) {
		const json_t *value = node_get(node_as(item, "ResTarget"), "val");
		struct want want = want_insert(a, scope, columns, i);

		if (node_as(value, "ParamRef") || node_as(value, "TypeCast"))
			analyze_node(a, value, &want);
	}
}

static void analyze_set(struct analyzer *a, int scope, const json_t *targets)
{
	const json_t *item;
	size_t i;

	json_array_foreach (targets, i, item) {
		const json_t *target = node_as(item, "ResTarget"), *value = node_get(target, "val");
		const json_t *part = node_as(value, "MultiAssignRef");
		struct want want = want_nothing(scope);

		analyze_node(a, node_get(target, "indirection"), &want);
		want = want_column(scope, PARAM_SET);
		want.partner = column_span(a, target);
		if (part) { /* (a, b) = ($1, $2): the same source for each column */
			size_t column = (size_t)json_integer_value(node_get(part, "colno"));
			const json_t *fields = node_get(node_as(node_get(part, "source"), "RowExpr"), "args");

			if (fields)
				value = json_array_get(fields, column - 1);
			else
				value = column == 1 ? node_get(part, "source") : NULL;
		}
		analyze_node(a, value, &want);
	}
}

static void analyze_conflict(struct analyzer *a, const json_t *conflict, int scope)
{
	struct want nothing = want_nothing(scope);

	analyze_node(a, node_get(node_get(conflict, "infer"), "indexElems"), &nothing);
	analyze_node(a, node_get(node_get(conflict, "infer"), "whereClause"), &nothing);
	analyze_set(a, scope, node_get(conflict, "targetList"));
	analyze_node(a, node_get(conflict, "whereClause"), &nothing);
}

static void analyze_insert(struct analyzer *a, const json_t *body, int scope)
{
	const json_t *columns = node_get(body, "cols"), *row;
	const json_t *select = node_as(node_get(body, "selectStmt"), "SelectStmt");
	const json_t *rows = node_get(select, "valuesLists");
	size_t i;

	json_array_foreach (columns, i, row) {
		_cleanup_free_ char *name = span_text(&a->lex, column_span(a, node_as(row, "ResTarget")));

		if (scope == 0 && name)
			strv_add(&a->out->insert_columns, name);
	}
	json_array_foreach (rows, i, row)
		analyze_row(a, scope, columns, node_get(node_as(row, "List"), "items"));
	if (select && !rows) {
		analyze_insert_select(a, scope, columns, select);
		analyze_select(a, select, scope, -1);
	} else if (select) {
		analyze_with(a, node_get(select, "withClause"), scope);
	}
	analyze_conflict(a, node_get(body, "onConflictClause"), scope);
}

static void analyze_where(struct analyzer *a, const json_t *where, int scope)
{
	struct want nothing = want_nothing(scope);

	scope_add_conjuncts(a, scope, where);
	analyze_node(a, where, &nothing);
}

static void analyze_update(struct analyzer *a, const json_t *body, int scope)
{
	struct want nothing = want_nothing(scope);

	if (node_get(body, "fromClause"))
		scope_add_source(a, scope, node_get(body, "fromClause"), "from");
	analyze_set(a, scope, node_get(body, "targetList"));
	analyze_node(a, node_get(body, "fromClause"), &nothing);
	analyze_where(a, node_get(body, "whereClause"), scope);
}

static void analyze_delete(struct analyzer *a, const json_t *body, int scope)
{
	struct want nothing = want_nothing(scope);

	if (node_get(body, "usingClause"))
		scope_add_source(a, scope, node_get(body, "usingClause"), "using");
	analyze_node(a, node_get(body, "usingClause"), &nothing);
	analyze_where(a, node_get(body, "whereClause"), scope);
}

static void analyze_merge(struct analyzer *a, const json_t *body, int scope)
{
	struct want nothing = want_nothing(scope);
	const json_t *item, *when;
	size_t i;

	scope_add_source(a, scope, node_get(body, "sourceRelation"), "using");
	analyze_node(a, node_get(body, "sourceRelation"), &nothing);
	analyze_where(a, node_get(body, "joinCondition"), scope);
	json_array_foreach (node_get(body, "mergeWhenClauses"), i, item) {
		when = node_as(item, "MergeWhenClause");
		analyze_node(a, node_get(when, "condition"), &nothing);
		if (node_get(when, "values"))
			analyze_row(a, scope, node_get(when, "targetList"), node_get(when, "values"));
		else
			analyze_set(a, scope, node_get(when, "targetList"));
	}
}

static const struct {
	const char *kind;
	void (*analyze)(struct analyzer *a, const json_t *body, int scope);
} writers[] = {
    {"InsertStmt", analyze_insert},
    {"UpdateStmt", analyze_update},
    {"DeleteStmt", analyze_delete},
    {"MergeStmt", analyze_merge},
};

int analyze_statement(struct analyzer *a, const json_t *node, int parent, int own)
{
	const json_t *body;
	const char *kind = node_kind(node, &body);
	int scope = own >= 0 ? own : scope_new(a, parent);
	struct want nothing = want_nothing(scope);
	struct sight sight = a->sight;
	size_t i;

	if (strcmp(kind, "SelectStmt") == 0)
		return analyze_select(a, body, parent, scope);
	for (i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		json_t *target;

		if (strcmp(writers[i].kind, kind) != 0)
			continue;
		a->out->writes = true;
		derived_take(a);
		analyze_with(a, node_get(body, "withClause"), scope);
		scope_set_target(a, scope, node_get(body, "relation"));
		target = json_pack("{s:O}", "RangeVar", node_get(body, "relation"));
		analyze_node(a, target, &nothing);
		json_decref(target);
		writers[i].analyze(a, body, scope);
		analyze_node(a, node_get(body, "returningList"), &nothing);
		a->sight = sight;
		return scope;
	}
	analyze_fields(a, body, &nothing);
	return scope;
}
