/*
 * The postmaster behind a data directory, told apart from whoever got its number later: a
 * postmaster's working directory is its data directory. A pidfd keeps that true between the
 * look and the signal.
 */
#include "base/file.h"
#include "base/mem.h"
#include "stage/server.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define QUIT_TIMEOUT_MS 15000
#define KILL_TIMEOUT_MS 5000
#define STEP_MS         100

static pid_t read_pid_file(const char *data)
{
	_cleanup_free_ char *path = file_join(data, "postmaster.pid");
	FILE *file = fopen(path, "re");
	long pid = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &pid) != 1 || pid <= 1 || pid > INT_MAX)
		pid = 0;
	fclose(file);
	return (pid_t)pid;
}

static bool works_in(pid_t pid, const char *data)
{
	_cleanup_free_ char *link = xasprintf("/proc/%ld/cwd", (long)pid);
	_cleanup_free_ char *wanted = realpath(data, NULL);
	char found[PATH_MAX];
	ssize_t n = readlink(link, found, sizeof(found) - 1);

	if (n < 0 || !wanted)
		return false;
	found[n] = '\0';
	return strcmp(found, wanted) == 0;
}

/* A pidfd of the running postmaster, or -1. */
static int open_postmaster(const char *data, pid_t *ret_pid)
{
	pid_t pid = read_pid_file(data);
	int fd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (fd >= 0 && !works_in(pid, data)) {
		close(fd);
		fd = -1;
	}
	*ret_pid = fd >= 0 ? pid : 0;
	return fd;
}

int server_pid(const char *data)
{
	pid_t pid;
	int fd = open_postmaster(data, &pid);

	if (fd >= 0)
		close(fd);
	return pid;
}

static bool anybody_works_in(const char *data)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	bool found = false;

	while (processes && !found && (entry = readdir(processes))) {
		long pid = strtol(entry->d_name, NULL, 10);

		found = pid > 1 && works_in((pid_t)pid, data);
	}
	if (processes)
		closedir(processes);
	return found;
}

/* A killed postmaster's number may be in use again, or stay a zombie's where nobody reaps, and then
 * PostgreSQL refuses to start. Its backends end by themselves; what they share must not be touched
 * before they have. */
int server_clear_stale(const struct server *server, struct err *err)
{
	_cleanup_free_ char *pid_file = file_join(server->data, "postmaster.pid");
	_cleanup_free_ char *lock = xasprintf("%s/.s.PGSQL.%d.lock", server->sockets, server->port);

	for (int waited_ms = 0; anybody_works_in(server->data); waited_ms += STEP_MS) {
		if (waited_ms > QUIT_TIMEOUT_MS)
			return err_set(
			    err, ERR_ENV, "processes of a killed server still run in %s", server->data);
		nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
	}
	if (unlink(pid_file) < 0 && errno != ENOENT)
		return err_errno(err, ERR_ENV, "cannot remove %s", pid_file);
	if (unlink(lock) < 0 && errno != ENOENT)
		return err_errno(err, ERR_ENV, "cannot remove %s", lock);
	return 0;
}

static bool ended_within(int pidfd, int timeout_ms)
{
	struct pollfd fds = {.fd = pidfd, .events = POLLIN};
	int rc;

	do
		rc = poll(&fds, 1, timeout_ms);
	while (rc < 0 && errno == EINTR);
	return rc > 0;
}

int server_stop(const char *data, struct err *err)
{
	pid_t pid;
	int fd = open_postmaster(data, &pid);
	bool ended;

	if (fd < 0)
		return 0;
	if (syscall(SYS_pidfd_send_signal, fd, SIGQUIT, NULL, 0) < 0 && errno != ESRCH) {
		err_errno(err, ERR_ENV, "cannot stop the server in %s (process %d)", data, (int)pid);
		close(fd);
		return ERR_ENV;
	}
	ended = ended_within(fd, QUIT_TIMEOUT_MS);
	if (!ended) {
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
		ended = ended_within(fd, KILL_TIMEOUT_MS);
	}
	close(fd);
	if (!ended)
		return err_set(err, ERR_ENV, "the server in %s (process %d) does not end", data, (int)pid);
	return 0;
}
