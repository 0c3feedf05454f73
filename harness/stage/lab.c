#include "stage/lab.h"

#include "base/mem.h"
#include "stage/guardian.h"
#include "stage/lab_dir.h"

#include <string.h>
#include <sys/stat.h>

static void describe(const struct lab_dir *dir, struct lab *ret)
{
	*ret = (struct lab){.dir = xstrdup(dir->path), .exists = dir->state != LAB_NONE};
	if (!ret->exists)
		return;
	ret->bindir = xstrdup(dir->bindir);
	ret->port = dir->port;
	ret->pid = dir->state == LAB_READY ? server_pid(dir->data) : 0;
	ret->running = ret->pid != 0;
	ret->ephemeral = dir->ephemeral;
	ret->server_version = xstrdup(dir->server_version);
	ret->made = xstrdup(dir->made);
	ret->target = (struct db_target){.host = xstrdup(dir->sockets),
	    .port = xasprintf("%d", dir->port),
	    .user = xstrdup("postgres"),
	    .dbname = xstrdup("postgres")};
}

void lab_release(struct lab *lab)
{
	if (!lab)
		return;
	free(lab->dir);
	free(lab->bindir);
	free(lab->server_version);
	free(lab->made);
	db_target_release(&lab->target);
	*lab = (struct lab){0};
}

int lab_find(const char *path, struct lab *ret, struct err *err)
{
	_cleanup_free_ char *standard = path ? NULL : lab_default_dir();
	struct lab_dir dir;
	int rc = lab_dir_read(path ? path : standard, &dir, err);

	if (rc < 0)
		return rc;
	describe(&dir, ret);
	lab_dir_release(&dir);
	return 0;
}

/* The usual reason why root's lab fails: a directory above it, or above the programs, lets only
 * root in. */
static int explain_permission(
    const struct lab_dir *dir, const struct process_user *user, struct err *err)
{
	if (user->other && strstr(err->message, "Permission denied"))
		err_hint(err,
		    "the server runs as another user (uid %ld), who must be able to enter every directory "
		    "above %s and above %s",
		    (long)user->uid, dir->path, dir->bindir);
	return err->code;
}

static int make_cluster(struct lab_dir *dir, const struct lab_options *options,
    const struct process_user *user, const struct progress *progress, struct err *err)
{
	_cleanup_free_ char *bindir = NULL;
	struct server server;

	if (server_find_programs(options->bindir, &bindir, err) < 0 ||
	    lab_dir_make(dir, bindir, options->ephemeral, user, err) < 0)
		return err->code;
	if (options->ephemeral && guardian_start(dir->path, dir->id, err) < 0)
		return err->code;
	progress_say(progress, PROGRESS_STAGE, "making a PostgreSQL %s cluster in %s",
	    dir->server_version, dir->path);
	server = lab_dir_server(dir, user);
	if (server_init(&server, err) < 0)
		return explain_permission(dir, user, err);
	if (server_start(&server, err) < 0)
		return err->code;
	return lab_dir_write_marker(dir, LAB_READY, err);
}

/* Nothing half-made stays; the first error is the one to tell. */
static int make_lab(struct lab_dir *dir, const struct lab_options *options,
    const struct process_user *user, const struct progress *progress, struct err *err)
{
	int rc = make_cluster(dir, options, user, progress, err);

	if (rc < 0)
		lab_dir_remove(dir, NULL);
	return rc;
}

static int restart_lab(const struct lab_dir *dir, const struct process_user *user,
    const struct progress *progress, struct err *err)
{
	struct server server = lab_dir_server(dir, user);

	progress_say(progress, PROGRESS_STAGE, "starting the lab in %s again", dir->path);
	if (server_clear_stale(&server, err) < 0)
		return err->code;
	return server_start(&server, err);
}

/* What is left of a making that was cut short goes; the directory is made again. */
static int start_over(struct lab_dir *dir, struct err *err)
{
	_cleanup_free_ char *path = xstrdup(dir->path);
	int rc = lab_dir_remove(dir, err);

	lab_dir_release(dir);
	return rc < 0 ? rc : lab_dir_lock(path, dir, err);
}

static int start_locked(struct lab_dir *dir, const struct lab_options *options,
    const struct progress *progress, bool *ret_found, struct err *err)
{
	struct process_user user;
	int rc = process_user_unprivileged(&user, err);

	*ret_found = dir->state == LAB_READY && server_pid(dir->data) != 0;
	if (rc < 0 || *ret_found)
		return rc;
	if (dir->state == LAB_READY)
		return restart_lab(dir, &user, progress, err);
	if (dir->state == LAB_MAKING) {
		rc = start_over(dir, err);
		if (rc < 0)
			return rc;
	}
	return make_lab(dir, options, &user, progress, err);
}

/* The server says so itself: ready for connections. */
static int try_connection(const struct lab *lab, struct err *err)
{
	struct db *db = NULL;

	if (db_connect(&lab->target, &db, err) < 0)
		return err_wrap(err, "the lab in %s runs (process %d), but", lab->dir, lab->pid);
	db_close(db);
	return 0;
}

int lab_start(const struct lab_options *options, const struct progress *progress, struct lab *ret,
    struct err *err)
{
	_cleanup_free_ char *chosen = xstrdup(options->dir);
	struct lab lab;
	struct lab_dir dir;
	bool found;
	int rc;

	if (!chosen && options->ephemeral && lab_dir_unique(&chosen, err) < 0)
		return err->code;
	if (!chosen)
		chosen = lab_default_dir();
	rc = lab_dir_lock(chosen, &dir, err);
	if (rc < 0)
		return rc;
	rc = start_locked(&dir, options, progress, &found, err);
	if (rc == 0) {
		describe(&dir, &lab);
		lab.found = found;
		rc = try_connection(&lab, err);
		if (rc < 0)
			lab_release(&lab);
		else
			*ret = lab;
	}
	lab_dir_release(&dir);
	return rc;
}

int lab_stop(const char *path, const struct progress *progress, struct err *err)
{
	_cleanup_free_ char *standard = path ? NULL : lab_default_dir();
	const char *chosen = path ? path : standard;
	struct lab_dir dir;
	int rc = lab_dir_read(chosen, &dir, err);
	bool absent;

	if (rc < 0)
		return rc;
	absent = dir.state == LAB_NONE;
	lab_dir_release(&dir);
	if (absent)
		return 0;
	rc = lab_dir_lock(chosen, &dir, err);
	if (rc < 0)
		return rc;
	if (dir.state != LAB_NONE) {
		progress_say(progress, PROGRESS_DETAIL, "stopping the lab in %s", dir.path);
		rc = lab_dir_remove(&dir, err);
	}
	lab_dir_release(&dir);
	return rc;
}
