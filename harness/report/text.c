#include "report/text.h"

#include <string.h>

#define REPLACEMENT 0xfffdu
#define ELLIPSIS    0x2026u

static int is_direction_control(uint32_t code)
{
	return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0x200e || code == 0x200f || code == 0x061c;
}

/* What to show for a code point that was decoded soundly. */
static uint32_t shown(uint32_t code)
{
	if (code == '\n' || code == '\t')
		return code;
	if (code < 0x20)
		return 0x2400 + code;
	if (code == 0x7f)
		return 0x2421;
	if ((code >= 0x80 && code < 0xa0) || is_direction_control(code) || code == 0xfeff ||
	    (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef))
		return REPLACEMENT;
	if (code == 0x2028 || code == 0x2029)
		return '\n';
	return code;
}

size_t text_next(const char *s, uint32_t *ret_code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80       ? 1
	             : u[0] >> 5 == 6  ? 2
	             : u[0] >> 4 == 14 ? 3
	             : u[0] >> 3 == 30 ? 4
	                               : 0;
	uint32_t code = len ? u[0] & (0xffu >> len) : 0;

	if (len == 1) {
		*ret_code = shown(u[0]);
		return 1;
	}
	for (size_t i = 1; i < len; i++) {
		if (u[i] >> 6 != 2) {
			len = 0;
			break;
		}
		code = code << 6 | (u[i] & 0x3f);
	}
	if (!len || code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
		*ret_code = REPLACEMENT;
		return 1;
	}
	*ret_code = shown(code);
	return len;
}

