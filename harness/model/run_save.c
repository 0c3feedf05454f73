#include "model/run.h"

#include "base/mem.h"
#include "model/run_fields.h"

/* An object of the members in a table. */
static json_t *members(const void *source, const struct field *fields)
{
	json_t *object = json_object();

	fields_save(object, source, fields);
	return object;
}

static json_t *error_counts_to_json(const struct run_statement_arm *arm)
{
	json_t *array = json_array();

	for (size_t i = 0; i < arm->n_error_counts; i++) {
		const struct error_count *error = &arm->error_counts[i];
		json_t *object = json_object();

		json_object_set_new(object, "sqlstate", json_text(error->sqlstate));
		json_object_set_new(object, "message", json_text(error->message));
		json_object_set_new(object, "count", json_number(error->count));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *statement_arm_to_json(const struct run_statement_arm *arm)
{
	json_t *object = members(arm, run_statement_arm_fields);

	json_object_set_new(object, "service", members(&arm->service, latency_fields));
	json_object_set_new(object, "response", members(&arm->response, latency_fields));
	json_object_set_new(object, "work", work_to_json(&arm->work));
	json_object_set_new(object, "error_counts", error_counts_to_json(arm));
	json_object_set_new(object, "plans", run_plans_to_json(&arm->plans));
	return object;
}

static json_t *statement_to_json(const struct run_statement *statement)
{
	json_t *object = members(statement, run_statement_fields);
	json_t *arms = json_object();

	json_object_set_new(object, "kind", json_string(statement_kind_name(statement->kind)));
	json_object_set_new(object, "tables", json_strings(&statement->tables));
	json_object_set_new(object, "production", work_to_json(&statement->production));
	for (int arm = 0; arm < N_ARMS; arm++)
		json_object_set_new(
		    arms, arm_name((enum arm)arm), statement_arm_to_json(&statement->arms[arm]));
	json_object_set_new(object, "arms", arms);
	json_object_set_new(object, "predicted", run_plans_to_json(&statement->predicted));
	json_object_set_new(object, "plan_changes", run_plan_changes_to_json(&statement->plan_changes));
	if (statement->rewrite.sql)
		json_object_set_new(object, "rewrite", members(&statement->rewrite, run_rewrite_fields));
	return object;
}

static json_t *statements_to_json(const struct run *run)
{
	json_t *array = json_array();

	for (size_t i = 0; i < run->n_statements; i++)
		json_array_append_new(array, statement_to_json(&run->statements[i]));
	return array;
}

static json_t *tables_to_json(const struct run *run)
{
	json_t *array = json_array();

	for (size_t i = 0; i < run->n_tables; i++) {
		const struct run_table *table = &run->tables[i];
		json_t *object = members(table, run_table_fields);
		json_t *arms = json_object();

		for (int arm = 0; arm < N_ARMS; arm++)
			json_object_set_new(
			    arms, arm_name((enum arm)arm), members(&table->arms[arm], run_table_arm_fields));
		json_object_set_new(object, "arms", arms);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *indexes_to_json(const struct run *run)
{
	json_t *array = json_array();

	for (size_t i = 0; i < run->n_indexes; i++) {
		const struct run_index *index = &run->indexes[i];
		json_t *object = members(index, run_index_fields);
		json_t *arms = json_object();

		json_object_set_new(object, "used_by", json_strings(&index->used_by));
		json_object_set_new(object, "role", json_string(index_role_name(index->role)));
		for (int arm = 0; arm < N_ARMS; arm++)
			json_object_set_new(
			    arms, arm_name((enum arm)arm), members(&index->arms[arm], run_index_arm_fields));
		json_object_set_new(object, "arms", arms);
		json_object_set_new(object, "cost", members(&index->cost, run_index_cost_fields));
		json_array_append_new(array, object);
	}
	return array;
}

/* An array of structs without further parts. */
static json_t *array_of(const void *items, size_t n, size_t item_bytes, const struct field *fields)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, members((const char *)items + i * item_bytes, fields));
	return array;
}

static json_t *arms_to_json(const struct run *run)
{
	json_t *arms = json_object();

	for (int i = 0; i < N_ARMS; i++) {
		const struct run_arm *arm = &run->arms[i];
		json_t *object = members(arm, run_arm_fields);

		json_object_set_new(
		    object, "settings", workload_settings_to_json(arm->settings, arm->n_settings));
		json_object_set_new(object, "cache",
		    array_of(arm->cache, arm->n_cache, sizeof(*arm->cache), run_cache_look_fields));
		json_object_set_new(arms, arm_name((enum arm)i), object);
	}
	return arms;
}

static json_t *slices_to_json(const struct run *run)
{
	json_t *arms = json_object();

	for (int arm = 0; arm < N_ARMS; arm++)
		json_object_set_new(arms, arm_name((enum arm)arm),
		    array_of(run->slices[arm], run->slices[arm] ? run->n_slices : 0,
		        sizeof(struct run_slice), run_slice_fields));
	return arms;
}

static json_t *seconds(uint64_t ns)
{
	return json_number((double)ns / 1e9);
}

static json_t *replay_to_json(const struct replay_options *replay)
{
	json_t *object = json_object();
	_cleanup_free_ char *seed = xasprintf("%llu", (unsigned long long)replay->seed);

	json_object_set_new(object, "rate_per_s", json_number(replay->rate_per_s));
	json_object_set_new(object, "duration_s", seconds(replay->duration_ns));
	json_object_set_new(object, "max_duration_s", seconds(replay->max_duration_ns));
	json_object_set_new(object, "clients", json_integer(replay->clients));
	json_object_set_new(object, "jobs", json_integer(replay->jobs));
	json_object_set_new(object, "protocol", json_string(protocol_name(replay->protocol)));
	json_object_set_new(object, "arrivals", json_string(arrivals_names[replay->arrivals]));
	json_object_set_new(object, "seed", json_string(seed)); /* may exceed 2^53 */
	json_object_set_new(object, "design", json_string(design_names[replay->design]));
	json_object_set_new(object, "alone", json_number(replay->alone));
	json_object_set_new(object, "slice_s", seconds(replay->slice_ns));
	json_object_set_new(object, "pair_gap_s", seconds(replay->pair_gap_ns));
	json_object_set_new(object, "statement_timeout_s", seconds(replay->statement_timeout_ns));
	json_object_set_new(object, "drain_timeout_s", seconds(replay->drain_timeout_ns));
	json_object_set_new(object, "early_stop", json_boolean(replay->early_stop));
	return object;
}

static json_t *thresholds_to_json(const struct run *run)
{
	json_t *array = json_array();

	for (size_t i = 0; i < run->n_thresholds; i++) {
		const struct threshold *threshold = &run->thresholds[i];
		_cleanup_free_ char *scope = scope_format(&threshold->scope);
		json_t *object = json_object();

		json_object_set_new(object, "metric", json_string(threshold->metric->name));
		json_object_set_new(object, "scope", json_text(scope));
		json_object_set_new(object, "bound", json_string(bound_kind_name(threshold->bound)));
		json_object_set_new(object, "limit", json_number(threshold->limit));
		json_object_set_new(object, "over", json_number(threshold->over));
		json_object_set_new(object, "line", json_integer(threshold->line));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *check_to_json(const struct check *check)
{
	json_t *object = members(check, check_fields);
	json_t *samples = json_object();

	json_object_set_new(object, "metric", json_string(check->metric->name));
	json_object_set_new(object, "bound", json_string(bound_kind_name(check->bound)));
	json_object_set_new(object, "outcome", json_string(outcome_name(check->outcome)));
	for (int arm = 0; arm < N_ARMS; arm++)
		json_object_set_new(samples, arm_name((enum arm)arm), json_number(check->samples[arm]));
	json_object_set_new(object, "samples", samples);
	return object;
}

static json_t *checks_to_json(const struct run *run)
{
	json_t *array = json_array();

	for (size_t i = 0; i < run->n_checks; i++)
		json_array_append_new(array, check_to_json(&run->checks[i]));
	return array;
}

static json_t *verdict_to_json(const struct verdict *verdict)
{
	json_t *object = json_object();

	json_object_set_new(object, "outcome", json_string(outcome_name(verdict->outcome)));
	json_object_set_new(object, "proven", json_boolean(verdict->proven));
	json_object_set_new(object, "reasons", json_strings(&verdict->reasons));
	json_object_set_new(object, "needs_seconds", json_number(verdict->needs_seconds));
	return object;
}

static json_t *build_to_json(const struct run_build *build)
{
	json_t *object = members(build, run_build_fields);
	json_t *phases = json_object();

	for (int phase = 0; phase < N_BUILD_PHASES; phase++) {
		json_t *arms = json_object();

		for (int arm = 0; arm < N_ARMS; arm++)
			json_object_set_new(arms, arm_name((enum arm)arm),
			    members(&build->phases[phase][arm], run_phase_fields));
		json_object_set_new(phases, build_phase_name((enum build_phase)phase), arms);
	}
	json_object_set_new(object, "phases", phases);
	return object;
}

json_t *run_to_json(const struct run *run)
{
	json_t *root = json_object();

	json_object_set_new(root, "format", json_string(RUN_FORMAT));
	fields_save(root, run, run_fields);
	json_object_set_new(root, "verdict", verdict_to_json(&run->verdict));
	json_object_set_new(root, "candidate", members(run, run_candidate_fields));
	json_object_set_new(root, "policy", members(run, run_policy_fields));
	json_object_set_new(root, "coverage", members(run, run_coverage_fields));
	json_object_set_new(root, "replay", replay_to_json(&run->replay));
	json_object_set_new(root, "checks", checks_to_json(run));
	json_object_set_new(root, "thresholds", thresholds_to_json(run));
	json_object_set_new(root, "stalls",
	    array_of(run->stalls, run->n_stalls, sizeof(*run->stalls), run_stall_fields));
	json_object_set_new(root, "disturbances",
	    array_of(run->disturbances, run->n_disturbances, sizeof(*run->disturbances),
	        run_disturbance_fields));
	json_object_set_new(root, "changes",
	    array_of(run->changes, run->n_changes, sizeof(*run->changes), run_change_fields));
	json_object_set_new(
	    root, "build", run->build.under_load ? build_to_json(&run->build) : json_null());
	json_object_set_new(root, "generator", members(&run->generator, run_generator_fields));
	json_object_set_new(root, "source", workload_source_to_json(&run->source));
	json_object_set_new(root, "arms", arms_to_json(run));
	json_object_set_new(root, "indexes", indexes_to_json(run));
	json_object_set_new(root, "tables", tables_to_json(run));
	json_object_set_new(root, "replayed", json_integer((json_int_t)run->n_replayed));
	json_object_set_new(root, "statements", statements_to_json(run));
	json_object_set_new(root, "slices", slices_to_json(run));
	return root;
}

int run_save(const struct run *run, const char *path, struct err *err)
{
	json_t *root = run_to_json(run);
	int rc = json_save_document(root, path, 0644, err);

	json_decref(root);
	return rc;
}
