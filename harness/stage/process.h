/*
 * process: run a program to its end and keep the tail of what it said.
 *
 *     const char *argv[] = {"/usr/lib/postgresql/15/bin/initdb", "-D", dir, NULL};
 *     if (process_run(&(struct process_options){.user = &user}, argv, NULL, &err) < 0) ...
 *
 * The program gets /dev/null as its input, "/" as its directory, an environment without PG*
 * variables other than PGREHEARSE_*, and a process group of its own: a Ctrl-C meant for us does
 * not reach it. When we are asked to stop it gets SIGTERM and the call fails with ERR_INTERRUPTED; it is killed when
 * we are. Everything else that is not exit status 0 is ERR_ENV with its last lines.
 */
#ifndef STAGE_PROCESS_H
#define STAGE_PROCESS_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Whom to run as. PostgreSQL refuses to run as root, so root uses somebody else. */
struct process_user {
	bool other; /* false: as we are, and the rest says nothing */
	uid_t uid;
	gid_t gid;
};
/* We ourselves, or for root the user postgres, or nobody. */
int process_user_unprivileged(struct process_user *ret, struct err *err);

struct process_options {
	const struct process_user *user; /* NULL: as we are */
	const char *dir;                 /* working directory; NULL: "/" */
	const char *const *environment;  /* "NAME=value" to add, NULL-terminated; NULL: none */
	bool keep_environment;           /* leave PG* variables in */
	bool uninterruptible;            /* cleaning up: a stop request does not end it */
};

/* ret_stdout (may be NULL) gets standard output whole, at most 1 MiB; otherwise it goes to the
 * tail that is kept for the error message, as standard error does. */
int process_run(const struct process_options *options, const char *const *argv,
    struct buf *ret_stdout, struct err *err);

#endif
