#include "bind/number.h"

#include "base/mem.h"
#include "bind/types.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400.0

enum number_kind number_kind_of(uint32_t type_oid)
{
	switch (type_oid) {
	case TYPE_INT2:
	case TYPE_INT4:
	case TYPE_INT8:
	case TYPE_OID:
		return NUMBER_INTEGER;
	case TYPE_NUMERIC:
	case TYPE_FLOAT4:
	case TYPE_FLOAT8:
		return NUMBER_DECIMAL;
	case TYPE_DATE:
		return NUMBER_DATE;
	case TYPE_TIMESTAMP:
		return NUMBER_TIMESTAMP;
	case TYPE_TIMESTAMPTZ:
		return NUMBER_TIMESTAMPTZ;
	default:
		return NUMBER_NONE;
	}
}

double number_unit(enum number_kind kind)
{
	switch (kind) {
	case NUMBER_INTEGER:
		return 1;
	case NUMBER_DATE:
		return DAY_S;
	case NUMBER_TIMESTAMP:
	case NUMBER_TIMESTAMPTZ:
		return 1e-6;
	default:
		return 0.01;
	}
}

/* "2026-05-04", then for timestamps " 09:30:12.5" and perhaps "+00". */
static bool parse_time(const char *text, bool with_time, double *ret)
{
	struct tm tm = {0};
	double seconds = 0;
	int n = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &n) != 3)
		return false;
	if (strstr(text, "BC"))
		return false;
	if (with_time && text[n] &&
	    sscanf(text + n, " %2d:%2d:%lf", &tm.tm_hour, &tm.tm_min, &seconds) != 3)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret = (double)timegm(&tm) + seconds;
	return true;
}

bool number_parse(enum number_kind kind, const char *text, double *ret)
{
	char *end;
	double value;

	switch (kind) {
	case NUMBER_NONE:
		return false;
	case NUMBER_INTEGER:
	case NUMBER_DECIMAL:
		value = strtod(text, &end);
		if (end == text || *end || !isfinite(value))
			return false;
		*ret = value;
		return true;
	default:
		return parse_time(text, kind != NUMBER_DATE, ret);
	}
}

static char *format_time(double value, const char *zone)
{
	double whole = floor(value);
	long micros = lround((value - whole) * 1e6);
	struct tm tm;
	char stamp[40];
	time_t t;

	if (micros >= 1000000) {
		whole += 1;
		micros = 0;
	}
	t = (time_t)whole;
	gmtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	return micros ? xasprintf("%s.%06ld%s", stamp, micros, zone) : xasprintf("%s%s", stamp, zone);
}

char *number_format(enum number_kind kind, double value)
{
	struct tm tm;
	char stamp[40];
	time_t t;

	switch (kind) {
	case NUMBER_INTEGER:
		return xasprintf("%.0f", floor(value));
	case NUMBER_DATE:
		t = (time_t)(floor(value / DAY_S) * DAY_S);
		gmtime_r(&t, &tm);
		strftime(stamp, sizeof(stamp), "%Y-%m-%d", &tm);
		return xstrdup(stamp);
	case NUMBER_TIMESTAMP:
		return format_time(value, "");
	case NUMBER_TIMESTAMPTZ:
		return format_time(value, "+00");
	default:
		return xasprintf("%.10g", value);
	}
}
