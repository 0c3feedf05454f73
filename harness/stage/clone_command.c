/*
 * command: a script makes and drops the clones (a storage snapshot, a thin-clone service, another
 * host). What it printed is connected to, held against staging, and marked.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "stage/clone_driver.h"
#include "stage/clone_mark.h"
#include "stage/process.h"

#include <stdio.h>
#include <string.h>

static int command_open(struct clone_set *set, struct err *err)
{
	if (!set->spec.create_command) {
		err_set(err, ERR_USAGE, "clone driver \"command\" has no create command");
		return err_hint(err, "clone: {driver: command, create: ./make-clone, drop: ./drop-clone}");
	}
	set->source = db_target_describe(&set->spec.staging);
	return 0;
}

static int run_script(struct clone_set *set, const char *command, enum arm arm, bool cleaning_up,
    struct buf *output, struct err *err)
{
	_cleanup_free_ char *conninfo = db_target_conninfo(&set->spec.staging);
	_cleanup_free_ char *arm_entry = xasprintf("PGREHEARSE_ARM=%s", arm_name(arm));
	_cleanup_free_ char *run = xasprintf("PGREHEARSE_RUN=%s", set->run_id);
	_cleanup_free_ char *staging = xasprintf("PGREHEARSE_STAGING=%s", conninfo);
	_cleanup_free_ char *clone =
	    xasprintf("PGREHEARSE_CLONE=%s", set->made[arm] ? set->made[arm] : "");
	const char *environment[] = {arm_entry, run, staging, clone, NULL};
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	struct process_options options = {.dir = ".",
	    .environment = environment,
	    .keep_environment = true,
	    .uninterruptible = cleaning_up};

	if (process_run(&options, argv, output, err) < 0)
		return err_wrap(err, "clone command \"%s\" for the %s", command, arm_name(arm));
	return 0;
}

/* The last line that says anything. */
static char *last_line(struct buf *output)
{
	const char *line;

	buf_adds(output, "");
	while (output->len > 0 && strchr(" \t\r\n", output->data[output->len - 1]))
		output->data[--output->len] = '\0';
	line = strrchr(output->data, '\n');
	return xstrdup(line ? line + 1 : output->data);
}

/* The database, its server and the server's start: equal only for one and the same. */
static char *read_identity(const struct db_target *target, struct err *err)
{
	struct db *db = NULL;
	struct db_rows *rows;
	char *identity = NULL;

	if (db_connect(target, &db, err) < 0)
		return NULL;
	rows = db_query(db, err,
	    "SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()),"
	    " pg_postmaster_start_time(), oid) FROM pg_database WHERE datname = current_database()");
	if (rows)
		identity = xstrdup(db_text(rows, 0, 0));
	db_rows_free(rows);
	db_close(db);
	return identity;
}

static int refuse_same(const struct db_target *clone, const struct db_target *other,
    const char *other_name, struct err *err)
{
	_cleanup_free_ char *ours = read_identity(clone, err);
	_cleanup_free_ char *theirs = ours ? read_identity(other, err) : NULL;

	if (!theirs)
		return err->code;
	if (strcmp(ours, theirs) == 0) {
		err_set(
		    err, ERR_USAGE, "the clone command printed the connection of %s itself", other_name);
		return err_hint(err, "its last line of output must be the conninfo or URI of the clone");
	}
	return 0;
}

static int mark_and_lock(
    struct clone_set *set, enum arm arm, const struct db_target *clone, struct err *err)
{
	struct clone_mark mark = {.run_id = set->run_id,
	    .arm = (char *)arm_name(arm),
	    .source = set->source,
	    .origin = ORIGIN_MARKED};

	if (db_connect(clone, &set->lock[arm], err) < 0 ||
	    clone_mark_set(set->lock[arm], db_name(set->lock[arm]), &mark, err) < 0)
		return err->code;
	return clone_take_lock(set->lock[arm], set->run_id, err);
}

static int command_make(struct clone_set *set, enum arm arm, struct db_target *ret, struct err *err)
{
	_cleanup_buf_ struct buf output = BUF_INIT;
	struct db_target clone = {0};
	int rc;

	progress_say(set->progress, PROGRESS_TICK, "%s: %s", arm_name(arm), set->spec.create_command);
	if (run_script(set, set->spec.create_command, arm, false, &output, err) < 0)
		return err->code;
	set->made[arm] = last_line(&output);
	clone.conninfo = set->made[arm];
	if (!clone.conninfo[0])
		return err_set(err, ERR_ENV,
		    "clone command \"%s\" printed nothing: its last line must be"
		    " a conninfo",
		    set->spec.create_command);
	rc = refuse_same(&clone, &set->spec.staging, "staging", err);
	if (rc == 0 && arm == ARM_CANDIDATE) {
		struct db_target baseline = {.conninfo = set->made[ARM_BASELINE]};

		rc = refuse_same(&clone, &baseline, "the baseline", err);
	}
	if (rc == 0)
		rc = mark_and_lock(set, arm, &clone, err);
	if (rc == 0) {
		clone_add_counters(set->lock[arm], set->progress);
		*ret = db_target_copy(&clone);
	}
	return rc;
}

static int command_drop(struct clone_set *set, enum arm arm, struct err *err)
{
	db_close(set->lock[arm]);
	set->lock[arm] = NULL;
	if (!set->spec.drop_command)
		return 0;
	return run_script(set, set->spec.drop_command, arm, true, NULL, err);
}

static int command_keep(struct clone_set *set, enum arm arm, struct err *err)
{
	(void)err;
	progress_say(
	    set->progress, PROGRESS_NOTE, "kept: the %s that the clone command made", arm_name(arm));
	return 0;
}

const struct clone_driver clone_command = {
    .name = "command",
    .open = command_open,
    .make = command_make,
    .drop = command_drop,
    .keep = command_keep,
};
