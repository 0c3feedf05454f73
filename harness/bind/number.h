/*
 * number: values that have a distance: numbers, dates and times, as doubles.
 *
 * Ranges and steps ("a week wide", "three above the maximum") need arithmetic; everything else
 * treats a value as the text that PostgreSQL prints. Dates and times are seconds since
 * 1970-01-01 UTC, read and written in DateStyle ISO with TimeZone UTC, which is what bind sets on
 * its connection. A double holds microseconds exactly until the year 2255.
 */
#ifndef BIND_NUMBER_H
#define BIND_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum number_kind {
	NUMBER_NONE,
	NUMBER_INTEGER,
	NUMBER_DECIMAL,
	NUMBER_DATE,
	NUMBER_TIMESTAMP,
	NUMBER_TIMESTAMPTZ,
};

enum number_kind number_kind_of(uint32_t type_oid);
/* The smallest step that makes a different value: 1, a day, a microsecond. */
double number_unit(enum number_kind kind);
/* False for what is not of the kind ("infinity", "NaN", years BC). */
bool number_parse(enum number_kind kind, const char *text, double *ret);
/* Caller frees. Integers and dates are rounded down. */
char *number_format(enum number_kind kind, double value);

#endif
