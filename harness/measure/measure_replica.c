/*
 * How far standbys are behind, looked at during the replay.
 *
 * A server has one stream of WAL. Where both arms live on one server, its standby replays what both
 * write, and a lag belongs to an arm only by its share of that WAL. The share is an upper bound of
 * what the arm would do alone: a standby that replays R of W bytes lags W - R; of an arm that wrote
 * s * W it would lag at most s * W - R, which is no more than s * (W - R).
 */
#include "measure/measure_internal.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

/* Rows without a position to replay to are pg_receivewal, pg_basebackup or, where even the state is
 * NULL, senders that this role may not look into. */
static const char look_sql[] =
    "SELECT " COUNTERS_MARK " count(replay_lsn), count(*) FILTER (WHERE state IS NULL),"
    " greatest(max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)), 0)"
    " FROM pg_catalog.pg_stat_replication";

static char *server_of(struct db *db)
{
	struct db_rows *rows = db_query(db, NULL,
	    "SELECT " COUNTERS_MARK " pg_catalog.pg_postmaster_start_time()::text || ' ' || "
	                            "pg_catalog.current_setting('port')");
	char *server = rows && db_rows_count(rows) == 1 ? xstrdup(db_text(rows, 0, 0)) : NULL;

	db_rows_free(rows);
	return server;
}

void replica_watch_begin(struct db *const arms[N_ARMS], struct replica_watch *ret)
{
	_cleanup_free_ char *baseline = arms[ARM_BASELINE] ? server_of(arms[ARM_BASELINE]) : NULL;
	_cleanup_free_ char *candidate = arms[ARM_CANDIDATE] ? server_of(arms[ARM_CANDIDATE]) : NULL;

	*ret = (struct replica_watch){0};
	ret->one_server = baseline && candidate && strcmp(baseline, candidate) == 0;
	replica_watch_look(ret, arms);
}

static void look(struct replica_lag *lag, struct db *db)
{
	struct err problem = {0};
	struct db_rows *rows;
	double standbys;

	if (!db || lag->problem)
		return;
	rows = db_query(db, &problem, look_sql);
	if (!rows) {
		lag->problem = xasprintf("pg_stat_replication could not be read: %s", problem.message);
		return;
	}
	standbys = db_double(rows, 0, 0);
	if (db_double(rows, 0, 1) > 0) {
		lag->problem = xasprintf(
		    "the role %s may not see where standbys are; grant it pg_monitor", db_user(db));
	} else if (standbys < lag->standbys) {
		lag->problem = xstrdup("a standby went away during the replay");
	} else if (standbys > 0) {
		double bytes = db_double(rows, 0, 2);

		lag->standbys = standbys;
		lag->max = fmax(lag->max, bytes);
		lag->sum += bytes;
		lag->looks++;
	}
	db_rows_free(rows);
}

void replica_watch_look(struct replica_watch *watch, struct db *const arms[N_ARMS])
{
	for (int arm = 0; arm < (watch->one_server ? 1 : N_ARMS); arm++)
		look(&watch->arms[arm], arms[arm]);
}

static double wal_bytes(const struct run *run, int arm)
{
	double sum = NAN;

	for (size_t i = 0; i < run->n_replayed; i++) {
		double bytes = run->statements[i].arms[arm].work.wal_bytes;

		if (!isnan(bytes))
			sum = isnan(sum) ? bytes : sum + bytes;
	}
	return sum;
}

static double wal_share(const struct run *run, int arm)
{
	double own = wal_bytes(run, arm);
	double both = wal_bytes(run, ARM_BASELINE) + wal_bytes(run, ARM_CANDIDATE);

	return both > 0 ? own / both : NAN;
}

void replica_watch_end(struct replica_watch *watch, struct db *const arms[N_ARMS], struct run *run)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct replica_lag *lag = &watch->arms[watch->one_server ? 0 : arm];
		struct run_arm *into = &run->arms[arm];

		if (!arms[arm])
			continue;
		into->standbys = lag->problem && lag->looks == 0 ? NAN : lag->standbys;
		into->replica_lag_max = lag->looks ? lag->max : NAN;
		into->replica_lag_mean = lag->looks ? lag->sum / lag->looks : NAN;
		into->replica_share = watch->one_server ? wal_share(run, arm) : 1;
		into->replica_problem = xstrdup(lag->problem);
	}
}

void replica_watch_release(struct replica_watch *watch)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		free(watch->arms[arm].problem);
	*watch = (struct replica_watch){0};
}
