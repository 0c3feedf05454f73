/*
 * literal: values put together as PostgreSQL text: arrays, patterns, intervals, LIMITs. Pure.
 */
#ifndef BIND_LITERAL_H
#define BIND_LITERAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* '{"a","b\"c",NULL}' of n element texts (NULL entries are SQL NULL). Caller frees. */
char *literal_array(const char *const *elements, size_t n);

/* The first n characters (UTF-8) of text with op's wildcards escaped, as a prefix pattern for op:
 * "ab\%%" for ~~ and ~~*, "^ab\." for ~ and ~*. With `wild`, a _ or % of text stays a wildcard of
 * ~~. Caller frees. */
char *literal_pattern(const char *op, const char *text, size_t n_characters, bool wild);

/* "90 seconds", "6 hours", "14 days": the largest unit that divides it. Caller frees. */
char *literal_interval(double seconds);

/* The smallest of 1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, ... that is at least rows. */
double literal_round_limit(double rows);

#endif
