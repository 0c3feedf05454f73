/* Which vectors are looked at closely: the odd one must be among them. */
#include "measure/plan_survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add(
    struct plan_survey *survey, size_t row, double cost, uint64_t before, uint64_t after)
{
	plan_survey_add(survey,
	    (struct surveyed){.row = row, .weight = 1, .cost = {cost, cost}, .hash = {before, after}});
}

static bool chosen(const struct plan_survey *survey, const size_t *places, size_t n, size_t row)
{
	for (size_t i = 0; i < n; i++)
		if (survey->items[places[i]].row == row)
			return true;
	return false;
}

static void one_in_two_hundred_is_chosen(void **state)
{
	struct plan_survey survey = {0};
	size_t places[PLAN_SURVEY_PLACES], n;

	(void)state;
	for (size_t row = 0; row < 200; row++)
		add(&survey, row, 100 + (double)row, 1, row == 137 ? 2 : 1);
	n = plan_survey_choose(&survey, places);
	assert_int_equal(n, 4); /* the cheapest, the middle, the dearest, and it */
	assert_true(chosen(&survey, places, n, 0));
	assert_true(chosen(&survey, places, n, 100));
	assert_true(chosen(&survey, places, n, 137));
	assert_true(chosen(&survey, places, n, 199));
	assert_int_equal(survey.items[137].rank, 138);
	assert_true(survey.items[137].share == 1 / 200.0);
	plan_survey_release(&survey);
}

/* With more pairs of plans than places, those that differ between the arms come first. */
static void changes_come_before_variety(void **state)
{
	struct plan_survey survey = {0};
	size_t places[PLAN_SURVEY_PLACES], n;

	(void)state;
	for (size_t row = 0; row < 100; row++)
		add(&survey, row, (double)row, row, row == 41 || row == 42 ? 1000 : row);
	n = plan_survey_choose(&survey, places);
	assert_int_equal(n, PLAN_SURVEY_PLACES);
	assert_true(chosen(&survey, places, n, 41));
	assert_true(chosen(&survey, places, n, 42));
	plan_survey_release(&survey);
}

static void few_vectors_are_each_chosen_once(void **state)
{
	struct plan_survey survey = {0};
	size_t places[PLAN_SURVEY_PLACES];

	(void)state;
	assert_int_equal(plan_survey_choose(&survey, places), 0);
	add(&survey, 5, 1, 1, 1);
	assert_int_equal(plan_survey_choose(&survey, places), 1);
	add(&survey, 6, 2, 1, 1);
	assert_int_equal(plan_survey_choose(&survey, places), 2);
	plan_survey_release(&survey);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_in_two_hundred_is_chosen),
	    cmocka_unit_test(changes_come_before_variety),
	    cmocka_unit_test(few_vectors_are_each_chosen_once),
	};

	return cmocka_run_group_tests_name("measure: the survey of vectors", tests, NULL, NULL);
}
