#include "bind/literal.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

char *literal_array(const char *const *elements, size_t n)
{
	struct buf out = BUF_INIT;

	buf_addc(&out, '{');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&out, ',');
		if (!elements[i]) {
			buf_adds(&out, "NULL");
			continue;
		}
		buf_addc(&out, '"');
		for (const char *p = elements[i]; *p; p++) {
			if (*p == '"' || *p == '\\')
				buf_addc(&out, '\\');
			buf_addc(&out, *p);
		}
		buf_addc(&out, '"');
	}
	buf_addc(&out, '}');
	return buf_detach(&out);
}

static size_t utf8_prefix(const char *text, size_t n_characters)
{
	size_t i = 0;

	while (text[i] && n_characters > 0) {
		i++;
		while (((unsigned char)text[i] & 0xC0) == 0x80)
			i++;
		n_characters--;
	}
	return i;
}

char *literal_pattern(const char *op, const char *text, size_t n_characters, bool wild)
{
	struct buf out = BUF_INIT;
	bool regex = op[0] == '~' && op[1] != '~';
	const char *special = regex ? "\\^$.|?*+()[]{}" : wild ? "\\" : "\\%_";
	size_t len = utf8_prefix(text, n_characters);

	if (regex)
		buf_addc(&out, '^');
	for (size_t i = 0; i < len; i++) {
		if (strchr(special, text[i]))
			buf_addc(&out, '\\');
		buf_addc(&out, text[i]);
	}
	if (!regex)
		buf_addc(&out, '%');
	return buf_detach(&out);
}

char *literal_interval(double seconds)
{
	static const struct {
		double seconds;
		const char *name;
	} units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};

	seconds = round(seconds);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (seconds >= units[i].seconds && fmod(seconds, units[i].seconds) == 0)
			return xasprintf("%.0f %s", seconds / units[i].seconds, units[i].name);
	return xasprintf("%.0f seconds", seconds);
}

double literal_round_limit(double rows)
{
	static const double steps[] = {1, 2, 5};
	static const double finer[] = {1, 2, 2.5, 5};

	if (!(rows > 1))
		return 1;
	for (double scale = 1; scale < 1e15; scale *= 10) {
		const double *step = scale < 10 ? steps : finer;
		size_t n = scale < 10 ? 3 : 4;
		for (size_t i = 0; i < n; i++)
			if (step[i] * scale >= rows - 1e-6)
				return step[i] * scale;
	}
	return rows;
}
