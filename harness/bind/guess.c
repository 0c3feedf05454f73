/*
 * Values from the place and the type alone: what is left when no row and no statistics tell, and
 * right for constants that select nothing: date_trunc's unit, a divisor, a separator.
 */
#include "bind/binding.h"
#include "bind/types.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MOST_DAYS  1000
#define USUAL_DAYS 30

static const struct {
	const char *function;
	int argument; /* 0, ...; -1 for any */
	const char *value;
} known_arguments[] = {
    {"date_trunc", 0, "day"},
    {"date_part", 0, "day"},
    {"extract", 0, "day"},
    {"to_char", 1, "YYYY-MM-DD"},
    {"to_date", 1, "YYYY-MM-DD"},
    {"to_timestamp", 1, "YYYY-MM-DD"},
    {"timezone", 0, "UTC"},
    {"string_agg", 1, ","},
    {"array_to_string", 1, ","},
    {"string_to_array", 1, ","},
    {"split_part", 1, "-"},
    {"percentile_cont", -1, "0.95"},
    {"percentile_disc", -1, "0.95"},
    {"ntile", 0, "10"},
    {"round", 1, "2"},
    {"left", 1, "10"},
    {"right", 1, "10"},
    {"lpad", 1, "10"},
    {"rpad", 1, "10"},
    {"coalesce", 1, "0"},
    {"pg_sleep", 0, "0"},
    {"generate_series", 0, "1"},
    {"generate_series", 1, "10"},
    {"date_bin", 0, "1 hour"},
    {"similarity", 1, "abc"},
    {"encode", 1, "hex"},
    {"decode", 1, "hex"},
    {"repeat", 1, "1"},
    {"to_tsquery", 0, "english"},
    {"to_tsvector", 0, "english"},
};

/* Back over one balanced level: the opening parenthesis that encloses offset. */
static const char *opening(const char *text, size_t offset, int *ret_argument)
{
	int depth = 0;

	*ret_argument = 0;
	for (const char *p = text + offset; p-- > text;) {
		if (*p == ')' || *p == ']')
			depth++;
		else if (*p == '(' || *p == '[') {
			if (depth-- == 0)
				return *p == '(' ? p : NULL;
		} else if (*p == ',' && depth == 0)
			(*ret_argument)++;
	}
	return NULL;
}

char *guess_enclosing_call(const char *text, size_t offset, int *ret_argument)
{
	const char *end = opening(text, offset, ret_argument);
	const char *start;
	char *name;

	if (!end)
		return NULL;
	while (end > text && end[-1] == ' ')
		end--;
	for (start = end; start > text && (isalnum((unsigned char)start[-1]) || start[-1] == '_');)
		start--;
	if (start == end)
		return NULL;
	name = xstrndup(start, (size_t)(end - start));
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

/* x AT TIME ZONE $n is a call that is not written as one. */
static bool follows(const char *text, size_t offset, const char *words)
{
	size_t len = strlen(words);

	return offset >= len && strncasecmp(text + offset - len, words, len) == 0;
}

static const char *known_argument(const struct binding *b, const struct slot *slot)
{
	int argument;
	_cleanup_free_ char *call = NULL;

	if (!slot->item)
		return NULL;
	if (follows(b->sql, slot->item->offset, "at time zone "))
		return "UTC";
	call = guess_enclosing_call(b->sql, slot->item->offset, &argument);
	for (size_t i = 0; call && i < sizeof(known_arguments) / sizeof(known_arguments[0]); i++)
		if (strcmp(known_arguments[i].function, call) == 0 &&
		    (known_arguments[i].argument == argument || known_arguments[i].argument < 0))
			return known_arguments[i].value;
	return NULL;
}

static const char *by_type(const struct catalog_type *type)
{
	switch (type->base) {
	case TYPE_BOOL:
		return "true";
	case TYPE_JSON:
	case TYPE_JSONB:
		return "{}";
	case TYPE_DATE:
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMPTZ:
		return "2024-01-01";
	case TYPE_TIME:
		return "12:00";
	case TYPE_INTERVAL:
		return "1 day";
	case TYPE_UUID:
		return "00000000-0000-4000-8000-000000000000";
	case TYPE_INET:
		return "127.0.0.1";
	case TYPE_BYTEA:
		return "\\x00";
	case TYPE_REGCONFIG:
		return "english";
	case TYPE_JSONPATH:
		return "$.*";
	default:
		break;
	}
	switch (type->category) {
	case 'N':
		return "1";
	case 'S':
		return "a";
	case 'A':
		return "{}";
	case 'E':
		return type->first_label;
	case 'R':
		return "empty";
	default:
		return NULL;
	}
}

static bool is_number(const char *text)
{
	return strspn(text, "0123456789.") == strlen(text);
}

/* generate_series over days, the frame of a report that ends where staging's rows do: as many days
 * as rows come back. */
static char *series_end(const struct binding *b, const struct slot *slot)
{
	int argument;
	_cleanup_free_ char *call = NULL;
	double rows = work_per_call(&b->statement->work, b->statement->work.rows);
	double days = rows > 1 && rows < MOST_DAYS ? rows : USUAL_DAYS;
	time_t at;
	struct tm tm;
	char text[32];

	if (!slot->item || slot->type->category != 'D')
		return NULL;
	call = guess_enclosing_call(b->sql, slot->item->offset, &argument);
	if (!call || strcmp(call, "generate_series") != 0 || argument > 1)
		return NULL;
	at = time(NULL) - (time_t)(b->run->time_shift_s + (argument == 0 ? (days - 1) * 86400 : 0));
	gmtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	return xstrdup(text);
}

char *guess_value(const struct binding *b, const struct slot *slot)
{
	const char *known = known_argument(b, slot);
	const char *plain = by_type(slot->type);
	char *series = series_end(b, slot);

	if (series)
		return series;
	if (known && (slot->type->category == 'S' || slot->type->base == TYPE_INTERVAL ||
	                 (slot->type->category == 'N' && is_number(known))))
		return xstrdup(known);
	return xstrdup(plain);
}
