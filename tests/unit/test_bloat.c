/* Pages that a B-tree needs, against sizes that PostgreSQL gives fresh builds. */
#include "measure/bloat.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct btree_statistics integers(double rows)
{
	return (struct btree_statistics){
	    .block_bytes = 8192,
	    .rows = rows,
	    .fillfactor = 0.90,
	    .width_bytes = 4,
	    .duplicates = 1,
	};
}

/* CREATE TABLE t AS SELECT generate_series(1, 1000000) n; CREATE INDEX ON t (n): 2745 pages. */
static void a_primary_key_of_a_million(void **state)
{
	struct btree_statistics s = integers(1e6);

	(void)state;
	assert_true(fabs(bloat_ideal_pages(&s) - 2745) < 10);
}

/* The same with n % 10: 850 pages, because equal keys share their posting lists. */
static void equal_keys_share_a_tuple(void **state)
{
	struct btree_statistics s = integers(1e6);

	(void)state;
	s.duplicates = 1e5;
	assert_true(fabs(bloat_ideal_pages(&s) - 850) < 10);
}

static void nulls_need_a_bitmap_and_no_width(void **state)
{
	struct btree_statistics s = integers(1e6), wide = integers(1e6);

	(void)state;
	s.null_share = 1;
	s.width_bytes = 0.001;
	wide.width_bytes = 8;
	assert_true(bloat_ideal_pages(&s) > bloat_ideal_pages(&wide));
}

static void nothing_is_known_without_widths(void **state)
{
	struct btree_statistics s = integers(1e6);

	(void)state;
	s.width_bytes = NAN;
	assert_true(isnan(bloat_ideal_pages(&s)));
	s.rows = 0;
	assert_true(bloat_ideal_pages(&s) == 1);
}

static void half_full_leaves_are_half_bloat(void **state)
{
	struct btree_pages pages = {
	    .leaf = 1000, .internal = 4, .leaf_density = 0.45, .fillfactor = 0.90};

	(void)state;
	assert_true(bloat_packed_pages(&pages) == 505);
	/* 200 deleted pages wait to be used again. */
	assert_true(fabs(bloat_share(505, 1205) - 0.58) < 0.01);
	pages.leaf_density = 0.97; /* fuller than a fresh build */
	assert_true(bloat_packed_pages(&pages) == 1005);
}

static void less_than_needed_is_no_bloat(void **state)
{
	(void)state;
	assert_true(bloat_share(120, 100) == 0);
	assert_true(isnan(bloat_share(120, 0)));
	assert_true(isnan(bloat_share(NAN, 100)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_primary_key_of_a_million),
	    cmocka_unit_test(equal_keys_share_a_tuple),
	    cmocka_unit_test(nulls_need_a_bitmap_and_no_width),
	    cmocka_unit_test(nothing_is_known_without_widths),
	    cmocka_unit_test(half_full_leaves_are_half_bloat),
	    cmocka_unit_test(less_than_needed_is_no_bloat),
	};

	return cmocka_run_group_tests_name("bloat", tests, NULL, NULL);
}
