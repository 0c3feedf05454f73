#include "stage/environment.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct arm_counts {
	double checkpoints;
	double autovacuums;
	double autoanalyzes;
};
struct environment {
	struct arm_counts arms[N_ARMS];
};

/* Settings that decide plans, WAL or timing and differ from the built-in default, and those that a
 * reader of the report looks for in any case. */
static const char settings_sql[] =
    "SELECT name, current_setting(name) FROM pg_settings"
    " WHERE (source NOT IN ('default', 'override') AND category ~ '^(Query Tuning|Resource "
    "Usage|Write-Ahead Log)')"
    "    OR name IN ('autovacuum', 'shared_buffers', 'work_mem', 'random_page_cost', 'fsync',"
    "                'synchronous_commit', 'full_page_writes', 'wal_level', 'max_wal_size',"
    "                'checkpoint_timeout', 'jit', 'track_io_timing', 'wal_compression')"
    " ORDER BY name";

static int describe_arm(struct db *db, struct run_arm *arm, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT current_setting('server_version'), current_setting('server_version_num'),"
	    " current_database(), pg_database_size(current_database())");

	if (!rows)
		return err->code;
	arm->server_version = xstrdup(db_text(rows, 0, 0));
	arm->server_version_num = (int)db_int(rows, 0, 1);
	arm->database = xstrdup(db_text(rows, 0, 2));
	arm->database_bytes_before = db_double(rows, 0, 3);
	db_rows_free(rows);

	rows = db_query(db, NULL, "SELECT system_identifier::text FROM pg_control_system()");
	if (rows)
		arm->system_identifier = xstrdup(db_text(rows, 0, 0));
	db_rows_free(rows);

	rows = db_query(db, err, settings_sql);
	if (!rows)
		return err->code;
	for (int i = 0; i < db_rows_count(rows); i++) {
		GROW(arm->settings, arm->n_settings, arm->cap_settings);
		arm->settings[arm->n_settings++] = (struct workload_setting){
		    .name = xstrdup(db_text(rows, i, 0)),
		    .value = xstrdup(db_text(rows, i, 1)),
		};
	}
	db_rows_free(rows);
	return 0;
}

static const char *setting(const struct run_arm *arm, const char *name)
{
	for (size_t i = 0; i < arm->n_settings; i++)
		if (strcmp(arm->settings[i].name, name) == 0)
			return arm->settings[i].value;
	return "";
}

static bool same_server(const struct run *run)
{
	const char *a = run->arms[ARM_BASELINE].system_identifier;
	const char *b = run->arms[ARM_CANDIDATE].system_identifier;

	return a && b && strcmp(a, b) == 0;
}

/* Settings that the arms do not share are part of the comparison, wanted or not. */
static void disclose_differences(struct run *run)
{
	const struct run_arm *a = &run->arms[ARM_BASELINE], *b = &run->arms[ARM_CANDIDATE];

	for (size_t i = 0; i < a->n_settings; i++) {
		const char *other = setting(b, a->settings[i].name);

		if (strcmp(a->settings[i].value, other) != 0)
			run_add_disturbance(run, "settings", false,
			    "%s is %s on the baseline and %s on the candidate", a->settings[i].name,
			    a->settings[i].value, other[0] ? other : "not reported");
	}
}

static void disclose_settings(struct run *run)
{
	for (int arm = 0; arm < (same_server(run) ? 1 : N_ARMS); arm++) {
		const char *who = same_server(run) ? "the arms' server" : arm_name((enum arm)arm);

		if (strcmp(setting(&run->arms[arm], "autovacuum"), "off") != 0)
			run_add_disturbance(run, "settings", false,
			    "autovacuum is on at %s and may run during the replay; turn it off there for "
			    "steadier figures",
			    who);
		if (strcmp(setting(&run->arms[arm], "full_page_writes"), "off") == 0)
			run_add_disturbance(run, "settings", false,
			    "full_page_writes is off at %s: WAL per call is what statements write, without the "
			    "page images that production adds after each checkpoint",
			    who);
	}
	disclose_differences(run);
}

