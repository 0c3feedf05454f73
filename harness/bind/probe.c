/*
 * The texts are normalised: one space between tokens, no comments, hardly a literal; so keywords
 * are found by looking for them outside brackets and quotes.
 */
#include "bind/probe.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

/* The first of this " KEYWORD " outside brackets and quotes; NULL when there is none. */
static const char *keyword(const char *text, const char *word)
{
	int depth = 0;
	char quote = '\0';

	for (const char *p = text; *p; p++) {
		if (quote) {
			quote = *p == quote ? '\0' : quote;
			continue;
		}
		if (*p == '\'' || *p == '"')
			quote = *p;
		if (*p == '(' || *p == '[')
			depth++;
		if (*p == ')' || *p == ']')
			depth--;
		if (depth == 0 && strncasecmp(p, word, strlen(word)) == 0)
			return p;
	}
	return NULL;
}

/* From start to the first of these keywords. */
static char *cut(const char *start, const char *const *ends)
{
	size_t len = strlen(start);

	for (; *ends; ends++) {
		const char *end = keyword(start, *ends);
		if (end && (size_t)(end - start) < len)
			len = (size_t)(end - start);
	}
	return xstrndup(start, len);
}

static char *probe_change(const struct binding *b)
{
	static const char *const ends[] = {" RETURNING ", NULL};
	const struct sql_scope *scope = &b->analysis.scopes[0];
	const char *where = keyword(b->sql, " WHERE ");
	_cleanup_free_ char *condition = NULL;

	if (!where || !scope->from || scope->aliases.n == 0)
		return NULL;
	condition = cut(where, ends);
	return xasprintf("SELECT %s.ctid FROM %s%s", scope->aliases.items[0], scope->from, condition);
}

static char *probe_insert(const struct binding *b)
{
	static const char *const ends[] = {" ON CONFLICT ", " RETURNING ", NULL};
	const char *select = keyword(b->sql, " SELECT ");

	return select ? cut(select + 1, ends) : NULL;
}

static char *probe_lock(const struct binding *b)
{
	static const char *const ends[] = {
	    " FOR UPDATE", " FOR NO KEY UPDATE", " FOR SHARE", " FOR KEY SHARE", NULL};

	return cut(b->sql, ends);
}

char *probe_text(const struct binding *b)
{
	if (strncasecmp(b->sql, "WITH ", 5) == 0 || b->analysis.n_scopes == 0)
		return NULL;
	switch (b->analysis.kind) {
	case SQL_UPDATE:
	case SQL_DELETE:
		return probe_change(b);
	case SQL_INSERT:
		return probe_insert(b);
	case SQL_SELECT:
		return b->analysis.locks_rows && !b->analysis.writes ? probe_lock(b) : NULL;
	default:
		return NULL;
	}
}
