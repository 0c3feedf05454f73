/*
 * existing: two databases that somebody else makes and drops. Both must carry the mark, and must
 * not be the same one.
 */
#include "base/mem.h"
#include "stage/clone_driver.h"
#include "stage/clone_mark.h"

#include <string.h>

/* What tells databases apart, wherever their names come from: a physical copy has its original's
 * system identifier, but another postmaster. */
struct identity {
	char *system, *started, *oid;
};

static void identity_release(struct identity *identity)
{
	free(identity->system);
	free(identity->started);
	free(identity->oid);
}

static int identify(struct db *db, struct identity *ret, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT (SELECT system_identifier FROM pg_control_system()), pg_postmaster_start_time(),"
	    " oid FROM pg_database WHERE datname = current_database()");

	if (!rows)
		return err->code;
	*ret = (struct identity){
	    xstrdup(db_text(rows, 0, 0)), xstrdup(db_text(rows, 0, 1)), xstrdup(db_text(rows, 0, 2))};
	db_rows_free(rows);
	return 0;
}

static int compare(struct clone_set *set, const struct identity ids[N_ARMS], struct err *err)
{
	const struct identity *a = &ids[ARM_BASELINE], *b = &ids[ARM_CANDIDATE];
	bool same_server = strcmp(a->system, b->system) == 0 && strcmp(a->started, b->started) == 0;

	if (same_server && strcmp(a->oid, b->oid) == 0) {
		err_set(err, ERR_USAGE, "both arms are the same database: %s",
		    db_describe(set->lock[ARM_BASELINE]));
		return err_hint(err, "clone.baseline and clone.candidate must name two copies");
	}
	if (!same_server)
		progress_say(set->progress, PROGRESS_NOTE,
		    "the arms are on two servers: latencies compare them as much as the candidate");
	if (db_server_version(set->lock[0]) != db_server_version(set->lock[1]))
		progress_say(set->progress, PROGRESS_WARNING,
		    "the arms run different versions of PostgreSQL (%d and %d)",
		    db_server_version(set->lock[0]), db_server_version(set->lock[1]));
	return 0;
}

static int open_arm(struct clone_set *set, enum arm arm, struct identity *ret, struct err *err)
{
	if (db_connect(&set->spec.existing[arm], &set->lock[arm], err) < 0 ||
	    clone_require_mark(set->lock[arm], err) < 0 || identify(set->lock[arm], ret, err) < 0)
		return err_wrap(err, "%s arm", arm_name(arm));
	return 0;
}

/* Two runs must not share a pair: the lock is made from each mark's run id, so that the list shows
 * who is in use. */
static int lock_arm(struct clone_set *set, enum arm arm, struct err *err)
{
	struct clone_mark mark;
	int rc = clone_mark_get(set->lock[arm], &mark, err);

	if (rc <= 0)
		return rc;
	rc = clone_take_lock(set->lock[arm], mark.run_id, err);
	clone_mark_release(&mark);
	return rc;
}

static int existing_open(struct clone_set *set, struct err *err)
{
	struct identity ids[N_ARMS] = {{0}};
	int rc = 0;

	for (int arm = 0; arm < N_ARMS && rc == 0; arm++)
		rc = open_arm(set, (enum arm)arm, &ids[arm], err);
	if (rc == 0)
		rc = compare(set, ids, err);
	for (int arm = 0; arm < N_ARMS; arm++)
		identity_release(&ids[arm]);
	for (int arm = 0; arm < N_ARMS && rc == 0; arm++)
		rc = lock_arm(set, (enum arm)arm, err);
	for (int arm = 0; arm < N_ARMS && rc == 0; arm++)
		clone_add_counters(set->lock[arm], set->progress);
	return rc;
}

static int existing_make(
    struct clone_set *set, enum arm arm, struct db_target *ret, struct err *err)
{
	(void)err;
	*ret = db_target_copy(&set->spec.existing[arm]);
	return 0;
}

const struct clone_driver clone_existing = {
    .name = "existing",
    .open = existing_open,
    .make = existing_make,
};
