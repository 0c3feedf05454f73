#include "measure/measure_writes.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "measure/measure_plans.h"
#include "measure/plan_subject.h"
#include "measure/write_trial.h"
#include "model/plan_tree.h"

#include <math.h>
#include <string.h>

#define PLANS_NS (10 * NS_PER_S)
#define COSTS_NS (20 * NS_PER_S)
#define TIMEOUT  "5s" /* of one call whose plan is measured */

/* Figures of the candidate's indexes are wanted most. */
static const enum index_role role_order[] = {INDEX_CREATED, INDEX_DROPPED, INDEX_EXISTING};

static bool is_over(const struct planner *planner)
{
	return clock_now_ns(&clock_monotonic) > planner->deadline_ns;
}

/* New values from where the replay ended: it used fewer ordinals than it sent requests. */
static uint64_t first_ordinal(const struct run *run)
{
	return run->generator.scheduled > 0 ? (uint64_t)run->generator.scheduled : 0;
}

/* Figures of another plan than the one that is kept would not belong to it. */
static void fill_measured(const struct subject *s, struct run_plan *plan, const char *json)
{
	struct run_plan probe = {.hash = plan->hash};

	plan_fill_measured(s, &probe, json);
	if (probe.unstable)
		return;
	plan->actual_rows = probe.actual_rows;
	plan->buffers = probe.buffers;
	plan->wal_bytes = probe.wal_bytes;
	plan->exec_seconds = probe.exec_seconds;
}

static int measure_place(struct subject *s, int arm, size_t place, struct err *err)
{
	struct db *db = s->planner->arms[arm];
	struct run_plan *plan = &s->record->arms[arm].plans.items[place];
	const char *const *values;
	_cleanup_free_ char *json = NULL;
	struct err problem = {0};

	if (!plan->hash || !s->explainers[arm])
		return 0;
	values = subject_values(s, plan->vector ? (size_t)plan->vector - 1 : SIZE_MAX,
	    first_ordinal(s->planner->run) + place);
	if (db_exec(db, "BEGIN; SET LOCAL statement_timeout = '" TIMEOUT "'", err) < 0)
		return err->code;
	if (explainer_try(s->explainers[arm], values, &json, &problem) == 0)
		fill_measured(s, plan, json);
	else if (strcmp(problem.sqlstate, "57014") == 0 && problem.code != ERR_INTERRUPTED)
		plan->timed_out = true;
	if (db_exec(db, "ROLLBACK", err) < 0)
		return err->code;
	if (problem.code == ERR_INTERRUPTED) {
		*err = problem;
		return err->code;
	}
	return 0;
}

/* Generic plans are not run: they are no call's. The rows of a DELETE that was replayed are gone. */
static bool can_measure(const struct subject *s, size_t place)
{
	const struct run_plan *plan = &s->record->arms[ARM_BASELINE].plans.items[place];

	return (plan->rank > 0 || s->bound->n_params == 0) &&
	       (s->bound->order != VECTOR_SEQUENTIAL || first_ordinal(s->planner->run) == 0);
}

static int measure_statement_plans(struct subject *s, struct err *err)
{
	size_t n = s->record->arms[ARM_BASELINE].plans.n;

	if (n > s->record->arms[ARM_CANDIDATE].plans.n)
		n = s->record->arms[ARM_CANDIDATE].plans.n;
	for (size_t place = 0; place < n && !is_over(s->planner); place++)
		for (size_t turn = 0; turn < N_ARMS && can_measure(s, place); turn++)
			if (measure_place(s, (int)((place + turn) % N_ARMS), place, err) < 0)
				return err->code;
	return 0;
}

/* 1 when an arm's server does not take the statement. */
static int open_arms(struct subject *s, struct err *err)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		struct err problem = {0};

		if (subject_explainer(s, arm, &problem) == 0)
			continue;
		return subject_tolerate(s, arm, &problem, err) < 0 ? err->code : 1;
	}
	return 0;
}

/* Weights of calls: the replay's, or where there was none, production's. */
static double calls_of(const struct subject *s, int arm)
{
	double calls = s->record->arms[arm].work.calls;

	return calls > 0 ? calls : s->bound->calls;
}

/* Sums over the statements that write one index's table. */
struct sums {
	double tried;
	double weight, wal_with, wal_without;
	double updated_with, hot_with, updated_without, hot_without;
};

static void add_trials(struct sums *sums, double weight, const char *table,
    const struct write_trial *with, const struct write_trial *without)
{
	const struct written_table *now = write_trial_table(with, table);
	const struct written_table *then = write_trial_table(without, table);
	double wal_with = 0, wal_without = 0, n = 0;

	if (!now || !then)
		return;
	for (size_t call = 0; call < WRITE_TRIAL_CALLS; call++) {
		if (!isfinite(with->wal_bytes[call]) || !isfinite(without->wal_bytes[call]))
			continue;
		wal_with += with->wal_bytes[call];
		wal_without += without->wal_bytes[call];
		n++;
	}
	if (n == 0)
		return;
	sums->tried += n;
	sums->weight += weight;
	sums->wal_with += weight * wal_with / n;
	sums->wal_without += weight * wal_without / n;
	sums->updated_with += weight * now->updated;
	sums->hot_with += weight * now->hot_updated;
	sums->updated_without += weight * then->updated;
	sums->hot_without += weight * then->hot_updated;
}

