/* Vectors from pools: rows stay together, lists take different rows, ranges have the width asked
 * for, and a vector does not depend on how many are made. No server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "bind/binding.h"
#include "bind/types.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 100

static const struct catalog_type int4 = {
    .oid = TYPE_INT4, .base = TYPE_INT4, .category = 'N', .name = (char *)(uintptr_t) "integer"};
static const struct sql_param compare = {.role = PARAM_COMPARE, .group = -1};
static const struct sql_param assigned = {.role = PARAM_SET, .group = -1};

struct fixture {
	struct bind_options options;
	struct bind_run run;
	struct binding b;
};

/* Two columns: n, and 1000 + n. */
static struct fixture *set_up(size_t n_slots)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct pool pool = {.n_columns = 2, .stride = 1};

	f->options.seed = 7;
	f->run.options = &f->options;
	f->b.run = &f->run;
	f->b.slots = xcalloc(n_slots, sizeof(struct slot));
	f->b.n_slots = n_slots;
	for (int i = 0; i < ROWS; i++) {
		char *cells[] = {xasprintf("%d", i), xasprintf("%d", 1000 + i)};
		pool_add_row(&pool, cells);
	}
	pool_attach(&f->b, &pool);
	for (size_t i = 0; i < n_slots; i++)
		f->b.slots[i] = (struct slot){
		    .number = (int)i + 1, .item = &compare, .type = &int4, .rule = RULE_ROW, .mate = -1};
	return f;
}

static void tear_down(struct fixture *f)
{
	binding_release(&f->b);
	free(f);
}

/* What slot_sort would have asked the server for. */
static void give_numbers(struct slot *slot, int n)
{
	slot->sorted = xcalloc((size_t)n, sizeof(char *));
	slot->numbers = xcalloc((size_t)n, sizeof(double));
	for (int i = 0; i < n; i++) {
		slot->sorted[i] = xasprintf("%d", i);
		slot->numbers[i] = i;
	}
	slot->n_sorted = (size_t)n;
}

static void values_of_a_row_stay_together(void **state)
{
	struct fixture *f = set_up(2);
	char **values;

	(void)state;
	f->b.slots[1].column = 1;
	values = slots_generate(&f->b, 250);
	for (int i = 0; i < 250; i++)
		assert_int_equal(atoi(values[i * 2]) + 1000, atoi(values[i * 2 + 1]));
	slots_values_free(&f->b, values, 250);
	tear_down(f);
}

static void elements_of_a_list_come_from_different_rows(void **state)
{
	struct fixture *f = set_up(3);
	bool seen[ROWS] = {false};
	char **values;

	(void)state;
	f->b.pools[0].stride = 3;
	for (size_t i = 0; i < 3; i++)
		f->b.slots[i].turn = i;
	values = slots_generate(&f->b, 33);
	for (int i = 0; i < 99; i++) {
		assert_false(seen[atoi(values[i])]);
		seen[atoi(values[i])] = true;
	}
	slots_values_free(&f->b, values, 33);
	tear_down(f);
}

/* Ten parents of ten rows each: n of a list with the parent n / 10. */
static void elements_of_a_composite_key_have_one_parent(void **state)
{
	struct fixture *f = set_up(2);
	char **values;

	(void)state;
	for (int i = 0; i < ROWS; i++) {
		free(f->b.pools[0].cells[i * 2 + 1]);
		f->b.pools[0].cells[i * 2 + 1] = xasprintf("%d", i / 10);
	}
	f->b.slots[0].rule = RULE_ARRAY;
	f->b.slots[0].setting = 3;
	f->b.slots[0].together = true;
	f->b.slots[1].column = 1;
	f->b.slots[1].together_with = true;
	values = slots_generate(&f->b, ROWS);
	for (int i = 0; i < ROWS; i++) {
		int a, b, c, parent = atoi(values[i * 2 + 1]);
		assert_int_equal(sscanf(values[i * 2], "{\"%d\",\"%d\",\"%d\"}", &a, &b, &c), 3);
		assert_true(a / 10 == parent && b / 10 == parent && c / 10 == parent);
		assert_true(a != b && b != c && a != c);
	}
	slots_values_free(&f->b, values, ROWS);
	tear_down(f);
}

