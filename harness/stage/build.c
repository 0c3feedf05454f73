#include "stage/build.h"

#include "base/clock.h"
#include "base/mem.h"
#include "stage/candidate.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#define CANCEL_PAUSE_NS (100 * NS_PER_MS)

struct build {
	struct db *arms[N_ARMS]; /* the thread's */
	struct db *control;      /* ours, to cancel with */
	const char *file, *up_sql;
	pthread_t thread;
	atomic_bool over;
	struct run record; /* only its changes */
	struct err err;
	int rc;
};

static void *apply(void *ctx)
{
	struct build *build = ctx;

	build->rc = candidate_apply(
	    build->arms[ARM_CANDIDATE], build->file, build->up_sql, NULL, &build->record, &build->err);
	if (build->rc == 0)
		build->rc = candidate_settle(
		    build->arms[ARM_BASELINE], build->arms[ARM_CANDIDATE], NULL, &build->err);
	atomic_store(&build->over, true);
	return NULL;
}

static void release(struct build *build)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		db_close(build->arms[arm]);
	db_close(build->control);
	run_release(&build->record);
	free(build);
}

int build_start(const struct db_target targets[N_ARMS], const char *file, const char *up_sql,
    struct build **ret, struct err *err)
{
	struct build *build = xcalloc(1, sizeof(*build));
	int rc = db_connect(&targets[ARM_CANDIDATE], &build->control, err);

	build->file = file;
	build->up_sql = up_sql;
	for (int arm = 0; rc == 0 && arm < N_ARMS; arm++)
		rc = db_connect(&targets[arm], &build->arms[arm], err);
	if (rc == 0 && pthread_create(&build->thread, NULL, apply, build) != 0)
		rc = err_set(err, ERR_ENV, "a thread for the candidate could not be started");
	if (rc < 0) {
		release(build);
		return rc;
	}
	*ret = build;
	return 0;
}

bool build_is_over(const struct build *build)
{
	return atomic_load(&build->over);
}

/* Again and again: the thread may be between two statements. */
static void cancel(struct build *build)
{
	while (!build_is_over(build)) {
		db_exec(build->control,
		    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
		    " AND application_name = '" CANDIDATE_APPLICATION "'",
		    NULL);
		clock_monotonic.sleep_until_ns(NULL, clock_now_ns(&clock_monotonic) + CANCEL_PAUSE_NS);
	}
}

/* The WAL and the temporary files of the server meanwhile are not the candidate's alone. */
static void move_changes(struct run *from, struct run *to)
{
	for (size_t i = 0; i < from->n_changes; i++) {
		GROW(to->changes, to->n_changes, to->cap_changes);
		to->changes[to->n_changes] = from->changes[i];
		to->changes[to->n_changes].temp_bytes = NAN;
		to->changes[to->n_changes++].wal_bytes = NAN;
	}
	from->n_changes = 0;
}

int build_end(struct build *build, struct run *run, struct err *err)
{
	int rc;

	if (!build)
		return 0;
	cancel(build);
	pthread_join(build->thread, NULL);
	move_changes(&build->record, run);
	rc = build->rc;
	if (rc < 0)
		*err = build->err;
	release(build);
	return rc;
}
