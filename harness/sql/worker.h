/*
 * worker: libpg_query in a child process. Private to sql/.
 *
 * One child, forked by the first request, answers one request at a time over a socket pair. It
 * keeps no descriptor but that socket, ignores terminal signals, and ends with us. A request that
 * kills it, or takes more than WORKER_CPU_S of processor time or WORKER_WALL_S of waiting, or more
 * memory than WORKER_MEMORY_BYTES, fails alone: the next request forks another child. Bytes that
 * are not UTF-8 are read as letters.
 */
#ifndef SQL_WORKER_H
#define SQL_WORKER_H

#include "base/buf.h"
#include "base/err.h"

#define WORKER_CPU_S        2
#define WORKER_WALL_S       20 /* a stopped child, or a machine without a processor to spare */
#define WORKER_MEMORY_BYTES ((size_t)2 << 30)
#define WORKER_STACK_BYTES  ((size_t)64 << 20)
#define WORKER_REPLY_MAX    ((size_t)64 << 20)

enum worker_request {
	WORKER_PARSE = 1,   /* the reply is a parse tree in JSON */
	WORKER_FINGERPRINT, /* the reply is 16 hexadecimal digits */
};

/* ERR_USAGE: the text is not valid SQL; *ret_error_offset is where (its length when unknown).
 * ERR_ENV: the child could not do it. */
int worker_call(enum worker_request request, const char *text, struct buf *ret,
    size_t *ret_error_offset, struct err *err);

#endif
