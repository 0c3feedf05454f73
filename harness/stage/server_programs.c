/*
 * Where PostgreSQL's server programs are. Distributions keep them out of PATH, in a directory per
 * major version.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "stage/server.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const places[] = {
    "/usr/lib/postgresql/*/bin", /* Debian, Ubuntu */
    "/usr/pgsql-*/bin",          /* PGDG's RPMs */
    "/usr/lib/postgresql*/bin",  /* SUSE */
    "/usr/libexec/postgresql*",  /* Alpine */
    "/usr/local/pgsql/bin",      /* built from source */
};

static bool has_programs(const char *dir)
{
	static const char *const programs[] = {"initdb", "pg_ctl", "postgres"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		_cleanup_free_ char *path = file_join(dir, programs[i]);

		if (access(path, X_OK) < 0)
			return false;
	}
	return true;
}

/* The first of PATH's directories with that program; caller frees. */
static char *search_path(const char *program)
{
	const char *path = getenv("PATH");
	_cleanup_free_ char *copy = xstrdup(path ? path : "/usr/bin:/bin");
	char *rest = NULL;

	for (char *dir = strtok_r(copy, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		char *found = file_join(dir, program);

		if (dir[0] == '/' && access(found, X_OK) == 0)
			return found;
		free(found);
	}
	return NULL;
}

/* A link in PATH stands for the directory it leads to, where the other programs are. */
static char *in_path(void)
{
	_cleanup_free_ char *initdb = search_path("initdb");
	_cleanup_free_ char *resolved = initdb ? realpath(initdb, NULL) : NULL;
	char *dir = resolved ? file_dirname(resolved) : NULL;

	if (dir && has_programs(dir))
		return dir;
	free(dir);
	return NULL;
}

/* The major version in a directory's name: the last run of digits in it. */
static long version_in(const char *dir)
{
	long version = 0;

	for (const char *c = dir; *c; c++)
		if (*c >= '0' && *c <= '9') {
			char *end;

			version = strtol(c, &end, 10);
			c = end - 1;
		}
	return version;
}

static char *newest_packaged(void)
{
	char *best = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		glob_t found;

		if (glob(places[i], 0, NULL, &found) != 0)
			continue;
		for (size_t j = 0; j < found.gl_pathc; j++) {
			if (!has_programs(found.gl_pathv[j]) ||
			    (best && version_in(found.gl_pathv[j]) <= version_in(best)))
				continue;
			free(best);
			best = xstrdup(found.gl_pathv[j]);
		}
		globfree(&found);
	}
	return best;
}

int server_find_programs(const char *wanted, char **ret, struct err *err)
{
	char *found;

	if (wanted) {
		_cleanup_free_ char *absolute = realpath(wanted, NULL);

		if (!absolute || !has_programs(absolute)) {
			err_set(err, ERR_USAGE, "there is no initdb, pg_ctl and postgres in %s", wanted);
			return err_hint(
			    err, "give PostgreSQL's bin directory, for instance /usr/lib/postgresql/15/bin");
		}
		*ret = xstrdup(absolute);
		return 0;
	}
	found = in_path();
	if (!found)
		found = newest_packaged();
	if (!found) {
		err_set(err, ERR_ENV,
		    "cannot find initdb: PostgreSQL's server programs are not installed, or not in PATH");
		return err_hint(err, "install them (Debian: apt-get install postgresql-15), or say where "
		                     "they are with --bindir");
	}
	*ret = found;
	return 0;
}

int server_find_psql(const char *bindir, char **ret, struct err *err)
{
	char *psql = file_join(bindir, "psql");

	if (access(psql, X_OK) < 0) {
		free(psql);
		psql = search_path("psql");
	}
	if (!psql) {
		err_set(err, ERR_ENV, "cannot find psql in %s or in PATH", bindir);
		return err_hint(err, "install it (Debian: apt-get install postgresql-client)");
	}
	*ret = psql;
	return 0;
}

int server_program_version(const char *bindir, char **ret, struct err *err)
{
	_cleanup_free_ char *postgres = file_join(bindir, "postgres");
	const char *argv[] = {postgres, "--version", NULL};
	_cleanup_buf_ struct buf output = BUF_INIT;
	char version[32];

	if (process_run(&(struct process_options){0}, argv, &output, err) < 0)
		return err->code;
	buf_adds(&output, "");
	if (sscanf(output.data, "postgres (PostgreSQL) %31s", version) != 1)
		return err_set(err, ERR_ENV, "%s --version says \"%.60s\"", postgres, output.data);
	*ret = xstrdup(version);
	return 0;
}
