/*
 * From a threshold's scope to what it applies to. A scope that matches nothing is a mistake of
 * the person who wrote it, and becomes an INCONCLUSIVE check that names the nearest match: a
 * check that silently vanished would pass.
 */
#include "base/mem.h"
#include "base/nearest.h"
#include "judge/judging.h"

#include <string.h>

struct target_list {
	struct target *items;
	size_t n, cap;
};

bool target_has(const struct target *target, const struct sample *sample)
{
	for (size_t i = 0; i < target->n_statements; i++)
		if (target->statements[i] == sample->statement)
			return true;
	return false;
}

void target_release(struct target *target)
{
	free(target->label);
	free(target->statements);
	free(target->problem);
	*target = (struct target){0};
}

static struct target *add_target(struct target_list *list, const char *label)
{
	GROW(list->items, list->n, list->cap);
	list->items[list->n] = (struct target){.label = xstrdup(label)};
	return &list->items[list->n++];
}

static void add_statement(struct target *target, size_t statement, size_t n_replayed)
{
	if (!target->statements)
		target->statements = xcalloc(n_replayed + 1, sizeof(*target->statements));
	target->statements[target->n_statements++] = statement;
}

static bool in_scope(const struct run_statement *statement, const struct scope *scope)
{
	struct scope_subject subject = {
	    statement->name, statement->queryid, statement->writes, &statement->tables};

	return scope_covers(scope, &subject);
}

static bool is_named(enum scope_kind kind)
{
	return kind == SCOPE_NAME || kind == SCOPE_QUERYID || kind == SCOPE_TABLE ||
	       kind == SCOPE_INDEX;
}

/* A statement that is in the workload but was not replayed deserves its reason. */
static char *why_no_statement(const struct run *run, const struct scope *scope)
{
	_cleanup_free_ const char **names = xcalloc(run->n_statements + 1, sizeof(*names));
	const char *nearest;

	for (size_t i = run->n_replayed; i < run->n_statements; i++)
		if (in_scope(&run->statements[i], scope))
			return xasprintf("%s was not replayed: %s", run->statements[i].name,
			    run->statements[i].skip_reason ? run->statements[i].skip_reason
			                                   : "no reason is recorded");
	if (scope->kind != SCOPE_NAME)
		return NULL;
	for (size_t i = 0; i < run->n_statements; i++)
		names[i] = run->statements[i].name;
	nearest = nearest_word(scope->argument, names, run->n_statements);
	if (nearest)
		return xasprintf("the workload has no statement \"%s\"; the nearest name is \"%s\"",
		    scope->argument, nearest);
	return xasprintf("the workload has no statement \"%s\"", scope->argument);
}

static void set_problem(struct target *target, char *reason, const char *scope, const char *kind)
{
	target->problem =
	    reason ? reason : xasprintf("the scope \"%s\" matches no %s of this run", scope, kind);
}

static void statement_targets(
    const struct run *run, const struct scope *scope, const char *label, struct target_list *list)
{
	struct target *target = NULL;

	for (size_t i = 0; i < run->n_replayed; i++) {
		const struct run_statement *statement = &run->statements[i];

		if (!in_scope(statement, scope))
			continue;
		if (!target || scope_is_each(scope))
			target = add_target(
			    list, scope_is_each(scope) || scope->kind == SCOPE_NAME ? statement->name : label);
		add_statement(target, i, run->n_replayed);
		target->named = !scope_is_each(scope);
	}
	if (target)
		return;
	target = add_target(list, scope->kind == SCOPE_NAME ? scope->argument : label);
	/* "each write" of a workload that only reads is settled, not open. */
	if (is_named(scope->kind))
		set_problem(target, why_no_statement(run, scope), label, "replayed statement");
}

static bool was_written(const struct run_table *table)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct run_table_arm *a = &table->arms[arm];

		if (a->inserted + a->updated + a->deleted > 0)
			return true;
	}
	return false;
}

static void table_targets(
    const struct run *run, const struct scope *scope, const char *label, struct target_list *list)
{
	bool named = scope->kind == SCOPE_TABLE;

	if (scope->kind == SCOPE_ALL) {
		add_target(list, label);
		return;
	}
	for (size_t i = 0; i < run->n_tables; i++) {
		struct target *target;

		if (named ? !scope_same_relation(run->tables[i].name, scope->argument)
		          : !was_written(&run->tables[i]))
			continue;
		target = add_target(list, run->tables[i].name);
		target->table = &run->tables[i];
		target->named = named;
	}
	if (list->n)
		return;
	add_target(list, label);
	if (!run->n_tables)
		list->items[0].problem = xstrdup("the figures of tables were not measured in this run");
	else if (named)
		set_problem(&list->items[0], NULL, label, "table");
}

static void index_targets(const struct run *run, const struct threshold *threshold,
    const char *label, struct target_list *list)
{
	const struct scope *scope = &threshold->scope;
	bool against_baseline =
	    bound_is_ratio(threshold->bound) || threshold->bound == BOUND_MAX_INCREASE;

	for (size_t i = 0; i < run->n_indexes; i++) {
		const struct run_index *index = &run->indexes[i];
		bool wanted = index->role == (against_baseline ? INDEX_EXISTING : INDEX_CREATED);
		struct target *target;

		if (scope->kind == SCOPE_INDEX)
			wanted = scope_same_relation(index->name, scope->argument);
		else if (scope->kind == SCOPE_TABLE)
			wanted = wanted && scope_same_relation(index->table, scope->argument);
		if (!wanted)
			continue;
		target = add_target(list, index->name);
		target->index = index;
		target->named = scope->kind == SCOPE_INDEX;
	}
	if (list->n)
		return;
	add_target(list, label);
	if (!run->n_indexes)
		list->items[0].problem = xstrdup("the figures of indexes were not measured in this run");
	else if (scope->kind == SCOPE_INDEX)
		set_problem(&list->items[0], NULL, label, "index");
}

struct target *targets_of(const struct run *run, const struct threshold *threshold, size_t *ret_n)
{
	_cleanup_free_ char *label = scope_format(&threshold->scope);
	struct target_list list = {0};

	switch (threshold->metric->family) {
	case METRIC_TABLE:
	case METRIC_VACUUM:
		table_targets(run, &threshold->scope, label, &list);
		break;
	case METRIC_INDEX:
		index_targets(run, threshold, label, &list);
		break;
	case METRIC_RUN:
		add_target(&list, label);
		break;
	default:
		statement_targets(run, &threshold->scope, label, &list);
		break;
	}
	*ret_n = list.n;
	return list.items;
}
