#include "capture/log_prefix.h"

#include "base/mem.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <time.h>

#define MOST_STEPS 20000 /* of one match: text fields side by side have many ways to split */

enum item_kind { ITEM_BYTE, ITEM_TEXT, ITEM_NUMBER, ITEM_TIME, ITEM_SESSION, ITEM_VXID, ITEM_QUIT };

struct item {
	enum item_kind kind;
	char escape; /* the letter; the byte itself for ITEM_BYTE */
};

struct log_prefix {
	struct item *items;
	size_t n, cap;
};

struct match {
	const struct log_prefix *prefix;
	const char *end;
	struct log_prefix_found *found;
	int steps;
};

const char *log_prefix_usual(size_t i)
{
	static const char *const usual[] = {
	    "%m [%p] %q%u@%d ",                         /* Debian; and the default, which has no %q */
	    "%m [%p]: [%l-1] db=%d,user=%u ",           /* Cloud SQL */
	    "%t:%r:%u@%d:[%p]:",                        /* RDS, Aurora */
	    "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:", /* RDS for PostgreSQL, newer */
	    "%t-%c-",                                   /* Azure */
	    "%t-%c-user=%u,db=%d,app=%a,client=%h-",
	    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ", /* log analysers */
	    "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
	    "%m [%p]: user=%u,db=%d,app=%a,client=%h ",
	    "%t [%p]: [%l-1] user=%u,db=%d ",
	    "%t [%p-%l] %q%u@%d ",
	    "%t [%p]: [%l-1] ",
	    "%m [%p] ",
	    "%t [%p] ",
	    "%t ",
	    "%m ",
	    "%m: ",
	    "[%p] ",
	    "",
	};

	return i < sizeof(usual) / sizeof(usual[0]) ? usual[i] : NULL;
}

static enum item_kind kind_of(char escape)
{
	if (strchr("plxPQ", escape))
		return ITEM_NUMBER;
	if (strchr("tmsn", escape))
		return ITEM_TIME;
	if (escape == 'c')
		return ITEM_SESSION;
	if (escape == 'v')
		return ITEM_VXID;
	return escape == 'q' ? ITEM_QUIT : ITEM_TEXT;
}

static void add_item(struct log_prefix *prefix, enum item_kind kind, char escape)
{
	GROW(prefix->items, prefix->n, prefix->cap);
	prefix->items[prefix->n++] = (struct item){kind, escape};
}

struct log_prefix *log_prefix_new(const char *format, struct err *err)
{
	struct log_prefix *prefix = xcalloc(1, sizeof(*prefix));

	for (const char *p = format; *p; p++) {
		const char *start = p;

		if (*p != '%') {
			add_item(prefix, ITEM_BYTE, *p);
			continue;
		}
		p++;
		p += strspn(p, "-0123456789");
		if (*p == '%') {
			add_item(prefix, ITEM_BYTE, '%');
		} else if (*p && strchr("abcdehilLmnpPqQrstuvx", *p)) {
			/* Padding may stand before or behind: then it is a text. */
			add_item(prefix, p > start + 1 && *p != 'q' ? ITEM_TEXT : kind_of(*p), *p);
		} else {
			err_set(err, ERR_USAGE,
			    "the prefix \"%.200s\" has \"%.*s\", which no log_line_prefix knows", format,
			    (int)(p - start + (*p != '\0')), start);
			err_hint(err, "give it as the server says: SHOW log_line_prefix");
			log_prefix_free(prefix);
			return NULL;
		}
	}
	return prefix;
}

void log_prefix_free(struct log_prefix *prefix)
{
	if (!prefix)
		return;
	free(prefix->items);
	free(prefix);
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && isdigit((unsigned char)*p))
		p++;
	return p;
}

/* "0000-00-00 00:00:00": digits stand for digits. */
static bool looks_like(const char *p, const char *end, const char *picture)
{
	for (; *picture; picture++, p++)
		if (p >= end || (*picture == '0' ? !isdigit((unsigned char)*p) : *p != *picture))
			return false;
	return true;
}

static const char *skip_fraction(const char *p, const char *end)
{
	return p + 1 < end && *p == '.' && isdigit((unsigned char)p[1]) ? skip_digits(p + 1, end) : p;
}

static const char *skip_zone(const char *p, const char *end)
{
	if (p + 1 < end && *p == ' ' && (isalpha((unsigned char)p[1]) || strchr("+-", p[1])))
		p++;
	else
		return p;
	if (isalpha((unsigned char)*p)) {
		while (p < end && (isalpha((unsigned char)*p) || *p == '/' || *p == '_'))
			p++;
		return p;
	}
	p = skip_digits(p + 1, end);
	return p + 2 < end && *p == ':' && isdigit((unsigned char)p[1]) ? skip_digits(p + 1, end) : p;
}

