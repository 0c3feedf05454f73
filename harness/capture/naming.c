#include "capture/naming.h"

#include "base/mem.h"
#include "base/random.h"
#include "sql/sql.h"

#include <stdio.h>
#include <string.h>

static int fingerprint_of(const struct statement_name *given, char **ret, struct err *err)
{
	int rc = sql_fingerprint(given->text, ret, err);

	if (rc < 0 && err) {
		err->code = ERR_USAGE;
		err_wrap(err, "the SQL text of \"%s\" (line %d)", given->name, given->line);
	}
	return rc < 0 ? ERR_USAGE : 0;
}

int naming_check(const struct statement_names *names, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		_cleanup_free_ char *fingerprint = NULL;

		if (fingerprint_of(&names->items[i], &fingerprint, err) < 0)
			return ERR_USAGE;
	}
	return 0;
}

static int given_names(struct statement *statements, size_t n, const struct statement_names *names,
    struct strv *ret_unmatched, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct statement_name *given = &names->items[i];
		_cleanup_free_ char *fingerprint = NULL;
		bool matched = false;

		if (fingerprint_of(given, &fingerprint, err) < 0)
			return ERR_USAGE;
		for (size_t j = 0; j < n; j++) {
			if (statements[j].name || strcmp(statements[j].fingerprint, fingerprint) != 0)
				continue;
			statements[j].name = xstrdup(given->name);
			matched = true;
		}
		if (!matched)
			strv_add(ret_unmatched, given->name);
	}
	return 0;
}

static char *name_of(const struct statement *statement)
{
	struct err ignored = {0};
	char *name = NULL;

	if (sql_name(statement->text, &name, &ignored) < 0 || !name[0]) {
		free(name);
		return xstrdup(statement_kind_name(statement->kind));
	}
	return name;
}

static uint64_t text_hash(const char *text)
{
	uint64_t hash = 0;

	for (; *text; text++)
		hash = splitmix64(hash ^ (unsigned char)*text);
	return hash;
}

static int compare_names(const void *a, const void *b)
{
	const struct statement *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

/* A suffix of 6 digits or, where that is not enough to tell the group apart, more. */
static void tell_apart(struct statement **group, size_t n)
{
	size_t digits = 6;
	char(*suffixes)[17] = xcalloc(n, sizeof(*suffixes));

	for (size_t i = 0; i < n; i++)
		snprintf(suffixes[i], sizeof(suffixes[i]), "%016llx",
		    (unsigned long long)text_hash(group[i]->text));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			while (digits < 16 && strncmp(suffixes[i], suffixes[j], digits) == 0)
				digits++;
	for (size_t i = 0; i < n; i++) {
		char *bare = group[i]->name;

		group[i]->name = xasprintf("%s (%.*s)", bare, (int)digits, suffixes[i]);
		free(bare);
	}
	free(suffixes);
}

int naming_assign(struct statement *statements, size_t n, const struct statement_names *names,
    struct strv *ret_unmatched, struct err *err)
{
	_cleanup_free_ struct statement **sorted = xcalloc(n, sizeof(struct statement *));
	size_t end;

	if (given_names(statements, n, names, ret_unmatched, err) < 0)
		return ERR_USAGE;
	for (size_t i = 0; i < n; i++) {
		if (!statements[i].name)
			statements[i].name = name_of(&statements[i]);
		sorted[i] = &statements[i];
	}
	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < n; i = end) {
		end = i + 1;
		while (end < n && strcmp(sorted[i]->name, sorted[end]->name) == 0)
			end++;
		if (end - i > 1)
			tell_apart(sorted + i, end - i);
	}
	return 0;
}
