/*
 * lab_dir: what is put into a lab's directory, and how it is taken away again.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "stage/lab_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REMOVE_TRIES   10
#define REMOVE_STEP_MS 100
#define LONGEST_SOCKET "/.s.PGSQL.65535.lock"

int lab_dir_write_marker(struct lab_dir *dir, enum lab_state state, struct err *err)
{
	json_t *root = json_pack("{ss ss ss ss ss ss si sb ss}", "format", LAB_DIR_FORMAT, "id",
	    dir->id, "state", state == LAB_READY ? "ready" : "making", "bindir", dir->bindir, "sockets",
	    dir->sockets, "server_version", dir->server_version, "port", dir->port, "ephemeral",
	    dir->ephemeral, "made", dir->made);
	int rc;

	if (!root)
		return err_set(err, ERR_USAGE, "%s: a lab's directory has a name in UTF-8", dir->path);
	rc = json_save_document(root, dir->marker, 0600, err);
	json_decref(root);
	if (rc == 0)
		dir->state = state;
	return rc;
}

static char *random_id(void)
{
	unsigned char bytes[8] = {0};

	if (getrandom(bytes, sizeof(bytes), 0) < 0)
		return xasprintf("%ld-%ld", (long)getpid(), (long)time(NULL));
	return xasprintf("%02x%02x%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3],
	    bytes[4], bytes[5], bytes[6], bytes[7]);
}

static int choose_sockets(struct lab_dir *dir, struct err *err)
{
	struct sockaddr_un address;
	_cleanup_free_ char *base = NULL;
	char *path = file_join(dir->path, "run");

	if (strlen(path) + strlen(LONGEST_SOCKET) < sizeof(address.sun_path)) {
		dir->sockets = path;
		return 0;
	}
	free(path);
	if (lab_dir_base(&base, err) < 0)
		return err->code;
	path = file_join(base, "s-XXXXXX");
	if (!mkdtemp(path)) {
		err_errno(err, ERR_ENV, "cannot create %s", path);
		free(path);
		return err->code;
	}
	dir->sockets = path;
	return 0;
}

static int hand_over(const char *path, const struct process_user *user, struct err *err)
{
	if (user->other && chown(path, user->uid, user->gid) < 0)
		return err_errno(err, ERR_ENV, "cannot give %s to the server's user", path);
	return 0;
}

static int make_parts(const struct lab_dir *dir, const struct process_user *user, struct err *err)
{
	int fd;

	if (chmod(dir->path, user->other ? 0710 : 0700) < 0 ||
	    (user->other && chown(dir->path, geteuid(), user->gid) < 0))
		return err_errno(err, ERR_ENV, "cannot close %s to others", dir->path);
	if ((mkdir(dir->sockets, 0700) < 0 && errno != EEXIST) || mkdir(dir->data, 0700) < 0)
		return err_errno(err, ERR_ENV, "cannot create the parts of %s", dir->path);
	fd = open(dir->log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_ENV, "cannot create %s", dir->log);
	close(fd);
	if (hand_over(dir->sockets, user, err) < 0 || hand_over(dir->data, user, err) < 0)
		return err->code;
	return hand_over(dir->log, user, err);
}

int lab_dir_make(struct lab_dir *dir, const char *bindir, bool ephemeral,
    const struct process_user *user, struct err *err)
{
	char made[21];

	clock_wall_iso8601(made);
	dir->made = xstrdup(made);
	dir->id = random_id();
	dir->bindir = xstrdup(bindir);
	dir->port = server_free_port();
	dir->ephemeral = ephemeral;
	if (server_program_version(bindir, &dir->server_version, err) < 0 ||
	    choose_sockets(dir, err) < 0 || lab_dir_write_marker(dir, LAB_MAKING, err) < 0)
		return err->code;
	return make_parts(dir, user, err);
}

struct server lab_dir_server(const struct lab_dir *dir, const struct process_user *user)
{
	return (struct server){.bindir = dir->bindir,
	    .data = dir->data,
	    .sockets = dir->sockets,
	    .log = dir->log,
	    .port = dir->port,
	    .user = *user};
}

/* The marker goes last: what is half removed can still be removed. A socket's directory elsewhere
 * is removed when its name is one that choose_sockets gives. */
static int remove_parts(const struct lab_dir *dir, struct err *err)
{
	_cleanup_free_ char *elsewhere = xasprintf("/tmp/pgrehearse-%ld/s-", (long)geteuid());
	int rc = file_remove_tree(dir->data, err);

	if (rc == 0 && dir->sockets && strncmp(dir->sockets, elsewhere, strlen(elsewhere)) == 0)
		rc = file_remove_tree(dir->sockets, err);
	return rc == 0 ? file_remove_tree(dir->path, err) : rc;
}

int lab_dir_remove(const struct lab_dir *dir, struct err *err)
{
	int rc = server_stop(dir->data, err);

	/* A backend that is still ending may put a file into a directory that is being emptied. */
	for (int i = 0; rc == 0 && i < REMOVE_TRIES; i++) {
		rc = remove_parts(dir, err);
		if (rc == 0)
			return 0;
		nanosleep(&(struct timespec){.tv_nsec = REMOVE_STEP_MS * 1000000L}, NULL);
		rc = i + 1 < REMOVE_TRIES ? 0 : rc;
	}
	return rc;
}
