#include "model/run.h"

#include "base/mem.h"
#include "base/units.h"
#include "model/run_fields.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SECONDS 3.2e7 /* a year: what fits every nanosecond counter with room to spare */

/* The index of a word that must be there. */
static int load_word(
    struct json_reader *r, const json_t *object, const char *key, const char *const *names, int n)
{
	json_need_string(r, object, key);
	return json_get_choice(r, object, key, names, n, 0);
}

static void load_error_count(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run_statement_arm *arm = ctx;
	const char *sqlstate = json_need_string(r, object, "sqlstate");
	struct error_count *error;

	if (!sqlstate)
		return;
	if (strlen(sqlstate) != 5) {
		json_reject(r, "sqlstate", "is \"%.20s\"; it must have five characters", sqlstate);
		return;
	}
	GROW(arm->error_counts, arm->n_error_counts, arm->cap_error_counts);
	error = &arm->error_counts[arm->n_error_counts++];
	memcpy(error->sqlstate, sqlstate, sizeof(error->sqlstate));
	error->message = json_dup_string(r, object, "message");
	error->count = json_get_amount(r, object, "count", 0);
}

static void load_statement_arm(struct json_reader *r, const json_t *object, void *target)
{
	struct run_statement_arm *arm = target;
	struct json_reader inner;

	fields_load(r, object, arm, run_statement_arm_fields);
	fields_load(&inner, json_enter(r, object, "service", &inner), &arm->service, latency_fields);
	fields_load(&inner, json_enter(r, object, "response", &inner), &arm->response, latency_fields);
	work_from_json(&inner, json_enter(r, object, "work", &inner), &arm->work);
	json_each(r, object, "error_counts", load_error_count, arm);
	run_plans_load(r, object, "plans", &arm->plans);
}

/* "arms": {"baseline": ..., "candidate": ...} into an array of two. */
static void load_arms(struct json_reader *r, const json_t *object, const char *key, void *targets,
    size_t target_bytes, json_load_fn *load)
{
	struct json_reader outer, inner;
	const json_t *arms = json_enter(r, object, key, &outer);

	for (int arm = 0; arm < N_ARMS; arm++) {
		const json_t *item = json_enter(&outer, arms, arm_name((enum arm)arm), &inner);

		load(&inner, item, (char *)targets + (size_t)arm * target_bytes);
	}
}

static void load_statement(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run *run = ctx;
	struct run_statement *statement;
	struct json_reader inner;

	if (run->n_statements >= MAX_RUN_STATEMENTS) {
		json_reject(r, NULL, "is one statement too many: the limit is %d", MAX_RUN_STATEMENTS);
		return;
	}
	GROW(run->statements, run->n_statements, run->cap_statements);
	statement = &run->statements[run->n_statements++];
	*statement = (struct run_statement){0};
	fields_load(r, object, statement, run_statement_fields);
	statement->kind = statement_kind_load(r, object);
	json_get_strings(r, object, "tables", &statement->tables);
	work_from_json(&inner, json_enter(r, object, "production", &inner), &statement->production);
	load_arms(r, object, "arms", statement->arms, sizeof(statement->arms[0]), load_statement_arm);
	run_plans_load(r, object, "predicted", &statement->predicted);
	run_plan_changes_load(r, object, "plan_changes", &statement->plan_changes);
	if (json_object_get(object, "rewrite"))
		fields_load(&inner, json_enter(r, object, "rewrite", &inner), &statement->rewrite,
		    run_rewrite_fields);
}

static void load_table_arm(struct json_reader *r, const json_t *object, void *target)
{
	fields_load(r, object, target, run_table_arm_fields);
}

static void load_table(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run *run = ctx;
	struct run_table *table;

	GROW(run->tables, run->n_tables, run->cap_tables);
	table = &run->tables[run->n_tables++];
	*table = (struct run_table){0};
	fields_load(r, object, table, run_table_fields);
	load_arms(r, object, "arms", table->arms, sizeof(table->arms[0]), load_table_arm);
}

static void load_index_arm(struct json_reader *r, const json_t *object, void *target)
{
	fields_load(r, object, target, run_index_arm_fields);
}

static void load_index(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run *run = ctx;
	struct run_index *index;
	struct json_reader inner;

	GROW(run->indexes, run->n_indexes, run->cap_indexes);
	index = &run->indexes[run->n_indexes++];
	*index = (struct run_index){0};
	fields_load(r, object, index, run_index_fields);
	json_get_strings(r, object, "used_by", &index->used_by);
	index->role = (enum index_role)load_word(r, object, "role", index_role_names, N_INDEX_ROLES);
	load_arms(r, object, "arms", index->arms, sizeof(index->arms[0]), load_index_arm);
	index->cost = run_index_cost_unknown;
	if (json_object_get(object, "cost"))
		fields_load(
		    &inner, json_enter(r, object, "cost", &inner), &index->cost, run_index_cost_fields);
}

static void load_change(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run *run = ctx;

	GROW(run->changes, run->n_changes, run->cap_changes);
	run->changes[run->n_changes] = (struct run_change){0};
	fields_load(r, object, &run->changes[run->n_changes++], run_change_fields);
}

