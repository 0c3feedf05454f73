#include "stage/lab_dir.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/stop.h"
#include "stage/lab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS 90000
#define LOCK_STEP_MS 100

static void wait_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* /tmp/pgrehearse-<uid>: in a directory where everybody can write, somebody else may have been
 * there first. */
int lab_dir_base(char **ret, struct err *err)
{
	_cleanup_free_ char *base = xasprintf("/tmp/pgrehearse-%ld", (long)geteuid());
	mode_t mode = geteuid() == 0 ? 0711 : 0700;
	struct stat st;

	if (mkdir(base, mode) == 0 && chmod(base, mode) < 0)
		return err_errno(err, ERR_ENV, "cannot set the mode of %s", base);
	if (lstat(base, &st) < 0)
		return err_errno(err, ERR_ENV, "cannot create directory %s", base);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		err_set(err, ERR_ENV, "%s is not a directory that only this user can write to", base);
		return err_hint(
		    err, "somebody else made it: remove it, or choose another place with --dir");
	}
	*ret = xstrdup(base);
	return 0;
}

char *lab_default_dir(void)
{
	const char *chosen = getenv("PGREHEARSE_LAB");

	return chosen && chosen[0] ? xstrdup(chosen)
	                           : xasprintf("/tmp/pgrehearse-%ld/lab", (long)geteuid());
}

int lab_dir_unique(char **ret, struct err *err)
{
	_cleanup_free_ char *base = NULL;
	char *path;

	if (lab_dir_base(&base, err) < 0)
		return err->code;
	path = file_join(base, "lab-XXXXXX");
	if (!mkdtemp(path)) {
		err_errno(err, ERR_ENV, "cannot create %s", path);
		free(path);
		return err->code;
	}
	*ret = path;
	return 0;
}

/* The server's programs pass paths through a shell. */
static int check_name(const char *path, struct err *err)
{
	if (!path[strcspn(path, "\"'`$\\\n")])
		return 0;
	return err_set(err, ERR_USAGE,
	    "a lab's directory has no quotes, \"$\", backslashes or line ends in its name: %s", path);
}

static int make_directory(const char *path, struct err *err)
{
	_cleanup_free_ char *base = xasprintf("/tmp/pgrehearse-%ld/", (long)geteuid());

	if (strncmp(path, base, strlen(base)) == 0) {
		_cleanup_free_ char *made = NULL;

		if (lab_dir_base(&made, err) < 0)
			return err->code;
	}
	if (file_mkdir_all(path, 0711, err) < 0)
		return err_hint(err, "choose another place with --dir");
	return 0;
}

static void set_path(struct lab_dir *dir, const char *path)
{
	char resolved[PATH_MAX];

	*dir = (struct lab_dir){.lock_fd = -1};
	dir->path = xstrdup(realpath(path, resolved) ? resolved : path);
	dir->data = file_join(dir->path, "data");
	dir->log = file_join(dir->path, "log");
	dir->marker = file_join(dir->path, "lab.json");
}

/* Another process may remove the directory between our open and our lock: then try again. */
static int take_lock(struct lab_dir *dir, struct err *err)
{
	for (int waited_ms = 0; waited_ms <= LOCK_WAIT_MS; waited_ms += LOCK_STEP_MS) {
		struct stat ours, there;

		if (make_directory(dir->path, err) < 0)
			return err->code;
		dir->lock_fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir->lock_fd < 0)
			return err_errno(err, ERR_ENV, "cannot open %s", dir->path);
		if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) == 0 && fstat(dir->lock_fd, &ours) == 0 &&
		    stat(dir->path, &there) == 0 && ours.st_ino == there.st_ino)
			return 0;
		close(dir->lock_fd);
		dir->lock_fd = -1;
		if (stop_requested())
			return stop_error(err);
		wait_ms(LOCK_STEP_MS);
	}
	return err_set(
	    err, ERR_ENV, "another process is starting or stopping the lab in %s", dir->path);
}

static int read_marker(struct lab_dir *dir, struct err *err)
{
	json_t *root = json_load_document(dir->marker, LAB_DIR_FORMAT, err);
	struct json_reader r = {.file = dir->marker, .err = err};
	const char *state;

	if (!root)
		return err ? (int)err->code : ERR_ENV;
	dir->id = xstrdup(json_need_string(&r, root, "id"));
	dir->bindir = xstrdup(json_need_string(&r, root, "bindir"));
	dir->sockets = xstrdup(json_need_string(&r, root, "sockets"));
	dir->server_version = xstrdup(json_need_string(&r, root, "server_version"));
	dir->made = xstrdup(json_need_string(&r, root, "made"));
	dir->port = (int)json_get_int(&r, root, "port", 0);
	dir->ephemeral = json_get_bool(&r, root, "ephemeral", false);
	state = json_need_string(&r, root, "state");
	dir->state = state && strcmp(state, "ready") == 0 ? LAB_READY : LAB_MAKING;
	json_decref(root);
	return r.failed ? ERR_USAGE : 0;
}

static bool is_empty(const char *path)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;
	bool empty = true;

	if (!stream)
		return false;
	while (empty && (entry = readdir(stream)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(stream);
	return empty;
}

static int examine(struct lab_dir *dir, struct err *err)
{
	struct stat st;

	if (stat(dir->path, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(err, ERR_ENV, "cannot look at %s", dir->path);
	if (S_ISDIR(st.st_mode) && st.st_uid != geteuid()) {
		err_set(err, ERR_ENV, "%s belongs to another user", dir->path);
		return err_hint(err, "run as that user, or choose another place with --dir");
	}
	if (S_ISDIR(st.st_mode) && file_exists(dir->marker))
		return read_marker(dir, err);
	if (S_ISDIR(st.st_mode) && is_empty(dir->path))
		return 0;
	err_set(err, ERR_USAGE, "%s is there and is not a lab (it has no lab.json)", dir->path);
	return err_hint(err, "give a directory that does not exist yet, or one that is empty");
}

int lab_dir_read(const char *path, struct lab_dir *ret, struct err *err)
{
	int rc;

	set_path(ret, path);
	rc = examine(ret, err);
	if (rc < 0)
		lab_dir_release(ret);
	return rc;
}

int lab_dir_lock(const char *path, struct lab_dir *ret, struct err *err)
{
	int rc = check_name(path, err);

	if (rc < 0)
		return rc;
	rc = make_directory(path, err);
	if (rc < 0)
		return rc;
	set_path(ret, path);
	rc = check_name(ret->path, err);
	if (rc == 0)
		rc = take_lock(ret, err);
	if (rc == 0)
		rc = examine(ret, err);
	if (rc < 0)
		lab_dir_release(ret);
	return rc;
}

void lab_dir_release(struct lab_dir *dir)
{
	if (dir->lock_fd >= 0)
		close(dir->lock_fd);
	free(dir->path);
	free(dir->data);
	free(dir->log);
	free(dir->marker);
	free(dir->id);
	free(dir->bindir);
	free(dir->sockets);
	free(dir->server_version);
	free(dir->made);
	*dir = (struct lab_dir){.lock_fd = -1};
}
