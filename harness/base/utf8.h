/*
 * utf8: is this text valid UTF-8?
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes of the valid sequence at s, of which n > 0 bytes are left; 0 when it is not valid
 * (overlong forms, surrogates and what is above U+10FFFF are not). */
size_t utf8_sequence_bytes(const char *s, size_t n);
/* Bytes up to the first invalid one; n when all are valid. */
size_t utf8_valid_bytes(const char *s, size_t n);

#endif
