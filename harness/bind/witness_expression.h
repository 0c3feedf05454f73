/*
 * witness_expression: what to select for a parameter, so that the value finds the row again.
 *
 * For "=" that is the other side itself. A containment wants a part of the row's value: one
 * element of an array, one key and value of a document, one lexeme. Which part depends on the
 * anchor's tid, so that rows differ and runs do not.
 */
#ifndef BIND_WITNESS_EXPRESSION_H
#define BIND_WITNESS_EXPRESSION_H

#include "bind/binding.h"

/* alias is the anchor; NULL takes the first part of everything. Caller frees. */
char *witness_expression(
    const struct binding *b, const struct slot *slot, const char *partner, const char *alias);

#endif
