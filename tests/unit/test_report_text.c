/* Foreign text in reports: what a reader sees is what is there, and no format is broken by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/text.h"

#include <string.h>

static void assert_line(const char *text, size_t max, const char *expected)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	size_t columns;

	buf_adds(&out, "");
	columns = text_line(&out, text, max);
	assert_string_equal(out.data, expected);
	assert_int_equal(columns, text_width(expected));
}

static void lines_are_cleaned_and_cut(void **state)
{
	(void)state;
	assert_line("  SELECT\n\t1  ", TEXT_WHOLE, "SELECT 1");
	assert_line("abcdef", 6, "abcdef");
	assert_line("abcdefg", 6, "abcde…");
	assert_line("", 5, "");
	assert_line("abc", 0, "");
	assert_line("bell \a, escape \033[31m", TEXT_WHOLE, "bell ␇, escape ␛[31m");
	assert_line("bad \xff\xc0\xaf bytes", TEXT_WHOLE, "bad ��� bytes");
	assert_line("right \xe2\x80\xae to left", TEXT_WHOLE, "right � to left");
	assert_line("line\xe2\x80\xa8separator", TEXT_WHOLE, "line separator");
}

static void width_counts_columns_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(text_width("größe"), 5);
	assert_int_equal(text_width("注文"), 4);
	assert_int_equal(text_width("e\xcc\x81t\xc3\xa9"), 3);
	assert_int_equal(text_width("🦣"), 2);
	assert_line("注文一覧", 5, "注文…");
	assert_line("注文一覧", 4, "注…");
}

static void columns_line_up_in_any_script(void **state)
{
	const char *const names[] = {"orders", "注文", "größe", "a name that is too long for it"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		text_left(&out, names[i], 12);
		assert_int_equal(text_width(out.data), 12);
		buf_clear(&out);
		text_right(&out, names[i], 12);
		assert_int_equal(text_width(out.data), 12);
	}
}

static void paragraphs_wrap_at_words(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	text_wrap(&out, "one two three four", 2, 11);
	assert_string_equal(out.data, "one two\n  three\n  four");
}

static void markup_is_escaped(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	text_markup(&out, "</script><b a=\"x\" c='y'>&amp;\001", TEXT_WHOLE);
	assert_string_equal(
	    out.data, "&lt;/script&gt;&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;amp;␁");
}

static void markdown_cannot_leave_its_cell(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	text_markdown(&out, "a | b\n# c <img src=x> [l](http://e) *b* `c` @team", TEXT_WHOLE);
	assert_string_equal(out.data,
	    "a \\| b \\# c &lt;img src=x\\> \\[l\\]\\(http&#58;//e\\) \\*b\\* "
	    "\\`c\\` &#64;team");
	buf_clear(&out);
	text_markdown_code(&out, "a `b` | c", TEXT_WHOLE);
	assert_string_equal(out.data, "`` a `b` \\| c ``");
}

static void a_fence_outlasts_the_text(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	text_markdown_block(&out, "sql", "a\n````\nb", TEXT_WHOLE);
	assert_string_equal(out.data, "`````sql\na\n````\nb\n`````\n");
}

static void quoted_text_is_one_scalar(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	text_quoted(&out, "a \"b\" \\ c\nd\te: #f");
	assert_string_equal(out.data, "\"a \\\"b\\\" \\\\ c\\nd\\te: #f\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_cleaned_and_cut),
	    cmocka_unit_test(width_counts_columns_not_bytes),
	    cmocka_unit_test(columns_line_up_in_any_script),
	    cmocka_unit_test(paragraphs_wrap_at_words),
	    cmocka_unit_test(markup_is_escaped),
	    cmocka_unit_test(markdown_cannot_leave_its_cell),
	    cmocka_unit_test(a_fence_outlasts_the_text),
	    cmocka_unit_test(quoted_text_is_one_scalar),
	};

	return cmocka_run_group_tests_name("report: foreign text", tests, NULL, NULL);
}
