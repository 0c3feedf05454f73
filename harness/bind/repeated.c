#include "bind/repeated.h"

#include "base/buf.h"
#include "base/mem.h"
#include "sql/sql.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_PARAM 65535

struct merges { /* replacement[n - 1] is the text for $n, or NULL */
	char **replacement;
	int n, found;
};

static size_t param_length(const char *p)
{
	size_t len = 1;

	if (*p != '$' || !isdigit((unsigned char)p[1]))
		return 0;
	while (isdigit((unsigned char)p[len]))
		len++;
	return len;
}

/* How far a and b (up to end) agree when all parameters count as equal; calls back into merges
 * only when the whole of [b, end) agreed. */
static bool same_but_params(const char *a, const char *b, const char *end)
{
	while (b < end) {
		size_t la = param_length(a), lb = param_length(b);
		if (la && lb) {
			a += la;
			b += lb;
		} else if (*a && *a == *b) {
			a++;
			b++;
		} else {
			return false;
		}
	}
	return !isalnum((unsigned char)*a) && *a != '_';
}

static void note_merges(struct merges *merges, const char *a, const char *b, const char *end)
{
	while (b < end) {
		size_t la = param_length(a), lb = param_length(b);
		int into, from;
		if (!la || !lb) {
			a++;
			b++;
			continue;
		}
		into = atoi(a + 1);
		from = atoi(b + 1);
		if (from != into && from >= 1 && from <= merges->n && !merges->replacement[from - 1]) {
			merges->replacement[from - 1] = xasprintf("$%d", into);
			merges->found++;
		}
		a += la;
		b += lb;
	}
}

/* The end of a comma-separated term that starts at p: a comma, a closing parenthesis, a clause. */
static const char *term_end(const char *p)
{
	static const char *const clauses[] = {" ORDER BY ", " HAVING ", " LIMIT ", " OFFSET ",
	    " UNION ", " FETCH ", " FOR ", " WINDOW ", " ASC", " DESC", " NULLS ", NULL};
	int depth = 0;

	for (; *p && *p != ';'; p++) {
		if (*p == '(' || *p == '[')
			depth++;
		if (depth == 0 && (*p == ',' || *p == ')'))
			return p;
		if (*p == ')' || *p == ']')
			depth--;
		for (const char *const *clause = clauses; depth == 0 && *clause; clause++)
			if (strncasecmp(p, *clause, strlen(*clause)) == 0)
				return p;
	}
	return p;
}

static bool inside_identifier(const char *text, const char *p)
{
	return p > text && (isalnum((unsigned char)p[-1]) || p[-1] == '_' || p[-1] == '.');
}

static void merge_term(struct merges *merges, const char *text, const char *term, const char *end)
{
	if (!memchr(term, '$', (size_t)(end - term)))
		return;
	for (const char *p = text; p < term; p++) {
		if (!inside_identifier(text, p) && same_but_params(p, term, end)) {
			note_merges(merges, p, term, end);
			return;
		}
	}
}

static void merge_clause(struct merges *merges, const char *text, const char *keyword)
{
	for (const char *p = text; (p = strcasestr(p, keyword)) != NULL;) {
		p += strlen(keyword);
		for (;;) {
			const char *end;
			while (*p == ' ')
				p++;
			end = term_end(p);
			merge_term(merges, text, p, end);
			p = end;
			while (*p && *p != ',' && *p != ')' && strncasecmp(p, " ASC", 4) == 0)
				p += 4;
			while (*p && *p != ',' && *p != ')' && strncasecmp(p, " DESC", 5) == 0)
				p += 5;
			if (*p != ',')
				break;
			p++;
		}
	}
}

static int highest_param(const char *text)
{
	int highest = 0;

	for (const char *p = text; *p; p++)
		if (param_length(p) && atoi(p + 1) > highest)
			highest = atoi(p + 1);
	return highest < MAX_PARAM ? highest : 0;
}

char *repeated_merge(const char *text)
{
	struct merges merges = {.n = highest_param(text)};
	char *merged = NULL;

	merges.replacement = xcalloc((size_t)merges.n + 1, sizeof(char *));
	merge_clause(&merges, text, " GROUP BY ");
	merge_clause(&merges, text, " ORDER BY ");
	if (merges.found)
		merged = sql_substitute(text, (const char *const *)merges.replacement, merges.n);
	for (int i = 0; i < merges.n; i++)
		free(merges.replacement[i]);
	free(merges.replacement);
	return merged;
}
