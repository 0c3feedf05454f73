#include "measure/measure_untouched.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

#define MAX_NAMED 5

static bool workload_touches(const struct run *run, const char *table)
{
	for (size_t i = 0; i < run->n_statements; i++)
		for (size_t k = 0; k < run->statements[i].tables.n; k++)
			if (scope_same_relation(table, run->statements[i].tables.items[k]))
				return true;
	return false;
}

/* In "ShareLock on public.orders, RowExclusiveLock on public.items": only locks that change a table. */
static bool is_locked(const char *locks, const char *table)
{
	static const char *const changing[] = {"ShareUpdateExclusiveLock on ", "ShareLock on ",
	    "ShareRowExclusiveLock on ", "ExclusiveLock on ", "AccessExclusiveLock on "};

	for (size_t i = 0; locks && i < sizeof(changing) / sizeof(changing[0]); i++) {
		_cleanup_free_ char *wanted = xasprintf("%s%s", changing[i], table);
		size_t n = strlen(wanted);

		for (const char *at = strstr(locks, wanted); at; at = strstr(at + 1, wanted))
			if ((at == locks || at[-1] == ' ') && (at[n] == '\0' || at[n] == ','))
				return true;
	}
	return false;
}

static bool candidate_changes(const struct run *run, const char *table)
{
	for (size_t i = 0; i < run->n_indexes; i++)
		if (run->indexes[i].role != INDEX_EXISTING && run->indexes[i].table &&
		    strcmp(run->indexes[i].table, table) == 0)
			return true;
	for (size_t i = 0; i < run->n_changes; i++)
		if (is_locked(run->changes[i].locks, table))
			return true;
	return false;
}

void measure_untouched(struct run *run)
{
	_cleanup_buf_ struct buf names = BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < run->n_tables; i++) {
		const char *table = run->tables[i].name;

		if (candidate_changes(run, table) && !workload_touches(run, table) && n++ < MAX_NAMED)
			buf_addf(&names, "%s%s", n > 1 ? ", " : "", table);
	}
	if (n > MAX_NAMED)
		buf_addf(&names, " and %zu more", n - MAX_NAMED);
	if (n > 0)
		run_add_disturbance(run, "workload", false,
		    "the candidate changes tables that no statement of the workload touches, so this run "
		    "says nothing about what that does: %s",
		    names.data);
}
