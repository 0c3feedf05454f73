#include "sql/worker.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "sql/sql.h"
#include "sql/worker_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	pid_t pid;   /* 0: none */
	pid_t owner; /* the process that forked it: a fork of ours must not talk to it */
	int socket;
} worker;

static void forget(void)
{
	if (worker.pid)
		close(worker.socket);
	worker.pid = 0;
}

/* End the child and say how it ended. */
static int reap(void)
{
	int status = 0;
	pid_t got;

	kill(worker.pid, SIGKILL); /* nothing when it is dead already: its status stays */
	do {
		got = waitpid(worker.pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	forget();
	return got < 0 ? 0 : status;
}

void sql_shutdown(void)
{
	if (worker.pid && worker.owner == getpid())
		reap();
	else
		forget();
}

static int start(struct err *err)
{
	int pair[2];
	pid_t parent = getpid(), pid;

	if (worker.pid && worker.owner == parent)
		return 0;
	forget();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, ERR_ENV, "cannot make a socket for the SQL parser");
	pid = fork();
	if (pid == 0)
		worker_child_main(pair[1], parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_errno(err, ERR_ENV, "cannot start the SQL parser");
	}
	worker.pid = pid;
	worker.owner = parent;
	worker.socket = pair[0];
	return 0;
}

enum transfer { TRANSFER_DONE, TRANSFER_CLOSED, TRANSFER_LATE };

static enum transfer wait_for(short events, uint64_t deadline_ns)
{
	struct pollfd fd = {.fd = worker.socket, .events = events};

	for (;;) {
		uint64_t now = clock_now_ns(&clock_monotonic);
		int n;

		if (now >= deadline_ns)
			return TRANSFER_LATE;
		n = poll(&fd, 1, (int)((deadline_ns - now) / NS_PER_MS) + 1);
		if (n > 0)
			return TRANSFER_DONE;
		if (n < 0 && errno != EINTR)
			return TRANSFER_CLOSED;
	}
}

static enum transfer put(const void *data, size_t n, uint64_t deadline_ns)
{
	const char *at = data;

	while (n > 0) {
		enum transfer state = wait_for(POLLOUT, deadline_ns);
		ssize_t sent;

		if (state != TRANSFER_DONE)
			return state;
		sent = send(worker.socket, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return TRANSFER_CLOSED;
		at += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return TRANSFER_DONE;
}

static enum transfer get(void *data, size_t n, uint64_t deadline_ns)
{
	char *at = data;

	while (n > 0) {
		enum transfer state = wait_for(POLLIN, deadline_ns);
		ssize_t got;

		if (state != TRANSFER_DONE)
			return state;
		got = recv(worker.socket, at, n, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			return TRANSFER_CLOSED;
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return TRANSFER_DONE;
}

static enum transfer converse(enum worker_request request, const char *text, size_t length,
    struct worker_header *ret_header, struct buf *ret)
{
	struct worker_header header = {.what = request, .length = length};
	uint64_t deadline = clock_now_ns(&clock_monotonic) + WORKER_WALL_S * NS_PER_S;
	enum transfer state = put(&header, sizeof(header), deadline);
	char *reply;

	if (state == TRANSFER_DONE)
		state = put(text, length, deadline);
	if (state == TRANSFER_DONE)
		state = get(ret_header, sizeof(*ret_header), deadline);
	if (state != TRANSFER_DONE || ret_header->length > WORKER_REPLY_MAX)
		return state == TRANSFER_DONE ? TRANSFER_CLOSED : state;
	reply = xmalloc(ret_header->length + 1);
	state = get(reply, ret_header->length, deadline);
	if (state == TRANSFER_DONE) {
		reply[ret_header->length] = '\0';
		buf_release(ret);
		*ret =
		    (struct buf){.data = reply, .len = ret_header->length, .cap = ret_header->length + 1};
	} else {
		free(reply);
	}
	return state;
}

static int failed(enum transfer state, size_t length, struct err *err)
{
	int status = reap();

	if (state == TRANSFER_LATE || (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF))
		err_set(err, ERR_ENV,
		    "the text of %zu bytes could not be analysed: the SQL parser took too long", length);
	else if (WIFSIGNALED(status))
		err_set(err, ERR_ENV,
		    "the text of %zu bytes could not be analysed: the SQL parser ended by signal %d (%s)",
		    length, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		err_set(err, ERR_ENV,
		    "the text of %zu bytes could not be analysed: the SQL parser ran out of memory",
		    length);
	return err_hint(err, "it is nested too deeply or is too long for the parser");
}

/* A byte that is not part of valid UTF-8 becomes an underscore: a letter to the parser, as it was
 * in its own encoding, and offsets stay. */
static char *clean_copy(const char *text, size_t length)
{
	char *clean = xstrndup(text, length);
	size_t at = 0;

	while ((at += utf8_valid_bytes(clean + at, length - at)) < length)
		clean[at] = '_';
	return clean;
}

int worker_call(enum worker_request request, const char *text, struct buf *ret,
    size_t *ret_error_offset, struct err *err)
{
	size_t length = strnlen(text, SQL_MAX_BYTES + 1);
	_cleanup_free_ char *clean = NULL;
	struct worker_header header = {0};
	enum transfer state;
	bool used;
	int rc;

	*ret_error_offset = length;
	if (length > SQL_MAX_BYTES)
		return err_set(err, ERR_USAGE, "the text is longer than %zu bytes", SQL_MAX_BYTES);
	clean = clean_copy(text, length);
	used = worker.pid != 0;
	rc = start(err);
	if (rc < 0)
		return rc;
	state = converse(request, clean, length, &header, ret);
	if (state == TRANSFER_CLOSED && used) {
		/* Perhaps it was killed between two requests: only a fresh one blames the text. */
		reap();
		rc = start(err);
		if (rc < 0)
			return rc;
		state = converse(request, clean, length, &header, ret);
	}
	if (state != TRANSFER_DONE)
		return failed(state, length, err);
	if (header.what == WORKER_OK)
		return 0;
	if (header.what == WORKER_TOO_LARGE)
		return err_set(err, ERR_ENV, "the text of %zu bytes has too large a parse tree", length);
	*ret_error_offset = header.error_offset;
	return err_set(err, ERR_USAGE, "%s", ret->len ? ret->data : "syntax error");
}