static void load_phase(struct json_reader *r, const json_t *object, void *target)
{
	fields_load(r, object, target, run_phase_fields);
}

static void load_build(struct json_reader *r, const json_t *root, struct run_build *build)
{
	struct json_reader inner, phases;
	const json_t *object, *list;

	if (!json_is_object(json_object_get(root, "build")))
		return;
	object = json_enter(r, root, "build", &inner);
	fields_load(&inner, object, build, run_build_fields);
	list = json_enter(&inner, object, "phases", &phases);
	for (int phase = 0; phase < N_BUILD_PHASES; phase++)
		load_arms(&phases, list, build_phase_name((enum build_phase)phase), build->phases[phase],
		    sizeof(build->phases[phase][0]), load_phase);
}

static void load_stall(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run *run = ctx;

	GROW(run->stalls, run->n_stalls, run->cap_stalls);
	run->stalls[run->n_stalls] = (struct run_stall){0};
	fields_load(r, object, &run->stalls[run->n_stalls++], run_stall_fields);
}

static void load_disturbance(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run *run = ctx;

	GROW(run->disturbances, run->n_disturbances, run->cap_disturbances);
	run->disturbances[run->n_disturbances] = (struct run_disturbance){0};
	fields_load(r, object, &run->disturbances[run->n_disturbances++], run_disturbance_fields);
}

static void load_cache_look(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run_arm *arm = ctx;

	GROW(arm->cache, arm->n_cache, arm->cap_cache);
	fields_load(r, object, &arm->cache[arm->n_cache++], run_cache_look_fields);
}

static void load_arm(struct json_reader *r, const json_t *object, void *target)
{
	struct run_arm *arm = target;

	fields_load(r, object, arm, run_arm_fields);
	if (json_object_get(object, "cache"))
		json_each(r, object, "cache", load_cache_look, arm);
	workload_settings_load(r, object, &arm->settings, &arm->n_settings, &arm->cap_settings);
}

struct slices {
	struct run_slice *items;
	size_t n, cap;
};

static void load_slice(struct json_reader *r, const json_t *object, void *ctx)
{
	struct slices *slices = ctx;

	GROW(slices->items, slices->n, slices->cap);
	fields_load(r, object, &slices->items[slices->n++], run_slice_fields);
}

static void load_slices(struct json_reader *r, const json_t *root, struct run *run)
{
	struct json_reader inner;
	const json_t *arms = json_enter(r, root, "slices", &inner);
	size_t n[N_ARMS];

	for (int arm = 0; arm < N_ARMS; arm++) {
		struct slices slices = {0};

		json_each(&inner, arms, arm_name((enum arm)arm), load_slice, &slices);
		run->slices[arm] = slices.items;
		n[arm] = slices.n;
		if (slices.n > run->n_slices)
			run->n_slices = slices.n;
	}
	/* An arm that did not run has none. */
	if (n[0] && n[1] && n[0] != n[1])
		json_reject(
		    r, "slices", "has %zu seconds of the baseline and %zu of the candidate", n[0], n[1]);
}

static uint64_t load_seconds(struct json_reader *r, const json_t *object, const char *key)
{
	double s = json_get_amount(r, object, key, 0);

	if (s > MAX_SECONDS) {
		json_reject(r, key, "is longer than a year");
		return 0;
	}
	return (uint64_t)llround(s * 1e9);
}

static uint64_t load_seed(struct json_reader *r, const json_t *object)
{
	const char *text = json_need_string(r, object, "seed");

	if (text && (*text == '\0' || strlen(text) > 20 || text[strspn(text, "0123456789")]))
		json_reject(r, "seed", "must be a number in a string");
	return text && !r->failed ? strtoull(text, NULL, 10) : 0;
}

static void load_replay(struct json_reader *r, const json_t *object, struct replay_options *ret)
{
	const char *protocol = json_need_string(r, object, "protocol");

	ret->rate_per_s = json_get_amount(r, object, "rate_per_s", 0);
	ret->duration_ns = load_seconds(r, object, "duration_s");
	ret->max_duration_ns = load_seconds(r, object, "max_duration_s");
	ret->clients = (int)json_get_int_in(r, object, "clients", 0, INT_MAX, 0);
	ret->jobs = (int)json_get_int_in(r, object, "jobs", 0, INT_MAX, 0);
	if (protocol && !protocol_parse(protocol, &ret->protocol))
		json_reject(r, "protocol", "is \"%.60s\", which is no protocol", protocol);
	ret->arrivals = (enum arrivals)load_word(r, object, "arrivals", arrivals_names, N_ARRIVALS);
	ret->seed = load_seed(r, object);
	ret->design =
	    (enum design)json_get_choice(r, object, "design", design_names, N_DESIGNS, DESIGN_PAIRS);
	ret->alone = json_get_amount(r, object, "alone", 0);
	ret->slice_ns = json_object_get(object, "slice_s") ? load_seconds(r, object, "slice_s") : 0;
	ret->pair_gap_ns = load_seconds(r, object, "pair_gap_s");
	ret->statement_timeout_ns = load_seconds(r, object, "statement_timeout_s");
	ret->drain_timeout_ns = load_seconds(r, object, "drain_timeout_s");
	ret->early_stop = json_get_bool(r, object, "early_stop", true);
}

