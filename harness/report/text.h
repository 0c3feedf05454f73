/*
 * text: foreign text made safe and aligned for one format at a time.
 *
 * Statement texts, names and messages come from production and from servers: they may hold
 * markup, line ends, control characters, right-to-left overrides and invalid UTF-8. Every renderer
 * writes them through one of these and never with buf_adds. In all of them an invalid byte becomes
 * U+FFFD, a control character its picture (U+2400 and up), and a direction override U+FFFD, so
 * that what a reader sees is what is there.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

#define TEXT_WHOLE ((size_t)-1)

/* The code point at s (not at the end) as it may be shown, and the bytes it takes. */
size_t text_next(const char *s, uint32_t *ret_code);
void text_add_code(struct buf *out, uint32_t code);

/* Columns on a terminal: 2 for wide East Asian characters and emoji, 0 for combining marks. */
int text_code_width(uint32_t code);
size_t text_width(const char *s);

/* On one line: white space runs become one space, leading and trailing ones go. Cut with "…" to at
 * most max columns (TEXT_WHOLE: not cut). Returns the columns written. */
size_t text_line(struct buf *out, const char *s, size_t max);
/* text_line padded to exactly `columns`. */
void text_left(struct buf *out, const char *s, size_t columns);
void text_right(struct buf *out, const char *s, size_t columns);
/* Wrapped at words; the first line starts where the cursor is, later ones after `indent` spaces.
 * No final newline. */
void text_wrap(struct buf *out, const char *s, size_t indent, size_t width);

/* HTML and XML, text and double-quoted attributes; line ends and tabs stay. At most max characters,
 * then "…". */
void text_markup(struct buf *out, const char *s, size_t max);
/* Markdown outside code, on one line, usable in a table cell. */
void text_markdown(struct buf *out, const char *s, size_t max);
/* Markdown `code` on one line, usable in a table cell. */
void text_markdown_code(struct buf *out, const char *s, size_t max);
/* A fenced block with a fence that the text does not contain. */
void text_markdown_block(struct buf *out, const char *language, const char *s, size_t max);
/* A double-quoted YAML scalar, which is also a JSON string. */
void text_quoted(struct buf *out, const char *s);

#endif
