/*
 * vectors_text: what `inspect` prints of vectors: statements, how they are sent, how many values they
 * have and from where, and what is skipped. Never a value: texts are normalised again, since a
 * statement may have got one as a constant.
 */
#ifndef CLI_VECTORS_TEXT_H
#define CLI_VECTORS_TEXT_H

#include "base/buf.h"
#include "model/vectors.h"

void vectors_text(
    struct buf *out, const struct vectors *vectors, size_t top, bool with_text, size_t width);

/* How much is bound and skipped, and what was assumed: the end of the tables of inspect and bind. */
void vectors_summary(struct buf *out, const struct vectors *vectors);

#endif
