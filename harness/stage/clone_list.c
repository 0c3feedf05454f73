/*
 * Finding clones again, and dropping those that nobody uses.
 */
#include "base/mem.h"
#include "stage/clone.h"
#include "stage/clone_mark.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

const char *clone_state_name(enum clone_state state)
{
	static const char *const names[] = {[CLONE_LIVE] = "live",
	    [CLONE_ORPHAN] = "orphan",
	    [CLONE_KEPT] = "kept",
	    [CLONE_FOREIGN] = "marked",
	    [CLONE_UNMARKED] = "unmarked"};

	return names[state];
}

static void clone_info_release(struct clone_info *info)
{
	free(info->database);
	free(info->run_id);
	free(info->arm);
	free(info->source);
	free(info->made);
}

void clone_infos_release(struct clone_infos *infos)
{
	for (size_t i = 0; i < infos->n; i++)
		clone_info_release(&infos->items[i]);
	free(infos->items);
	*infos = (struct clone_infos){0};
}

/* Any database's advisory locks show here: the run may use another maintenance database. */
static struct db_rows *read_locks(struct db *db, struct err *err)
{
	return db_query(db, err,
	    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND "
	    "granted"
	    " AND classid = " TEXT_OF(CLONE_LOCK_CLASS));
}

static bool holds(const struct db_rows *locks, const char *run_id)
{
	for (int i = 0; i < db_rows_count(locks); i++)
		if (db_int(locks, i, 0) == clone_lock_key(run_id))
			return true;
	return false;
}

static enum clone_state state_of(const struct clone_mark *mark, const struct db_rows *locks)
{
	if (holds(locks, mark->run_id))
		return CLONE_LIVE;
	return mark->origin == ORIGIN_KEPT  ? CLONE_KEPT
	       : mark->origin == ORIGIN_RUN ? CLONE_ORPHAN
	                                    : CLONE_FOREIGN;
}

/* False when it is none of ours. */
static bool recognise(
    const char *database, const char *comment, const struct db_rows *locks, struct clone_info *ret)
{
	struct clone_mark mark;
	char *run_id;

	*ret = (struct clone_info){0};
	if (clone_mark_parse(comment, database, &mark)) {
		*ret = (struct clone_info){.run_id = mark.run_id,
		    .arm = mark.arm,
		    .source = mark.source,
		    .made = mark.made,
		    .marked = true,
		    .state = state_of(&mark, locks)};
	} else {
		run_id = clone_name_run_id(database);
		if (!run_id)
			return false;
		ret->state = holds(locks, run_id) ? CLONE_LIVE : CLONE_UNMARKED;
		free(run_id);
	}
	ret->database = xstrdup(database);
	ret->orphan = ret->state == CLONE_ORPHAN || ret->state == CLONE_UNMARKED;
	return true;
}

/* Those of one name, or all. Locks are read last: a run takes its lock before it makes a clone, so
 * a clone that is seen without its lock has lost it. */
static int find(struct db *db, const char *database, struct clone_infos *ret, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT d.datname, coalesce(shobj_description(d.oid, 'pg_database'), ''),"
	    " CASE WHEN has_database_privilege(d.oid, 'CONNECT')"
	    " OR pg_has_role('pg_read_all_stats', 'MEMBER') THEN pg_database_size(d.oid) END"
	    " FROM pg_database d WHERE d.datname = coalesce($1, d.datname) AND NOT d.datistemplate"
	    " AND (d.datname LIKE 'pgrehearse\\_%' OR"
	    " shobj_description(d.oid, 'pg_database') LIKE 'pgrehearse-clone %')"
	    " ORDER BY d.datname COLLATE \"C\"",
	    database);
	struct db_rows *locks = rows ? read_locks(db, err) : NULL;

	*ret = (struct clone_infos){0};
	for (int i = 0; locks && i < db_rows_count(rows); i++) {
		struct clone_info info;

		if (!recognise(db_text(rows, i, 0), db_text(rows, i, 1), locks, &info))
			continue;
		info.size_bytes = db_double(rows, i, 2);
		GROW(ret->items, ret->n, ret->cap);
		ret->items[ret->n++] = info;
	}
	db_rows_free(rows);
	db_rows_free(locks);
	return locks ? 0 : ERR_ENV;
}

int clone_list(struct db *maintenance, struct clone_infos *ret, struct err *err)
{
	return find(maintenance, NULL, ret, err);
}

static int explain_absent(struct db *db, const char *database, struct err *err)
{
	struct db_rows *rows =
	    db_query(db, err, "SELECT 1 FROM pg_database WHERE datname = $1", database);
	bool exists = rows && db_rows_count(rows) > 0;

	db_rows_free(rows);
	if (!rows)
		return ERR_ENV;
	if (!exists)
		return err_set(
		    err, ERR_USAGE, "there is no database \"%s\" (%s)", database, db_describe(db));
	err_set(err, ERR_ENV, "database \"%s\" does not carry the mark of a clone: it was not dropped",
	    database);
	return err_hint(err, "\"pgrehearse clone list\" shows what may be dropped");
}

static int drop_found(struct db *db, const struct clone_info *info, bool force, struct err *err)
{
	_cleanup_free_ char *name = db_quote_ident(info->database);

	if (info->state == CLONE_LIVE && !force) {
		err_set(err, ERR_ENV, "clone \"%s\" is in use by run %s", info->database,
		    info->run_id ? info->run_id : "(not marked yet)");
		return err_hint(err, "wait for the run, or stop it; --force drops the clone under it");
	}
	if (db_execf(db, err, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name) < 0)
		return err_wrap(err, "cannot drop clone \"%s\"", info->database);
	return 0;
}

int clone_drop(struct db *maintenance, const char *database, bool force, struct err *err)
{
	struct clone_infos found;
	int rc = find(maintenance, database, &found, err);

	if (rc < 0)
		return rc;
	rc = found.n == 0 ? explain_absent(maintenance, database, err)
	                  : drop_found(maintenance, &found.items[0], force, err);
	clone_infos_release(&found);
	return rc;
}
