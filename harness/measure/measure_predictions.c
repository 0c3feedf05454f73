/*
 * What the planner would do if the candidate's indexes were there: the baseline's places, planned
 * in a session where HypoPG shows them.
 */
#include "base/mem.h"
#include "base/stop.h"
#include "measure/plan_subject.h"

/* The places of the baseline, planned by one explainer. */
static int predict_statement(struct subject *s, struct err *err)
{
	const struct run_plans *places = &s->record->arms[ARM_BASELINE].plans;
	struct run_plans *plans = &s->record->predicted;

	for (size_t i = 0; i < places->n; i++) {
		const struct run_plan *place = &places->items[i];
		struct run_plan *plan = run_plans_add(plans);
		const char *const *values =
		    subject_values(s, place->vector ? (size_t)place->vector - 1 : 0, 0);
		_cleanup_free_ char *json = NULL;
		struct err problem = {0};
		bool generic = s->bound->n_params > 0 && place->rank == 0;

		plan->rank = place->rank;
		plan->of = place->of;
		plan->vector = place->vector;
		plan->share = place->share;
		if (subject_plan(s, ARM_CANDIDATE, generic, values, &json, &problem) < 0) {
			plan->error = xstrdup(problem.message);
			if (subject_tolerate(s, ARM_CANDIDATE, &problem, err) < 0)
				return err->code;
			continue;
		}
		plan_fill_planned(s, plan, json);
		plan_keep_text(s, plans, json);
	}
	return 0;
}

static int predict(struct planner *planner, size_t number, struct err *err)
{
	struct subject s;
	int rc;

	subject_init(&s, planner, number);
	rc = subject_open(&s, ARM_CANDIDATE, &s.record->predicted, err);
	if (rc == 0)
		rc = predict_statement(&s, err);
	subject_release(&s);
	return rc < 0 ? rc : 0;
}

int measure_predictions(struct db *what_if, const struct strv *names, const struct vectors *vectors,
    struct run *run, struct err *err)
{
	struct db *const arms[N_ARMS] = {[ARM_CANDIDATE] = what_if};
	struct plan_options options = {.what_if_names = names};
	struct planner planner;
	int rc = db_exec(what_if,
	    "SET LOCAL statement_timeout = '" PLANNING_TIMEOUT "'; SAVEPOINT " PLAN_SAVEPOINT, err);

	if (rc < 0)
		return rc;
	planner_init(&planner, arms, vectors, &options, run);
	for (size_t i = 0; rc == 0 && i < vectors->n_statements && i < run->n_replayed; i++) {
		rc = predict(&planner, i, err);
		if (rc == 0 && stop_requested())
			rc = stop_error(err);
	}
	planner_release(&planner);
	return rc;
}
