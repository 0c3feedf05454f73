/*
 * lab: a throwaway PostgreSQL cluster in a directory of its own.
 *
 * Unix socket only (listen_addresses empty), a free port number, pg_stat_statements preloaded,
 * autovacuum on until a run turns it off. Run as root, the server runs as an unprivileged user.
 * lab.json in the directory makes it found again.
 *
 * An ephemeral lab (lab_options.ephemeral) has a guardian process that stops the server and
 * removes the directory when its maker is gone, however it died.
 */
#ifndef STAGE_LAB_H
#define STAGE_LAB_H

#include "base/err.h"
#include "base/progress.h"
#include "pg/db.h"

#include <stdbool.h>

struct lab_options {
	const char *dir;     /* NULL: lab_default_dir() */
	const char *bindir;  /* where initdb and postgres are; NULL: the newest found */
	bool ephemeral;
};

struct lab {
	char *dir;
	char *bindir;
	int port;
	int pid;             /* postmaster; 0 when not running */
	bool running;
	bool ephemeral;
	char *server_version;
	struct db_target target; /* database "postgres" */
};

char *lab_default_dir(void); /* $PGREHEARSE_LAB, or /tmp/pgrehearse-<uid>/lab; caller frees */

/* Start (or find running) the lab of that directory. */
int lab_start(const struct lab_options *options, const struct progress *progress, struct lab *ret,
	struct err *err);
/* Find it without starting; running is false when there is none. */
int lab_find(const char *dir, struct lab *ret, struct err *err);
/* Stop the server and remove the directory; absent is fine. */
int lab_stop(const char *dir, const struct progress *progress, struct err *err);
void lab_release(struct lab *lab);

/* Load a fixture (a directory with NNN_*.sql files, run in order with psql) into a database of
 * that name; an existing one made from the same files and version is used as it is. ret_target is
 * the loaded database; caller releases. */
int lab_load_fixture(const struct lab *lab, const char *fixture_dir, const char *dbname,
	const struct progress *progress, struct db_target *ret_target, struct err *err);

#endif
