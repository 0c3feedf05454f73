#include "base/mem.h"
#include "base/nearest.h"
#include "model/gate.h"

#include <string.h>

static const char *const plain[] = {
    [SCOPE_ALL] = "all",
    [SCOPE_ALL_READS] = "all reads",
    [SCOPE_ALL_WRITES] = "all writes",
    [SCOPE_EACH] = "each",
    [SCOPE_EACH_READ] = "each read",
    [SCOPE_EACH_WRITE] = "each write",
};
#define N_PLAIN (sizeof(plain) / sizeof(plain[0]))

static const struct {
	const char *prefix;
	enum scope_kind kind;
} prefixes[] = {
    {"name:", SCOPE_NAME},
    {"queryid:", SCOPE_QUERYID},
    {"table:", SCOPE_TABLE},
    {"index:", SCOPE_INDEX},
};
#define N_PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

static int parse_argument(const char *text, size_t prefix, struct scope *ret, struct err *err)
{
	const char *argument = prefixes[prefix].prefix;

	argument = text + strlen(argument);
	while (*argument == ' ')
		argument++;
	if (*argument == '\0')
		return err_set(err, ERR_USAGE, "scope \"%.60s\" says nothing after the colon", text);
	if (prefixes[prefix].kind == SCOPE_QUERYID) {
		const char *digits = argument + (*argument == '-');

		if (*digits == '\0' || digits[strspn(digits, "0123456789")])
			return err_set(err, ERR_USAGE, "scope \"%.60s\": a queryid is a decimal number", text);
	}
	*ret = (struct scope){.kind = prefixes[prefix].kind, .argument = xstrdup(argument)};
	return 0;
}

int scope_parse(const char *text, struct scope *ret, struct err *err)
{
	const char *nearest;

	for (size_t i = 0; i < N_PLAIN; i++) {
		if (strcmp(plain[i], text) == 0) {
			*ret = (struct scope){.kind = (enum scope_kind)i};
			return 0;
		}
	}
	for (size_t i = 0; i < N_PREFIXES; i++)
		if (strncmp(prefixes[i].prefix, text, strlen(prefixes[i].prefix)) == 0)
			return parse_argument(text, i, ret, err);
	nearest = nearest_word(text, plain, N_PLAIN);
	err_set(err, ERR_USAGE, "unknown scope \"%.60s\"%s%s%s", text,
	    nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
	return err_hint(err, "a scope is all, all reads, all writes, each, each read, each write, "
	                     "name:NAME, queryid:NUMBER, table:NAME or index:NAME");
}

char *scope_format(const struct scope *scope)
{
	for (size_t i = 0; i < N_PREFIXES; i++)
		if (prefixes[i].kind == scope->kind)
			return xasprintf("%s%s", prefixes[i].prefix, scope->argument);
	return xstrdup(plain[scope->kind]);
}

bool scope_is_each(const struct scope *scope)
{
	return scope->kind == SCOPE_EACH || scope->kind == SCOPE_EACH_READ ||
	       scope->kind == SCOPE_EACH_WRITE;
}

bool scope_same_relation(const char *a, const char *b)
{
	const char *bare_a = strrchr(a, '.'), *bare_b = strrchr(b, '.');

	if (bare_a && bare_b)
		return strcmp(a, b) == 0;
	return strcmp(bare_a ? bare_a + 1 : a, bare_b ? bare_b + 1 : b) == 0;
}

static bool touches(const struct strv *tables, const char *table)
{
	for (size_t i = 0; i < tables->n; i++)
		if (scope_same_relation(tables->items[i], table))
			return true;
	return false;
}

bool scope_covers(const struct scope *scope, const struct scope_subject *subject)
{
	switch (scope->kind) {
	case SCOPE_ALL:
	case SCOPE_EACH:
		return true;
	case SCOPE_ALL_READS:
	case SCOPE_EACH_READ:
		return !subject->writes;
	case SCOPE_ALL_WRITES:
	case SCOPE_EACH_WRITE:
		return subject->writes;
	case SCOPE_NAME:
		return strcmp(subject->name, scope->argument) == 0;
	case SCOPE_QUERYID:
		return subject->queryid && strcmp(subject->queryid, scope->argument) == 0;
	case SCOPE_TABLE:
		return touches(subject->tables, scope->argument);
	case SCOPE_INDEX:
		break;
	}
	return false;
}
