#include "base/strv.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

static void take(struct strv *strv, char *s)
{
	if (strv->n + 1 >= strv->cap) {
		strv->cap = strv->cap ? strv->cap * 2 : 8;
		strv->items = xrealloc(strv->items, strv->cap * sizeof(*strv->items));
	}
	strv->items[strv->n++] = s;
	strv->items[strv->n] = NULL;
}

void strv_add(struct strv *strv, const char *s)
{
	take(strv, xstrdup(s));
}

void strv_addf(struct strv *strv, const char *format, ...)
{
	struct buf buf = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&buf, format, args);
	va_end(args);
	take(strv, buf_detach(&buf));
}

bool strv_contains(const struct strv *strv, const char *s)
{
	for (size_t i = 0; i < strv->n; i++)
		if (strcmp(strv->items[i], s) == 0)
			return true;
	return false;
}

void strv_release(struct strv *strv)
{
	for (size_t i = 0; i < strv->n; i++)
		free(strv->items[i]);
	free(strv->items);
	*strv = (struct strv){0};
}
