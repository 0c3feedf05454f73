#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void *or_die(void *ptr)
{
	if (!ptr) {
		fputs("pgrehearse: out of memory\n", stderr);
		exit(70);
	}
	return ptr;
}

void *xmalloc(size_t size)
{
	return or_die(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return or_die(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *ptr, size_t size)
{
	return or_die(realloc(ptr, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return s ? or_die(strdup(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	return or_die(strndup(s, n));
}

void *xmemdup(const void *p, size_t size)
{
	return memcpy(xmalloc(size), p, size);
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *out;

	va_start(args, format);
	if (vasprintf(&out, format, args) < 0)
		out = or_die(NULL);
	va_end(args);
	return out;
}
