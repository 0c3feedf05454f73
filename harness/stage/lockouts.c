#include "stage/lockouts.h"

#include "base/buf.h"
#include "base/mem.h"
#include "stage/candidate.h"

#include <stdio.h>
#include <string.h>

#define MAX_LOCKOUTS 8
#define MAX_NAMES    6
#define MAX_TEXT     80

struct lockout {
	enum arm arm;
	char *table, *holder;
	struct strv waiting; /* names of statements */
	double looks;
};

struct lockouts {
	struct lockout items[MAX_LOCKOUTS];
	size_t n;
};

/* Process 0 blocks in the name of a prepared transaction. Somebody who waits himself may be in the way
 * as well: then he holds no lock yet, but the queue. */
static const char waiting_sql[] =
    "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.query,"
    " coalesce((SELECT string_agg(DISTINCT h.mode, ', ') || ', held by ' FROM pg_locks h"
    "   WHERE h.granted AND h.locktype = 'relation' AND h.relation = l.relation"
    "    AND h.database = l.database AND coalesce(h.pid, 0) = b.pid), 'behind '),"
    " CASE WHEN b.pid = 0 THEN 'a prepared transaction' WHEN o.application_name = $1"
    "  THEN 'the candidate''s ' ELSE '' END, CASE WHEN b.pid <> 0 THEN o.query END"
    " FROM pg_stat_activity a"
    " JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted AND l.locktype = 'relation'"
    " JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace"
    " CROSS JOIN LATERAL unnest(pg_blocking_pids(a.pid)) AS b(pid)"
    " LEFT JOIN pg_stat_activity o ON o.pid = b.pid"
    " WHERE a.datname = current_database() AND a.application_name LIKE 'pgrehearse replay%'";
enum { TABLE, QUERY, MODES, WHO, HOLDER };

struct lockouts *lockouts_new(void)
{
	return xcalloc(1, sizeof(struct lockouts));
}

void lockouts_free(struct lockouts *lockouts)
{
	if (!lockouts)
		return;
	for (size_t i = 0; i < lockouts->n; i++) {
		free(lockouts->items[i].table);
		free(lockouts->items[i].holder);
		strv_release(&lockouts->items[i].waiting);
	}
	free(lockouts);
}

/* By the comment that a replayed statement carries; NULL when the server cut it off. */
static const char *statement_name(const struct run *run, const char *query)
{
	const char *mark = strstr(query, "/* pgrehearse:");
	size_t number;

	if (!mark || sscanf(mark, "/* pgrehearse:%zu", &number) != 1 || number >= run->n_replayed)
		return NULL;
	return run->statements[number].name;
}

/* Literals of the workload are staging's: a statement of the replay goes by its name. */
static char *describe_holder(const struct run *run, const struct db_rows *rows, int row)
{
	const char *query = db_text(rows, row, HOLDER);
	const char *name = statement_name(run, query);
	const char *who = db_text(rows, row, WHO);

	if (name)
		return xasprintf("%s\"%s\"", db_text(rows, row, MODES), name);
	if (db_is_null(rows, row, HOLDER) || who[0] == '\0')
		return xasprintf(
		    "%s%s", db_text(rows, row, MODES), who[0] ? who : "a session of somebody else");
	return xasprintf(
	    "%s%s\"%.*s\"", db_text(rows, row, MODES), who, (int)strnlen(query, MAX_TEXT), query);
}

static struct lockout *find(
    struct lockouts *lockouts, enum arm arm, const char *table, const char *holder)
{
	struct lockout *lockout;

	for (size_t i = 0; i < lockouts->n; i++) {
		lockout = &lockouts->items[i];
		if (lockout->arm == arm && strcmp(lockout->table, table) == 0 &&
		    strcmp(lockout->holder, holder) == 0)
			return lockout;
	}
	if (lockouts->n == MAX_LOCKOUTS)
		return NULL;
	lockout = &lockouts->items[lockouts->n++];
	*lockout = (struct lockout){.arm = arm, .table = xstrdup(table), .holder = xstrdup(holder)};
	return lockout;
}

static void look_at(struct lockouts *lockouts, struct db *db, enum arm arm, const struct run *run)
{
	struct db_rows *rows = db_query(db, NULL, waiting_sql, CANDIDATE_APPLICATION);
	bool counted[MAX_LOCKOUTS] = {false};

	for (int row = 0; rows && row < db_rows_count(rows); row++) {
		_cleanup_free_ char *holder = describe_holder(run, rows, row);
		struct lockout *lockout = find(lockouts, arm, db_text(rows, row, TABLE), holder);
		const char *name = statement_name(run, db_text(rows, row, QUERY));

		if (!lockout)
			continue;
		if (name && !strv_contains(&lockout->waiting, name))
			strv_add(&lockout->waiting, name);
		lockout->looks += !counted[lockout - lockouts->items];
		counted[lockout - lockouts->items] = true;
	}
	db_rows_free(rows);
}

void lockouts_look(struct lockouts *lockouts, struct db *const arms[N_ARMS], const struct run *run)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		if (arms[arm])
			look_at(lockouts, arms[arm], (enum arm)arm, run);
}

void lockouts_tell(const struct lockouts *lockouts, struct run *run)
{
	for (size_t i = 0; i < lockouts->n; i++) {
		const struct lockout *lockout = &lockouts->items[i];
		_cleanup_buf_ struct buf names = BUF_INIT;

		for (size_t k = 0; k < lockout->waiting.n && k < MAX_NAMES; k++)
			buf_addf(&names, "%s%s", k ? ", " : ": ", lockout->waiting.items[k]);
		if (lockout->waiting.n > MAX_NAMES)
			buf_addf(&names, " and %zu more", lockout->waiting.n - MAX_NAMES);
		run_add_disturbance(run, "locks", false,
		    "on the %s arm statements waited for a lock on %s (%s)%s; seen in %.0f s of the replay",
		    arm_name(lockout->arm), lockout->table, lockout->holder, names.len ? names.data : "",
		    lockout->looks);
	}
}
