/*
 * buf: a growing string of bytes with a maximum.
 *
 *     struct buf sql = BUF_INIT;
 *     buf_addf(&sql, "SELECT %s", column);
 *     use(sql.data);                      // always NUL-terminated, never NULL after an add
 *     buf_release(&sql);
 *
 * data may hold NUL bytes; len counts without the terminator. Growing past BUF_MAX_BYTES is
 * running out of memory (exit 70): callers that read foreign input check its size first.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#define BUF_MAX_BYTES ((size_t)1 << 31)

struct buf {
	char *data;
	size_t len;
	size_t cap;
};

#define BUF_INIT                                                                                   \
	{                                                                                              \
		0                                                                                          \
	}
#define _cleanup_buf_ __attribute__((cleanup(buf_release)))

void buf_release(struct buf *buf); /* frees and zeroes; fine on a zeroed buf */
void buf_clear(struct buf *buf);   /* empties, keeps the memory */
char *buf_detach(struct buf *buf); /* hands the string (never NULL) over; buf is empty after */

void buf_add(struct buf *buf, const void *bytes, size_t n);
void buf_adds(struct buf *buf, const char *s);
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
