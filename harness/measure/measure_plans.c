#include "measure/measure_plans.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "measure/plan_survey.h"
#include "model/plan_tree.h"
#include "pg/explain.h"

#include <inttypes.h>
#include <string.h>

#define MAX_SURVEYED      200
#define SURVEYED_IN_HURRY 3
#define SURVEY_NS         (NS_PER_S)
#define PLANNING_TIMEOUT  "10s"
#define MAX_PLAN_BYTES    ((size_t)64 * 1024)

struct planner {
	struct db *const *arms;
	const struct vectors *vectors;
	const struct plan_options *options;
	struct vector_picker *picker;
	uint64_t deadline_ns;
	struct run *run;
};

/* One statement while its plans are taken. */
struct subject {
	struct planner *planner;
	size_t number;
	const struct bound_statement *bound;
	struct run_statement *record;
	struct explainer *explainers[N_ARMS];
	const char **values;
	struct buf scratch;
	bool measure; /* until an execution ran into its time limit */
};

static bool out_of_time(const struct planner *planner)
{
	return clock_now_ns(&clock_monotonic) > planner->deadline_ns;
}

/* The values of a row; a parameter that is new in every call gets what the first call would. */
static const char *const *values_of(struct subject *s, size_t row)
{
	const struct bound_statement *bound = s->bound;

	vector_pick(s->planner->picker, s->number, 0, &s->scratch, s->values);
	for (size_t i = 0; i < bound->n_params; i++)
		if (bound->params[i].fresh == FRESH_NONE && row < bound->n_vectors)
			s->values[i] = bound->values[row * bound->n_params + i];
	return s->values;
}

static void fill_planned(struct run_plan *plan, const char *json)
{
	struct plan_tree tree;

	if (!plan_tree_parse(json, &tree)) {
		plan->error = xstrdup("EXPLAIN's answer is not a plan that can be read");
		return;
	}
	plan->hash = xasprintf("%016" PRIx64, tree.hash);
	plan->cost = tree.nodes[0].cost;
	plan->rows = tree.nodes[0].rows;
	plan_tree_release(&tree);
}

static void fill_measured(struct run_plan *plan, const char *json)
{
	struct plan_tree tree;
	char hash[17];

	if (!plan_tree_parse(json, &tree))
		return;
	snprintf(hash, sizeof(hash), "%016" PRIx64, tree.hash);
	plan->unstable = plan->hash && strcmp(plan->hash, hash) != 0;
	plan->actual_rows = tree.nodes[0].actual_rows * tree.nodes[0].loops;
	plan->buffers = tree.nodes[0].buffers;
	plan->wal_bytes = tree.wal_bytes;
	plan->exec_seconds = tree.exec_seconds;
	plan_tree_release(&tree);
}

/* Keep the text of a plan that this arm has not shown yet. */
static void keep_text(struct run_plans *plans, const char *json)
{
	struct run_plan *plan = &plans->items[plans->n - 1];
	char *clean;

	if (!plan->hash || run_plan_json(plans, plans->n - 1))
		return;
	clean = plan_scrub(json);
	if (clean && strlen(clean) <= MAX_PLAN_BYTES)
		plan->json = clean;
	else
		free(clean);
}

/* HypoPG's names as the names that the indexes will have. */
static void rename_indexes(const struct strv *names, char **json)
{
	for (size_t i = 0; names && i + 1 < names->n; i += 2) {
		_cleanup_free_ char *from = xasprintf("\"%s\"", names->items[i]);
		struct buf out = BUF_INIT;
		const char *at = *json, *found;

		buf_adds(&out, "");
		while ((found = strstr(at, from))) {
			buf_addf(&out, "%.*s\"%s\"", (int)(found - at), at, names->items[i + 1]);
			at = found + strlen(from);
		}
		buf_adds(&out, at);
		free(*json);
		*json = buf_detach(&out);
	}
}

/* The custom plan on one arm, with the names that its indexes will have. */
static int plan_custom(
    struct subject *s, int arm, const char *const *values, char **ret_json, struct err *err)
{
	const struct strv *names = arm == ARM_CANDIDATE ? s->planner->options->what_if_names : NULL;
	int rc = explainer_plan(s->explainers[arm], values, ret_json, err);

	if (rc == 0)
		rename_indexes(names, ret_json);
	return rc;
}

