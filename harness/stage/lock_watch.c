#include "stage/lock_watch.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define FIRST_PAUSE_NS   NS_PER_MS
#define LONGEST_PAUSE_NS (50 * NS_PER_MS)

/* From the weakest to the strongest, as in the table of conflicts of the manual. */
static const char *const modes[] = {"AccessShareLock", "RowShareLock", "RowExclusiveLock",
    "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock",
    "AccessExclusiveLock"};
#define N_MODES ((int)(sizeof(modes) / sizeof(modes[0])))

struct held {
	char *relation;
	int mode;
};

struct lock_watch {
	struct db *db;
	char pid[24];
	pthread_t thread;
	atomic_bool over;
	struct held *held;
	size_t n, cap;
	double waited_seconds;
	bool failed;
};

static int mode_number(const char *name)
{
	int i = N_MODES - 1;

	while (i >= 0 && strcmp(modes[i], name) != 0)
		i--;
	return i;
}

static void note(struct lock_watch *watch, const char *relation, const char *mode_name)
{
	int mode = mode_number(mode_name);
	size_t i = 0;

	while (i < watch->n && strcmp(watch->held[i].relation, relation) != 0)
		i++;
	if (i == watch->n) {
		GROW(watch->held, watch->n, watch->cap);
		watch->held[watch->n++] = (struct held){.relation = xstrdup(relation), .mode = mode};
	} else if (mode > watch->held[i].mode) {
		watch->held[i].mode = mode;
	}
}

/* True when the backend waits at this moment. */
static bool read_locks(struct lock_watch *watch)
{
	bool waits = false;
	struct db_rows *rows = db_query(watch->db, NULL,
	    "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), l.mode, l.granted"
	    " FROM pg_catalog.pg_locks l LEFT JOIN (pg_catalog.pg_class c"
	    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    "   AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema'))"
	    " ON c.oid = l.relation AND l.locktype = 'relation'"
	    " WHERE l.pid = $1::int ORDER BY 1",
	    watch->pid);

	watch->failed |= !rows;
	for (int i = 0; rows && i < db_rows_count(rows); i++) {
		bool granted = db_bool(rows, i, 2);

		waits |= !granted;
		if (granted && !db_is_null(rows, i, 0))
			note(watch, db_text(rows, i, 0), db_text(rows, i, 1));
	}
	db_rows_free(rows);
	return waits;
}

static void *watch_backend(void *ctx)
{
	struct lock_watch *watch = ctx;
	uint64_t pause_ns = FIRST_PAUSE_NS;
	uint64_t last_ns = clock_now_ns(&clock_monotonic);

	while (!atomic_load(&watch->over) && !watch->failed) {
		bool waits = read_locks(watch);
		uint64_t now_ns = clock_now_ns(&clock_monotonic);

		if (waits)
			watch->waited_seconds += (double)(now_ns - last_ns) / 1e9;
		last_ns = now_ns;
		clock_monotonic.sleep_until_ns(NULL, now_ns + pause_ns);
		pause_ns = pause_ns * 5 / 4 < LONGEST_PAUSE_NS ? pause_ns * 5 / 4 : LONGEST_PAUSE_NS;
	}
	return NULL;
}

struct lock_watch *lock_watch_start(struct db *db, int64_t pid)
{
	struct lock_watch *watch = xcalloc(1, sizeof(*watch));

	watch->db = db;
	snprintf(watch->pid, sizeof(watch->pid), "%lld", (long long)pid);
	if (pthread_create(&watch->thread, NULL, watch_backend, watch) != 0) {
		free(watch);
		return NULL;
	}
	return watch;
}

static char *describe(const struct lock_watch *watch)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < watch->n; i++)
		buf_addf(&text, "%s%s on %s", i ? ", " : "",
		    watch->held[i].mode >= 0 ? modes[watch->held[i].mode] : "lock",
		    watch->held[i].relation);
	return text.data;
}

void lock_watch_end(struct lock_watch *watch, char **ret_locks, double *ret_waited_seconds)
{
	*ret_locks = NULL;
	*ret_waited_seconds = NAN;
	if (!watch)
		return;
	atomic_store(&watch->over, true);
	pthread_join(watch->thread, NULL);
	*ret_locks = watch->n > 0 ? describe(watch) : NULL;
	*ret_waited_seconds = watch->failed ? NAN : watch->waited_seconds;
	for (size_t i = 0; i < watch->n; i++)
		free(watch->held[i].relation);
	free(watch->held);
	free(watch);
}