static void a_range_is_as_wide_as_its_setting(void **state)
{
	struct fixture *f = set_up(2);
	char **values;

	(void)state;
	give_numbers(&f->b.slots[0], 101);
	f->b.slots[0].rule = RULE_LOW;
	f->b.slots[0].mate = 1;
	f->b.slots[0].setting = 0.2; /* of 98, the span without its extremes */
	f->b.slots[1].rule = RULE_HIGH;
	f->b.slots[1].mate = 0;
	values = slots_generate(&f->b, ROWS);
	for (int i = 0; i < ROWS; i++) {
		int low = atoi(values[i * 2]), high = atoi(values[i * 2 + 1]);
		assert_in_range(high - low, 19, 20);
		assert_true(low >= 0 && high <= 100);
	}
	slots_values_free(&f->b, values, ROWS);
	tear_down(f);
}

static void a_one_sided_range_leaves_its_share(void **state)
{
	struct fixture *f = set_up(1);
	double sum = 0;
	char **values;

	(void)state;
	give_numbers(&f->b.slots[0], 1001);
	f->b.slots[0].rule = RULE_ABOVE;
	f->b.slots[0].setting = 0.1;
	values = slots_generate(&f->b, 400);
	for (int i = 0; i < 400; i++)
		sum += 1000 - atoi(values[i]);
	assert_true(fabs(sum / 400 - 100) < 10);
	slots_values_free(&f->b, values, 400);
	tear_down(f);
}

static void a_share_above_one_reaches_beyond_the_rows(void **state)
{
	struct fixture *f = set_up(1);
	double sum = 0;
	char **values;

	(void)state;
	give_numbers(&f->b.slots[0], 1001);
	f->b.slots[0].rule = RULE_ABOVE;
	f->b.slots[0].setting = 3;
	values = slots_generate(&f->b, 400);
	for (int i = 0; i < 400; i++) {
		assert_true(atoi(values[i]) <= 0);
		sum += 1000 - atoi(values[i]);
	}
	assert_true(fabs(sum / 400 - 3000) < 150);
	slots_values_free(&f->b, values, 400);
	tear_down(f);
}

static void another_value_is_another(void **state)
{
	struct fixture *f = set_up(2);
	char **values;

	(void)state;
	f->b.slots[1].rule = RULE_OTHER;
	f->b.slots[1].item = &assigned;
	values = slots_generate(&f->b, ROWS);
	for (int i = 0; i < ROWS; i++)
		assert_string_not_equal(values[i * 2], values[i * 2 + 1]);
	slots_values_free(&f->b, values, ROWS);
	tear_down(f);
}

static void comparisons_pass_over_nulls_and_writes_keep_them(void **state)
{
	struct fixture *f = set_up(2);
	char **values;

	(void)state;
	for (int i = 0; i < ROWS; i += 2) {
		free(f->b.pools[0].cells[i * 2]);
		f->b.pools[0].cells[i * 2] = NULL;
	}
	f->b.slots[1].item = &assigned;
	values = slots_generate(&f->b, ROWS);
	assert_string_equal(values[0], "1");
	assert_null(values[1]);
	slots_values_free(&f->b, values, ROWS);
	tear_down(f);
}

static void a_vector_does_not_depend_on_how_many_are_made(void **state)
{
	struct fixture *f = set_up(2);
	char **few, **many;

	(void)state;
	f->b.slots[0].rule = RULE_ARRAY;
	f->b.slots[0].setting = 5;
	f->b.slots[1].rule = RULE_FRESH;
	few = slots_generate(&f->b, 5);
	many = slots_generate(&f->b, 50);
	for (int i = 0; i < 5; i++) {
		assert_string_equal(few[i * 2], many[i * 2]);
		assert_null(few[i * 2 + 1]);
	}
	slots_values_free(&f->b, few, 5);
	slots_values_free(&f->b, many, 50);
	tear_down(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_a_row_stay_together),
	    cmocka_unit_test(elements_of_a_list_come_from_different_rows),
	    cmocka_unit_test(elements_of_a_composite_key_have_one_parent),
	    cmocka_unit_test(a_range_is_as_wide_as_its_setting),
	    cmocka_unit_test(a_one_sided_range_leaves_its_share),
	    cmocka_unit_test(a_share_above_one_reaches_beyond_the_rows),
	    cmocka_unit_test(another_value_is_another),
	    cmocka_unit_test(comparisons_pass_over_nulls_and_writes_keep_them),
	    cmocka_unit_test(a_vector_does_not_depend_on_how_many_are_made),
	};

	return cmocka_run_group_tests_name("vectors from pools", tests, NULL, NULL);
}
