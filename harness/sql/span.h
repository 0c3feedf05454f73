/*
 * span: where in the text an expression of the parse tree begins and ends. Private to sql/.
 *
 * The tree has one location per node, mostly of its first token or its operator. The extent is the
 * tokens between the smallest and the largest location below the node, widened to whole names,
 * calls, types and brackets.
 */
#ifndef SQL_SPAN_H
#define SQL_SPAN_H

#include "sql/lex.h"

#include <jansson.h>

/* Tokens [first, end); empty when first == end. */
struct span {
	size_t first, end;
};

struct span span_node(const struct lex *lex, const json_t *node);
/* The operands of the operator at an offset (the location of its node). */
struct span span_left(const struct lex *lex, const json_t *node, size_t operator_offset);
struct span span_right(const struct lex *lex, const json_t *node, size_t operator_offset);
/* The body of a TypeName that is not before a constant. */
struct span span_type(const struct lex *lex, const json_t *type);

/* Smallest location below a node; NO_LOCATION when there is none. */
size_t span_first_location(const json_t *node);

/* From token `from` to the first of these words at its bracket level, or to the bracket's end. */
struct span span_until(const struct lex *lex, size_t from, const char *words);

/* Caller frees; NULL for an empty span. */
char *span_text(const struct lex *lex, struct span span);
bool span_has_param(const struct lex *lex, struct span span);

#endif
