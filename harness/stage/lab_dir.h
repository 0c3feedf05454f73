/*
 * lab_dir: a lab's directory: who may use it, what is in it, and how it goes away.
 *
 *     DIR/lab.json   the marker: without it nothing here is ever removed or started
 *     DIR/data       the data directory
 *     DIR/run        the socket's directory; elsewhere when DIR is too long for a socket's path
 *     DIR/log        the server's log
 *
 * The server trusts whoever reaches its socket, so DIR lets nobody else in: mode 0700, or, made by
 * root for a server of another user, 0710 with that user's group.
 */
#ifndef STAGE_LAB_DIR_H
#define STAGE_LAB_DIR_H

#include "base/err.h"
#include "stage/process.h"
#include "stage/server.h"

#include <stdbool.h>

enum lab_state { LAB_NONE, LAB_MAKING, LAB_READY };

struct lab_dir {
	char *path; /* absolute */
	char *data, *log, *marker;
	int lock_fd; /* -1 while not locked */
	enum lab_state state;
	/* From the marker; NULL and 0 for LAB_NONE. */
	char *id, *bindir, *sockets, *server_version, *made;
	int port;
	bool ephemeral;
};

#define LAB_DIR_FORMAT "pgrehearse-lab/1"

/* /tmp/pgrehearse-<uid>, made when it is absent; an error when it is not ours alone. Caller frees. */
int lab_dir_base(char **ret, struct err *err);
/* A new, empty directory beside the default one; caller frees *ret. */
int lab_dir_unique(char **ret, struct err *err);

/* Make the directory when it is absent, wait for its lock, read its marker. A directory that has
 * other things in it is refused. release unlocks. */
int lab_dir_lock(const char *path, struct lab_dir *ret, struct err *err);
/* Only read the marker; LAB_NONE when there is no directory or nothing in it. */
int lab_dir_read(const char *path, struct lab_dir *ret, struct err *err);
void lab_dir_release(struct lab_dir *dir);

/* Fill in what a new lab needs, write the marker (LAB_MAKING), make the parts for `user`. */
int lab_dir_make(struct lab_dir *dir, const char *bindir, bool ephemeral,
    const struct process_user *user, struct err *err);
int lab_dir_write_marker(struct lab_dir *dir, enum lab_state state, struct err *err);
/* The server that lives here; borrows from dir. */
struct server lab_dir_server(const struct lab_dir *dir, const struct process_user *user);

/* Stop the server and remove everything; for a directory with a marker. */
int lab_dir_remove(const struct lab_dir *dir, struct err *err);

#endif
