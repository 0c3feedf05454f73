#include "stage/guardian.h"

#include "stage/lab_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the maker had just forked (initdb, pg_ctl) dies with it; what pg_ctl had just forked has
 * written its postmaster.pid by then. */
#define SETTLE_MS 300
#define ROUNDS    3

static void wait_ms(long ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static void clean_up(const char *path, const char *id)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct lab_dir dir;

		wait_ms(SETTLE_MS);
		if (lab_dir_read(path, &dir, NULL) < 0)
			return;
		if (dir.state != LAB_NONE && strcmp(dir.id, id) == 0)
			lab_dir_remove(&dir, NULL);
		lab_dir_release(&dir);
	}
}

static void detach(int pipe_fd)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	/* Nobody may wait for us to close a pipe or a socket that we only inherited. */
	if (pipe_fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)pipe_fd - 1, 0);
	close_range((unsigned)pipe_fd + 1, ~0U, 0);
	prctl(PR_SET_NAME, "pgrehearse-lab");
	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (chdir("/") < 0)
		_exit(1);
}

static void guard(int pipe_fd, const char *path, const char *id)
{
	char byte;
	ssize_t n;

	detach(pipe_fd);
	do
		n = read(pipe_fd, &byte, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	clean_up(path, id);
	_exit(0);
}

int guardian_start(const char *dir, const char *id, struct err *err)
{
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, ERR_ENV, "cannot start the lab's guardian");
	pid = fork();
	if (pid == 0) {
		/* A session of its own, and init for a parent: neither a terminal nor a wait() of the
		 * maker reaches it. */
		close(ends[1]);
		setsid();
		pid = fork();
		if (pid == 0)
			guard(ends[0], dir, id);
		_exit(pid < 0);
	}
	if (pid < 0) {
		err_errno(err, ERR_ENV, "cannot start the lab's guardian");
		close(ends[0]);
		close(ends[1]);
		return ERR_ENV;
	}
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		close(ends[1]);
		return err_set(err, ERR_ENV, "cannot start the lab's guardian: no more processes");
	}
	return 0;
}
