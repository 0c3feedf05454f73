#include "model/gate_loader.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/units.h"

#include <stdarg.h>
#include <string.h>

#define MAX_KEYS 32

int gate_reject(struct gate_loader *l, const struct yaml_node *node, const char *format, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	return err_set(l->err, ERR_USAGE, "%s:%d:%d: %s%s%s", l->file, node->line, node->column,
	    node->key ? node->key : "", node->key ? ": " : "", text.data);
}

const struct yaml_node *gate_child(const struct yaml_node *mapping, const char *key)
{
	for (size_t i = 0; i < mapping->n_children; i++)
		if (strcmp(mapping->children[i]->key, key) == 0)
			return mapping->children[i];
	return NULL;
}

static int reject_key(struct gate_loader *l, const struct yaml_node *child,
    const struct gate_key *keys, size_t n_keys)
{
	const char *names[MAX_KEYS];
	const char *nearest;
	_cleanup_buf_ struct buf list = BUF_INIT;

	for (size_t i = 0; i < n_keys; i++) {
		names[i] = keys[i].name;
		buf_addf(&list, "%s%s", i ? ", " : "", names[i]);
	}
	nearest = nearest_word(child->key, names, n_keys);
	err_set(l->err, ERR_USAGE, "%s:%d:%d: unknown key \"%.60s\"%s%s%s", l->file, child->key_line,
	    child->key_column, child->key, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
	    nearest ? "\"?" : "");
	return err_hint(l->err, "the keys here are: %s", list.data);
}

static const struct gate_key *find_key(const char *name, const struct gate_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

int gate_load_mapping(struct gate_loader *l, const struct yaml_node *node,
    const struct gate_key *keys, size_t n_keys, void *target)
{
	if (node->kind != YAML_MAPPING)
		return gate_reject(
		    l, node, "a mapping (key: value) is expected here, not %s", yaml_describe(node));
	for (size_t i = 0; i < node->n_children; i++) {
		const struct yaml_node *child = node->children[i];
		const struct gate_key *key = find_key(child->key, keys, n_keys);

		if (!key)
			return reject_key(l, child, keys, n_keys);
		if (key->load(l, child, target) < 0)
			return ERR_USAGE;
	}
	return 0;
}

int gate_text(struct gate_loader *l, const struct yaml_node *node, const char **ret)
{
	if (node->kind != YAML_SCALAR)
		return gate_reject(l, node, "one value is expected here, not %s", yaml_describe(node));
	if (yaml_is_null(node) || node->text[0] == '\0')
		return gate_reject(l, node, "the value is missing");
	*ret = node->text;
	return 0;
}

int gate_copy_text(struct gate_loader *l, const struct yaml_node *node, char **ret)
{
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	free(*ret);
	*ret = xstrdup(text);
	return 0;
}

int gate_bool(struct gate_loader *l, const struct yaml_node *node, bool *ret)
{
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return gate_reject(l, node, "\"%.60s\" is neither true nor false", text);
	*ret = text[0] == 't';
	return 0;
}

int gate_int(
    struct gate_loader *l, const struct yaml_node *node, int64_t min, int64_t max, int64_t *ret)
{
	struct err inner = {0};
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (units_parse_int(text, min, max, ret, &inner) < 0)
		return gate_reject(l, node, "%s", inner.message);
	return 0;
}

int gate_duration(struct gate_loader *l, const struct yaml_node *node, uint64_t min_ns,
    uint64_t max_ns, uint64_t *ret)
{
	struct err inner = {0};
	char least[32], most[32];
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (units_parse_duration_ns(text, ret, &inner) < 0)
		return gate_reject(l, node, "%s", inner.message);
	if (*ret < min_ns || *ret > max_ns)
		return gate_reject(l, node, "%s is outside %s to %s", text,
		    units_format_duration(least, (double)min_ns),
		    units_format_duration(most, (double)max_ns));
	return 0;
}

int gate_fraction(
    struct gate_loader *l, const struct yaml_node *node, double min, double max, double *ret)
{
	struct err inner = {0};
	char least[32], most[32];
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (units_parse_fraction(text, ret, &inner) < 0)
		return gate_reject(l, node, "%s", inner.message);
	if (*ret < min || *ret > max)
		return gate_reject(l, node, "%s is outside %s to %s", text,
		    units_format_percent(least, min), units_format_percent(most, max));
	return 0;
}

int gate_choice(struct gate_loader *l, const struct yaml_node *node, const char *const *names,
    size_t n, int *ret)
{
	_cleanup_buf_ struct buf list = BUF_INIT;
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], text) == 0) {
			*ret = (int)i;
			return 0;
		}
		buf_addf(&list, "%s%s", i ? ", " : "", names[i]);
	}
	return gate_reject(l, node, "\"%.60s\" is not one of: %s", text, list.data);
}
