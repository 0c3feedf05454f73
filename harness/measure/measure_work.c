/*
 * The work of each replayed statement: the difference of two readings of pg_stat_statements on
 * the same clone. The queryid of a clone is not production's, so a statement is known by the
 * marker comment that the replay appended to its text.
 */
#include "base/mem.h"
#include "measure/measure.h"
#include "measure/measure_internal.h"

#include <stdlib.h>
#include <string.h>

#define MARKER_START "/* pgrehearse:"

char *measure_marker(size_t statement_number)
{
	return xasprintf(MARKER_START "%zu */", statement_number);
}

/* The number in the last marker of a text; SIZE_MAX when it has none. The last one, because the
 * text before it is the user's and may hold anything. */
static size_t marker_number(const char *text)
{
	const char *at = NULL;
	unsigned long long number;
	char *end;

	for (const char *next = text ? strstr(text, MARKER_START) : NULL; next;
	     next = strstr(next + 1, MARKER_START))
		at = next;
	if (!at)
		return SIZE_MAX;
	number = strtoull(at + strlen(MARKER_START), &end, 10);
	return end > at + strlen(MARKER_START) && strncmp(end, " */", 3) == 0 ? (size_t)number
	                                                                      : SIZE_MAX;
}

static struct work delta_of(const struct statement_counter *after, const struct snapshot *before)
{
	const struct statement_counter *earlier =
	    statement_counters_find(&before->statements, after->queryid);

	return earlier ? work_delta(&after->work, &earlier->work) : after->work;
}

/* Sum the marked entries of one arm; remembers one queryid per statement, of an entry that ran: the
 * EXPLAINs of its plans have the marker too. */
static void collect_marked(const struct snapshot *before, const struct snapshot *after,
    enum arm arm, const char **queryids, struct run *run)
{
	for (size_t i = 0; i < after->statements.n; i++) {
		const struct statement_counter *entry = &after->statements.items[i];
		size_t number = marker_number(entry->text);
		struct work delta;

		if (number >= run->n_replayed)
			continue;
		delta = delta_of(entry, before);
		if (!(delta.calls > 0))
			continue;
		work_add(&run->statements[number].arms[arm].work, &delta);
		queryids[number] = entry->queryid;
	}
}

/* Both arms of a template or physical clone give a text the same queryid, which is production's when
 * they are clones of that. An entry that existed before the replay keeps its first text, which has
 * no marker. */
static void collect_by_queryid(const struct snapshot *before, const struct snapshot *after,
    enum arm arm, const char *const *other_queryids, struct run *run)
{
	for (size_t i = 0; i < run->n_replayed; i++) {
		struct work *work = &run->statements[i].arms[arm].work;
		const struct statement_counter *entry;
		const char *queryid = other_queryids[i] ? other_queryids[i] : run->statements[i].queryid;
		struct work delta;

		if (work->calls > 0 || !queryid)
			continue;
		entry = statement_counters_find(&after->statements, queryid);
		if (!entry || marker_number(entry->text) != SIZE_MAX)
			continue;
		delta = delta_of(entry, before);
		if (delta.calls > 0)
			work_add(work, &delta);
	}
}

void measure_statement_work(
    const struct snapshot before[N_ARMS], const struct snapshot after[N_ARMS], struct run *run)
{
	const char **queryids[N_ARMS];
	bool known[N_ARMS];

	for (int arm = 0; arm < N_ARMS; arm++) {
		queryids[arm] = xcalloc(run->n_replayed + 1, sizeof(*queryids[arm]));
		known[arm] = before[arm].has_statements && after[arm].has_statements;
		for (size_t i = 0; i < run->n_replayed; i++)
			run->statements[i].arms[arm].work = work_unknown;
		if (known[arm])
			collect_marked(&before[arm], &after[arm], (enum arm)arm, queryids[arm], run);
	}
	for (int arm = 0; arm < N_ARMS; arm++)
		if (known[arm])
			collect_by_queryid(&before[arm], &after[arm], (enum arm)arm, queryids[1 - arm], run);
	for (int arm = 0; arm < N_ARMS; arm++)
		free(queryids[arm]);
}
