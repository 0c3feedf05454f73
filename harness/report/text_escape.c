/* One escape per format; what may be shown at all is decided by text_next. */
#include "report/text.h"

#include <stdio.h>
#include <string.h>

#define MAX_FENCE 64

static void add_entity(struct buf *out, uint32_t code)
{
	switch (code) {
	case '&':
		buf_adds(out, "&amp;");
		break;
	case '<':
		buf_adds(out, "&lt;");
		break;
	case '>':
		buf_adds(out, "&gt;");
		break;
	case '"':
		buf_adds(out, "&quot;");
		break;
	case '\'':
		buf_adds(out, "&#39;");
		break;
	default:
		text_add_code(out, code);
	}
}

void text_markup(struct buf *out, const char *s, size_t max)
{
	uint32_t code;

	for (size_t n = 0; s && *s; n++) {
		if (n >= max) {
			buf_adds(out, "…");
			return;
		}
		s += text_next(s, &code);
		add_entity(out, code);
	}
}

/* A clean single line of at most max columns, to be escaped further. */
static void clean_line(struct buf *line, const char *s, size_t max)
{
	buf_adds(line, "");
	text_line(line, s, max);
}

void text_markdown(struct buf *out, const char *s, size_t max)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	clean_line(&line, s, max);
	for (const char *p = line.data; *p; p++) {
		/* '<' and '&' as entities: an HTML block begins before backslashes are looked at. '@' so
		 * that a text does not call a person, '#' no issue, ':' no bare link. */
		if (*p == '<')
			buf_adds(out, "&lt;");
		else if (*p == '&')
			buf_adds(out, "&amp;");
		else if (*p == '@')
			buf_adds(out, "&#64;");
		else if (*p == ':' && p[1] == '/')
			buf_adds(out, "&#58;");
		else if (strchr("\\`*_{}[]()>#+!|~$", *p))
			buf_addf(out, "\\%c", *p);
		else
			buf_addc(out, *p);
	}
}

static size_t longest_run(const char *s, char c)
{
	size_t longest = 0, run = 0;

	for (; *s; s++) {
		run = *s == c ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest;
}

void text_markdown_code(struct buf *out, const char *s, size_t max)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	char fence[MAX_FENCE + 2] = {0};
	size_t run;

	clean_line(&line, s, max);
	run = longest_run(line.data, '`');
	/* A text with 64 backticks in a row is no statement; show it without its backticks. */
	memset(fence, '`', run < MAX_FENCE ? run + 1 : 1);
	buf_addf(out, "%s ", fence);
	for (const char *p = line.data; *p; p++) {
		if (*p == '|')
			buf_adds(out, "\\|"); /* a table splits cells before it looks for code */
		else if (*p != '`' || run < MAX_FENCE)
			buf_addc(out, *p);
	}
	buf_addf(out, " %s", fence);
}

void text_markdown_block(struct buf *out, const char *language, const char *s, size_t max)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;
	size_t fence;
	uint32_t code;

	buf_adds(&clean, "");
	for (size_t n = 0; s && *s; n++) {
		if (n >= max) {
			buf_adds(&clean, "…");
			break;
		}
		s += text_next(s, &code);
		text_add_code(&clean, code);
	}
	fence = longest_run(clean.data, '`') + 1;
	if (fence < 3)
		fence = 3;
	for (size_t i = 0; i < fence; i++)
		buf_addc(out, '`');
	buf_addf(out, "%s\n%s%s", language, clean.data,
	    clean.len && clean.data[clean.len - 1] == '\n' ? "" : "\n");
	for (size_t i = 0; i < fence; i++)
		buf_addc(out, '`');
	buf_addc(out, '\n');
}

void text_quoted(struct buf *out, const char *s)
{
	uint32_t code;

	buf_addc(out, '"');
	while (s && *s) {
		s += text_next(s, &code);
		if (code == '"' || code == '\\')
			buf_addf(out, "\\%c", (char)code);
		else if (code == '\n')
			buf_adds(out, "\\n");
		else if (code == '\t')
			buf_adds(out, "\\t");
		else
			text_add_code(out, code);
	}
	buf_addc(out, '"');
}
