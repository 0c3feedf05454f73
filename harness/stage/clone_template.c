/*
 * template: CREATE DATABASE ... TEMPLATE on the server of staging. The candidate is a copy of the
 * baseline, so both arms have the same pages and the same planner statistics.
 */
#include "base/mem.h"
#include "stage/clone_driver.h"
#include "stage/clone_mark.h"

#include <string.h>

static int template_open(struct clone_set *set, struct err *err)
{
	struct db **maintenance = &set->lock[0];

	if (clone_maintenance(&set->spec.staging, maintenance, &set->source, err) < 0)
		return err->code;
	return clone_take_lock(*maintenance, set->run_id, err);
}

static int template_make(
    struct clone_set *set, enum arm arm, struct db_target *ret, struct err *err)
{
	struct db *maintenance = set->lock[0];
	struct clone_mark mark = {.run_id = set->run_id,
	    .arm = (char *)arm_name(arm),
	    .source = set->source,
	    .origin = ORIGIN_RUN};
	const char *source = arm == ARM_BASELINE ? set->source : set->made[ARM_BASELINE];
	struct db_target target;
	char *name;
	int rc = clone_name(set->run_id, arm_name(arm), &name, err);

	if (rc < 0)
		return rc;
	rc = clone_copy(maintenance, source, name, set->progress, err);
	if (rc < 0) {
		free(name);
		return rc;
	}
	set->made[arm] = name;
	target = db_sibling_target(maintenance, name);
	rc = clone_mark_set(maintenance, name, &mark, err);
	if (rc == 0 && arm == ARM_BASELINE)
		rc = clone_prepare(&target, set->progress, err);
	if (rc == 0)
		*ret = target;
	else
		db_target_release(&target);
	return rc;
}

/* The run may have lost its server for a while: then the lock is gone, and one new connection is
 * tried. */
static struct db *reconnect(struct clone_set *set, struct err *err)
{
	struct db **maintenance = &set->lock[0];

	/* Only an answer tells: a connection that the server has closed can look whole for a while. */
	db_ignore_stop(*maintenance, true);
	if (db_exec(*maintenance, "SELECT 1", NULL) < 0) {
		struct db_target target = db_sibling_target(*maintenance, db_name(*maintenance));
		struct db *again = NULL;
		int rc = db_connect(&target, &again, err);

		db_target_release(&target);
		if (rc < 0)
			return NULL;
		db_close(*maintenance);
		*maintenance = again;
	}
	db_ignore_stop(*maintenance, true);
	return *maintenance;
}

static int template_drop(struct clone_set *set, enum arm arm, struct err *err)
{
	const char *name = set->made[arm];
	struct db *maintenance = reconnect(set, err);

	/* ERR_USAGE: somebody has dropped it before us. */
	if (maintenance && clone_drop(maintenance, name, true, err) != ERR_ENV)
		return 0;
	if (!maintenance)
		err_wrap(err, "cannot drop clone \"%s\"", name);
	return err_hint(err, "drop it later: pgrehearse clone drop %s", name);
}

static int template_keep(struct clone_set *set, enum arm arm, struct err *err)
{
	struct clone_mark mark = {.run_id = set->run_id,
	    .arm = (char *)arm_name(arm),
	    .source = set->source,
	    .origin = ORIGIN_KEPT};
	struct db *maintenance = reconnect(set, err);

	if (!maintenance)
		return err_wrap(err, "cannot mark clone \"%s\" as kept", set->made[arm]);
	if (clone_mark_set(maintenance, set->made[arm], &mark, err) < 0)
		return err->code;
	progress_say(set->progress, PROGRESS_NOTE, "kept: %s; drop it with: pgrehearse clone drop %s",
	    set->made[arm], set->made[arm]);
	return 0;
}

const struct clone_driver clone_template = {
    .name = "template",
    .open = template_open,
    .make = template_make,
    .drop = template_drop,
    .keep = template_keep,
};
