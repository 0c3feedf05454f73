#include "stage/clone.h"

#include "base/mem.h"
#include "stage/clone_driver.h"
#include "stage/clone_mark.h"

#include <string.h>

static const struct clone_driver *const drivers[] = {
    [CLONE_TEMPLATE] = &clone_template,
    [CLONE_EXISTING] = &clone_existing,
    [CLONE_PHYSICAL] = NULL,
    [CLONE_COMMAND] = &clone_command,
};

int clone_take_lock(struct db *db, const char *run_id, struct err *err)
{
	_cleanup_free_ char *class = xasprintf("%d", CLONE_LOCK_CLASS);
	_cleanup_free_ char *key = xasprintf("%d", (int)clone_lock_key(run_id));
	struct db_rows *rows =
	    db_query(db, err, "SELECT pg_try_advisory_lock($1::int, $2::int)", class, key);
	bool locked = rows && db_bool(rows, 0, 0);

	db_rows_free(rows);
	if (!rows)
		return err->code;
	if (!locked) {
		err_set(err, ERR_ENV, "the clones of run %s are in use by another process (%s)", run_id,
		    db_describe(db));
		return err_hint(err, "wait until it is done");
	}
	return 0;
}

static const struct clone_driver *find_driver(enum clone_driver_kind kind, struct err *err)
{
	size_t n = sizeof(drivers) / sizeof(drivers[0]);

	if ((size_t)kind < n && drivers[kind])
		return drivers[kind];
	err_set(err, ERR_USAGE, "clone driver \"physical\" is not in this version");
	err_hint(err, "use template, existing or command");
	return NULL;
}

static struct clone_spec copy_spec(const struct clone_spec *spec)
{
	return (struct clone_spec){
	    .driver = spec->driver,
	    .staging = db_target_copy(&spec->staging),
	    .existing = {db_target_copy(&spec->existing[0]), db_target_copy(&spec->existing[1])},
	    .create_command = xstrdup(spec->create_command),
	    .drop_command = xstrdup(spec->drop_command),
	};
}

static void release_spec(struct clone_spec *spec)
{
	db_target_release(&spec->staging);
	for (int arm = 0; arm < N_ARMS; arm++)
		db_target_release(&spec->existing[arm]);
	free((char *)spec->create_command);
	free((char *)spec->drop_command);
}

int clone_set_open(const struct clone_spec *spec, const char *run_id,
    const struct progress *progress, struct clone_set **ret, struct err *err)
{
	const struct clone_driver *driver = find_driver(spec->driver, err);
	struct clone_set *set;
	int rc;

	if (!driver)
		return err->code;
	set = xcalloc(1, sizeof(*set));
	set->driver = driver;
	set->progress = progress;
	set->run_id = xstrdup(run_id);
	set->spec = copy_spec(spec);
	rc = driver->open(set, err);
	if (rc < 0)
		clone_set_close(set, false, NULL, NULL);
	else
		*ret = set;
	return rc;
}

int clone_set_baseline(struct clone_set *set, struct db_target *ret, struct err *err)
{
	return set->driver->make(set, ARM_BASELINE, ret, err);
}

int clone_set_candidate(struct clone_set *set, struct db_target *ret, struct err *err)
{
	return set->driver->make(set, ARM_CANDIDATE, ret, err);
}

int clone_set_close(
    struct clone_set *set, bool keep, const struct progress *progress, struct err *err)
{
	int rc = 0;

	if (!set)
		return 0;
	set->progress = progress;
	for (int arm = N_ARMS; arm-- > 0;) {
		int (*end)(struct clone_set *, enum arm, struct err *) =
		    keep ? set->driver->keep : set->driver->drop;
		struct err problem = {0};

		if (set->made[arm] && end(set, (enum arm)arm, &problem) < 0) {
			if (rc < 0)
				progress_say(progress, PROGRESS_WARNING, "%s; %s", problem.message, problem.hint);
			else if (err)
				*err = problem;
			rc = problem.code;
		}
		free(set->made[arm]);
	}
	for (int i = 0; i < N_ARMS; i++)
		db_close(set->lock[i]);
	release_spec(&set->spec);
	free(set->source);
	free(set->run_id);
	free(set);
	return rc;
}

/* Marked before anything else: from then on the list shows it. */
static int finish_copy(struct db *maintenance, const char *name, const char *run_id,
    const char *source, const struct progress *progress, struct db_target *ret, struct err *err)
{
	struct clone_mark mark = {.run_id = (char *)run_id,
	    .arm = (char *)arm_name(ARM_BASELINE),
	    .source = (char *)source,
	    .origin = ORIGIN_KEPT};
	struct db_target target = db_sibling_target(maintenance, name);
	int rc = clone_mark_set(maintenance, name, &mark, err);

	if (rc == 0)
		rc = clone_prepare(&target, progress, err);
	if (rc == 0) {
		*ret = target;
		return 0;
	}
	db_target_release(&target);
	db_ignore_stop(maintenance, true);
	clone_drop(maintenance, name, true, NULL);
	return rc;
}

int clone_create(const struct db_target *staging, const char *run_id, const char *name,
    const struct progress *progress, struct db_target *ret, struct err *err)
{
	_cleanup_free_ char *source = NULL, *made = xstrdup(name);
	struct db *maintenance = NULL;
	int rc = made ? 0 : clone_name(run_id, arm_name(ARM_BASELINE), &made, err);

	if (rc == 0)
		rc = clone_maintenance(staging, &maintenance, &source, err);
	if (rc == 0)
		rc = clone_take_lock(maintenance, run_id, err);
	if (rc == 0)
		rc = clone_copy(maintenance, source, made, progress, err);
	if (rc == 0)
		rc = finish_copy(maintenance, made, run_id, source, progress, ret, err);
	db_close(maintenance);
	return rc;
}
