#include "sql/worker_child.h"

#include "sql/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pg_query.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SOCKET_FD 3

static void limit(int resource, rlim_t bytes)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return;
	now.rlim_cur = now.rlim_max == RLIM_INFINITY || bytes < now.rlim_max ? bytes : now.rlim_max;
	setrlimit(resource, &now);
}

/* The main thread's stack grows up to the limit of the moment, so raising it here is enough. */
static void contain(void)
{
	limit(RLIMIT_STACK, WORKER_STACK_BYTES);
	limit(RLIMIT_CORE, 0);
#ifndef __SANITIZE_ADDRESS__ /* whose shadow memory is larger than any limit */
#ifndef __SANITIZE_THREAD__
	limit(RLIMIT_AS, WORKER_MEMORY_BYTES);
#endif
#endif
}

/* What the parent handles or ignores is not ours: it decides when we end, by closing the socket.
 * A crash must look like one, whatever handlers the parent or a sanitizer installed. */
static void reset_signals(void)
{
	static const int deaf[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGPIPE};
	static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPROF};
	sigset_t none;

	for (size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
		signal(deaf[i], SIG_IGN);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Database connections and pipes of the parent must not stay open because of us. */
static void keep_only(int socket)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(1);
	if (socket != SOCKET_FD && dup2(socket, SOCKET_FD) < 0)
		_exit(1);
	if (close_range(SOCKET_FD + 1, ~0U, 0) < 0) {
		long open_max = sysconf(_SC_OPEN_MAX);

		for (int fd = SOCKET_FD + 1; fd < open_max && fd < 65536; fd++)
			close(fd);
	}
}

static void receive_all(void *data, size_t n)
{
	char *at = data;

	while (n > 0) {
		ssize_t got = recv(SOCKET_FD, at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			_exit(0);
		at += got;
		n -= (size_t)got;
	}
}

static void send_all(const void *data, size_t n)
{
	const char *at = data;

	while (n > 0) {
		ssize_t put = send(SOCKET_FD, at, n, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			_exit(0);
		at += put;
		n -= (size_t)put;
	}
}

static void reply(enum worker_status status, size_t error_offset, const char *text)
{
	struct worker_header header = {
	    .what = status, .error_offset = (uint32_t)error_offset, .length = strlen(text)};

	if (status == WORKER_OK && header.length > WORKER_REPLY_MAX) {
		header.what = WORKER_TOO_LARGE;
		header.length = 0;
	}
	send_all(&header, sizeof(header));
	send_all(text, header.length);
}

static void reply_error(const PgQueryError *error, size_t length)
{
	size_t offset = error->cursorpos > 0 ? (size_t)error->cursorpos - 1 : length;

	reply(WORKER_SYNTAX, offset > length ? length : offset, error->message);
}

static void answer(uint32_t request, const char *text, size_t length)
{
	if (request == WORKER_PARSE) {
		PgQueryParseResult result = pg_query_parse(text);

		if (result.error)
			reply_error(result.error, length);
		else
			reply(WORKER_OK, 0, result.parse_tree);
		pg_query_free_parse_result(result);
	} else {
		PgQueryFingerprintResult result = pg_query_fingerprint(text);

		if (result.error)
			reply_error(result.error, length);
		else
			reply(WORKER_OK, 0, result.fingerprint_str);
		pg_query_free_fingerprint_result(result);
	}
}

/* Processor time per request; SIGPROF ends us. */
static void budget(time_t seconds)
{
	struct itimerval timer = {.it_value = {.tv_sec = seconds}};

	setitimer(ITIMER_PROF, &timer, NULL);
}

void worker_child_main(int socket, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NAME, "pgrehearse sql");
	prctl(PR_SET_DUMPABLE, 0); /* texts may hold literals: leave no core */
	reset_signals();
	keep_only(socket);
	contain();
	for (;;) {
		struct worker_header header;
		char *text;

		receive_all(&header, sizeof(header));
		text = malloc(header.length + 1);
		if (!text)
			_exit(1);
		receive_all(text, header.length);
		text[header.length] = '\0';
		budget(WORKER_CPU_S);
		answer(header.what, text, header.length);
		budget(0);
		free(text);
	}
}
