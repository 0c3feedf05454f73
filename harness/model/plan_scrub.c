/*
 * Literals out of a plan. What EXPLAIN prints is SQL made by the server's own deparser: strings in
 * single quotes, numbers bare. Every text is scrubbed unless its key is known to hold no expression,
 * so that a key of a later version cannot leak. Counts of nothing are left out.
 */
#include "base/buf.h"
#include "model/plan_tree.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

/* Past the closing quote; a doubled quote is part of the text, and so is a backslash escape in E''. */
static const char *skip_quoted(const char *at, bool escapes)
{
	char quote = *at++;

	while (*at && !(*at == quote && at[1] != quote)) {
		if ((escapes && *at == '\\' && at[1]) || *at == quote)
			at++;
		at++;
	}
	return *at ? at + 1 : at;
}

static const char *skip_number(const char *at)
{
	while (isdigit((unsigned char)*at) || *at == '.')
		at++;
	if ((*at == 'e' || *at == 'E') &&
	    (isdigit((unsigned char)at[1]) || ((at[1] == '+' || at[1] == '-') && at[2])))
		for (at += 2; isdigit((unsigned char)*at);)
			at++;
	return at;
}

static bool ends_with(const struct buf *buf, const char *word)
{
	size_t n = strlen(word);

	return buf->len >= n && strncmp(buf->data + buf->len - n, word, n) == 0;
}

/* "SubPlan 1" and "InitPlan 2" are names. */
static bool is_part_of_name(const struct buf *out)
{
	return ends_with(out, "SubPlan ") || ends_with(out, "InitPlan ") || ends_with(out, "CTE ");
}

char *plan_scrub_expression(const char *text)
{
	struct buf out = BUF_INIT;
	const char *at = text;

	buf_adds(&out, "");
	while (*at) {
		const char *start = at;

		if (*at == '\'') {
			bool prefixed = at > text && strchr("EeBbXx", at[-1]);
			bool escapes = prefixed && (at[-1] == 'E' || at[-1] == 'e');

			prefixed = prefixed && (at - text < 2 || !is_name_char(at[-2]));
			at = skip_quoted(at, escapes);
			if (prefixed)
				out.len--;
			buf_addc(&out, '?');
		} else if (*at == '"') {
			at = skip_quoted(at, false);
			buf_add(&out, start, (size_t)(at - start));
		} else if (isdigit((unsigned char)*at)) {
			at = skip_number(at);
			if (is_part_of_name(&out))
				buf_add(&out, start, (size_t)(at - start));
			else
				buf_addc(&out, '?');
		} else if (is_name_char(*at)) {
			while (is_name_char(*at))
				at++;
			buf_add(&out, start, (size_t)(at - start));
		} else {
			buf_addc(&out, *at++);
		}
	}
	return buf_detach(&out);
}

static bool holds_no_expression(const char *key)
{
	static const char *const keys[] = {"Node Type", "Parent Relationship", "Subplan Name",
	    "Relation Name", "Schema", "Alias", "Index Name", "Partitioned Index", "CTE Name",
	    "Function Name", "Join Type", "Strategy", "Partial Mode", "Scan Direction", "Operation",
	    "Command", "Cache Mode", "Sort Method", "Sort Space Type", "Conflict Resolution",
	    "Conflict Arbiter Indexes", "Custom Plan Provider", "Tuplestore Name", "Sort Methods Used"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* Most of a measured plan says that no block of this kind was touched. */
static bool is_silent(const char *key, const json_t *value)
{
	size_t n = strlen(key);

	return json_is_integer(value) && json_integer_value(value) == 0 &&
	       ((n > 7 && strcmp(key + n - 7, " Blocks") == 0) || strncmp(key, "WAL ", 4) == 0);
}

static json_t *scrub_string(json_t *value)
{
	char *clean = plan_scrub_expression(json_string_value(value));
	json_t *string = json_string(clean);

	free(clean);
	return string;
}

static void scrub_value(json_t *value, const struct strv *roots);

static void name_root(json_t *object, const struct strv *roots)
{
	const char *index = json_string_value(json_object_get(object, "Index Name"));

	for (size_t i = 0; index && roots && i + 1 < roots->n; i += 2)
		if (strcmp(roots->items[i], index) == 0)
			json_object_set_new(object, "Partitioned Index", json_string(roots->items[i + 1]));
}

static void scrub_object(json_t *object, const struct strv *roots)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, key, value)
	{
		if (is_silent(key, value)) {
			json_object_del(object, key);
			continue;
		}
		if (strcmp(key, "Settings") == 0 || holds_no_expression(key))
			continue;
		if (json_is_string(value))
			json_object_set_new(object, key, scrub_string(value));
		else
			scrub_value(value, roots);
	}
	name_root(object, roots);
}

static void scrub_value(json_t *value, const struct strv *roots)
{
	json_t *item;
	size_t i;

	if (json_is_object(value))
		scrub_object(value, roots);
	json_array_foreach (value, i, item) {
		if (json_is_string(item))
			json_array_set_new(value, i, scrub_string(item));
		else
			scrub_value(item, roots);
	}
}

char *plan_scrub(const char *json, const struct strv *roots)
{
	json_t *root = json ? json_loads(json, 0, NULL) : NULL;
	char *text;

	scrub_value(root, roots);
	text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
	json_decref(root);
	return text;
}
