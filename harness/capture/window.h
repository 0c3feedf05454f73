/*
 * window: what pg_stat_statements counted between two snapshots. Pure.
 *
 *     later - earlier, entry by entry. An entry whose calls went down was evicted or reset in
 *     between and counts from there: its later figures stand.
 *
 * When the statistics were reset in the window, the window shrinks to the time since the reset.
 * Evicted entries (dealloc) take their figures along; how much is estimated:
 *     n    = (dealloc later - earlier) * max(10, 5% of the entries), as entry_dealloc() evicts
 *     each cost as much as the mean of the 5% of this window's entries with the fewest calls
 */
#ifndef CAPTURE_WINDOW_H
#define CAPTURE_WINDOW_H

#include "pg/counters.h"

#include <stdbool.h>
#include <stddef.h>

struct window_entry {
	const struct statement_counter *counter; /* of the later snapshot, which must live on */
	struct work work;
};
struct window {
	struct window_entry *entries; /* those with calls, in the order of the snapshot */
	size_t n, cap;
	double seconds;
	bool was_reset;         /* between the snapshots */
	double dealloc;         /* evictions in the window; NAN when the server does not tell */
	double evicted_entries; /* estimates; 0 when dealloc is 0 or NAN */
	double evicted_calls, evicted_ms;
};

/* earlier may be NULL: figures since the last reset. */
void window_between(const struct statement_counters *earlier,
	const struct statement_counters *later, struct window *ret);
void window_release(struct window *window);

#endif
