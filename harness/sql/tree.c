#include "sql/tree.h"

#include "base/buf.h"
#include "sql/sql.h"
#include "sql/worker.h"

#include <string.h>

int tree_parse_at(const char *text, json_t **ret, size_t *ret_error_offset, struct err *err)
{
	_cleanup_buf_ struct buf reply = BUF_INIT;
	json_error_t where;
	int rc = worker_call(WORKER_PARSE, text, &reply, ret_error_offset, err);

	if (rc < 0)
		return rc;
	*ret = json_loadb(reply.data, reply.len, 0, &where);
	if (!*ret) {
		err_set(err, ERR_ENV, "the text of %zu bytes could not be analysed: %s", strlen(text),
		    where.text);
		return err_hint(err, "it is nested too deeply, or chains too many operators");
	}
	return 0;
}

int tree_parse(const char *text, json_t **ret, struct err *err)
{
	struct err inner = {0};
	int line = 1, column = 1;
	size_t offset = 0;
	int rc = tree_parse_at(text, ret, &offset, &inner);

	if (rc == 0)
		return 0;
	if (err)
		*err = inner;
	if (rc != ERR_USAGE || strnlen(text, SQL_MAX_BYTES + 1) > SQL_MAX_BYTES)
		return rc;
	for (size_t i = 0; i < offset && text[i]; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	return err_set(err, rc, "%s (line %d, column %d of the text)", inner.message, line, column);
}

size_t tree_statement_count(const json_t *tree)
{
	return json_array_size(node_get(tree, "stmts"));
}

const json_t *tree_statement(const json_t *tree, size_t i)
{
	return node_get(json_array_get(node_get(tree, "stmts"), i), "stmt");
}

const char *node_kind(const json_t *node, const json_t **ret_body)
{
	void *first = json_object_iter((json_t *)node);

	*ret_body = first ? json_object_iter_value(first) : NULL;
	return first ? json_object_iter_key(first) : "";
}

const json_t *node_as(const json_t *node, const char *kind)
{
	return json_object_get(node, kind);
}

const json_t *node_get(const json_t *body, const char *field)
{
	return json_object_get(body, field);
}

const char *node_text(const json_t *body, const char *field)
{
	const char *value = json_string_value(json_object_get(body, field));

	return value ? value : "";
}

bool node_is(const json_t *body, const char *field, const char *value)
{
	return strcmp(node_text(body, field), value) == 0;
}

bool node_flag(const json_t *body, const char *field)
{
	return json_is_true(json_object_get(body, field));
}

size_t node_location(const json_t *body)
{
	const json_t *location = json_object_get(body, "location");
	json_int_t value = json_integer_value(location);

	return json_is_integer(location) && value >= 0 ? (size_t)value : NO_LOCATION;
}

const char *node_last_name(const json_t *names)
{
	size_t n = json_array_size(names);

	return n ? node_text(node_as(json_array_get(names, n - 1), "String"), "sval") : "";
}

bool node_contains(const json_t *node, const char *kind)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach (node, i, inner) {
			if (node_contains(inner, kind))
				return true;
		}
		return false;
	}
	json_object_foreach ((json_t *)node, key, inner) {
		if (strcmp(key, kind) == 0 ||
		    ((json_is_object(inner) || json_is_array(inner)) && node_contains(inner, kind)))
			return true;
	}
	return false;
}
