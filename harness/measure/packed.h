/*
 * packed: text as base64 of a zlib stream (RFC 1950), for where bytes must travel as text.
 */
#ifndef MEASURE_PACKED_H
#define MEASURE_PACKED_H

#include <stddef.h>

char *pack_base64(const void *bytes, size_t n); /* caller frees */

#endif
