/*
 * base64: RFC 4648 with padding and without line breaks, as histogram logs have it.
 */
#ifndef MEASURE_BASE64_H
#define MEASURE_BASE64_H

#include "base/buf.h"

#include <stddef.h>

char *base64_encode(const void *bytes, size_t n); /* caller frees */
/* Appends the bytes to ret; -1 when text holds anything but one padded base64 string. */
int base64_decode(const char *text, struct buf *ret);

#endif