/* Read every user relation of the clone into the buffer cache, indexes included. */
static int prewarm(struct db *db, enum arm arm, struct run *run)
{
	struct err ignored = {0};
	struct db_rows *rows;

	if (db_exec(db, "CREATE EXTENSION IF NOT EXISTS pg_prewarm", &ignored) < 0) {
		run_add_disturbance(run, "cache", false,
		    "pg_prewarm is not available on the %s arm: its first requests find a cold cache",
		    arm_name(arm));
		return 0;
	}
	rows = db_query(db, &ignored,
	    "SELECT coalesce(sum(pg_prewarm(c.oid::regclass)), 0) FROM pg_class c"
	    " JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = "
	    "c.oid"
	    " WHERE c.relkind IN ('r', 'i', 'm', 't') AND coalesce(i.indisvalid, true)"
	    " AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
	    " AND c.relpersistence <> 't'");
	if (!rows)
		run_add_disturbance(run, "cache", false, "the %s arm could not be prewarmed: %s",
		    arm_name(arm), ignored.message);
	db_rows_free(rows);
	return 0;
}

static void checkpoint(struct db *db, const char *who, struct run *run)
{
	struct err ignored = {0};

	if (db_exec(db, "CHECKPOINT", &ignored) < 0)
		run_add_disturbance(run, "settings", false,
		    "no checkpoint could be made at %s before the replay (%s): full-page images may differ",
		    who, ignored.message);
}

int environment_prepare(struct db *const arms[N_ARMS], const struct progress *progress,
    struct run *run, struct err *err)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		if (!arms[arm])
			continue;
		if (describe_arm(arms[arm], &run->arms[arm], err) < 0)
			return err_wrap(err, "reading the %s arm's settings", arm_name((enum arm)arm));
		progress_say(progress, PROGRESS_DETAIL, "reading the %s arm into the buffer cache",
		    arm_name((enum arm)arm));
		prewarm(arms[arm], (enum arm)arm, run);
	}
	disclose_settings(run);
	for (int arm = 0; arm < (same_server(run) ? 1 : N_ARMS); arm++)
		if (arms[arm])
			checkpoint(
			    arms[arm], same_server(run) ? "the arms' server" : arm_name((enum arm)arm), run);
	return 0;
}

static double one_figure(struct db *db, const char *sql)
{
	struct err ignored = {0};
	struct db_rows *rows = db ? db_query(db, &ignored, sql) : NULL;
	double figure = rows && db_rows_count(rows) == 1 ? db_double(rows, 0, 0) : NAN;

	db_rows_free(rows);
	return figure;
}

static struct arm_counts observe_arm(struct db *db)
{
	bool own_view = db && db_server_version(db) >= 170000;

	return (struct arm_counts){
	    .checkpoints = one_figure(
	        db, own_view ? "SELECT num_timed + num_requested FROM pg_stat_checkpointer"
	                     : "SELECT checkpoints_timed + checkpoints_req FROM pg_stat_bgwriter"),
	    .autovacuums = one_figure(db, "SELECT sum(autovacuum_count) FROM pg_stat_user_tables"),
	    .autoanalyzes = one_figure(db, "SELECT sum(autoanalyze_count) FROM pg_stat_user_tables"),
	};
}

struct environment *environment_observe(struct db *const arms[N_ARMS])
{
	struct environment *environment = xcalloc(1, sizeof(*environment));

	for (int arm = 0; arm < N_ARMS; arm++)
		environment->arms[arm] = observe_arm(arms[arm]);
	return environment;
}

static void tell(struct run *run, const char *kind, double before, double after, const char *what,
    const char *who)
{
	double n = after - before;

	if (n > 0)
		run_add_disturbance(run, kind, false, "%.0f %s%s ran at %s during the replay", n, what,
		    n == 1 ? "" : "s", who);
}

void environment_compare(
    const struct environment *before, struct db *const arms[N_ARMS], struct run *run)
{
	bool one_server = same_server(run);

	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct arm_counts *old = &before->arms[arm];
		struct arm_counts now = observe_arm(arms[arm]);
		const char *who = arm_name((enum arm)arm);

		if (arm == 0 || !one_server)
			tell(run, "checkpoint", old->checkpoints, now.checkpoints, "checkpoint",
			    one_server ? "the arms' server" : who);
		tell(run, "autovacuum", old->autovacuums, now.autovacuums, "autovacuum", who);
		tell(run, "autovacuum", old->autoanalyzes, now.autoanalyzes, "autoanalyze", who);
	}
}

void environment_free(struct environment *environment)
{
	free(environment);
}
