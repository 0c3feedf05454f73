/*
 * units: "400/s", "60s", "64MiB", "0.1%" in, and figures for people out.
 *
 * The parsers take the whole string or fail with ERR_USAGE and a message that lists the accepted
 * units. A bare number is accepted where it has one obvious meaning (seconds, per second, bytes).
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "base/err.h"

#include <stdint.h>

int units_parse_duration_ns(
    const char *text, uint64_t *ret_ns, struct err *err);                   /* us ms s min h d */
int units_parse_rate(const char *text, double *ret_per_s, struct err *err); /* /s /min /h */
int units_parse_size(
    const char *text, double *ret_bytes, struct err *err); /* B kB MB GB KiB MiB GiB */
int units_parse_fraction(
    const char *text, double *ret_fraction, struct err *err); /* 0.1% or 0.001 */
int units_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret, struct err *err);
int units_parse_double(const char *text, double *ret, struct err *err);

/* Short forms for tables, three significant digits; out holds at least 32 bytes; return out. */
char *units_format_duration(char out[32], double ns);  /* "1.24 ms" */
char *units_format_bytes(char out[32], double bytes);  /* "64.0 MiB" */
char *units_format_count(char out[32], double number); /* "12.4 k" */
char *units_format_percent(char out[32], double fraction);

#endif
