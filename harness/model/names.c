#include "model/names.h"

#include "base/mem.h"
#include "model/yaml.h"

#include <string.h>

/* The file while it is read. */
struct names_file {
	const char *path;
	const char *section; /* "names" or "rewrites" */
	struct err *err;
};

static int bad(const struct names_file *file, int line, const char *what)
{
	err_set(file->err, ERR_USAGE, "%s:%d: %s", file->path, line, what);
	return err_hint(file->err,
	    "the file says \"version: 1\" and \"%s:\" with one \"name: SQL text\" per statement",
	    file->section);
}

static int add_names(
    const struct names_file *file, const struct yaml_node *node, struct statement_names *ret)
{
	if (node->kind != YAML_MAPPING)
		return bad(file, node->line, "a mapping of names to SQL texts is expected here");
	for (size_t i = 0; i < node->n_children; i++) {
		const struct yaml_node *child = node->children[i];

		if (child->kind != YAML_SCALAR || yaml_is_null(child) || !child->text[0])
			return bad(file, child->key_line, "a name needs a SQL text");
		if (!child->key[0])
			return bad(file, child->key_line, "a name must not be empty");
		GROW(ret->items, ret->n, ret->cap);
		ret->items[ret->n++] = (struct statement_name){
		    .name = xstrdup(child->key),
		    .text = xstrdup(child->text),
		    .line = child->key_line,
		};
	}
	return 0;
}

static int read_root(
    const struct names_file *file, const struct yaml_node *root, struct statement_names *ret)
{
	bool has_version = false;
	int rc = 0;

	if (root->kind != YAML_MAPPING)
		return bad(file, root->line, "the file must be a mapping");
	for (size_t i = 0; i < root->n_children && rc == 0; i++) {
		const struct yaml_node *child = root->children[i];

		if (strcmp(child->key, "version") == 0) {
			if (child->kind != YAML_SCALAR || strcmp(child->text, "1") != 0)
				rc = bad(file, child->key_line, "version must be 1");
			has_version = true;
		} else if (strcmp(child->key, file->section) == 0) {
			rc = add_names(file, child, ret);
		} else {
			_cleanup_free_ char *what = xasprintf("there is no key \"%.60s\"", child->key);

			rc = bad(file, child->key_line, what);
		}
	}
	if (rc == 0 && !has_version)
		rc = bad(file, 1, "version is missing");
	return rc;
}

static int load(const char *path, const char *section, struct statement_names *ret, struct err *err)
{
	struct err ignored = {0};
	struct names_file file = {.path = path, .section = section, .err = err ? err : &ignored};
	struct statement_names names = {0};
	struct yaml_node *root = NULL;
	int rc = yaml_load(path, &root, err);

	if (rc == 0)
		rc = read_root(&file, root, &names);
	yaml_node_free(root);
	if (rc < 0) {
		statement_names_release(&names);
		return rc;
	}
	*ret = names;
	return 0;
}

int statement_names_load(const char *path, struct statement_names *ret, struct err *err)
{
	return load(path, "names", ret, err);
}

int statement_rewrites_load(const char *path, struct statement_names *ret, struct err *err)
{
	return load(path, "rewrites", ret, err);
}

const char *statement_names_find(const struct statement_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i].name, name) == 0)
			return names->items[i].text;
	return NULL;
}

void statement_names_release(struct statement_names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		free(names->items[i].name);
		free(names->items[i].text);
	}
	free(names->items);
	*names = (struct statement_names){0};
}
