#include "cli/mdoc.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* The date of this version, which mdoc wants on every page. */
#define RELEASED "November 20, 2026"

#define LINE_COLUMNS 72 /* escapes make the lines of the source somewhat longer */

/* Typewriter characters that roff would set as typographic ones. */
static const char *escape_of(char c)
{
	switch (c) {
	case '\\':
		return "\\e";
	case '\'':
		return "\\(aq";
	case '`':
		return "\\(ga";
	case '^':
		return "\\(ha";
	case '~':
		return "\\(ti";
	default:
		return NULL;
	}
}

static void add_char(struct buf *out, char c)
{
	const char *escape = escape_of(c);

	if (escape)
		buf_adds(out, escape);
	else
		buf_addc(out, c);
}

/* A hyphen within a word may be set as one; any other is a minus that can be pasted. */
static bool joins_words(const char *text, const char *at)
{
	return at > text && isalpha((unsigned char)at[-1]) && isalpha((unsigned char)at[1]);
}

/* Each sentence on a line of its own, as mdoc wants it; an ellipsis ends none. */
static bool ends_sentence(const char *text, const char *at)
{
	bool ellipsis = at > text + 1 && at[-1] == '.' && at[-2] == '.';

	return at > text && strchr(".?!", at[-1]) && !ellipsis && isupper((unsigned char)at[1]);
}

static bool fits(const char *word, size_t column)
{
	return column + 1 + strcspn(word, " ") <= LINE_COLUMNS;
}

void mdoc_text(struct buf *out, const char *text)
{
	size_t column = 0;

	for (const char *at = text; *at; at++) {
		if (column == 0 && *at == '.')
			buf_adds(out, "\\&");
		if (*at == ' ' && (ends_sentence(text, at) || !fits(at + 1, column))) {
			buf_addc(out, '\n');
			column = 0;
			continue;
		}
		if (*at == '-' && !joins_words(text, at))
			buf_adds(out, "\\-");
		else
			add_char(out, *at);
		column++;
	}
	buf_addc(out, '\n');
}

void mdoc_literal(struct buf *out, const char *lines)
{
	bool line_start = true;

	buf_adds(out, ".Bd -literal -offset 2n\n");
	for (const char *at = lines; *at; at++) {
		if (line_start && *at == '.')
			buf_adds(out, "\\&");
		line_start = *at == '\n';
		if (*at == '-')
			buf_adds(out, "\\-");
		else
			add_char(out, *at);
	}
	buf_adds(out, line_start ? ".Ed\n" : "\n.Ed\n");
}

void mdoc_word(struct buf *out, const char *word)
{
	/* Two or three letters could be the name of a macro. */
	if (strlen(word) <= 3)
		buf_adds(out, "\\&");
	for (; *word; word++) {
		if (*word == '-')
			buf_adds(out, "\\-");
		else if (*word == ' ')
			buf_adds(out, "\\ ");
		else if (*word == '"')
			buf_adds(out, "\\(dq");
		else
			add_char(out, *word);
	}
}

void mdoc_section(struct buf *out, const char *title)
{
	buf_addf(out, ".Sh %s\n", title);
}

void mdoc_head(struct buf *out, const char *title, int section, const char *name, const char *is)
{
	buf_addf(out, ".Dd " RELEASED "\n.Dt %s %d\n.Os pgrehearse " PGREHEARSE_VERSION "\n", title,
	    section);
	mdoc_section(out, "NAME");
	buf_addf(out, ".Nm %s\n.Nd ", name);
	mdoc_text(out, is);
}

void mdoc_list_begin(struct buf *out)
{
	buf_adds(out, ".Bl -tag -width 8n\n");
}

void mdoc_item(struct buf *out, const char *macro, const char *term)
{
	buf_addf(out, ".It %s ", macro);
	mdoc_word(out, term);
	buf_addc(out, '\n');
}

void mdoc_list_end(struct buf *out)
{
	buf_adds(out, ".El\n");
}
