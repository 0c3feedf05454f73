#include "cli/result_dir.h"

#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PARTIAL_SUFFIX ".partial"

static bool is_partial(const char *name)
{
	size_t len = strlen(name);
	size_t suffix = strlen(PARTIAL_SUFFIX);

	return name[0] == '.' && len > suffix + 1 && strcmp(name + len - suffix, PARTIAL_SUFFIX) == 0;
}

static int lock_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What killed runs left behind; anything that cannot be removed is not ours to worry about. */
static void sweep(const char *results_dir)
{
	DIR *dir = opendir(results_dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *path = file_join(results_dir, entry->d_name);
		int fd = is_partial(entry->d_name) ? lock_dir(path) : -1;

		if (fd < 0)
			continue;
		file_remove_tree(path, NULL);
		close(fd);
	}
	if (dir)
		closedir(dir);
}

int result_dir_open(
    const char *results_dir, const char *run_id, struct result_dir *ret, struct err *err)
{
	*ret = (struct result_dir){.lock_fd = -1};
	if (file_mkdir_all(results_dir, 0755, err) < 0)
		return err_hint(err, "choose another place with --results DIR");
	sweep(results_dir);
	ret->partial = xasprintf("%s/.%s" PARTIAL_SUFFIX, results_dir, run_id);
	ret->final = xasprintf("%s/%s", results_dir, run_id);
	if (file_mkdir_all(ret->partial, 0755, err) < 0)
		return err_hint(err, "choose another place with --results DIR");
	ret->lock_fd = lock_dir(ret->partial);
	if (ret->lock_fd < 0)
		return err_errno(err, ERR_ENV, "cannot lock %s", ret->partial);
	return 0;
}

int result_dir_publish(struct result_dir *dir, struct err *err)
{
	if (rename(dir->partial, dir->final) < 0)
		return err_errno(err, ERR_ENV, "cannot rename %s to %s", dir->partial, dir->final);
	free(dir->partial);
	dir->partial = NULL;
	return 0;
}

void result_dir_close(struct result_dir *dir)
{
	if (dir->partial && dir->lock_fd >= 0)
		file_remove_tree(dir->partial, NULL);
	if (dir->final && dir->lock_fd >= 0)
		close(dir->lock_fd);
	free(dir->partial);
	free(dir->final);
	*dir = (struct result_dir){.lock_fd = -1};
}
