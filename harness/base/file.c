#include "base/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_OPEN_DIRS 32

static int read_fd(int fd, const char *path, size_t max_bytes, struct buf *ret, struct err *err)
{
	char chunk[65536];
	ssize_t n;

	buf_adds(ret, "");
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno == EISDIR ? ERR_USAGE : ERR_ENV, "cannot read %s", path);
		if (ret->len + (size_t)n > max_bytes)
			return err_set(err, ERR_USAGE, "%s is larger than %zu bytes", path, max_bytes);
		buf_add(ret, chunk, (size_t)n);
	}
	return 0;
}

int file_read(const char *path, size_t max_bytes, struct buf *ret, struct err *err)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_USAGE : ERR_ENV, "cannot open %s", path);
	rc = read_fd(fd, path, max_bytes, ret, err);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A device, a pipe or a terminal: a name that must not be replaced by a file. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_special(const char *path, const void *data, size_t len, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, ERR_ENV, "cannot open %s", path);
	if (write_all(fd, data, len) < 0) {
		err_errno(err, ERR_ENV, "cannot write %s", path);
		close(fd);
		return ERR_ENV;
	}
	close(fd);
	return 0;
}

int file_write_atomic(const char *name, const void *data, size_t len, mode_t mode, struct err *err)
{
	_cleanup_free_ char *target = realpath(name, NULL); /* a symbolic link stays one */
	const char *path = target ? target : name;
	_cleanup_free_ char *temporary = NULL;
	int fd;

	if (strcmp(name, "-") == 0) {
		if (write_all(STDOUT_FILENO, data, len) < 0)
			return err_errno(err, ERR_ENV, "cannot write to standard output");
		return 0;
	}
	if (is_special(path))
		return write_special(name, data, len, err);
	temporary = xasprintf("%s.tmp.%ld", path, (long)getpid());
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return err_errno(err, ERR_ENV, "cannot create %s", temporary);
	if (fchmod(fd, mode) < 0 || write_all(fd, data, len) < 0 || fsync(fd) < 0) {
		err_errno(err, ERR_ENV, "cannot write %s", name);
		close(fd);
		unlink(temporary);
		return ERR_ENV;
	}
	if (close(fd) < 0 || rename(temporary, path) < 0) {
		err_errno(err, ERR_ENV, "cannot write %s", name);
		unlink(temporary);
		return ERR_ENV;
	}
	return 0;
}

static int make_dir(const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return err_errno(err, ERR_ENV, "cannot create directory %s", path);
}

int file_mkdir_all(const char *path, mode_t mode, struct err *err)
{
	_cleanup_free_ char *copy = xstrdup(path);

	for (char *p = strchr(copy, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (p > copy && make_dir(copy, mode, err) < 0)
			return ERR_ENV;
		*p = '/';
	}
	return make_dir(copy, mode, err);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int file_remove_tree(const char *path, struct err *err)
{
	if (nftw(path, remove_entry, MAX_OPEN_DIRS, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return err_errno(err, ERR_ENV, "cannot remove %s", path);
	return 0;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

char *file_join(const char *dir, const char *name)
{
	if (name[0] == '/' || !dir || !dir[0])
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", name);
}

char *file_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}
