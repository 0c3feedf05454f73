/* Units: what people write in gate.yaml and on command lines, and what tables show. */
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {{"60s", 60000000000}, {"60", 60000000000}, {"1.5s", 1500000000},
	    {"500ms", 500000000}, {"20us", 20000}, {"7ns", 7}, {"5min", 300000000000},
	    {"2h", 7200000000000}, {"1d", 86400000000000}, {"10 s", 10000000000}, {"0", 0}};
	static const char *const bad[] = {
	    "", "s", "sixty", "60 parsecs", "-1s", "60s!", "1e99s", "nan", "inf", "400d", "1s 2"};
	struct err err;
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(units_parse_duration_ns(good[i].text, &ns, &err), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(units_parse_duration_ns(bad[i], &ns, &err), ERR_USAGE);
}

static void a_wrong_unit_is_answered_with_examples(void **state)
{
	struct err err = {0};
	double value;

	(void)state;
	assert_int_equal(units_parse_size("64MiBs", &value, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "\"64MiBs\""));
	assert_non_null(strstr(err.message, "64MiB or 2GB"));
	assert_int_equal(units_parse_rate("400/fortnight", &value, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "400/s"));
}

static void rates_sizes_and_shares(void **state)
{
	struct err err;
	double value;

	(void)state;
	assert_int_equal(units_parse_rate("400/s", &value, &err), 0);
	assert_float_equal(value, 400, 0);
	assert_int_equal(units_parse_rate("90/min", &value, &err), 0);
	assert_float_equal(value, 1.5, 1e-12);
	assert_int_equal(units_parse_size("64MiB", &value, &err), 0);
	assert_float_equal(value, 67108864, 0);
	assert_int_equal(units_parse_size("2GB", &value, &err), 0);
	assert_float_equal(value, 2e9, 0);
	assert_int_equal(units_parse_fraction("0.1%", &value, &err), 0);
	assert_float_equal(value, 0.001, 1e-15);
	assert_int_equal(units_parse_fraction("0.25", &value, &err), 0);
	assert_float_equal(value, 0.25, 0);
	assert_int_equal(units_parse_fraction("-5%", &value, &err), ERR_USAGE);
}

static void whole_numbers_stay_in_their_range(void **state)
{
	struct err err = {0};
	int64_t value;

	(void)state;
	assert_int_equal(units_parse_int("42", 0, 100, &value, &err), 0);
	assert_int_equal(value, 42);
	assert_int_equal(units_parse_int("9223372036854775807", 0, INT64_MAX, &value, &err), 0);
	assert_int_equal(units_parse_int("9223372036854775808", 0, INT64_MAX, &value, &err), ERR_USAGE);
	assert_int_equal(units_parse_int("101", 0, 100, &value, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "from 0 to 100"));
	assert_int_equal(units_parse_int("1.5", 0, 100, &value, &err), ERR_USAGE);
	assert_int_equal(units_parse_int("", 0, 100, &value, &err), ERR_USAGE);
}

static void figures_for_people_have_three_digits(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(units_format_duration(out, 1236000), "1.24 ms");
	assert_string_equal(units_format_duration(out, 999999), "1.00 ms");
	assert_string_equal(units_format_duration(out, 12.4e9), "12.4 s");
	assert_string_equal(units_format_duration(out, 0), "0.00 ns");
	assert_string_equal(units_format_bytes(out, 67108864), "64.0 MiB");
	assert_string_equal(units_format_count(out, 431), "431");
	assert_string_equal(units_format_count(out, 12400), "12.4 k");
	assert_string_equal(units_format_percent(out, 0.9375), "93.8%");
	assert_string_equal(units_format_percent(out, 0.001), "0.10%");
	units_format_duration(out, 1e300);
	assert_true(strlen(out) < sizeof(out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations),
	    cmocka_unit_test(a_wrong_unit_is_answered_with_examples),
	    cmocka_unit_test(rates_sizes_and_shares),
	    cmocka_unit_test(whole_numbers_stay_in_their_range),
	    cmocka_unit_test(figures_for_people_have_three_digits),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
