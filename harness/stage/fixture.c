/*
 * lab_load_fixture: a directory of SQL files becomes a database, once.
 *
 * The database's comment is "pgrehearse-fixture <hash of the files>" when it is complete and
 * "pgrehearse-fixture loading" before; a database without such a comment is somebody's own.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "stage/fnv.h"
#include "stage/lab.h"
#include "stage/process.h"
#include "stage/server.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define MARK           "pgrehearse-fixture "
#define FILE_MAX_BYTES ((size_t)256 << 20)
/* pg_advisory_lock(this, hashtext(name)): one process loads a fixture, others wait for it. */
#define LOCK_CLASS     "1885825638"

struct fixture {
	const char *name; /* of the database */
	char *dir;        /* absolute */
	char **files;
	size_t n_files, cap_files;
	char *mark; /* the comment of the complete database */
};

static void fixture_release(struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->n_files; i++)
		free(fixture->files[i]);
	free(fixture->files);
	free(fixture->dir);
	free(fixture->mark);
}

static bool is_numbered_sql(const char *name)
{
	size_t digits = strspn(name, "0123456789"), len = strlen(name);

	return digits > 0 && name[digits] == '_' && len > 4 && strcmp(name + len - 4, ".sql") == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_files(struct fixture *fixture, struct err *err)
{
	DIR *stream = opendir(fixture->dir);
	const struct dirent *entry;

	if (!stream)
		return err_errno(
		    err, errno == ENOENT ? ERR_USAGE : ERR_ENV, "cannot read fixture %s", fixture->dir);
	while ((entry = readdir(stream))) {
		if (!is_numbered_sql(entry->d_name))
			continue;
		GROW(fixture->files, fixture->n_files, fixture->cap_files);
		fixture->files[fixture->n_files++] = xstrdup(entry->d_name);
	}
	closedir(stream);
	if (fixture->n_files == 0) {
		err_set(err, ERR_USAGE, "fixture %s has no files to load", fixture->dir);
		return err_hint(
		    err, "a fixture's files are named like 010_schema.sql and run in that order");
	}
	qsort(fixture->files, fixture->n_files, sizeof(*fixture->files), by_name);
	return 0;
}

/* What a fixture reads of the environment (PGREHEARSE_EVENTS) decides its rows as its text does. */
static uint64_t add_variables(uint64_t hash, const char *text)
{
	for (char **entry = environ; *entry; entry++) {
		size_t len = strcspn(*entry, "=");
		_cleanup_free_ char *name = xasprintf("%.*s", (int)len, *entry);

		if (strncmp(name, "PGREHEARSE_", strlen("PGREHEARSE_")) == 0 && strstr(text, name))
			hash = fnv_add(hash, *entry, strlen(*entry) + 1);
	}
	return hash;
}

static int read_fixture(const char *dir, const char *name, struct fixture *ret, struct err *err)
{
	char resolved[PATH_MAX];
	uint64_t hash = FNV_START;

	*ret = (struct fixture){.name = name};
	if (!realpath(dir, resolved))
		return err_errno(err, ERR_USAGE, "cannot read fixture %s", dir);
	ret->dir = xstrdup(resolved);
	if (list_files(ret, err) < 0)
		return err->code;
	hash = fnv_add(hash, PGREHEARSE_VERSION, sizeof(PGREHEARSE_VERSION));
	for (size_t i = 0; i < ret->n_files; i++) {
		_cleanup_free_ char *path = file_join(ret->dir, ret->files[i]);
		_cleanup_buf_ struct buf text = BUF_INIT;

		if (file_read(path, FILE_MAX_BYTES, &text, err) < 0)
			return err->code;
		hash = fnv_add(hash, ret->files[i], strlen(ret->files[i]) + 1);
		hash = fnv_add(hash, text.data, text.len + 1);
		hash = add_variables(hash, text.data);
	}
	ret->mark = xasprintf(MARK "%016" PRIx64, hash);
	return 0;
}

enum presence { ABSENT, STALE, COMPLETE, FOREIGN };

static int look(struct db *db, const struct fixture *fixture, enum presence *ret, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1",
	    fixture->name);
	const char *comment;

	if (!rows)
		return err->code;
	comment = db_rows_count(rows) ? db_text(rows, 0, 0) : NULL;
	*ret = !comment                                    ? ABSENT
	       : strcmp(comment, fixture->mark) == 0       ? COMPLETE
	       : strncmp(comment, MARK, strlen(MARK)) == 0 ? STALE
	                                                   : FOREIGN;
	db_rows_free(rows);
	return 0;
}