static void fill_cost(const struct sums *sums, struct run_index_cost *ret)
{
	if (sums->weight == 0)
		return;
	ret->calls = sums->tried;
	ret->wal_with = sums->wal_with / sums->weight;
	ret->wal_without = sums->wal_without / sums->weight;
	if (sums->updated_with > 0 && sums->updated_without > 0) {
		ret->hot_with = sums->hot_with / sums->updated_with;
		ret->hot_without = sums->hot_without / sums->updated_without;
	}
}

/* The statements that write, with all indexes of one arm: made once, used for each of its indexes. */
struct writers {
	struct subject *subjects;
	struct write_trial *trials;
	size_t n;
};

static int try_without(
    struct writers *writers, int arm, struct run_index *index, uint64_t first, struct err *err)
{
	struct sums sums = {0};

	for (size_t i = 0; i < writers->n; i++) {
		struct write_trial without = {0};
		struct subject *s = &writers->subjects[i];
		int rc;

		if (!write_trial_table(&writers->trials[i], index->table))
			continue;
		rc = write_trial_run(s, arm, index->name, first, &without, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			add_trials(&sums, calls_of(s, arm), index->table, &writers->trials[i], &without);
		write_trial_release(&without);
	}
	fill_cost(&sums, &index->cost);
	return 0;
}

static bool is_measurable(const struct run_index *index, int arm)
{
	return (index->role == INDEX_DROPPED) == (arm == ARM_BASELINE) && index->table &&
	       index->arms[arm].exists && !index->is_constraint;
}

static bool has_measurable(const struct run *run, int arm)
{
	for (size_t i = 0; i < run->n_indexes; i++)
		if (is_measurable(&run->indexes[i], arm))
			return true;
	return false;
}

static void note_hurry(const struct planner *planner, size_t left_out)
{
	if (left_out > 0)
		run_add_disturbance(planner->run, "indexes", false,
		    "measuring what indexes cost those who write took longer than %.0f s: %zu indexes "
		    "were left out",
		    (double)COSTS_NS / 1e9, left_out);
}

static int measure_costs(struct planner *planner, struct writers *writers, int arm, struct err *err)
{
	struct run *run = planner->run;
	uint64_t first = first_ordinal(run);
	size_t left_out = 0;

	if (!has_measurable(run, arm))
		return 0;
	for (size_t i = 0; i < writers->n; i++) {
		write_trial_release(&writers->trials[i]);
		if (write_trial_run(&writers->subjects[i], arm, NULL, first, &writers->trials[i], err) < 0)
			return err->code;
	}
	for (size_t role = 0; role < sizeof(role_order) / sizeof(role_order[0]); role++)
		for (size_t i = 0; i < run->n_indexes; i++) {
			struct run_index *index = &run->indexes[i];

			if (index->role != role_order[role] || !is_measurable(index, arm))
				continue;
			left_out += is_over(planner);
			if (!is_over(planner) && try_without(writers, arm, index, first, err) < 0)
				return err->code;
		}
	note_hurry(planner, left_out);
	return 0;
}

static int measure_all(struct planner *planner, struct writers *writers,
    const struct progress *progress, struct err *err)
{
	uint64_t start_ns = clock_now_ns(&clock_monotonic);

	for (size_t i = 0; i < planner->vectors->n_statements && i < planner->run->n_replayed; i++) {
		struct subject *s = &writers->subjects[writers->n];
		int rc;

		if (!planner->vectors->statements[i].writes)
			continue;
		progress_say(progress, PROGRESS_TICK, "WAL of %s", planner->vectors->statements[i].name);
		subject_init(s, planner, i);
		writers->n++;
		rc = open_arms(s, err);
		if (rc == 0)
			rc = measure_statement_plans(s, err);
		subject_close(s);
		if (rc < 0)
			return rc;
		if (stop_requested())
			return stop_error(err);
	}
	planner->deadline_ns = start_ns + PLANS_NS + COSTS_NS;
	progress_say(progress, PROGRESS_TICK, "WAL of writes with and without each index");
	for (int arm = N_ARMS - 1; arm >= 0; arm--)
		if (measure_costs(planner, writers, arm, err) < 0)
			return err->code;
	return 0;
}

int measure_writes(struct db *const arms[N_ARMS], const struct vectors *vectors,
    const struct progress *progress, struct run *run, struct err *err)
{
	const struct plan_options options = {.budget_ns = PLANS_NS};
	struct writers writers = {
	    .subjects = xcalloc(vectors->n_statements + 1, sizeof(*writers.subjects)),
	    .trials = xcalloc(vectors->n_statements + 1, sizeof(*writers.trials)),
	};
	struct planner planner;
	int rc;

	planner_init(&planner, arms, vectors, &options, run);
	rc = measure_all(&planner, &writers, progress, err);
	for (size_t i = 0; i < writers.n; i++) {
		subject_release(&writers.subjects[i]);
		write_trial_release(&writers.trials[i]);
	}
	free(writers.subjects);
	free(writers.trials);
	planner_release(&planner);
	return rc;
}
