/*
 * worker_child: the child's side of worker.h. The only file that calls libpg_query.
 *
 * A request is a struct worker_header and that many bytes of text; a reply is the same with a
 * status instead of a request: WORKER_OK and the result, or WORKER_SYNTAX and a message, with the
 * offset of the mistake.
 */
#ifndef SQL_WORKER_CHILD_H
#define SQL_WORKER_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum worker_status {
	WORKER_OK = 100,
	WORKER_SYNTAX,
	WORKER_TOO_LARGE, /* the reply would exceed WORKER_REPLY_MAX */
};

struct worker_header {
	uint32_t what;
	uint32_t error_offset;
	uint64_t length;
};

/* Never returns. Moves socket to a fixed descriptor and closes all others. */
_Noreturn void worker_child_main(int socket, pid_t parent);

#endif
