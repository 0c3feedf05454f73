/* What a window counts between two snapshots, and what must not be replayed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "capture/redact.h"
#include "capture/window.h"

#define SNAPSHOT(items_, reset, dealloc_, at)                                                      \
	{                                                                                              \
		.items = (items_), .n = sizeof(items_) / sizeof((items_)[0]), .dealloc = (dealloc_),       \
		.stats_reset = (reset), .stats_reset_s = 50, .taken_at_s = (at),                           \
	}
#define ENTRY(id, calls_, ms)                                                                      \
	{                                                                                              \
		.queryid = (id), .work = {.calls = (calls_), .exec_ms = (ms) }                             \
	}

static const struct work *entry(const struct window *window, const char *queryid)
{
	for (size_t i = 0; i < window->n; i++)
		if (strcmp(window->entries[i].counter->queryid, queryid) == 0)
			return &window->entries[i].work;
	return NULL;
}

static void a_window_is_the_difference_of_two_snapshots(void **state)
{
	struct statement_counter before[] = {ENTRY("1", 10, 100), ENTRY("2", 5, 50)};
	struct statement_counter after[] = {ENTRY("1", 14, 160), ENTRY("2", 5, 50), ENTRY("3", 2, 7)};
	struct statement_counters earlier = SNAPSHOT(before, "r", 0, 100);
	struct statement_counters later = SNAPSHOT(after, "r", 0, 160);
	struct window window;

	(void)state;
	window_between(&earlier, &later, &window);
	assert_int_equal(window.n, 2);
	assert_float_equal(entry(&window, "1")->calls, 4, 0);
	assert_float_equal(entry(&window, "1")->exec_ms, 60, 0);
	assert_float_equal(entry(&window, "3")->calls, 2, 0);
	assert_float_equal(window.seconds, 60, 0);
	assert_false(window.was_reset);
	assert_float_equal(window.evicted_ms, 0, 0);
	window_release(&window);
}

static void an_entry_that_came_back_after_eviction_counts_from_there(void **state)
{
	struct statement_counter before[] = {ENTRY("1", 10, 100), ENTRY("2", 5, 50)};
	struct statement_counter after[] = {ENTRY("1", 3, 30), ENTRY("2", 6, 60)};
	struct statement_counters earlier = SNAPSHOT(before, "r", 0, 100);
	struct statement_counters later = SNAPSHOT(after, "r", 0, 160);
	struct window window;

	(void)state;
	window_between(&earlier, &later, &window);
	assert_float_equal(entry(&window, "1")->calls, 3, 0);
	assert_float_equal(entry(&window, "2")->calls, 1, 0);
	window_release(&window);
}

static void a_reset_in_the_window_shortens_it(void **state)
{
	struct statement_counter before[] = {ENTRY("1", 10, 100)};
	struct statement_counter after[] = {ENTRY("1", 12, 90)};
	struct statement_counters earlier = SNAPSHOT(before, "r", 3, 100);
	struct statement_counters later = SNAPSHOT(after, "s", 0, 160);
	struct window window;

	(void)state;
	later.stats_reset_s = 130;
	window_between(&earlier, &later, &window);
	assert_true(window.was_reset);
	assert_float_equal(window.seconds, 30, 0);
	assert_float_equal(entry(&window, "1")->calls, 12, 0);
	assert_float_equal(window.dealloc, 0, 0);
	window_release(&window);
}

static void a_server_that_does_not_tell_of_resets_shows_them_by_falling_counts(void **state)
{
	struct statement_counter before[] = {ENTRY("1", 10, 100), ENTRY("2", 9, 1)};
	struct statement_counter after[] = {ENTRY("1", 2, 20)};
	struct statement_counters earlier = SNAPSHOT(before, NULL, NAN, 100);
	struct statement_counters later = SNAPSHOT(after, NULL, NAN, 160);
	struct window window;

	(void)state;
	earlier.stats_reset_s = later.stats_reset_s = NAN;
	window_between(&earlier, &later, &window);
	assert_true(window.was_reset);
	assert_true(isnan(window.dealloc));
	assert_float_equal(window.evicted_ms, 0, 0);
	window_release(&window);
}

static void evictions_are_estimated_from_the_rarest_statements(void **state)
{
	struct statement_counter after[] = {ENTRY("1", 1000, 5000), ENTRY("2", 1, 8)};
	struct statement_counter before[] = {ENTRY("9", 1, 1)};
	struct statement_counters earlier = SNAPSHOT(before, "r", 1, 100);
	struct statement_counters later = SNAPSHOT(after, "r", 3, 160);
	struct window window;

	(void)state;
	window_between(&earlier, &later, &window);
	assert_float_equal(window.dealloc, 2, 0);
	assert_float_equal(window.evicted_entries, 20, 0);
	assert_float_equal(window.evicted_ms, 160, 0);
	assert_float_equal(window.evicted_calls, 20, 0);
	window_release(&window);
}

static void one_snapshot_covers_the_time_since_the_reset(void **state)
{
	struct statement_counter after[] = {ENTRY("1", 12, 90)};
	struct statement_counters later = SNAPSHOT(after, "r", 0, 160);
	struct window window;

	(void)state;
	window_between(NULL, &later, &window);
	assert_float_equal(window.seconds, 110, 0);
	assert_int_equal(window.n, 1);
	later.stats_reset_s = NAN;
	window_release(&window);
	window_between(NULL, &later, &window);
	assert_float_equal(window.seconds, 0, 0);
	window_release(&window);
}

static void statements_that_would_block_or_leave_the_clone_are_named(void **state)
{
	(void)state;
	assert_null(redact_unsafe("SELECT * FROM orders WHERE id = $1"));
	assert_null(redact_unsafe("SELECT pg_advisory_xact_lock($1)"));
	assert_null(redact_unsafe("SELECT dblink FROM t WHERE set_config = $1"));
	assert_null(redact_unsafe("SELECT my_dblink($1)"));
	assert_non_null(redact_unsafe("SELECT pg_advisory_lock($1)"));
	assert_non_null(redact_unsafe("select PG_CATALOG.PG_TERMINATE_BACKEND (pid) from x"));
	assert_non_null(redact_unsafe("SELECT * FROM dblink_exec($1, $2)"));
	assert_non_null(redact_unsafe("SELECT \"pg_sleep\"($1)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_window_is_the_difference_of_two_snapshots),
	    cmocka_unit_test(an_entry_that_came_back_after_eviction_counts_from_there),
	    cmocka_unit_test(a_reset_in_the_window_shortens_it),
	    cmocka_unit_test(a_server_that_does_not_tell_of_resets_shows_them_by_falling_counts),
	    cmocka_unit_test(evictions_are_estimated_from_the_rarest_statements),
	    cmocka_unit_test(one_snapshot_covers_the_time_since_the_reset),
	    cmocka_unit_test(statements_that_would_block_or_leave_the_clone_are_named),
	};

	return cmocka_run_group_tests_name("the capture window", tests, NULL, NULL);
}
