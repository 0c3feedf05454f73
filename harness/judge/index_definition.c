#include "judge/index_definition.h"

#include "base/mem.h"

#include <string.h>

/* Past a quoted name or text; a doubled quote opens the next one at once. */
static const char *skip_quoted(const char *at)
{
	const char *end = strchr(at + 1, *at);

	return end ? end + 1 : at + strlen(at);
}

/* From an opening parenthesis: the parts between commas; returns what follows the closing one. */
static const char *split_list(const char *open, struct strv *ret)
{
	const char *start = open + 1, *at = open;
	int depth = 0;

	while (*at) {
		if (*at == '"' || *at == '\'') {
			at = skip_quoted(at);
			continue;
		}
		depth += (*at == '(') - (*at == ')');
		if ((*at == ',' && depth == 1) || depth == 0) {
			strv_addf(ret, "%.*s", (int)(at - start), start);
			start = at + 1 + (at[1] == ' ');
		}
		at++;
		if (depth == 0)
			break;
	}
	return at;
}

void index_definition_parse(const char *text, struct index_definition *ret)
{
	const char *using = strstr(text, " USING ");
	const char *open = using ? strchr(using, '(') : NULL;

	*ret = (struct index_definition){0};
	if (!open)
		return;
	using += strlen(" USING ");
	ret->method = xstrndup(using, strcspn(using, " ("));
	text = split_list(open, &ret->keys);
	if (strncmp(text, " INCLUDE (", 10) == 0)
		text = split_list(text + 9, &ret->include);
	text = strstr(text, " WHERE ");
	ret->predicate = xstrdup(text ? text : "");
}

void index_definition_release(struct index_definition *definition)
{
	free(definition->method);
	free(definition->predicate);
	strv_release(&definition->keys);
	strv_release(&definition->include);
	*definition = (struct index_definition){0};
}

bool index_definition_covers(
    const struct index_definition *wide, const struct index_definition *narrow)
{
	if (!wide->method || !narrow->method || strcmp(wide->method, narrow->method) != 0 ||
	    strcmp(wide->predicate, narrow->predicate) != 0 || wide->keys.n < narrow->keys.n)
		return false;
	if (strcmp(wide->method, "btree") != 0 && wide->keys.n != narrow->keys.n)
		return false;
	for (size_t i = 0; i < narrow->keys.n; i++)
		if (strcmp(wide->keys.items[i], narrow->keys.items[i]) != 0)
			return false;
	for (size_t i = 0; i < narrow->include.n; i++)
		if (!strv_contains(&wide->include, narrow->include.items[i]) &&
		    !strv_contains(&wide->keys, narrow->include.items[i]))
			return false;
	return true;
}
