#include "base/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	double factor;
};

/* The first word of each table is the unit of a bare number. */
static const struct unit duration_units[] = {
    {"", 1e9},
    {"ns", 1},
    {"us", 1e3},
    {"ms", 1e6},
    {"s", 1e9},
    {"min", 60e9},
    {"m", 60e9},
    {"h", 3600e9},
    {"d", 86400e9},
    {0},
};
static const struct unit rate_units[] = {
    {"", 1},
    {"/s", 1},
    {"/sec", 1},
    {"/min", 1 / 60.0},
    {"/h", 1 / 3600.0},
    {0},
};
static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1e3},
    {"MB", 1e6},
    {"GB", 1e9},
    {"TB", 1e12},
    {"KiB", 0x1p10},
    {"MiB", 0x1p20},
    {"GiB", 0x1p30},
    {"TiB", 0x1p40},
    {0},
};
static const struct unit fraction_units[] = {{"", 1}, {"%", 0.01}, {0}};

static int parse_with_units(const char *text, const struct unit *units, const char *what,
    const char *example, double *ret, struct err *err)
{
	char *end;
	double number;

	errno = 0;
	number = strtod(text, &end);
	if (end == text || errno == ERANGE || !isfinite(number) || number < 0)
		return err_set(
		    err, ERR_USAGE, "\"%.60s\" is not a %s; write for instance %s", text, what, example);
	while (*end == ' ')
		end++;
	for (const struct unit *unit = units; unit->name; unit++) {
		if (strcmp(end, unit->name) == 0) {
			*ret = number * unit->factor;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "\"%.60s\" has an unknown unit for a %s; write for instance %s",
	    text, what, example);
}

int units_parse_duration_ns(const char *text, uint64_t *ret_ns, struct err *err)
{
	double ns;
	int rc = parse_with_units(text, duration_units, "duration", "60s, 500ms or 5min", &ns, err);

	if (rc < 0)
		return rc;
	if (ns > 365.0 * 86400e9)
		return err_set(err, ERR_USAGE, "the duration \"%.60s\" is longer than a year", text);
	*ret_ns = (uint64_t)llround(ns);
	return 0;
}

int units_parse_rate(const char *text, double *ret_per_s, struct err *err)
{
	return parse_with_units(text, rate_units, "rate", "400/s", ret_per_s, err);
}

int units_parse_size(const char *text, double *ret_bytes, struct err *err)
{
	return parse_with_units(text, size_units, "size", "64MiB or 2GB", ret_bytes, err);
}

int units_parse_fraction(const char *text, double *ret_fraction, struct err *err)
{
	return parse_with_units(text, fraction_units, "share", "0.1% or 0.001", ret_fraction, err);
}

int units_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret, struct err *err)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || *end || errno == ERANGE || number < min || number > max)
		return err_set(err, ERR_USAGE, "\"%.60s\" is not a whole number from %lld to %lld", text,
		    (long long)min, (long long)max);
	*ret = number;
	return 0;
}

int units_parse_double(const char *text, double *ret, struct err *err)
{
	char *end;

	errno = 0;
	*ret = strtod(text, &end);
	if (end == text || *end || errno == ERANGE || !isfinite(*ret))
		return err_set(err, ERR_USAGE, "\"%.60s\" is not a number", text);
	return 0;
}

static char *format_scaled(
    char out[32], double value, const double *factors, const char *const *names, int n)
{
	int i = 0;
	double scaled;

	while (i + 1 < n && fabs(value) >= factors[i + 1] * 0.9995)
		i++;
	scaled = value / factors[i];
	snprintf(out, 32, "%.*f%s%s",
	    fabs(scaled) >= 99.95   ? 0
	    : fabs(scaled) >= 9.995 ? 1
	                            : 2,
	    scaled, names[i][0] ? " " : "", names[i]);
	return out;
}

char *units_format_duration(char out[32], double ns)
{
	static const double factors[] = {1, 1e3, 1e6, 1e9, 60e9, 3600e9};
	static const char *const names[] = {"ns", "µs", "ms", "s", "min", "h"};

	return format_scaled(out, ns, factors, names, 6);
}

char *units_format_bytes(char out[32], double bytes)
{
	static const double factors[] = {1, 0x1p10, 0x1p20, 0x1p30, 0x1p40};
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};

	return format_scaled(out, bytes, factors, names, 5);
}

char *units_format_count(char out[32], double number)
{
	static const double factors[] = {1, 1e3, 1e6, 1e9};
	static const char *const names[] = {"", "k", "M", "G"};

	if (fabs(number) < 1e4 && number == floor(number)) {
		snprintf(out, 32, "%.0f", number);
		return out;
	}
	return format_scaled(out, number, factors, names, 4);
}

char *units_format_percent(char out[32], double fraction)
{
	double percent = 100 * fraction;

	snprintf(out, 32, "%.*f%%",
	    fabs(percent) >= 99.95   ? 0
	    : fabs(percent) >= 9.995 ? 1
	                             : 2,
	    percent);
	return out;
}