static int plan_generic(
    struct subject *s, int arm, const char *const *values, char **ret_json, struct err *err)
{
	const struct strv *names = arm == ARM_CANDIDATE ? s->planner->options->what_if_names : NULL;
	int rc = explainer_generic(s->explainers[arm], values, ret_json, err);

	if (rc == 0)
		rename_indexes(names, ret_json);
	return rc;
}

/* A statement that one server does not plan is that statement's misfortune, unless the server is
 * gone or we are to stop. */
static int tolerate(struct subject *s, int arm, const struct err *problem, struct err *err)
{
	struct db *db = s->planner->arms[arm];

	if (arm == ARM_CANDIDATE && s->planner->options->what_if_names)
		db_exec(db, "ROLLBACK TO SAVEPOINT " PLAN_SAVEPOINT, NULL);
	if (problem->code != ERR_INTERRUPTED && db_alive(db))
		return 0;
	*err = *problem;
	return err_wrap(err, "comparing plans");
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
		return tolerate(s, arm, &problem, err);
	}
	plan->timed_out = end == MEASURE_TIMED_OUT;
	if (end == MEASURE_WRITES)
		s->measure = false;
	if (!measured)
		return 0;
	fill_measured(plan, measured);
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
		rc = plan_custom(s, arm, values, &json, &problem);
	} else {
		rc = plan_generic(s, arm, values, &json, &problem);
	}
	if (rc < 0) {
		plan->error = xstrdup(problem.message);
		return tolerate(s, arm, &problem, err);
	}
	fill_planned(plan, json);
	if (item && s->measure && measure_one(s, arm, values, &json, plan, err) < 0)
		return err->code;
	keep_text(plans, json);
	return 0;
}

/* Both arms, the first one by turns: the second finds what they share already in memory. */
static int take_place(struct subject *s, const struct surveyed *item, int of, size_t row,
    size_t turn, struct err *err)
{
	const char *const *values = values_of(s, row);

	for (size_t i = 0; i < N_ARMS; i++)
		if (take_one(s, (int)((turn + i) % N_ARMS), item, of, values, err) < 0)
			return err->code;
	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct run_plans *plans = &s->record->arms[arm].plans;

		if (plans->items[plans->n - 1].timed_out)
			s->measure = false;
	}
	return 0;
}

