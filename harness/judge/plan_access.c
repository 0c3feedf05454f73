#include "judge/plan_access.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool is_below(const struct plan_tree *tree, size_t node, size_t above)
{
	while (node != PLAN_NO_PARENT && node > above)
		node = tree->nodes[node].parent;
	return node == above;
}

static bool is_scan(const struct plan_node *node)
{
	size_t n = strlen(node->type);

	return node->relation && n > 5 && strcmp(node->type + n - 5, " Scan") == 0;
}

static bool is_append(const struct plan_tree *tree, size_t node)
{
	return node != PLAN_NO_PARENT && (strcmp(tree->nodes[node].type, "Append") == 0 ||
	                                     strcmp(tree->nodes[node].type, "Merge Append") == 0);
}

static void add_indexes(const struct plan_tree *tree, size_t node, struct strv *ret)
{
	if (tree->nodes[node].index)
		strv_add(ret, tree->nodes[node].index);
	if (strcmp(tree->nodes[node].type, "Bitmap Heap Scan") != 0)
		return;
	for (size_t i = node + 1; i < tree->n && is_below(tree, i, node); i++)
		if (tree->nodes[i].index && !strv_contains(ret, tree->nodes[i].index))
			strv_add(ret, tree->nodes[i].index);
}

void plan_accesses_read(const struct plan_tree *tree, struct plan_accesses *ret)
{
	for (size_t i = 0; i < tree->n; i++) {
		const struct plan_node *node = &tree->nodes[i];
		struct plan_access *access;

		if (!is_scan(node))
			continue;
		GROW(ret->items, ret->n, ret->cap);
		access = &ret->items[ret->n++];
		*access = (struct plan_access){
		    .relation = node->relation,
		    .alias = node->alias ? node->alias : node->relation,
		    .method = node->type,
		    .is_member = is_append(tree, node->parent),
		};
		add_indexes(tree, i, &access->indexes);
	}
}

void plan_accesses_release(struct plan_accesses *accesses)
{
	for (size_t i = 0; i < accesses->n; i++)
		strv_release(&accesses->items[i].indexes);
	free(accesses->items);
	*accesses = (struct plan_accesses){0};
}

const struct plan_access *plan_accesses_match(
    struct plan_accesses *accesses, const struct plan_access *wanted)
{
	struct plan_access *found = NULL;

	for (size_t i = 0; i < accesses->n; i++) {
		struct plan_access *access = &accesses->items[i];

		if (access->matched || strcmp(access->relation, wanted->relation) != 0)
			continue;
		if (strcmp(access->alias, wanted->alias) == 0) {
			found = access;
			break;
		}
		if (!found && access->is_member && wanted->is_member)
			found = access; /* the numbers in aliases of partitions shift */
	}
	if (found)
		found->matched = true;
	return found;
}

bool plan_access_same_indexes(const struct plan_access *a, const struct plan_access *b)
{
	if (a->indexes.n != b->indexes.n)
		return false;
	for (size_t i = 0; i < a->indexes.n; i++)
		if (!strv_contains(&b->indexes, a->indexes.items[i]))
			return false;
	return true;
}

char *plan_access_text(const struct plan_access *access)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, access->method);
	for (size_t i = 0; i < access->indexes.n; i++)
		buf_addf(&out, "%s%s", i ? ", " : " using ", access->indexes.items[i]);
	return buf_detach(&out);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *plan_relations_below(const struct plan_tree *tree, size_t node)
{
	_cleanup_(strv_release) struct strv names = {0};
	struct buf out = BUF_INIT;

	for (size_t i = node; i < tree->n && (i == node || is_below(tree, i, node)); i++)
		if (is_scan(&tree->nodes[i]))
			strv_add(&names, tree->nodes[i].alias ? tree->nodes[i].alias : tree->nodes[i].relation);
	if (names.n > 0)
		qsort(names.items, names.n, sizeof(char *), by_text);
	buf_adds(&out, "");
	for (size_t i = 0; i < names.n; i++)
		buf_addf(&out, "%s%s", i ? ", " : "", names.items[i]);
	return buf_detach(&out);
}
