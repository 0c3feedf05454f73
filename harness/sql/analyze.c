#include "sql/analyze.h"

#include "base/mem.h"
#include "sql/classify.h"
#include "sql/tree.h"

#include <string.h>

static void param_release(struct sql_param *param)
{
	free(param->partner);
	free(param->op);
	free(param->base);
	free(param->base_op);
	free(param->type);
}

static int compare_params(const void *left, const void *right)
{
	const struct sql_param *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* A number that stands in several places gets its type from any of them: ($1 IS NULL OR a = $1). */
static void settle_types(struct sql_analysis *analysis)
{
	bool *known = xcalloc((size_t)analysis->n_params + 1, sizeof(*known));

	for (size_t i = 0; i < analysis->n_param_items; i++) {
		const struct sql_param *param = &analysis->params[i];

		known[param->number] |= !param->needs_type && (param->partner || param->type);
	}
	for (size_t i = 0; i < analysis->n_param_items; i++)
		analysis->params[i].needs_type &= !known[analysis->params[i].number];
	free(known);
}

/* Nobody who binds may miss a parameter, wherever the grammar has room for one. */
static void record_others(struct analyzer *a)
{
	struct want nothing = want_nothing(0);

	for (size_t i = 0; i < a->lex.n; i++)
		analyze_param(a, i, &nothing);
}

static void analyzer_release(struct analyzer *a)
{
	for (size_t i = 0; i < a->out->n_scopes; i++)
		strv_release(&a->names[i]);
	free(a->names);
	free(a->ctes);
	free(a->recorded);
	lex_release(&a->lex);
}

int sql_analyze(const char *text, struct sql_analysis *ret, struct err *err)
{
	struct sql_analysis analysis = {0};
	struct analyzer a = {.out = &analysis};
	json_t *tree = NULL;
	int rc = tree_parse(text, &tree, err);

	if (rc < 0)
		return rc;
	if (tree_statement_count(tree) != 1) {
		rc = err_set(err, ERR_USAGE, "the text holds %zu statements instead of one",
		    tree_statement_count(tree));
		json_decref(tree);
		return rc;
	}
	lex_init(&a.lex, text);
	a.recorded = xcalloc(a.lex.n + 1, sizeof(*a.recorded));
	analysis.kind = classify_kind(tree_statement(tree, 0));
	analysis.n_params = lex_highest_param(&a.lex);
	a.root = tree_statement(tree, 0);
	analyze_statement(&a, a.root, -1, -1);
	record_others(&a);
	settle_types(&analysis);
	if (analysis.n_param_items)
		qsort(analysis.params, analysis.n_param_items, sizeof(*analysis.params), compare_params);
	analyzer_release(&a);
	json_decref(tree);
	*ret = analysis;
	return 0;
}

static void scope_release(struct sql_scope *scope)
{
	free(scope->from);
	free(scope->with);
	free(scope->target);
	strv_release(&scope->plain_conjuncts);
	strv_release(&scope->links);
	free(scope->link_outer);
	free(scope->link_inner);
	strv_release(&scope->tables);
	strv_release(&scope->aliases);
}

void sql_analysis_release(struct sql_analysis *analysis)
{
	for (size_t i = 0; i < analysis->n_param_items; i++)
		param_release(&analysis->params[i]);
	for (size_t i = 0; i < analysis->n_scopes; i++)
		scope_release(&analysis->scopes[i]);
	free(analysis->params);
	free(analysis->scopes);
	strv_release(&analysis->tables);
	strv_release(&analysis->insert_columns);
	*analysis = (struct sql_analysis){0};
}
