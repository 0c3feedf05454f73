/*
 * What can be compared without load: forecasts, results and plans.
 */
#include "base/mem.h"
#include "cli/rehearsal_steps.h"
#include "judge/plans.h"
#include "measure/measure_bloat.h"
#include "measure/measure_plans.h"
#include "measure/measure_results.h"
#include "measure/measure_untouched.h"
#include "measure/measure_writes.h"

/* What HypoPG foretells, beside what the build made of it. Without HypoPG there is no forecast. */
int rehearsal_forecast(struct rehearsal *r, struct err *err)
{
	struct err problem = {0};

	if (!r->gate->up_sql)
		return 0;
	if (hypothetical_open(r->dbs[ARM_BASELINE], r->gate->up_sql, &r->what_if, &problem) < 0) {
		if (problem.code == ERR_INTERRUPTED || !db_alive(r->dbs[ARM_BASELINE])) {
			*err = problem;
			return err->code;
		}
		progress_say(r->progress, PROGRESS_DETAIL, "no forecast: %s", problem.message);
		return 0;
	}
	if (r->what_if.n == 0 && r->what_if.dropped.n == 0)
		return 0;
	return measure_predictions(r->what_if.db, &r->what_if.names, &r->vectors, r->run, err);
}

int rehearsal_results(struct rehearsal *r, struct err *err)
{
	if (r->gate->rewrites.n == 0)
		return 0;
	progress_say(r->progress, PROGRESS_STAGE, "comparing results");
	if (measure_results(r->dbs[ARM_CANDIDATE], &r->vectors, r->progress, r->run, err) < 0)
		return err_wrap(err, "%s", r->gate->rewrites_file);
	return 0;
}

int rehearsal_plans(struct rehearsal *r, struct err *err)
{
	struct plan_options options = PLAN_OPTIONS_DEFAULT;
	int rc;

	progress_say(r->progress, PROGRESS_STAGE, "comparing plans");
	/* After a replay the tables of both arms have been written and vacuumed, never quite alike. */
	if (!r->run->build.under_load)
		measure_statistics(r->dbs, r->run);
	rc = measure_plans(r->dbs, &r->vectors, &options, r->progress, r->run, err);
	judge_plan_changes(r->run);
	if (rc == 0)
		rc = rehearsal_forecast(r, err);
	hypothetical_end(&r->what_if);
	return rc;
}

/* The candidate arm is the baseline as HypoPG shows it to the planner. */
int rehearsal_hypothetical_plans(struct rehearsal *r, struct err *err)
{
	struct plan_options options = PLAN_OPTIONS_DEFAULT;
	struct db *arms[N_ARMS] = {[ARM_BASELINE] = r->dbs[ARM_BASELINE]};

	progress_say(r->progress, PROGRESS_STAGE, "what if: %s", r->run->candidate_name);
	if (hypothetical_open(arms[ARM_BASELINE], r->gate->up_sql, &r->what_if, err) < 0)
		return err->code;
	for (size_t i = 0; i < r->what_if.left_out.n; i++)
		progress_say(r->progress, PROGRESS_WARNING, "left out: %s", r->what_if.left_out.items[i]);
	arms[ARM_CANDIDATE] = r->what_if.db;
	options.measure = false;
	options.what_if_names = &r->what_if.names;
	return measure_plans(arms, &r->vectors, &options, r->progress, r->run, err);
}

/* The last that is done to the arms. */
int rehearsal_writes(struct rehearsal *r, struct err *err)
{
	struct err problem = {0};
	int rc;

	progress_say(r->progress, PROGRESS_STAGE, "measuring writes");
	rc = measure_writes(r->dbs, &r->vectors, r->progress, r->run, &problem);
	judge_plan_changes(r->run);
	if (rc == 0)
		return 0;
	if (problem.code == ERR_INTERRUPTED) {
		*err = problem;
		return rc;
	}
	/* The replay is over and counted: what it found stands. */
	run_add_disturbance(
	    r->run, "writes", false, "what writes cost was not measured: %s", problem.message);
	return 0;
}

/* Index sizes and definitions, in place of a replay. */
int rehearsal_indexes(struct rehearsal *r, struct err *err)
{
	struct db *arms[N_ARMS] = {r->dbs[ARM_BASELINE], r->dbs[ARM_CANDIDATE]};

	if (r->hypothetical)
		arms[ARM_CANDIDATE] = arms[ARM_BASELINE];
	if (measure_begin(arms, &r->measure, err) < 0 ||
	    measure_end(r->measure, false, r->progress, r->run, err) < 0)
		return err->code;
	measure_untouched(r->run);
	measure_bloat(arms, r->gate->staging == STAGING_LAB, r->run);
	return 0;
}
