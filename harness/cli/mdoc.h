/*
 * mdoc: text written as source of a manual page, in the mdoc language of mandoc and groff.
 *
 *     mdoc_head(out, "PGREHEARSE-GATE", 1, "pgrehearse-gate", "rehearse a change end to end");
 *     mdoc_section(out, "DESCRIPTION");
 *     mdoc_text(out, "Options begin with --, results go to stdout. A new sentence.");
 *
 * Every function ends its output with a line end. Texts are plain: what mdoc would take for its
 * own (a point at the start of a line, a backslash) is escaped.
 */
#ifndef CLI_MDOC_H
#define CLI_MDOC_H

#include "base/buf.h"

void mdoc_head(struct buf *out, const char *title, int section, const char *name, const char *is);
void mdoc_section(struct buf *out, const char *title);
void mdoc_text(struct buf *out, const char *text);
/* Lines as they are, indented. */
void mdoc_literal(struct buf *out, const char *lines);
/* An argument of a macro: "FILE" in ".Ar FILE". No line end. */
void mdoc_word(struct buf *out, const char *word);

/* Lists of terms with their texts: begin, (.It line, text)..., end. */
void mdoc_list_begin(struct buf *out);
void mdoc_item(struct buf *out, const char *macro, const char *term);
void mdoc_list_end(struct buf *out);

#endif
