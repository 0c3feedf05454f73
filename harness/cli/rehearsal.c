#include "cli/rehearsal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "bind/bind.h"
#include "cli/rehearsal_steps.h"
#include "cli/results.h"
#include "judge/plans.h"
#include "stage/candidate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int interrupted(struct err *err)
{
	return stop_requested() ? stop_error(err) : 0;
}

/* Before anything is made: everything that can be wrong with the files. */
static int check_files(struct rehearsal *r, struct err *err)
{
	const struct gate *gate = r->gate;

	if (candidate_check(
	        gate->up ? gate->up : gate->file, gate->up_sql, gate->allow_migration, err) < 0)
		return err->code;
	if (gate->build_under_load && gate->replay.design != DESIGN_PAIRS)
		return err_set(
		    err, ERR_USAGE, "%s: build: under_load needs the design of pairs", gate->file);
	if (workload_load(gate->workload, &r->workload, err) < 0)
		return err->code;
	if (gate->overrides && overrides_load(gate->overrides, &r->overrides, err) < 0)
		return err->code;
	if (gate->samples && logged_values_load(gate->samples, &r->logged, err) < 0)
		return err->code;
	if (r->workload.n_statements == 0)
		return err_set(err, ERR_USAGE, "%s holds no statement", gate->workload);
	/* First: a rewrite's check has the name that is wrong. */
	if (gate_check_rewrites(gate, &r->workload, err) < 0 ||
	    gate_check_scopes(gate, &r->workload, err) < 0)
		return err->code;
	return bind_check_rewrites(&gate->rewrites, gate->rewrites_file, &r->workload, err);
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *candidate_name(const struct gate *gate)
{
	if (gate->up && gate->rewrites_file)
		return xasprintf("%s and %s", file_name(gate->up), file_name(gate->rewrites_file));
	if (gate->rewrites_file)
		return xstrdup(file_name(gate->rewrites_file));
	return xstrdup(gate->up ? file_name(gate->up) : "unchanged");
}

static void begin_record(struct rehearsal *r, const char *command)
{
	struct run *run = r->run;
	const struct gate *gate = r->gate;
	char now[21];

	clock_wall_iso8601(now);
	run->run_id = xstrdup(r->run_id);
	run->name = xstrdup(gate->name);
	run->started_at = xstrdup(now);
	run->version = xstrdup(PGREHEARSE_VERSION);
	run->command = xstrdup(command);
	run->candidate_name = candidate_name(gate);
	run->up_sql = xstrdup(gate->up_sql);
	run->down_sql = xstrdup(gate->down_sql);
	run->replay = gate->replay;
	run->clone_driver = xstrdup(clone_driver_name(gate->driver));
	assemble_source(&r->workload.source, &run->source);
	assemble_thresholds(gate, run);
	for (int arm = 0; arm < N_ARMS; arm++)
		run->arms[arm].standbys = run->arms[arm].replica_lag_max = run->arms[arm].replica_lag_mean =
		    run->arms[arm].replica_share = NAN;
}

/* The steps up to a verdict; what they make is undone by tear_down(). */
static rehearsal_step *const gate_steps[] = {
    rehearsal_staging,
    rehearsal_baseline,
    rehearsal_bind,
    rehearsal_candidate,
    rehearsal_results,
    rehearsal_plans,
    rehearsal_replay,
    rehearsal_writes,
    NULL,
};
/* The plans of a candidate that the replay applies are known afterwards. */
static rehearsal_step *const under_load_steps[] = {
    rehearsal_staging,
    rehearsal_baseline,
    rehearsal_bind,
    rehearsal_candidate,
    rehearsal_results,
    rehearsal_replay,
    rehearsal_plans,
    rehearsal_writes,
    NULL,
};
static rehearsal_step *const plan_steps[] = {
    rehearsal_staging,
    rehearsal_baseline,
    rehearsal_bind,
    rehearsal_candidate,
    rehearsal_results,
    rehearsal_plans,
    rehearsal_indexes,
    rehearsal_writes,
    NULL,
};
static rehearsal_step *const hypothetical_steps[] = {
    rehearsal_staging,
    rehearsal_baseline,
    rehearsal_bind,
    rehearsal_hypothetical_plans,
    rehearsal_indexes,
    NULL,
};

static int go(struct rehearsal *r, rehearsal_step *const *steps, struct err *err)
{
	for (size_t i = 0; steps[i]; i++) {
		int rc = interrupted(err);

		if (rc == 0)
			rc = steps[i](r, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Drop what was made. Trouble here is a warning: the verdict stands, and it says what is left. */
static void tear_down(struct rehearsal *r)
{
	struct err problem = {0};

	hypothetical_end(&r->what_if);
	measure_free(r->measure);
	lockouts_free(r->lockouts);
	environment_free(r->before);
	for (int arm = 0; arm < N_ARMS; arm++)
		db_close(r->dbs[arm]);
	if (clone_set_close(r->clones, r->keep, r->progress, &problem) < 0)
		progress_say(r->progress, PROGRESS_WARNING, "%s%s%s", problem.message,
		    problem.hint[0] ? "; " : "", problem.hint);
	if (r->own_lab && !r->keep && lab_stop(r->lab.dir, r->progress, &problem) < 0)
		progress_say(r->progress, PROGRESS_WARNING, "%s", problem.message);
	lab_release(&r->lab);
}

static void release(struct rehearsal *r)
{
	hypothetical_release(&r->what_if);
	result_dir_close(&r->results);
	workload_release(&r->workload);
	vectors_release(&r->vectors);
	overrides_release(&r->overrides);
	logged_values_release(&r->logged);
	replay_result_release(&r->replay);
	db_target_release(&r->staging);
	for (int arm = 0; arm < N_ARMS; arm++)
		db_target_release(&r->targets[arm]);
	free(r->run_id);
}

/* Judge, write and publish what was measured, also after a signal or a lost server. */
static int keep_results(struct rehearsal *r, char **ret_dir, struct err *err)
{
	if (rehearsal_judge(r, err) < 0 ||
	    results_write(r->run, r->results.partial, &r->gate->formats, err) < 0) {
		err_hint(err, "what was measured so far is in %s", r->results.final);
		result_dir_publish(&r->results, NULL);
		return err->code;
	}
	if (result_dir_publish(&r->results, err) < 0)
		return err->code;
	*ret_dir = xstrdup(r->results.final);
	return 0;
}

int rehearse(const struct rehearsal_options *options, const struct progress *progress,
    struct rehearsal_result *ret, struct err *err)
{
	struct rehearsal r = {
	    .gate = options->gate,
	    .progress = progress,
	    .keep = options->keep_clones,
	    .hypothetical = options->hypothetical,
	    .run_id = assemble_run_id(),
	    .results = {.lock_fd = -1},
	    .run = &ret->run,
	};
	struct err late = {0};
	int rc = check_files(&r, err);

	if (rc == 0)
		rc = result_dir_open(options->gate->results_dir, r.run_id, &r.results, err);
	if (rc == 0) {
		begin_record(&r, options->command);
		r.run->build = (struct run_build){
		    .under_load = options->gate->build_under_load && !options->plans_only,
		    .start_s = NAN,
		    .end_s = NAN,
		};
		rc = go(&r,
		    options->hypothetical     ? hypothetical_steps
		    : options->plans_only     ? plan_steps
		    : r.run->build.under_load ? under_load_steps
		                              : gate_steps,
		    err);
		assemble_forecast(&r.what_if, options->hypothetical, r.run);
		if (options->plans_only) {
			judge_plan_changes(r.run);
			judge_index_facts(r.run);
		}
	}
	tear_down(&r);
	if (r.measured && keep_results(&r, &ret->dir, &late) < 0 && rc == 0) {
		*err = late;
		rc = late.code;
	}
	release(&r);
	return rc;
}

void rehearsal_result_release(struct rehearsal_result *result)
{
	run_release(&result->run);
	free(result->dir);
	*result = (struct rehearsal_result){0};
}
