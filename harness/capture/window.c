#include "capture/window.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

/* pg_stat_statements.c: USAGE_DEALLOC_PERCENT, and at least 10 entries. */
#define EVICTED_SHARE 0.05
#define EVICTED_MIN   10

static bool was_reset(
    const struct statement_counters *earlier, const struct statement_counters *later)
{
	size_t fell = 0;

	if (earlier->stats_reset && later->stats_reset)
		return strcmp(earlier->stats_reset, later->stats_reset) != 0;
	/* 13 does not tell: a reset is when every entry that had calls is gone or has fewer. */
	for (size_t i = 0; i < earlier->n; i++) {
		const struct statement_counter *now =
		    statement_counters_find(later, earlier->items[i].queryid);

		fell += !now || now->work.calls < earlier->items[i].work.calls;
	}
	return earlier->n > 0 && fell == earlier->n;
}

static int compare_calls(const void *a, const void *b)
{
	const struct work *left = *(const struct work *const *)a;
	const struct work *right = *(const struct work *const *)b;

	return (left->calls > right->calls) - (left->calls < right->calls);
}

static void estimate_evicted(struct window *window, size_t entries)
{
	_cleanup_free_ const struct work **rarest = xcalloc(window->n, sizeof(*rarest));
	size_t n = (size_t)ceil(EVICTED_SHARE * (double)window->n);
	double calls = 0, ms = 0;

	if (!(window->dealloc > 0))
		return;
	window->evicted_entries =
	    window->dealloc * fmax(EVICTED_MIN, floor(EVICTED_SHARE * (double)entries));
	if (n == 0)
		return;
	for (size_t i = 0; i < window->n; i++)
		rarest[i] = &window->entries[i].work;
	qsort(rarest, window->n, sizeof(*rarest), compare_calls);
	for (size_t i = 0; i < n; i++) {
		calls += rarest[i]->calls;
		ms += isnan(rarest[i]->exec_ms) ? 0 : rarest[i]->exec_ms;
	}
	window->evicted_calls = window->evicted_entries * calls / (double)n;
	window->evicted_ms = window->evicted_entries * ms / (double)n;
}

static void add_entry(struct window *window, const struct statement_counters *earlier,
    const struct statement_counter *counter)
{
	const struct statement_counter *before =
	    earlier ? statement_counters_find(earlier, counter->queryid) : NULL;
	struct work work = counter->work;

	if (before && before->work.calls <= work.calls)
		work = work_delta(&work, &before->work);
	if (!(work.calls > 0))
		return;
	GROW(window->entries, window->n, window->cap);
	window->entries[window->n++] = (struct window_entry){.counter = counter, .work = work};
}

void window_between(const struct statement_counters *earlier,
    const struct statement_counters *later, struct window *ret)
{
	struct window window = {.dealloc = later->dealloc};
	bool is_delta = earlier != NULL;

	window.seconds = later->taken_at_s - later->stats_reset_s;
	if (earlier) {
		window.was_reset = was_reset(earlier, later);
		is_delta = !window.was_reset;
		if (is_delta || isnan(window.seconds))
			window.seconds = later->taken_at_s - earlier->taken_at_s;
		if (is_delta)
			window.dealloc = later->dealloc - earlier->dealloc;
	}
	if (!(window.seconds > 0))
		window.seconds = 0;
	for (size_t i = 0; i < later->n; i++)
		add_entry(&window, is_delta ? earlier : NULL, &later->items[i]);
	estimate_evicted(&window, later->n);
	*ret = window;
}

void window_release(struct window *window)
{
	free(window->entries);
	*window = (struct window){0};
}