/* Cost and hash of one vector on both arms. */
static int survey_row(struct subject *s, size_t row, struct plan_survey *survey, struct err *err)
{
	const struct bound_statement *bound = s->bound;
	const char *const *values = values_of(s, row);
	struct surveyed item = {.row = row, .weight = bound->weights ? bound->weights[row] : 1};

	for (int arm = 0; arm < N_ARMS; arm++) {
		_cleanup_free_ char *json = NULL;
		struct err problem = {0};
		struct plan_tree tree;

		if (plan_custom(s, arm, values, &json, &problem) < 0)
			return tolerate(s, arm, &problem, err);
		if (!plan_tree_parse(json, &tree))
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

/* 1 when the server does not take the statement, which the plans then say. */
static int open_explainer(struct subject *s, int arm, struct run_plans *plans, struct err *err)
{
	const struct bound_statement *bound = s->bound;
	_cleanup_free_ uint32_t *types = xcalloc(bound->n_params + 1, sizeof(*types));
	struct err problem = {0};

	for (size_t i = 0; i < bound->n_params; i++)
		types[i] = bound->params[i].type_oid;
	if (explainer_open(s->planner->arms[arm], bound->sql, bound->n_params, types,
	        &s->explainers[arm], &problem) == 0)
		return 0;
	run_plans_add(plans)->error = xstrdup(problem.message);
	return tolerate(s, arm, &problem, err) < 0 ? err->code : 1;
}

static int open_explainers(struct subject *s, struct err *err)
{
	int rc = 0;

	for (int arm = 0; rc == 0 && arm < N_ARMS; arm++)
		rc = open_explainer(s, arm, &s->record->arms[arm].plans, err);
	return rc;
}

static int plan_statement(struct planner *planner, size_t number, struct err *err)
{
	const struct bound_statement *bound = &planner->vectors->statements[number];
	struct subject s = {
	    .planner = planner,
	    .number = number,
	    .bound = bound,
	    .record = &planner->run->statements[number],
	    .values = xcalloc(bound->n_params + 1, sizeof(char *)),
	    .measure = planner->options->measure && !bound->writes && !out_of_time(planner),
	};
	int rc = open_explainers(&s, err);

	if (rc == 0)
		rc = take_statement(&s, err);
	for (int arm = 0; arm < N_ARMS; arm++)
		explainer_close(s.explainers[arm]);
	buf_release(&s.scratch);
	free(s.values);
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

int measure_plans(struct db *const arms[N_ARMS], const struct vectors *vectors,
    const struct plan_options *options, const struct progress *progress, struct run *run,
    struct err *err)
{
	struct planner planner = {
	    .arms = arms,
	    .vectors = vectors,
	    .options = options,
	    .deadline_ns = clock_now_ns(&clock_monotonic) + options->budget_ns,
	    .run = run,
	};
	int rc = prepare_arms(arms, options, err);

	planner.picker = vector_picker_new(vectors, run->replay.seed);
	for (size_t i = 0; rc == 0 && i < vectors->n_statements && i < run->n_replayed; i++) {
		progress_say(
		    progress, PROGRESS_TICK, "plans of %zu of %zu statements", i, vectors->n_statements);
		rc = plan_statement(&planner, i, err);
		if (rc == 0 && stop_requested())
			rc = stop_error(err);
	}
	if (rc == 0)
		note_hurry(&planner);
	settle_arms(arms);
	vector_picker_free(planner.picker);
	return rc;
}

/* The places of the baseline, planned by one explainer. */
static int predict_statement(struct subject *s, struct err *err)
{
	const struct run_plans *places = &s->record->arms[ARM_BASELINE].plans;
	struct run_plans *plans = &s->record->predicted;

	for (size_t i = 0; i < places->n; i++) {
		const struct run_plan *place = &places->items[i];
		struct run_plan *plan = run_plans_add(plans);
		const char *const *values = values_of(s, place->vector ? (size_t)place->vector - 1 : 0);
		_cleanup_free_ char *json = NULL;
		struct err problem = {0};
		bool generic = s->bound->n_params > 0 && place->rank == 0;

		plan->rank = place->rank;
		plan->of = place->of;
		plan->vector = place->vector;
		plan->share = place->share;
		if ((generic ? plan_generic : plan_custom)(s, ARM_CANDIDATE, values, &json, &problem) < 0) {
			plan->error = xstrdup(problem.message);
			if (tolerate(s, ARM_CANDIDATE, &problem, err) < 0)
				return err->code;
			continue;
		}
		fill_planned(plan, json);
		keep_text(plans, json);
	}
	return 0;
}

static int predict(struct planner *planner, size_t number, struct err *err)
{
	const struct bound_statement *bound = &planner->vectors->statements[number];
	struct subject s = {
	    .planner = planner,
	    .number = number,
	    .bound = bound,
	    .record = &planner->run->statements[number],
	    .values = xcalloc(bound->n_params + 1, sizeof(char *)),
	};
	int rc = open_explainer(&s, ARM_CANDIDATE, &s.record->predicted, err);

	if (rc == 0)
		rc = predict_statement(&s, err);
	explainer_close(s.explainers[ARM_CANDIDATE]);
	buf_release(&s.scratch);
	free(s.values);
	return rc < 0 ? rc : 0;
}

int measure_predictions(struct db *what_if, const struct strv *names, const struct vectors *vectors,
    struct run *run, struct err *err)
{
	struct db *const arms[N_ARMS] = {[ARM_CANDIDATE] = what_if};
	struct plan_options options = {.what_if_names = names};
	struct planner planner = {.arms = arms, .vectors = vectors, .options = &options, .run = run};
	int rc = db_exec(what_if,
	    "SET LOCAL statement_timeout = '" PLANNING_TIMEOUT "'; SAVEPOINT " PLAN_SAVEPOINT, err);

	if (rc < 0)
		return rc;
	planner.picker = vector_picker_new(vectors, run->replay.seed);
	for (size_t i = 0; rc == 0 && i < vectors->n_statements && i < run->n_replayed; i++) {
		rc = predict(&planner, i, err);
		if (rc == 0 && stop_requested())
			rc = stop_error(err);
	}
	vector_picker_free(planner.picker);
	return rc;
}
