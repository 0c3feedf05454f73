/*
 * A look at the counters in mid-run. A marker is in the text of an entry, and texts are costly to
 * read, so an entry's text is kept once it is known; later readings go without texts.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "measure/measure.h"
#include "measure/measure_internal.h"
#include "model/metric.h"

#include <string.h>

/* On a busy machine a reading takes long because it waits, so the pause has an end. */
#define PAUSE_MIN_NS    (2 * NS_PER_S)
#define PAUSE_MAX_NS    (4 * NS_PER_S)
#define PAUSE_PER_NS    4 /* of reading */
#define PEEKS_WITH_TEXT 4 /* then, statements that were not met yet must wait for the end */

static void keep_texts(struct statement_counters *kept, const struct statement_counters *read)
{
	for (size_t i = 0; i < read->n; i++) {
		const struct statement_counter *entry = &read->items[i];
		size_t at = kept->n;

		if (!entry->text || statement_counters_find(kept, entry->queryid))
			continue;
		GROW(kept->items, kept->n, kept->cap);
		while (at > 0 && strcmp(kept->items[at - 1].queryid, entry->queryid) > 0)
			at--;
		memmove(&kept->items[at + 1], &kept->items[at], (kept->n++ - at) * sizeof(*kept->items));
		kept->items[at] = (struct statement_counter){
		    .queryid = xstrdup(entry->queryid), .text = xstrdup(entry->text)};
	}
}

static void attach_texts(struct statement_counters *to, const struct statement_counters *kept)
{
	for (size_t i = 0; i < to->n; i++) {
		const struct statement_counter *known = statement_counters_find(kept, to->items[i].queryid);

		if (known && !to->items[i].text)
			to->items[i].text = xstrdup(known->text);
	}
}

/* Sizes of relations cost more than all counters of statements: only for who asks. */
static bool wants_tables(const struct run *run)
{
	for (size_t i = 0; i < run->n_thresholds; i++)
		if (run->thresholds[i].metric->family == METRIC_TABLE)
			return true;
	return false;
}

static void read_arm(struct db *db, bool with_text, bool with_tables, struct snapshot *ret)
{
	ret->has_statements = db && statement_counters_read(db, with_text, &ret->statements, NULL) == 0;
	ret->has_relations = with_tables && ret->has_statements &&
	                     relation_counters_read(db, &ret->relations, NULL) == 0;
}

static bool read_arms(struct measure *measure, struct run *run)
{
	bool with_text = measure->n_peeks < PEEKS_WITH_TEXT, with_tables = wants_tables(run);
	struct snapshot now[N_ARMS] = {0};
	bool all = true;

	for (int arm = 0; arm < N_ARMS && all; arm++) {
		read_arm(measure->arms[arm], with_text, with_tables, &now[arm]);
		if (with_text)
			keep_texts(&measure->marked[arm], &now[arm].statements);
		else
			attach_texts(&now[arm].statements, &measure->marked[arm]);
		all = now[arm].has_statements && now[arm].has_relations == with_tables;
	}
	if (all) {
		measure_statement_work(measure->before, now, run);
		if (with_tables)
			measure_tables(measure->before, now, run);
	}
	for (int arm = 0; arm < N_ARMS; arm++)
		snapshot_release(&now[arm]);
	measure->n_peeks++;
	return all;
}

bool measure_peek(struct measure *measure, double elapsed_s, struct run *run)
{
	uint64_t start = clock_now_ns(&clock_monotonic), end, pause;

	replica_watch_look(&measure->replicas, measure->arms);
	cache_watch_look(measure->caches, measure->arms, elapsed_s, run);
	if (measure->peeks_fail || start < measure->next_peek_ns)
		return measure->peeked;
	measure->peeked = read_arms(measure, run);
	measure->peeks_fail = !measure->peeked;
	end = clock_now_ns(&clock_monotonic);
	pause = (end - start) * PAUSE_PER_NS;
	pause = pause < PAUSE_MIN_NS ? PAUSE_MIN_NS : pause > PAUSE_MAX_NS ? PAUSE_MAX_NS : pause;
	measure->next_peek_ns = end + pause;
	return measure->peeked;
}
