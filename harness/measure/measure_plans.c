#include "measure/measure_plans.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "measure/plan_subject.h"
#include "measure/plan_survey.h"
#include "model/plan_tree.h"

#include <string.h>

#define MAX_SURVEYED      200
#define SURVEYED_IN_HURRY 3
#define SURVEY_NS         (NS_PER_S)
#define MAX_NAMED         5
#define REPLANS           4 /* a coin that falls once in two is then missed once in 256 */

static bool out_of_time(const struct planner *planner)
{
	return clock_now_ns(&clock_monotonic) > planner->deadline_ns;
}

static int measure_one(struct subject *s, int arm, const char *const *values, char **json,
    struct run_plan *plan, struct err *err)
{
	struct err problem = {0};
	enum measure_end end;
	char *measured = NULL;
	int rc = explainer_measure(
	    s->explainers[arm], values, s->planner->options->timeout_ms, &end, &measured, &problem);

	if (rc < 0) {
		plan->error = xstrdup(problem.message);
		return subject_tolerate(s, arm, &problem, err);
	}
	plan->timed_out = end == MEASURE_TIMED_OUT;
	if (end == MEASURE_WRITES)
		s->measure = false;
	if (!measured)
		return 0;
	plan_fill_measured(s, plan, measured);
	if (!plan->unstable) {
		free(*json);
		*json = measured;
	} else {
		free(measured);
	}
	return 0;
}

/* One place of one arm; generic when item is NULL. */
static int take_one(struct subject *s, int arm, const struct surveyed *item, int of,
    const char *const *values, struct err *err)
{
	struct run_plans *plans = &s->record->arms[arm].plans;
	struct run_plan *plan = run_plans_add(plans);
	_cleanup_free_ char *json = NULL;
	struct err problem = {0};
	int rc;

	if (item) {
		plan->rank = item->rank;
		plan->of = of;
		plan->vector = of ? (int)item->row + 1 : 0;
		plan->share = item->share;
		rc = subject_plan(s, arm, false, values, &json, &problem);
	} else {
		rc = subject_plan(s, arm, true, values, &json, &problem);
	}
	if (rc < 0) {
		plan->error = xstrdup(problem.message);
		return subject_tolerate(s, arm, &problem, err);
	}
	plan_fill_planned(s, plan, json);
	if (item && s->measure && measure_one(s, arm, values, &json, plan, err) < 0)
		return err->code;
	plan_keep_text(s, plans, json);
	return 0;
}

/* Does the planner stay with it? Something it looks at may change from call to call: a function that
 * claims to be immutable, a GEQO seed. */
static int replan(struct subject *s, int arm, bool generic, const char *const *values,
    struct run_plan *plan, struct err *err)
{
	for (int i = 0; i < REPLANS && !plan->unstable; i++) {
		_cleanup_free_ char *json = NULL;
		struct run_plan again = {0};
		struct err problem = {0};

		if (subject_plan(s, arm, generic, values, &json, &problem) < 0)
			return subject_tolerate(s, arm, &problem, err);
		plan_fill_planned(s, &again, json);
		plan->unstable = !again.hash || strcmp(again.hash, plan->hash) != 0;
		free(again.hash);
		free(again.error);
	}
	return 0;
}

/* A difference between the arms is the candidate's only when it stays. */
static int check_difference(
    struct subject *s, bool generic, const char *const *values, struct err *err)
{
	struct run_plan *last[N_ARMS];

	for (int arm = 0; arm < N_ARMS; arm++) {
		struct run_plans *plans = &s->record->arms[arm].plans;

		last[arm] = &plans->items[plans->n - 1];
		if (!last[arm]->hash)
			return 0;
	}
	if (strcmp(last[ARM_BASELINE]->hash, last[ARM_CANDIDATE]->hash) == 0)
		return 0;
	for (int arm = 0; arm < N_ARMS; arm++)
		if (replan(s, arm, generic, values, last[arm], err) < 0)
			return err->code;
	return 0;
}

/* Both arms, the first one by turns: the second finds what they share already in memory. */
static int take_place(struct subject *s, const struct surveyed *item, int of, size_t row,
    size_t turn, struct err *err)
{
	const char *const *values = subject_values(s, row, 0);

	for (size_t i = 0; i < N_ARMS; i++)
		if (take_one(s, (int)((turn + i) % N_ARMS), item, of, values, err) < 0)
			return err->code;
	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct run_plans *plans = &s->record->arms[arm].plans;

		if (plans->items[plans->n - 1].timed_out)
			s->measure = false;
	}
	return check_difference(s, item == NULL, values, err);
}

/* Cost and hash of one vector on both arms. */
static int survey_row(struct subject *s, size_t row, struct plan_survey *survey, struct err *err)
{
	const struct bound_statement *bound = s->bound;
	const char *const *values = subject_values(s, row, 0);
	struct surveyed item = {.row = row, .weight = bound->weights ? bound->weights[row] : 1};

	for (int arm = 0; arm < N_ARMS; arm++) {
		_cleanup_free_ char *json = NULL;
		struct err problem = {0};
		struct plan_tree tree;

		if (subject_plan(s, arm, false, values, &json, &problem) < 0)
			return subject_tolerate(s, arm, &problem, err);
		if (!plan_tree_parse_rooted(json, &s->planner->roots, &tree))
			return 0;
		item.cost[arm] = tree.nodes[0].cost;
		item.hash[arm] = tree.hash;
		plan_tree_release(&tree);
	}
	plan_survey_add(survey, item);
	return 0;
}