static const char *skip_time(const char *p, const char *end, char escape)
{
	if (escape == 'n')
		return skip_fraction(skip_digits(p, end), end);
	if (!looks_like(p, end, "0000-00-00 00:00:00"))
		return NULL;
	return skip_zone(skip_fraction(p + 19, end), end);
}

/* Where a field with a shape of its own ends; NULL when it is not there. */
static const char *skip_field(const struct item *item, const char *p, const char *end)
{
	const char *q = p;

	switch (item->kind) {
	case ITEM_TIME:
		return skip_time(p, end, item->escape);
	case ITEM_SESSION:
		while (q < end && (isxdigit((unsigned char)*q) || *q == '.'))
			q++;
		return q;
	case ITEM_VXID:
		while (q < end && (isdigit((unsigned char)*q) || *q == '/' || (*q == '-' && q == p)))
			q++;
		return q;
	default:
		return skip_digits(p < end && *p == '-' && item->escape == 'Q' ? p + 1 : p, end);
	}
}

static void note(struct log_prefix_found *found, char escape, const char *text, const char *end)
{
	struct log_part part = {text, (size_t)(end - text)};

	while (part.len && part.text[0] == ' ') {
		part.text++;
		part.len--;
	}
	while (part.len && part.text[part.len - 1] == ' ')
		part.len--;
	switch (escape) {
	case 'p':
		found->pid = part;
		break;
	case 'c':
		found->session = part;
		break;
	case 'd':
		found->database = part;
		break;
	case 'a':
		found->application = part;
		break;
	case 'Q':
		found->queryid = part;
		break;
	case 't':
	case 'm':
	case 'n':
		found->time = part;
		break;
	}
}

static bool match_from(struct match *m, size_t i, const char *p)
{
	for (; i < m->prefix->n; i++) {
		const struct item *item = &m->prefix->items[i];
		const char *end;

		if (++m->steps > MOST_STEPS)
			return false;
		if (item->kind == ITEM_BYTE) {
			if (p >= m->end || *p++ != item->escape)
				return false;
			continue;
		}
		if (item->kind == ITEM_QUIT) {
			if (match_from(m, i + 1, p))
				return true;
			return p == m->end;
		}
		if (item->kind == ITEM_TEXT) {
			for (end = p; end <= m->end; end++) {
				if (match_from(m, i + 1, end)) {
					note(m->found, item->escape, p, end);
					return true;
				}
				if (m->steps > MOST_STEPS)
					return false;
			}
			return false;
		}
		end = skip_field(item, p, m->end);
		if (!end)
			return false;
		note(m->found, item->escape, p, end);
		p = end;
	}
	return p == m->end;
}

bool log_prefix_match(
    const struct log_prefix *prefix, const char *text, size_t len, struct log_prefix_found *ret)
{
	struct log_prefix_found found = {0};
	struct match m = {.prefix = prefix, .end = text + len, .found = &found};

	if (!match_from(&m, 0, text))
		return false;
	*ret = found;
	return true;
}

static double zone_offset_s(const char *p, const char *end)
{
	double sign, hours, minutes = 0;

	while (p < end && *p == ' ')
		p++;
	if (p >= end || !strchr("+-", *p) || end - p < 3 || !isdigit((unsigned char)p[1]) ||
	    !isdigit((unsigned char)p[2]))
		return 0;
	sign = *p == '-' ? -1 : 1;
	hours = (p[1] - '0') * 10 + (p[2] - '0');
	if (end - p >= 6 && p[3] == ':' && isdigit((unsigned char)p[4]) && isdigit((unsigned char)p[5]))
		minutes = (p[4] - '0') * 10 + (p[5] - '0');
	return sign * (hours * 3600 + minutes * 60);
}

double log_time(const char *text, size_t len)
{
	const char *end = text + len, *fraction;
	char copy[20] = {0};
	struct tm tm = {0};
	double seconds;

	if (len > 0 && skip_fraction(skip_digits(text, end), end) == end) {
		_cleanup_free_ char *number = xstrndup(text, len);
		return strtod(number, NULL);
	}
	if (!looks_like(text, end, "0000-00-00 00:00:00"))
		return NAN;
	memcpy(copy, text, 19);
	if (!strptime(copy, "%Y-%m-%d %H:%M:%S", &tm))
		return NAN;
	seconds = (double)timegm(&tm);
	fraction = skip_fraction(text + 19, end);
	if (fraction > text + 19) {
		_cleanup_free_ char *number = xstrndup(text + 19, (size_t)(fraction - text - 19));
		seconds += strtod(number, NULL);
	}
	return seconds - zone_offset_s(fraction, end);
}
