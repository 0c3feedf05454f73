/*
 * Facts about indexes that need no server: which statements use one (from the plans), and which
 * other index can do all that it does (from the definitions).
 */
#include "base/mem.h"
#include "judge/index_definition.h"
#include "judge/plans.h"
#include "model/plan_tree.h"

#include <string.h>

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* EXPLAIN gives names without quotes and schema. */
static bool is_called(const char *qualified, const char *name)
{
	const char *own = last_part(qualified);
	size_t n = strlen(name);

	if (own[0] == '"')
		return strncmp(own + 1, name, n) == 0 && strcmp(own + 1 + n, "\"") == 0;
	return strcmp(own, name) == 0;
}

/* The relation of an index node: its own, or that of the bitmap heap scan above it. */
static const char *relation_of(const struct plan_tree *tree, size_t node)
{
	while (node != PLAN_NO_PARENT && !tree->nodes[node].relation)
		node = tree->nodes[node].parent;
	return node == PLAN_NO_PARENT ? NULL : tree->nodes[node].relation;
}

static bool tree_uses(const struct plan_tree *tree, const struct run_index *index)
{
	for (size_t i = 0; i < tree->n; i++) {
		const char *relation;

		if (tree->nodes[i].root_index && is_called(index->name, tree->nodes[i].root_index))
			return true;
		if (!tree->nodes[i].index || !is_called(index->name, tree->nodes[i].index))
			continue;
		relation = relation_of(tree, i);
		if (!relation || is_called(index->table, relation))
			return true;
	}
	return false;
}

static void note_uses(struct run *run, const struct run_statement *statement,
    const struct plan_tree *tree, enum arm arm)
{
	for (size_t i = 0; i < run->n_indexes; i++) {
		struct run_index *index = &run->indexes[i];
		/* A dropped index was used where it still exists. */
		enum arm where = index->role == INDEX_DROPPED ? ARM_BASELINE : ARM_CANDIDATE;

		if (arm == where && index->table && !strv_contains(&index->used_by, statement->name) &&
		    tree_uses(tree, index))
			strv_add(&index->used_by, statement->name);
	}
}

static void read_uses(struct run *run)
{
	for (size_t i = 0; i < run->n_statements; i++)
		for (int arm = 0; arm < N_ARMS; arm++) {
			const struct run_plans *plans = &run->statements[i].arms[arm].plans;

			for (size_t k = 0; k < plans->n; k++) {
				struct plan_tree tree;

				if (plans->items[k].json && plan_tree_parse(plans->items[k].json, &tree)) {
					note_uses(run, &run->statements[i], &tree, (enum arm)arm);
					plan_tree_release(&tree);
				}
			}
		}
}

static bool serves_on_candidate(const struct run_index *index)
{
	return index->role != INDEX_DROPPED && index->definition && index->table;
}

/* Of two that can replace each other one is superfluous: the new one, or the later by name, and
 * never one that enforces something. */
static bool yields(const struct run_index *a, const struct run_index *b)
{
	if (b->is_constraint || b->is_unique)
		return true;
	if ((a->role == INDEX_CREATED) != (b->role == INDEX_CREATED))
		return a->role == INDEX_CREATED;
	return strcmp(a->name, b->name) > 0;
}

static bool is_covered(const struct run_index *a, const struct run_index *b)
{
	struct index_definition x, y;
	bool covered, equal;

	if (strcmp(a->table, b->table) != 0)
		return false;
	index_definition_parse(a->definition, &x);
	index_definition_parse(b->definition, &y);
	covered = index_definition_covers(&y, &x) &&
	          (!a->is_unique || (b->is_unique && x.keys.n == y.keys.n));
	equal = covered && index_definition_covers(&x, &y);
	index_definition_release(&x);
	index_definition_release(&y);
	return covered && (!equal || yields(a, b));
}

static void find_redundant(struct run *run)
{
	for (size_t i = 0; i < run->n_indexes; i++) {
		struct run_index *index = &run->indexes[i];

		free(index->redundant_with);
		index->redundant_with = NULL;
		if (!serves_on_candidate(index) || index->is_primary || index->is_constraint)
			continue;
		for (size_t k = 0; k < run->n_indexes && !index->redundant_with; k++)
			if (k != i && serves_on_candidate(&run->indexes[k]) &&
			    run->indexes[k].arms[ARM_CANDIDATE].valid && is_covered(index, &run->indexes[k]))
				index->redundant_with = xstrdup(run->indexes[k].name);
	}
}

void judge_index_facts(struct run *run)
{
	for (size_t i = 0; i < run->n_indexes; i++)
		strv_release(&run->indexes[i].used_by);
	read_uses(run);
	find_redundant(run);
}