static int run_file(const struct lab *lab, const struct fixture *fixture, const char *psql,
    const char *file, struct err *err)
{
	struct db_target target = {.host = lab->target.host,
	    .port = lab->target.port,
	    .user = lab->target.user,
	    .dbname = (char *)fixture->name};
	_cleanup_free_ char *conninfo = db_target_conninfo(&target);
	const char *argv[] = {
	    psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-f", file, NULL};
	/* A load that is cut short is loaded again: it need not wait for the disk. */
	const char *environment[] = {
	    "PGOPTIONS=-c synchronous_commit=off -c client_min_messages=warning",
	    "PGCLIENTENCODING=UTF8", NULL};

	return process_run(&(struct process_options){.dir = fixture->dir, .environment = environment},
	    argv, NULL, err);
}

/* What the later stages ask for; only pg_stat_statements has to be there. */
static int create_extensions(struct db *db, struct err *err)
{
	static const char *const optional[] = {"hypopg", "pg_prewarm"};

	if (db_exec(db, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements", err) < 0)
		return err->code;
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
		struct db_rows *rows =
		    db_query(db, err, "SELECT 1 FROM pg_available_extensions WHERE name = $1", optional[i]);
		bool available = rows && db_rows_count(rows) > 0;

		db_rows_free(rows);
		if (!rows ||
		    (available && db_execf(db, err, "CREATE EXTENSION IF NOT EXISTS %s", optional[i]) < 0))
			return err->code;
	}
	return 0;
}

/* Frozen, with its visibility map and statistics, and on disk: so copies of it start equal. */
static int finish(const struct lab *lab, const struct fixture *fixture, struct err *err)
{
	struct db_target target = db_target_copy(&lab->target);
	struct db *db = NULL;
	int rc;

	free(target.dbname);
	target.dbname = xstrdup(fixture->name);
	rc = db_connect(&target, &db, err);
	db_target_release(&target);
	if (rc == 0)
		rc = create_extensions(db, err);
	if (rc == 0)
		rc = db_exec(db, "VACUUM (FREEZE, ANALYZE)", err);
	db_close(db);
	return rc;
}

static int comment(struct db *db, const char *database, const char *text, struct err *err)
{
	_cleanup_free_ char *name = db_quote_ident(database);

	return db_execf(db, err, "COMMENT ON DATABASE %s IS '%s'", name, text);
}

static int load(const struct lab *lab, struct db *db, const struct fixture *fixture,
    const struct progress *progress, struct err *err)
{
	_cleanup_free_ char *name = db_quote_ident(fixture->name);
	_cleanup_free_ char *psql = NULL;

	if (server_find_psql(lab->bindir, &psql, err) < 0)
		return err->code;
	progress_say(progress, PROGRESS_STAGE, "loading fixture %s", fixture->dir);
	if (db_execf(db, err, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name) < 0 ||
	    db_execf(db, err, "CREATE DATABASE %s", name) < 0 ||
	    comment(db, fixture->name, MARK "loading", err) < 0)
		return err->code;
	for (size_t i = 0; i < fixture->n_files; i++) {
		progress_say(progress, PROGRESS_TICK, "%s", fixture->files[i]);
		if (run_file(lab, fixture, psql, fixture->files[i], err) < 0)
			return err_wrap(err, "fixture %s: %s", fixture->dir, fixture->files[i]);
	}
	progress_say(progress, PROGRESS_TICK, "vacuuming and analysing");
	if (finish(lab, fixture, err) < 0 || comment(db, fixture->name, fixture->mark, err) < 0)
		return err_wrap(err, "fixture %s", fixture->dir);
	return db_exec(db, "CHECKPOINT", err);
}

static int load_unless_there(const struct lab *lab, struct db *db, const struct fixture *fixture,
    const struct progress *progress, struct err *err)
{
	enum presence presence = ABSENT;
	struct db_rows *lock =
	    db_query(db, err, "SELECT pg_advisory_lock(" LOCK_CLASS ", hashtext($1))", fixture->name);

	db_rows_free(lock);
	if (!lock || look(db, fixture, &presence, err) < 0)
		return err->code;
	if (presence == FOREIGN) {
		err_set(err, ERR_ENV,
		    "database \"%s\" is in the lab already and was not made from a fixture", fixture->name);
		return err_hint(err, "drop or rename it, or use another lab (PGREHEARSE_LAB)");
	}
	if (presence != COMPLETE)
		return load(lab, db, fixture, progress, err);
	progress_say(progress, PROGRESS_DETAIL, "fixture %s is loaded already", fixture->dir);
	return 0;
}

int lab_load_fixture(const struct lab *lab, const char *fixture_dir, const char *dbname,
    const struct progress *progress, struct db_target *ret_target, struct err *err)
{
	_cleanup_(fixture_release) struct fixture fixture = {0};
	struct db *db = NULL;
	int rc = read_fixture(fixture_dir, dbname, &fixture, err);

	if (rc == 0)
		rc = db_connect(&lab->target, &db, err);
	if (rc == 0)
		rc = load_unless_there(lab, db, &fixture, progress, err);
	db_close(db);
	if (rc < 0)
		return rc;
	*ret_target = db_target_copy(&lab->target);
	free(ret_target->dbname);
	ret_target->dbname = xstrdup(dbname);
	return 0;
}
