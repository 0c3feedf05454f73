/*
 * What the arms' databases read from outside their buffer caches, look by look. A database counts
 * for all of its sessions, ours too, and a session tells its counts about once a second.
 */
#include "measure/measure_internal.h"

#include "base/mem.h"

/* Of the blocks touched. A cache below it is warm (judge/warmup_cache.c). */
#define WORTH_TELLING 0.01

static const char look_sql[] =
    "SELECT " COUNTERS_MARK " blks_hit + blks_read, blks_read FROM pg_catalog.pg_stat_database"
    " WHERE datname = pg_catalog.current_database()";

static void look(struct cache_counts *counts, struct db *db, double at_s, struct run_arm *arm)
{
	struct db_rows *rows = db ? db_query(db, NULL, look_sql) : NULL;
	struct cache_counts now = {0};

	if (rows && db_rows_count(rows) == 1)
		now = (struct cache_counts){
		    .known = true, .touched = db_double(rows, 0, 0), .read = db_double(rows, 0, 1)};
	db_rows_free(rows);
	/* A server that was restarted counts anew. */
	if (arm && counts->known && now.known && now.touched >= counts->touched &&
	    now.read >= counts->read) {
		GROW(arm->cache, arm->n_cache, arm->cap_cache);
		arm->cache[arm->n_cache++] = (struct run_cache_look){
		    .at_s = at_s,
		    .touched = now.touched - counts->touched,
		    .read = now.read - counts->read,
		};
	}
	*counts = now;
}

void cache_watch_begin(struct db *const arms[N_ARMS], struct cache_counts ret[N_ARMS])
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		ret[arm] = (struct cache_counts){0};
		look(&ret[arm], arms[arm], 0, NULL);
	}
}

void cache_watch_look(
    struct cache_counts counts[N_ARMS], struct db *const arms[N_ARMS], double at_s, struct run *run)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		look(&counts[arm], arms[arm], at_s, &run->arms[arm]);
}

void cache_watch_tell(struct run *run)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct run_arm *a = &run->arms[arm];
		double share = run_cache_read_share(a, a->n_cache / 2, a->n_cache);

		if (share > WORTH_TELLING)
			run_add_disturbance(run, "cache", false,
			    "in the second half of the replay %.3g%% of the blocks that the %s touched were "
			    "not in its buffer cache: its latency has reads of the disk in it",
			    100 * share, arm_name((enum arm)arm));
	}
}
