#include "model/overrides.h"

#include "base/mem.h"
#include "model/yaml.h"

#include <stdlib.h>
#include <string.h>

struct loader {
	const char *path;
	struct err *err;
};

static int bad(struct loader *l, int line, const char *what)
{
	err_set(l->err, ERR_USAGE, "%s:%d: %s", l->path, line, what);
	return err_hint(l->err,
	    "the file says \"version: 1\" and \"statements:\" with one \"name: skip\", "
	    "\"name: {values: [[1, a], [2, b]]}\" or \"name: {sql: SELECT ...}\" each");
}

static int load_row(struct loader *l, const struct yaml_node *row, struct override *o)
{
	if (row->kind != YAML_SEQUENCE || row->n_children == 0)
		return bad(l, row->line, "every element of values must be a list, one value per parameter");
	if (o->n_rows > 0 && row->n_children != o->n_columns)
		return bad(l, row->line, "this row has another number of values than the first");
	o->n_columns = row->n_children;
	o->values = xrealloc(o->values, (o->n_rows + 1) * o->n_columns * sizeof(*o->values));
	for (size_t i = 0; i < o->n_columns; i++)
		o->values[o->n_rows * o->n_columns + i] = NULL;
	o->n_rows++;
	for (size_t i = 0; i < o->n_columns; i++) {
		const struct yaml_node *cell = row->children[i];
		if (cell->kind != YAML_SCALAR)
			return bad(l, cell->line, "a value must be a number, a text or ~");
		if (!yaml_is_null(cell))
			o->values[(o->n_rows - 1) * o->n_columns + i] = xstrdup(cell->text);
	}
	return 0;
}

static int load_values(struct loader *l, const struct yaml_node *node, struct override *o)
{
	o->kind = OVERRIDE_VALUES;
	if (node->kind != YAML_SEQUENCE || node->n_children == 0)
		return bad(l, node->key_line, "values must be a list of lists");
	for (size_t i = 0; i < node->n_children; i++)
		if (load_row(l, node->children[i], o) < 0)
			return l->err->code;
	return 0;
}

static int load_source(struct loader *l, const struct yaml_node *node, struct override *o)
{
	const struct yaml_node *child;

	if (node->kind == YAML_SCALAR && node->text && strcmp(node->text, "skip") == 0) {
		o->kind = OVERRIDE_SKIP;
		return 0;
	}
	if (node->kind != YAML_MAPPING || node->n_children != 1)
		return bad(l, node->key_line, "a statement has one of skip, values and sql");
	child = node->children[0];
	o->line = child->key_line;
	if (strcmp(child->key, "values") == 0)
		return load_values(l, child, o);
	if (strcmp(child->key, "sql") != 0) {
		_cleanup_free_ char *what = xasprintf("there is no key \"%.60s\"", child->key);
		return bad(l, child->key_line, what);
	}
	if (child->kind != YAML_SCALAR || yaml_is_null(child) || !child->text[0])
		return bad(l, child->key_line, "sql must be a query");
	o->kind = OVERRIDE_SQL;
	o->sql = xstrdup(child->text);
	return 0;
}

static int load_statements(struct loader *l, const struct yaml_node *node, struct overrides *ret)
{
	if (node->kind != YAML_MAPPING)
		return bad(l, node->key_line, "statements must be a mapping of names to values");
	for (size_t i = 0; i < node->n_children; i++) {
		const struct yaml_node *child = node->children[i];
		struct override *o;

		GROW(ret->items, ret->n, ret->cap);
		o = &ret->items[ret->n++];
		*o = (struct override){.statement = xstrdup(child->key), .line = child->key_line};
		if (load_source(l, child, o) < 0)
			return l->err->code;
	}
	return 0;
}

static int load_root(struct loader *l, const struct yaml_node *root, struct overrides *ret)
{
	bool has_version = false;

	if (root->kind != YAML_MAPPING)
		return bad(l, root->line, "the file must be a mapping");
	for (size_t i = 0; i < root->n_children; i++) {
		const struct yaml_node *child = root->children[i];

		if (strcmp(child->key, "version") == 0) {
			if (child->kind != YAML_SCALAR || strcmp(child->text, "1") != 0)
				return bad(l, child->key_line, "version must be 1");
			has_version = true;
		} else if (strcmp(child->key, "statements") == 0) {
			if (load_statements(l, child, ret) < 0)
				return l->err->code;
		} else {
			_cleanup_free_ char *what = xasprintf("there is no key \"%.60s\"", child->key);
			return bad(l, child->key_line, what);
		}
	}
	return has_version ? 0 : bad(l, 1, "version is missing");
}

int overrides_load(const char *path, struct overrides *ret, struct err *err)
{
	struct overrides overrides = {.file = xstrdup(path)};
	struct loader l = {path, err};
	struct yaml_node *root = NULL;
	int rc = yaml_load(path, &root, err);

	if (rc == 0)
		rc = load_root(&l, root, &overrides);
	yaml_node_free(root);
	if (rc < 0) {
		overrides_release(&overrides);
		return rc;
	}
	*ret = overrides;
	return 0;
}

void overrides_release(struct overrides *overrides)
{
	for (size_t i = 0; i < overrides->n; i++) {
		struct override *o = &overrides->items[i];
		for (size_t v = 0; v < o->n_rows * o->n_columns; v++)
			free(o->values[v]);
		free(o->values);
		free(o->statement);
		free(o->sql);
	}
	free(overrides->items);
	free(overrides->file);
	*overrides = (struct overrides){0};
}

const struct override *overrides_find(
    const struct overrides *overrides, const char *name, const char *queryid)
{
	for (size_t i = 0; overrides && i < overrides->n; i++)
		if (strcmp(overrides->items[i].statement, name) == 0 ||
		    strcmp(overrides->items[i].statement, queryid) == 0)
			return &overrides->items[i];
	return NULL;
}
