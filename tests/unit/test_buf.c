/* Growing strings, arrays of strings, UTF-8 and near words. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/strv.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_buf_grows_and_stays_terminated(void **state)
{
	_cleanup_buf_ struct buf buf = BUF_INIT;

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_addf(&buf, "%d,", i % 10);
	assert_int_equal(buf.len, 20000);
	assert_int_equal(strlen(buf.data), 20000);
	buf_clear(&buf);
	assert_string_equal(buf.data, "");
	buf_add(&buf, "a\0b", 3);
	assert_int_equal(buf.len, 3);
	assert_memory_equal(buf.data, "a\0b", 4);
}

static void an_empty_buf_detaches_an_empty_string(void **state)
{
	struct buf buf = BUF_INIT;
	char *text = buf_detach(&buf);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	buf_adds(&buf, "again");
	text = buf_detach(&buf);
	assert_string_equal(text, "again");
	assert_null(buf.data);
	free(text);
}

static void strings_are_copied_and_terminated_like_argv(void **state)
{
	struct strv strv = {0};
	char text[] = "one";

	(void)state;
	strv_add(&strv, text);
	text[0] = 'X';
	for (int i = 0; i < 100; i++)
		strv_addf(&strv, "s%d", i);
	assert_string_equal(strv.items[0], "one");
	assert_int_equal(strv.n, 101);
	assert_null(strv.items[101]);
	assert_true(strv_contains(&strv, "s99"));
	assert_false(strv_contains(&strv, "s100"));
	strv_release(&strv);
	assert_false(strv_contains(&strv, "one"));
}

static void utf8_is_told_from_what_looks_like_it(void **state)
{
	static const struct {
		const char *text;
		size_t valid;
	} cases[] = {
	    {"plain", 5}, {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98", 9}, /* é € elephant */
	    {"a\xff", 1}, {"a\xc3(", 1}, /* a sequence cut short by another character */
	    {"ab\xe2\x82", 2},           /* ... by the end */
	    {"\xc0\x80", 0},             /* overlong NUL */
	    {"\xe0\x80\xaf", 0},         /* overlong slash */
	    {"\xed\xa0\x80", 0},         /* a surrogate */
	    {"\xf4\x90\x80\x80", 0},     /* above U+10FFFF */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_valid_bytes(cases[i].text, strlen(cases[i].text)), cases[i].valid);
}

static void the_nearest_word_is_one_that_was_meant(void **state)
{
	static const char *const words[] = {"rate", "time", "max_time", "clients", "thresholds"};
	char long_word[200];

	(void)state;
	assert_string_equal(nearest_word("raet", words, 5), "rate");
	assert_string_equal(nearest_word("maxtime", words, 5), "max_time");
	assert_string_equal(nearest_word("client", words, 5), "clients");
	assert_string_equal(nearest_word("tresholds", words, 5), "thresholds");
	assert_null(nearest_word("protocol", words, 5));
	assert_null(nearest_word("", words, 5));
	assert_null(nearest_word("x", words, 0));
	memset(long_word, 'r', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(nearest_word(long_word, words, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_buf_grows_and_stays_terminated),
	    cmocka_unit_test(an_empty_buf_detaches_an_empty_string),
	    cmocka_unit_test(strings_are_copied_and_terminated_like_argv),
	    cmocka_unit_test(utf8_is_told_from_what_looks_like_it),
	    cmocka_unit_test(the_nearest_word_is_one_that_was_meant),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
