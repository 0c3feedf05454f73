/*
 * nearest: "did you mean ...?"
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The word among n that takes the fewest edits (insert, delete, replace, swap neighbours) to
 * reach, or NULL when none is within a third of its length. Names may be at most 64 bytes. */
const char *nearest_word(const char *word, const char *const *words, size_t n);

#endif
