#include "sql/qualify.h"

#include "base/buf.h"
#include "base/mem.h"
#include "sql/tree.h"

#include <stdlib.h>
#include <string.h>

struct table_use {
	const char *name; /* in the tree */
	size_t offset;
};

struct table_walk {
	struct table_use *uses;
	size_t n_uses, cap_uses;
	struct strv ctes;
};

/* RangeVar, which some fields hold without naming their node. */
static void look_at_node(struct table_walk *w, const json_t *body)
{
	const char *name = node_text(body, "relname");
	size_t location = node_location(body);

	if (node_text(body, "ctename")[0])
		strv_add(&w->ctes, node_text(body, "ctename"));
	if (!name[0] || !json_object_get(body, "relpersistence") || location == NO_LOCATION ||
	    node_text(body, "schemaname")[0])
		return;
	GROW(w->uses, w->n_uses, w->cap_uses);
	w->uses[w->n_uses++] = (struct table_use){name, location};
}

/* jansson's limit of levels bounds the recursion. */
static void walk(struct table_walk *w, const json_t *node)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach (node, i, inner)
			walk(w, inner);
		return;
	}
	if (!json_is_object(node))
		return;
	look_at_node(w, node);
	json_object_foreach ((json_t *)node, key, inner)
		walk(w, inner);
}

static int compare_uses(const void *left, const void *right)
{
	const struct table_use *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int look(const char *text, json_t **ret_tree, struct table_walk *w, struct err *err)
{
	int rc = tree_parse(text, ret_tree, err);

	if (rc < 0)
		return rc;
	walk(w, *ret_tree);
	if (w->n_uses)
		qsort(w->uses, w->n_uses, sizeof(*w->uses), compare_uses);
	return 0;
}

static void release(struct table_walk *w, json_t *tree)
{
	free(w->uses);
	strv_release(&w->ctes);
	json_decref(tree);
}

int sql_unqualified_tables(const char *text, struct strv *ret, struct err *err)
{
	struct table_walk w = {0};
	json_t *tree = NULL;
	int rc = look(text, &tree, &w, err);

	for (size_t i = 0; i < w.n_uses; i++)
		if (!strv_contains(&w.ctes, w.uses[i].name) && !strv_contains(ret, w.uses[i].name))
			strv_add(ret, w.uses[i].name);
	release(&w, tree);
	return rc;
}

int sql_qualify(
    const char *text, const char *schema, const struct strv *names, char **ret, struct err *err)
{
	struct table_walk w = {0};
	struct buf out = BUF_INIT;
	json_t *tree = NULL;
	size_t copied = 0;
	int rc = look(text, &tree, &w, err);

	for (size_t i = 0; i < w.n_uses; i++) {
		const struct table_use *use = &w.uses[i];
		if (!strv_contains(names, use->name) || strv_contains(&w.ctes, use->name))
			continue;
		buf_add(&out, text + copied, use->offset - copied);
		buf_addf(&out, "%s.", schema);
		copied = use->offset;
	}
	buf_adds(&out, text + copied);
	release(&w, tree);
	if (rc < 0)
		buf_release(&out);
	else
		*ret = buf_detach(&out);
	return rc;
}
