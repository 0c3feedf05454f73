/* The files that a gate names: found, readable, and what they say. */
#include "model/gate_loader.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>
#include <unistd.h>

#define SQL_MAX_BYTES ((size_t)16 << 20)

int gate_path(struct gate_loader *l, enum gate_part part, const struct yaml_node *node, char **ret)
{
	_cleanup_free_ char *beside = NULL;
	const char *text;
	char *found = NULL;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (l->without & part)
		return gate_copy_text(l, node, ret);
	beside = l->dir ? file_join(l->dir, text) : xstrdup(text);
	if (file_exists(text))
		found = xstrdup(text);
	else if (file_exists(beside))
		found = xstrdup(beside);
	else if (text[0] == '/' || strcmp(l->dir ? l->dir : ".", ".") == 0)
		return gate_reject(l, node, "there is no %s", text);
	else
		return gate_reject(l, node, "there is no %s, neither here nor in %s", text, l->dir);
	if (access(found, R_OK) < 0) {
		free(found);
		return gate_reject(l, node, "%s exists but cannot be read (permission)", text);
	}
	free(*ret);
	*ret = found;
	return 0;
}

/* The first character after the comment that starts at p, or NULL when none starts there.
 * PostgreSQL nests block comments. */
static const char *skip_comment(const char *p)
{
	int depth = 0;

	if (p[0] == '-' && p[1] == '-')
		return p + strcspn(p, "\n");
	if (p[0] != '/' || p[1] != '*')
		return NULL;
	do {
		if (p[0] == '/' && p[1] == '*') {
			depth++;
			p += 2;
		} else if (p[0] == '*' && p[1] == '/') {
			depth--;
			p += 2;
		} else {
			p++;
		}
	} while (depth > 0 && *p);
	return p;
}

bool sql_is_empty(const char *sql)
{
	while (*sql) {
		const char *after = skip_comment(sql);

		if (after)
			sql = after;
		else if (strchr(" \t\r\n\f\v;", *sql))
			sql++;
		else
			return false;
	}
	return true;
}

int sql_file_read(const char *path, char **ret_sql, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (file_read(path, SQL_MAX_BYTES, &text, err) < 0)
		return err->code;
	if (memchr(text.data, '\0', text.len))
		return err_set(err, ERR_USAGE, "%s holds NUL bytes: it is not an SQL file", path);
	if (utf8_valid_bytes(text.data, text.len) != text.len)
		return err_set(err, ERR_USAGE, "%s is not valid UTF-8", path);
	*ret_sql = buf_detach(&text);
	return 0;
}

int gate_sql_file(
    struct gate_loader *l, const struct yaml_node *node, char **ret_path, char **ret_sql)
{
	struct err inner = {0};

	if (gate_path(l, GATE_CANDIDATE, node, ret_path) < 0)
		return ERR_USAGE;
	if (l->without & GATE_CANDIDATE)
		return 0;
	free(*ret_sql);
	*ret_sql = NULL;
	if (sql_file_read(*ret_path, ret_sql, &inner) < 0)
		return gate_reject(l, node, "%s", inner.message);
	return 0;
}
