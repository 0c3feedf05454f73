/*
 * server: a PostgreSQL server of our own, in a data directory that we made.
 *
 *     server_find_programs(NULL, &bindir, &err);
 *     struct server server = {.bindir = bindir, .data = ..., .sockets = ..., .port = n, ...};
 *     server_init(&server, &err);          // initdb and the settings below
 *     server_start(&server, &err);         // returns when it accepts connections
 *     server_stop(server.data, &err);      // immediate: what it held is to be removed anyway
 *
 * Settings that matter to a rehearsal:
 * - fsync and synchronous_commit stay on: a commit in production waits for the disk, and a server
 *   that never waits would flatter a candidate that writes more. (Both arms share one WAL, so a
 *   slow disk slows both.) Only fixtures are loaded without waiting.
 * - max_wal_size 4 GB and checkpoint_timeout 1 h: no checkpoint falls into a run by itself.
 * - full_page_writes off: in the first seconds after a checkpoint images of pages are nearly all of
 *   the WAL, and hide what a statement itself writes. A lab is removed after a crash, not recovered.
 * - shared_buffers: an eighth of the memory, at least 128 MB and at most 1 GB.
 * - autovacuum off: it would visit one arm and not the other. Fixtures are vacuumed when loaded.
 * - track_io_timing on; pg_stat_statements keeps 10,000 statements.
 * - Locale C.UTF-8: byte order, which is the same everywhere, but not the C locale, whose indexes
 *   serve LIKE 'x%' as those of production usually do not.
 */
#ifndef STAGE_SERVER_H
#define STAGE_SERVER_H

#include "base/err.h"
#include "stage/process.h"

/* Borrowed strings, absolute paths. */
struct server {
	const char *bindir;
	const char *data;    /* made by server_init; its parent must exist */
	const char *sockets; /* directory for the Unix socket, writable by user */
	const char *log;     /* file, writable by user */
	int port;
	struct process_user user;
};

/* Where initdb, pg_ctl and postgres are: `wanted`, else beside the initdb in PATH, else the newest
 * of the places where packages put them. Caller frees *ret. */
int server_find_programs(const char *wanted, char **ret, struct err *err);
/* psql beside them, else in PATH; caller frees *ret. */
int server_find_psql(const char *bindir, char **ret, struct err *err);
/* "15.4"; caller frees. */
int server_program_version(const char *bindir, char **ret, struct err *err);
/* A port number from 54320 on that nobody listens on; only the socket's name depends on it. */
int server_free_port(void);

int server_init(const struct server *server, struct err *err);
int server_start(const struct server *server, struct err *err);
/* The postmaster of that data directory; 0 when none runs, whatever postmaster.pid says. */
int server_pid(const char *data);
/* After a kill: wait for the backends that are left and remove the lock files. Only when server_pid
 * is 0. */
int server_clear_stale(const struct server *server, struct err *err);
int server_stop(const char *data, struct err *err);

#endif