void text_add_code(struct buf *out, uint32_t code)
{
	if (code < 0x80) {
		buf_addc(out, (char)code);
	} else if (code < 0x800) {
		buf_addc(out, (char)(0xc0 | code >> 6));
		buf_addc(out, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		buf_addc(out, (char)(0xe0 | code >> 12));
		buf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (code & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | code >> 18));
		buf_addc(out, (char)(0x80 | (code >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (code & 0x3f)));
	}
}

/* Sorted ranges of Unicode 15: combining marks and format characters; wide and full-width ones.
 * Not wcwidth(): the answer must not depend on the locale of the machine. */
struct range {
	uint32_t first, last;
};
static const struct range zero_width[] = {
    {0x0300, 0x036f},
    {0x0483, 0x0489},
    {0x0591, 0x05bd},
    {0x05bf, 0x05bf},
    {0x05c1, 0x05c2},
    {0x05c4, 0x05c5},
    {0x0610, 0x061a},
    {0x064b, 0x065f},
    {0x0670, 0x0670},
    {0x06d6, 0x06dc},
    {0x06df, 0x06e4},
    {0x06e7, 0x06e8},
    {0x06ea, 0x06ed},
    {0x0711, 0x0711},
    {0x0730, 0x074a},
    {0x0900, 0x0902},
    {0x093a, 0x093a},
    {0x093c, 0x093c},
    {0x0941, 0x0948},
    {0x094d, 0x094d},
    {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a},
    {0x0e47, 0x0e4e},
    {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff},
    {0x200b, 0x200d},
    {0x2060, 0x2064},
    {0x20d0, 0x20f0},
    {0x302a, 0x302d},
    {0x3099, 0x309a},
    {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f},
    {0x1f3fb, 0x1f3ff},
    {0xe0100, 0xe01ef},
};
static const struct range double_width[] = {
    {0x1100, 0x115f},
    {0x231a, 0x231b},
    {0x2329, 0x232a},
    {0x23e9, 0x23ec},
    {0x25fd, 0x25fe},
    {0x2614, 0x2615},
    {0x2648, 0x2653},
    {0x26a1, 0x26a1},
    {0x26bd, 0x26be},
    {0x2705, 0x2705},
    {0x270a, 0x270b},
    {0x2728, 0x2728},
    {0x274c, 0x274c},
    {0x2753, 0x2755},
    {0x2795, 0x2797},
    {0x2b1b, 0x2b1c},
    {0x2e80, 0x303e},
    {0x3041, 0x33ff},
    {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},
    {0xa000, 0xa4cf},
    {0xa960, 0xa97f},
    {0xac00, 0xd7a3},
    {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},
    {0xff00, 0xff60},
    {0xffe0, 0xffe6},
    {0x16fe0, 0x18cff},
    {0x1b000, 0x1b2ff},
    {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff},
    {0x1f900, 0x1f9ff},
    {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd},
};

static int in_ranges(uint32_t code, const struct range *ranges, size_t n)
{
	for (size_t low = 0, high = n; low < high;) {
		size_t middle = (low + high) / 2;

		if (code > ranges[middle].last)
			low = middle + 1;
		else if (code < ranges[middle].first)
			high = middle;
		else
			return 1;
	}
	return 0;
}

int text_code_width(uint32_t code)
{
	if (code < 0x300)
		return 1;
	if (in_ranges(code, zero_width, sizeof(zero_width) / sizeof(zero_width[0])))
		return 0;
	return in_ranges(code, double_width, sizeof(double_width) / sizeof(double_width[0])) ? 2 : 1;
}

size_t text_width(const char *s)
{
	size_t width = 0;
	uint32_t code;

	for (; *s; s += text_next(s, &code), width += (size_t)text_code_width(code))
		;
	return width;
}

static int is_space(uint32_t code)
{
	return code == ' ' || code == '\t' || code == '\n' || code == 0x240d;
}

/* The next character of s with white space runs as one space; 0 at the end. */
static uint32_t next_on_line(const char **s)
{
	uint32_t code = 0;
	const char *p = *s;
	size_t len;

	if (!*p)
		return 0;
	p += text_next(p, &code);
	if (is_space(code)) {
		uint32_t more;

		while (*p && (len = text_next(p, &more), is_space(more)))
			p += len;
		code = *p ? ' ' : 0;
	}
	*s = p;
	return code;
}

static const char *skip_space(const char *s)
{
	uint32_t code;
	size_t len;

	while (*s && (len = text_next(s, &code), is_space(code)))
		s += len;
	return s;
}

size_t text_line(struct buf *out, const char *s, size_t max)
{
	size_t columns = 0, cut_len = out->len, cut_columns = 0;
	uint32_t code;

	s = skip_space(s ? s : "");
	while ((code = next_on_line(&s)) != 0) {
		size_t width = (size_t)text_code_width(code);

		if (max != TEXT_WHOLE && columns + width > max) {
			out->len = cut_len;
			if (out->data)
				out->data[cut_len] = '\0';
			if (max > 0) {
				text_add_code(out, ELLIPSIS);
				cut_columns++;
			}
			return cut_columns;
		}
		text_add_code(out, code);
		columns += width;
		if (max != TEXT_WHOLE && columns + 1 <= max) {
			cut_len = out->len;
			cut_columns = columns;
		}
	}
	return columns;
}

static void spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_addc(out, ' ');
}

void text_left(struct buf *out, const char *s, size_t columns)
{
	spaces(out, columns - text_line(out, s, columns));
}

void text_right(struct buf *out, const char *s, size_t columns)
{
	_cleanup_buf_ struct buf cell = BUF_INIT;
	size_t width = text_line(&cell, s, columns);

	spaces(out, columns - width);
	buf_add(out, cell.data, cell.len);
}

void text_wrap(struct buf *out, const char *s, size_t indent, size_t width)
{
	_cleanup_buf_ struct buf word = BUF_INIT;
	size_t column = indent, word_columns = 0;
	uint32_t code;

	s = skip_space(s ? s : "");
	do {
		code = next_on_line(&s);
		if (code && code != ' ') {
			text_add_code(&word, code);
			word_columns += (size_t)text_code_width(code);
			continue;
		}
		if (column > indent && column + 1 + word_columns > width) {
			buf_addc(out, '\n');
			spaces(out, indent);
			column = indent;
		} else if (column > indent) {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, word.data, word.len);
		column += word_columns;
		buf_clear(&word);
		word_columns = 0;
	} while (code);
}
