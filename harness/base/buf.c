#include "base/buf.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void reserve(struct buf *buf, size_t more)
{
	size_t need = buf->len + more + 1;

	if (more >= BUF_MAX_BYTES || need > BUF_MAX_BYTES) {
		fputs("pgrehearse: a text grew past 2 GiB\n", stderr);
		exit(70);
	}
	if (need <= buf->cap)
		return;
	if (need < buf->cap * 2)
		need = buf->cap * 2;
	if (need < 64)
		need = 64;
	buf->data = xrealloc(buf->data, need);
	buf->cap = need;
}

void buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_INIT;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

char *buf_detach(struct buf *buf)
{
	char *out;

	reserve(buf, 0);
	buf->data[buf->len] = '\0';
	out = buf->data;
	*buf = (struct buf)BUF_INIT;
	return out;
}

void buf_add(struct buf *buf, const void *bytes, size_t n)
{
	reserve(buf, n);
	if (n)
		memcpy(buf->data + buf->len, bytes, n);
	buf->len += n;
	buf->data[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

void buf_addc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_vaddf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	if (n > 0) {
		reserve(buf, (size_t)n);
		vsnprintf(buf->data + buf->len, (size_t)n + 1, format, again);
		buf->len += (size_t)n;
	}
	va_end(again);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vaddf(buf, format, args);
	va_end(args);
}
