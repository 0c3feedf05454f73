/* bind's pure parts: values as PostgreSQL text, and the reading of SQL that needs no parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "bind/binding.h"
#include "bind/literal.h"
#include "bind/repeated.h"
#include "bind/types.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void assert_text(char *got, const char *wanted)
{
	assert_non_null(got);
	assert_string_equal(got, wanted);
	free(got);
}

static void array_elements_are_quoted(void **state)
{
	const char *elements[] = {"plain", "a \"b\" \\ c", NULL, "", "NULL", "{x,y}"};

	(void)state;
	assert_text(literal_array(elements, 6),
	    "{\"plain\",\"a \\\"b\\\" \\\\ c\",NULL,\"\",\"NULL\",\"{x,y}\"}");
	assert_text(literal_array(elements, 0), "{}");
}

static void patterns_escape_wildcards_and_cut_characters(void **state)
{
	(void)state;
	assert_text(literal_pattern("~~", "50%_off", 4, false), "50\\%\\_%");
	assert_text(literal_pattern("~~*", "Łódź", 2, false), "Łó%");
	assert_text(literal_pattern("~", "a.b(c", 4, true), "^a\\.b\\(");
	assert_text(literal_pattern("~~", "ab", 10, false), "ab%");
	assert_text(literal_pattern("~~", "user_1\\2", 8, true), "user_1\\\\2%");
}

static void limits_are_round(void **state)
{
	(void)state;
	assert_true(literal_round_limit(0) == 1);
	assert_true(literal_round_limit(NAN) == 1);
	assert_true(literal_round_limit(7.5) == 10);
	assert_true(literal_round_limit(10) == 10);
	assert_true(literal_round_limit(21) == 25);
	assert_true(literal_round_limit(48.3) == 50);
	assert_true(literal_round_limit(101) == 200);
}

static void intervals_take_the_largest_unit(void **state)
{
	(void)state;
	assert_text(literal_interval(90), "90 seconds");
	assert_text(literal_interval(7200), "2 hours");
	assert_text(literal_interval(14 * 86400.0), "14 days");
}

static void assert_round_trip(uint32_t type, const char *text, const char *wanted)
{
	double value = NAN;

	assert_true(number_parse(number_kind_of(type), text, &value));
	assert_text(number_format(number_kind_of(type), value), wanted);
}

static void numbers_survive_a_round_trip(void **state)
{
	double value;

	(void)state;
	assert_round_trip(TYPE_INT4, "-17", "-17");
	assert_round_trip(TYPE_NUMERIC, "12.50", "12.5");
	assert_round_trip(TYPE_DATE, "1969-12-31", "1969-12-31");
	assert_round_trip(TYPE_TIMESTAMP, "2024-02-29 23:59:59.999999", "2024-02-29 23:59:59.999999");
	assert_round_trip(TYPE_TIMESTAMPTZ, "2024-02-29 00:00:00+00", "2024-02-29 00:00:00+00");
	assert_false(number_parse(NUMBER_TIMESTAMPTZ, "infinity", &value));
	assert_false(number_parse(NUMBER_DATE, "0044-03-15 BC", &value));
	assert_false(number_parse(NUMBER_DECIMAL, "NaN", &value));
	assert_int_equal(number_kind_of(TYPE_TEXT), NUMBER_NONE);
}

static void a_repeated_constant_becomes_one_parameter(void **state)
{
	(void)state;
	assert_text(
	    repeated_merge("SELECT date_trunc($1, at), count(*) FROM t WHERE k = $2 "
	                   "GROUP BY date_trunc($3, at) ORDER BY date_trunc($4, at) DESC LIMIT $5"),
	    "SELECT date_trunc($1, at), count(*) FROM t WHERE k = $2 "
	    "GROUP BY date_trunc($1, at) ORDER BY date_trunc($1, at) DESC LIMIT $5");
	assert_text(repeated_merge("SELECT a / $1, b || $2 FROM t GROUP BY a / $3, b || $4"),
	    "SELECT a / $1, b || $2 FROM t GROUP BY a / $1, b || $2");
	assert_null(repeated_merge("SELECT a FROM t WHERE a = $1 GROUP BY a ORDER BY b / $2"));
	assert_null(repeated_merge("SELECT 1"));
}

static void identifiers_are_read_as_the_server_does(void **state)
{
	(void)state;
	assert_text(catalog_identifier("Total"), "total");
	assert_text(catalog_identifier("o.customer_id"), "customer_id");
	assert_text(catalog_identifier("\"Odd\".\"Say \"\"hi\"\"\""), "Say \"hi\"");
	assert_null(catalog_identifier("lower(email)"));
	assert_null(catalog_identifier("a + b"));
	assert_null(catalog_identifier("\"open"));
	assert_null(catalog_identifier(""));
}

static void the_enclosing_call_is_found(void **state)
{
	const char *text = "SELECT to_char(coalesce(a, b), $1), (a + $2) FROM t";
	int argument = -1;

	(void)state;
	assert_text(
	    guess_enclosing_call(text, (size_t)(strstr(text, "$1") - text), &argument), "to_char");
	assert_int_equal(argument, 1);
	assert_null(guess_enclosing_call(text, (size_t)(strstr(text, "$2") - text), &argument));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(array_elements_are_quoted),
	    cmocka_unit_test(patterns_escape_wildcards_and_cut_characters),
	    cmocka_unit_test(limits_are_round),
	    cmocka_unit_test(intervals_take_the_largest_unit),
	    cmocka_unit_test(numbers_survive_a_round_trip),
	    cmocka_unit_test(a_repeated_constant_becomes_one_parameter),
	    cmocka_unit_test(identifiers_are_read_as_the_server_does),
	    cmocka_unit_test(the_enclosing_call_is_found),
	};

	return cmocka_run_group_tests_name("values and texts of bind", tests, NULL, NULL);
}
