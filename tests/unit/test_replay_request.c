/*
 * What goes over the wire in the simple protocol, and the percentiles of the live line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/request.h"
#include "replay/tally.h"

#include <string.h>

static void assert_text(const char *sql, size_t n_params, const struct param *params,
    const char *const *values, const char *expected)
{
	struct bound_statement bound = {
	    .sql = (char *)sql, .params = (struct param *)params, .n_params = n_params};
	struct vectors vectors = {.statements = &bound, .n_statements = 1};
	struct requests requests;
	struct buf out = BUF_INIT;

	requests_init(&requests, &vectors, ARM_BASELINE, PROTOCOL_SIMPLE);
	assert_string_equal(request_text(&requests.items[0], values, &out), expected);
	requests_release(&requests);
	buf_release(&out);
}

static void only_the_candidate_sends_a_rewrite(void **state)
{
	struct bound_statement bound = {.sql = (char *)"SELECT 1", .candidate_sql = (char *)"SELECT 2"};
	struct vectors vectors = {.statements = &bound, .n_statements = 1};

	(void)state;
	for (int arm = 0; arm < N_ARMS; arm++) {
		struct requests requests;

		requests_init(&requests, &vectors, (enum arm)arm, PROTOCOL_PREPARED);
		assert_string_equal(
		    requests.items[0].statement.sql, arm == ARM_CANDIDATE ? "SELECT 2" : "SELECT 1");
		requests_release(&requests);
	}
}

static const struct param untyped = {.type_name = (char *)""};
static const struct param int4 = {.type_oid = 23, .type_name = (char *)"integer"};
static const struct param int8 = {.type_oid = 20, .type_name = (char *)"bigint"};
static const struct param text = {.type_oid = 25, .type_name = (char *)"text"};
static const struct param date = {.type_oid = 1082, .type_name = (char *)"date"};

static void literals_keep_the_declared_type(void **state)
{
	const struct param params[] = {int4, int8, text, date, untyped};
	const char *const values[] = {"42", "42", "it's", "2026-01-01", "x"};

	(void)state;
	assert_text("SELECT $1, $2, $3, $4, $5", 5, params, values,
	    "SELECT 42, '42'::bigint, 'it''s', '2026-01-01'::date, 'x'");
}

static void literals_have_productions_form_where_it_is_known(void **state)
{
	const struct param params[] = {
	    {.type_oid = 20, .type_name = (char *)"bigint", .literal = LITERAL_NUMBER},
	    {.type_oid = 1700, .type_name = (char *)"numeric", .literal = LITERAL_NUMBER},
	    {.type_oid = 1082, .type_name = (char *)"date", .literal = LITERAL_STRING},
	    {.type_oid = 20, .type_name = (char *)"bigint", .literal = LITERAL_NUMBER},
	};
	const char *const values[] = {"42", "1.50", "2026-01-01", "-7"};

	(void)state;
	assert_text("SELECT $1, $2, $3, 1-$4", 4, params, values,
	    "SELECT 42, 1.50, '2026-01-01', 1-'-7'::bigint");
}

static void statements_are_sent_as_production_did(void **state)
{
	struct bound_statement bound[] = {
	    {.sql = (char *)"SELECT 1", .protocol = PROTOCOL_SIMPLE},
	    {.sql = (char *)"SELECT 2", .protocol = PROTOCOL_CAPTURED},
	};
	struct vectors vectors = {.statements = bound, .n_statements = 2};
	struct requests requests;

	(void)state;
	requests_init(&requests, &vectors, ARM_BASELINE, PROTOCOL_CAPTURED);
	assert_int_equal(requests.items[0].protocol, PROTOCOL_SIMPLE);
	assert_int_equal(requests.items[1].protocol, PROTOCOL_PREPARED);
	requests_release(&requests);
	requests_init(&requests, &vectors, ARM_BASELINE, PROTOCOL_EXTENDED);
	assert_int_equal(requests.items[0].protocol, PROTOCOL_EXTENDED);
	requests_release(&requests);
}

static void a_minus_never_starts_a_comment(void **state)
{
	const char *const values[] = {"-5"};

	(void)state;
	assert_text("SELECT 1 -$1", 1, &int4, values, "SELECT 1 -'-5'::integer");
}

static void null_keeps_its_type(void **state)
{
	const struct param params[] = {int8, untyped};
	const char *const values[] = {NULL, NULL};

	(void)state;
	assert_text("SELECT $1, $2", 2, params, values, "SELECT NULL::bigint, NULL");
}

static void backslashes_survive(void **state)
{
	const char *const values[] = {"a\\b'c"};

	(void)state;
	assert_text("SELECT $1", 1, &text, values, "SELECT  E'a\\\\b''c'");
}

static void only_parameters_are_replaced(void **state)
{
	const char *const values[] = {"7"};

	(void)state;
	assert_text("SELECT '$1', \"$1\", e'\\'$1', $$ $1 $$, $a$ $1 $a$, a$1, $1 /* $1 /* $1 */ $1 */ "
	            "-- $1\n, $1, $2",
	    1, &int4, values,
	    "SELECT '$1', \"$1\", e'\\'$1', $$ $1 $$, $a$ $1 $a$, a$1, 7 /* $1 /* $1 */ $1 */ "
	    "-- $1\n, 7, $2");
}

static void repeated_and_two_digit_parameters(void **state)
{
	struct param params[11];
	const char *values[11];

	(void)state;
	for (int i = 0; i < 11; i++) {
		params[i] = int4;
		values[i] = i == 10 ? "11" : "1";
	}
	assert_text("SELECT $11,$1,$11", 11, params, values, "SELECT 11,1,11");
}

static void percentiles_are_right_to_two_percent(void **state)
{
	static struct tally tally;

	(void)state;
	assert_int_equal(tally_quantile(&tally, 0.99), 0);
	for (uint64_t ns = 1; ns <= 1000000; ns++)
		tally_add(&tally, ns);
	assert_in_range(tally_quantile(&tally, 0.5), 500000, 510000);
	assert_in_range(tally_quantile(&tally, 0.99), 990000, 1000000);
	assert_int_equal(tally_quantile(&tally, 1.0), 1000000);
	tally_add(&tally, UINT64_MAX);
	assert_int_equal(tally.max, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_the_candidate_sends_a_rewrite),
	    cmocka_unit_test(literals_keep_the_declared_type),
	    cmocka_unit_test(literals_have_productions_form_where_it_is_known),
	    cmocka_unit_test(statements_are_sent_as_production_did),
	    cmocka_unit_test(a_minus_never_starts_a_comment),
	    cmocka_unit_test(null_keeps_its_type),
	    cmocka_unit_test(backslashes_survive),
	    cmocka_unit_test(only_parameters_are_replaced),
	    cmocka_unit_test(repeated_and_two_digit_parameters),
	    cmocka_unit_test(percentiles_are_right_to_two_percent),
	};

	return cmocka_run_group_tests_name("replay requests", tests, NULL, NULL);
}
