/*
 * lab: a throwaway PostgreSQL cluster in a directory of its own.
 *
 *     struct lab lab;
 *     lab_start(&(struct lab_options){.ephemeral = true}, progress, &lab, &err);
 *     lab_load_fixture(&lab, "fixtures/orders", "orders", progress, &staging, &err);
 *     ... use staging ...
 *     lab_stop(lab.dir, progress, &err);
 *     lab_release(&lab);
 *
 * Unix socket only (listen_addresses empty), a free port number, pg_stat_statements preloaded,
 * autovacuum off; stage/server.h has the settings and their reasons. Run as
 * root, the server runs as the user postgres, or nobody; the superuser is always "postgres" and
 * needs no password: who can enter the directory is in. lab.json in the directory makes it found
 * again, and is what allows it to be removed. One process at a time starts or stops a lab; others
 * wait.
 *
 * An ephemeral lab (lab_options.ephemeral) has a guardian process that stops the server and
 * removes the directory when its maker is gone, however it died. lab_release does not end it.
 */
#ifndef STAGE_LAB_H
#define STAGE_LAB_H

#include "base/err.h"
#include "base/progress.h"
#include "pg/db.h"

#include <stdbool.h>

struct lab_options {
	const char *dir;    /* NULL: lab_default_dir(); ephemeral: a new one beside it */
	const char *bindir; /* where initdb and postgres are; NULL: in PATH, else the newest found */
	bool ephemeral;     /* says nothing about a lab that is found running */
};

struct lab {
	char *dir;
	char *bindir;
	int port;
	int pid;     /* postmaster; 0 when not running */
	bool exists; /* there is a lab in dir, running or not */
	bool running;
	bool found; /* lab_start: it ran already */
	bool ephemeral;
	char *server_version;    /* "15.4" */
	char *made;              /* ISO 8601 */
	struct db_target target; /* database "postgres" */
};

char *lab_default_dir(void); /* $PGREHEARSE_LAB, or /tmp/pgrehearse-<uid>/lab; caller frees */

/* Start (or find running) the lab of that directory. One that was killed is started again with
 * what it held; one whose making was cut short is made anew. */
int lab_start(const struct lab_options *options, const struct progress *progress, struct lab *ret,
    struct err *err);
/* Find it without starting; running is false when there is none. dir NULL: lab_default_dir(). */
int lab_find(const char *dir, struct lab *ret, struct err *err);
/* Stop the server and remove the directory; absent is fine. A directory that is not a lab is
 * refused and stays as it is. */
int lab_stop(const char *dir, const struct progress *progress, struct err *err);
void lab_release(struct lab *lab);

/* Load a fixture (a directory with NNN_*.sql files, run in order with psql) into a database of
 * that name; an existing one made from the same files and version is used as it is, and one that
 * was made from others, or not to its end, is dropped first. Afterwards it is vacuumed, frozen,
 * analysed and checkpointed. ret_target is the loaded database; caller releases. */
int lab_load_fixture(const struct lab *lab, const char *fixture_dir, const char *dbname,
    const struct progress *progress, struct db_target *ret_target, struct err *err);

#endif
