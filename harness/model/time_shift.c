#include "model/time_shift.h"

#include "base/buf.h"
#include "base/units.h"

#include <string.h>

#define MOST_S (100 * 366 * 86400.0)

int time_shift_parse(const char *text, double *ret_s, struct err *err)
{
	uint64_t ns;

	if (strcmp(text, "auto") == 0 || strcmp(text, "off") == 0) {
		*ret_s = text[0] == 'a' ? TIME_SHIFT_AUTO : TIME_SHIFT_OFF;
		return 0;
	}
	if (units_parse_duration_ns(text, &ns, err) < 0 || (double)ns / 1e9 > MOST_S)
		return err_set(err, ERR_USAGE,
		    "\"%.40s\" is none of auto, off and a duration of at most 100 years (90min, 3d)", text);
	*ret_s = (double)(ns / 1000000000);
	return 0;
}

char *time_shift_format(double seconds)
{
	static const struct {
		const char *name;
		long seconds;
	} units[] = {{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
	struct buf out = BUF_INIT;
	long left = (long)seconds;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		long n = left / units[i].seconds;
		left %= units[i].seconds;
		if (n > 0 && (units[i].seconds > 1 || out.len == 0))
			buf_addf(&out, "%s%ld %s%s", out.len ? " " : "", n, units[i].name, n == 1 ? "" : "s");
	}
	if (out.len == 0)
		buf_adds(&out, "0 seconds");
	return buf_detach(&out);
}