/* Rows spread over the whole table, in an order whose beginning is spread as well: time may run
 * out. */
static int survey_rows(struct subject *s, struct plan_survey *survey, struct err *err)
{
	size_t n = s->bound->n_vectors, wanted = n < MAX_SURVEYED ? n : MAX_SURVEYED;
	size_t least = out_of_time(s->planner) ? SURVEYED_IN_HURRY : wanted;
	uint64_t end_ns = clock_now_ns(&clock_monotonic) + SURVEY_NS;
	size_t step = wanted * 382 / 1000 + 1, at = 0;

	while (step > 1 && wanted % step == 0)
		step++;
	for (size_t i = 0; i < wanted; i++) {
		if (i >= SURVEYED_IN_HURRY &&
		    (i >= least || clock_now_ns(&clock_monotonic) > end_ns || stop_requested()))
			break;
		if (survey_row(s, at * n / wanted, survey, err) < 0)
			return err->code;
		at = (at + step) % wanted;
	}
	return 0;
}

static int take_statement(struct subject *s, struct err *err)
{
	struct plan_survey survey = {0};
	size_t places[PLAN_SURVEY_PLACES], n = 0;
	int rc = 0;

	if (s->bound->n_params == 0 || s->bound->n_vectors == 0) {
		struct surveyed only = {.share = 1};

		return take_place(s, &only, 0, 0, s->number, err);
	}
	rc = survey_rows(s, &survey, err);
	if (rc == 0)
		n = plan_survey_choose(&survey, places);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct surveyed *item = &survey.items[places[i]];

		rc = take_place(s, item, (int)survey.n, item->row, s->number + i, err);
	}
	if (rc == 0)
		rc = take_place(s, NULL, 0, n ? survey.items[places[n / 2]].row : 0, 0, err);
	plan_survey_release(&survey);
	return rc;
}

static int open_both(struct subject *s, struct err *err)
{
	int rc = 0;

	for (int arm = 0; rc == 0 && arm < N_ARMS; arm++)
		rc = subject_open(s, arm, &s->record->arms[arm].plans, err);
	return rc;
}

static int plan_statement(struct planner *planner, size_t number, struct err *err)
{
	struct subject s;
	int rc;

	subject_init(&s, planner, number);
	s.measure = planner->options->measure && !s.bound->writes && !out_of_time(planner);
	rc = open_both(&s, err);
	if (rc == 0)
		rc = take_statement(&s, err);
	subject_release(&s);
	return rc < 0 ? rc : 0;
}

static int prepare_arms(
    struct db *const arms[N_ARMS], const struct plan_options *options, struct err *err)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		if (db_exec(arms[arm], "SET statement_timeout = '" PLANNING_TIMEOUT "'", err) < 0)
			return err->code;
	return options->what_if_names ? db_exec(arms[ARM_CANDIDATE], "SAVEPOINT " PLAN_SAVEPOINT, err)
	                              : 0;
}

/* Leave the sessions as they were, and our own reads out of what the replay will be held to: from
 * 15 on a session keeps its counts for up to ten seconds. */
static void settle_arms(struct db *const arms[N_ARMS])
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		db_exec(arms[arm], "RESET statement_timeout", NULL);
		if (db_server_version(arms[arm]) >= 150000)
			db_exec(arms[arm], "SELECT pg_stat_force_next_flush()", NULL);
	}
}

static void note_hurry(const struct planner *planner)
{
	if (out_of_time(planner))
		run_add_disturbance(planner->run, "plans", false,
		    "comparing plans took longer than %.0f s: later statements were planned for %d "
		    "vectors each and not run",
		    (double)planner->options->budget_ns / 1e9, SURVEYED_IN_HURRY);
}

static bool is_unstable(const struct run_statement *statement)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		for (size_t i = 0; i < statement->arms[arm].plans.n; i++)
			if (statement->arms[arm].plans.items[i].unstable)
				return true;
	return false;
}

/* A plan that changes by itself says nothing about the candidate. */
static void note_unstable(struct run *run)
{
	_cleanup_buf_ struct buf names = BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < run->n_replayed; i++)
		if (is_unstable(&run->statements[i]) && n++ < MAX_NAMED)
			buf_addf(&names, "%s%s", n > 1 ? ", " : "", run->statements[i].name);
	if (n > MAX_NAMED)
		buf_addf(&names, " and %zu more", n - MAX_NAMED);
	if (n > 0)
		run_add_disturbance(run, "plans", false,
		    "planned twice for the same values, some statements got two plans, and these were not "
		    "compared: %s",
		    names.data);
}

int measure_plans(struct db *const arms[N_ARMS], const struct vectors *vectors,
    const struct plan_options *options, const struct progress *progress, struct run *run,
    struct err *err)
{
	struct planner planner;
	int rc = prepare_arms(arms, options, err);

	planner_init(&planner, arms, vectors, options, run);
	for (size_t i = 0; rc == 0 && i < vectors->n_statements && i < run->n_replayed; i++) {
		progress_say(
		    progress, PROGRESS_TICK, "plans of %zu of %zu statements", i, vectors->n_statements);
		rc = plan_statement(&planner, i, err);
		if (rc == 0 && stop_requested())
			rc = stop_error(err);
	}
	if (rc == 0)
		note_hurry(&planner);
	note_unstable(run);
	settle_arms(arms);
	planner_release(&planner);
	return rc;
}