static const struct metric *load_metric(struct json_reader *r, const json_t *object)
{
	const char *name = json_need_string(r, object, "metric");
	const struct metric *metric = name ? metric_find(name) : NULL;

	if (name && !metric)
		json_reject(r, "metric", "is \"%.60s\", which this version does not know", name);
	return metric;
}

static enum bound_kind load_bound(struct json_reader *r, const json_t *object)
{
	const char *name = json_need_string(r, object, "bound");
	enum bound_kind bound = BOUND_MAX;

	if (name && !bound_kind_parse(name, &bound))
		json_reject(r, "bound", "is \"%.60s\", which is no kind of bound", name);
	return bound;
}

static void load_threshold(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run *run = ctx;
	struct threshold *threshold;
	const char *scope = json_need_string(r, object, "scope");
	struct err inner = {0};

	GROW(run->thresholds, run->n_thresholds, run->cap_thresholds);
	threshold = &run->thresholds[run->n_thresholds++];
	*threshold = (struct threshold){.metric = load_metric(r, object)};
	threshold->bound = load_bound(r, object);
	threshold->limit = json_need_double(r, object, "limit");
	threshold->over = json_get_double(r, object, "over", NAN);
	threshold->line = (int)json_get_int_in(r, object, "line", 0, INT_MAX, 0);
	if (scope && scope_parse(scope, &threshold->scope, &inner) < 0)
		json_reject(r, "scope", "is wrong: %s", inner.message);
}

static void load_check(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run *run = ctx;
	struct check *check;
	struct json_reader inner;
	const json_t *samples;

	GROW(run->checks, run->n_checks, run->cap_checks);
	check = &run->checks[run->n_checks++];
	*check = (struct check){0};
	fields_load(r, object, check, check_fields);
	check->metric = load_metric(r, object);
	check->bound = load_bound(r, object);
	check->outcome = (enum outcome)load_word(r, object, "outcome", outcome_names, N_OUTCOMES);
	samples = json_enter(r, object, "samples", &inner);
	for (int arm = 0; arm < N_ARMS; arm++)
		check->samples[arm] = json_get_amount(&inner, samples, arm_name((enum arm)arm), NAN);
}

static void load_verdict(struct json_reader *r, const json_t *object, struct verdict *ret)
{
	ret->outcome = (enum outcome)load_word(r, object, "outcome", outcome_names, N_OUTCOMES);
	ret->proven = json_get_bool(r, object, "proven", false);
	json_get_strings(r, object, "reasons", &ret->reasons);
	ret->needs_seconds = json_get_amount(r, object, "needs_seconds", NAN);
}

static void load_statements(struct json_reader *r, const json_t *root, struct run *run)
{
	json_each(r, root, "statements", load_statement, run);
	run->n_replayed =
	    (size_t)json_get_int_in(r, root, "replayed", 0, (int64_t)run->n_statements, 0);
}

static void load_run(struct json_reader *r, const json_t *root, struct run *run)
{
	struct json_reader inner;

	fields_load(r, root, run, run_fields);
	load_verdict(&inner, json_enter(r, root, "verdict", &inner), &run->verdict);
	fields_load(&inner, json_enter(r, root, "candidate", &inner), run, run_candidate_fields);
	fields_load(&inner, json_enter(r, root, "policy", &inner), run, run_policy_fields);
	fields_load(&inner, json_enter(r, root, "coverage", &inner), run, run_coverage_fields);
	load_replay(&inner, json_enter(r, root, "replay", &inner), &run->replay);
	json_each(r, root, "checks", load_check, run);
	json_each(r, root, "thresholds", load_threshold, run);
	if (json_object_get(root, "stalls"))
		json_each(r, root, "stalls", load_stall, run);
	json_each(r, root, "disturbances", load_disturbance, run);
	json_each(r, root, "changes", load_change, run);
	load_build(r, root, &run->build);
	fields_load(
	    &inner, json_enter(r, root, "generator", &inner), &run->generator, run_generator_fields);
	workload_source_load(&inner, json_enter(r, root, "source", &inner), &run->source);
	load_arms(r, root, "arms", run->arms, sizeof(run->arms[0]), load_arm);
	json_each(r, root, "indexes", load_index, run);
	json_each(r, root, "tables", load_table, run);
	load_statements(r, root, run);
	load_slices(r, root, run);
}

int run_load(const char *path, struct run *ret, struct err *err)
{
	struct run run = {0};
	struct err ignored = {0};
	struct json_reader r = {.file = path, .err = err ? err : &ignored};
	json_t *root = json_load_document(path, RUN_FORMAT, r.err);

	if (!root)
		return r.err->code;
	load_run(&r, root, &run);
	json_decref(root);
	if (r.failed) {
		run_release(&run);
		return r.err->code;
	}
	*ret = run;
	return 0;
}
