#include "stage/process.h"

#include "base/mem.h"
#include "base/stop.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAIL_BYTES       ((size_t)900)
#define STDOUT_MAX_BYTES ((size_t)1 << 20)

extern char **environ;

int process_user_unprivileged(struct process_user *ret, struct err *err)
{
	const struct passwd *entry;

	*ret = (struct process_user){0};
	if (geteuid() != 0)
		return 0;
	entry = getpwnam("postgres");
	if (!entry || entry->pw_uid == 0)
		entry = getpwnam("nobody");
	if (!entry || entry->pw_uid == 0) {
		err_set(err, ERR_ENV,
		    "PostgreSQL does not run as root, and there is no user postgres or nobody");
		return err_hint(err, "create one (useradd --system postgres), or run as another user");
	}
	*ret = (struct process_user){.other = true, .uid = entry->pw_uid, .gid = entry->pw_gid};
	return 0;
}

static bool is_foreign(const char *entry)
{
	static const char *const prefixes[] = {"PG", "LC_ALL=", "LC_MESSAGES=", "LANGUAGE="};

	/* Ours are for us and for fixtures: PGREHEARSE_EVENTS says how many rows. */
	if (strncmp(entry, "PGREHEARSE_", strlen("PGREHEARSE_")) == 0)
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(entry, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* Our own programs must not be led elsewhere by PGHOST, and speak English, as we do. */
static char **make_environment(const struct process_options *options, struct strv *held)
{
	for (char **entry = environ; *entry; entry++)
		if (options->keep_environment || !is_foreign(*entry))
			strv_add(held, *entry);
	for (const char *const *entry = options->environment; entry && *entry; entry++)
		strv_add(held, *entry);
	if (!options->keep_environment)
		strv_add(held, "LC_ALL=C");
	return held->items;
}

static int drop_privileges(const struct process_user *user)
{
	if (!user || !user->other)
		return 0;
	return setgroups(0, NULL) < 0 || setgid(user->gid) < 0 || setuid(user->uid) < 0 ? -1 : 0;
}

/* In the child, between fork and exec. */
static void become(const struct process_options *options, const char *const *argv,
    char **environment, pid_t parent, int out, int errors)
{
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(errors, STDERR_FILENO) < 0)
		_exit(126);
	if (chdir(options->dir ? options->dir : "/") < 0 || drop_privileges(options->user) < 0) {
		fprintf(
		    stderr, "cannot start in %s: %s\n", options->dir ? options->dir : "/", strerror(errno));
		_exit(126);
	}
	/* After the change of user, which clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	execve(argv[0], (char *const *)argv, environment);
	fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void keep_tail(struct buf *tail, const char *bytes, size_t n)
{
	buf_add(tail, bytes, n);
	if (tail->len > TAIL_BYTES) {
		memmove(tail->data, tail->data + tail->len - TAIL_BYTES, TAIL_BYTES);
		tail->len = TAIL_BYTES;
		tail->data[tail->len] = '\0';
	}
}

/* One read from a pipe; false at its end. */
static bool drain(int fd, struct buf *whole, struct buf *tail)
{
	char chunk[8192];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n > 0 && whole) {
		size_t room = STDOUT_MAX_BYTES - whole->len;

		buf_add(whole, chunk, (size_t)n < room ? (size_t)n : room);
	} else if (n > 0) {
		keep_tail(tail, chunk, (size_t)n);
	}
	return n > 0;
}

static void read_until_closed(const struct process_options *options, pid_t pid, int out, int errors,
    struct buf *ret_stdout, struct buf *tail)
{
	struct pollfd fds[] = {{.fd = out, .events = POLLIN}, {.fd = errors, .events = POLLIN},
	    {.fd = options->uninterruptible ? -1 : stop_fd(), .events = POLLIN}};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[2].revents) {
			kill(-pid, SIGTERM);
			fds[2].fd = -1;
		}
		if (fds[0].revents && !drain(out, ret_stdout, tail))
			fds[0].fd = -1;
		if (fds[1].revents && !drain(errors, NULL, tail))
			fds[1].fd = -1;
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int judge_status(const struct process_options *options, const char *program, int status,
    struct buf *tail, struct err *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (!options->uninterruptible && stop_requested())
		return stop_error(err);
	buf_adds(tail, "");
	if (tail->len == TAIL_BYTES && strchr(tail->data, '\n')) {
		size_t cut = (size_t)(strchr(tail->data, '\n') - tail->data) + 1;

		memmove(tail->data, tail->data + cut, tail->len - cut + 1);
		tail->len -= cut;
	}
	while (tail->len > 0 && tail->data[tail->len - 1] == '\n')
		tail->data[--tail->len] = '\0';
	if (WIFSIGNALED(status))
		err_set(err, ERR_ENV, "%s was ended by signal %d%s%s", program, WTERMSIG(status),
		    tail->len ? ": " : "", tail->data);
	else
		err_set(err, ERR_ENV, "%s failed with exit status %d%s%s", program, WEXITSTATUS(status),
		    tail->len ? ": " : "", tail->data);
	if (strstr(tail->data, "No space left on device"))
		err_hint(err, "the disk is full: free some space, or use a directory on another one");
	return ERR_ENV;
}

int process_run(const struct process_options *options, const char *const *argv,
    struct buf *ret_stdout, struct err *err)
{
	_cleanup_buf_ struct buf tail = BUF_INIT;
	_cleanup_(strv_release) struct strv held = {0};
	char **environment = make_environment(options, &held);
	int out[2], errors[2], status = 0;
	pid_t parent = getpid(), pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_errno(err, ERR_ENV, "cannot run %s", argv[0]);
	if (pipe2(errors, O_CLOEXEC) < 0) {
		err_errno(err, ERR_ENV, "cannot run %s", argv[0]);
		close(out[0]);
		close(out[1]);
		return ERR_ENV;
	}
	pid = fork();
	/* Without a reader of its own, output shares a pipe with errors: the lines keep their order. */
	if (pid == 0)
		become(options, argv, environment, parent, ret_stdout ? out[1] : errors[1], errors[1]);
	close(out[1]);
	close(errors[1]);
	if (pid < 0)
		err_errno(err, ERR_ENV, "cannot run %s", argv[0]);
	else
		read_until_closed(options, pid, out[0], errors[0], ret_stdout, &tail);
	close(out[0]);
	close(errors[0]);
	if (pid < 0)
		return ERR_ENV;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return judge_status(options, base_name(argv[0]), status, &tail, err);
}
