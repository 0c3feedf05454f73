#include "model/run.h"

#include "base/buf.h"
#include "base/mem.h"
#include "model/run_fields.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

const char *const outcome_names[N_OUTCOMES] = {
    [OUTCOME_PASS] = "PASS",
    [OUTCOME_FAIL] = "FAIL",
    [OUTCOME_INCONCLUSIVE] = "INCONCLUSIVE",
};

const char *const index_role_names[N_INDEX_ROLES] = {
    [INDEX_EXISTING] = "existing",
    [INDEX_CREATED] = "created",
    [INDEX_DROPPED] = "dropped",
};

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

const char *index_role_name(enum index_role role)
{
	return index_role_names[role];
}

char *error_count_text(const struct error_count *error)
{
	const char *message = error->message ? error->message : "no message was kept";

	if (strcmp(error->sqlstate, "00000") != 0)
		return xasprintf("SQLSTATE %s: %s", error->sqlstate, message);
	return error->message ? xasprintf("no answer: %s", message) : xstrdup("no answer");
}

void run_add_disturbance(
    struct run *run, const char *kind, bool blocks_pass, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	GROW(run->disturbances, run->n_disturbances, run->cap_disturbances);
	run->disturbances[run->n_disturbances++] = (struct run_disturbance){
	    .kind = xstrdup(kind),
	    .text = buf_detach(&text),
	    .blocks_pass = blocks_pass,
	};
}

static void release_statement_arm(struct run_statement_arm *arm)
{
	fields_release(arm, run_statement_arm_fields);
	fields_release(&arm->service, latency_fields);
	fields_release(&arm->response, latency_fields);
	for (size_t i = 0; i < arm->n_error_counts; i++)
		free(arm->error_counts[i].message);
	free(arm->error_counts);
	run_plans_release(&arm->plans);
}

static void release_statement(struct run_statement *statement)
{
	fields_release(statement, run_statement_fields);
	fields_release(&statement->rewrite, run_rewrite_fields);
	strv_release(&statement->tables);
	for (int arm = 0; arm < N_ARMS; arm++)
		release_statement_arm(&statement->arms[arm]);
	run_plans_release(&statement->predicted);
	run_plan_changes_release(&statement->plan_changes);
}

void check_release(struct check *check)
{
	fields_release(check, check_fields);
	*check = (struct check){0};
}

/* Free an array of structs whose owned members are all in a table. */
static void release_array(void *items, size_t n, size_t item_bytes, const struct field *fields)
{
	for (size_t i = 0; i < n; i++)
		fields_release((char *)items + i * item_bytes, fields);
	free(items);
}

double run_cache_read_share(const struct run_arm *arm, size_t from, size_t to)
{
	double touched = 0, read = 0;

	for (size_t i = from; i < to; i++) {
		touched += arm->cache[i].touched;
		read += arm->cache[i].read;
	}
	return touched > 0 ? read / touched : NAN;
}

void run_release(struct run *run)
{
	fields_release(run, run_fields);
	fields_release(run, run_candidate_fields);
	fields_release(run, run_coverage_fields);
	workload_source_release(&run->source);
	for (int arm = 0; arm < N_ARMS; arm++) {
		fields_release(&run->arms[arm], run_arm_fields);
		workload_settings_release(run->arms[arm].settings, run->arms[arm].n_settings);
		free(run->arms[arm].cache);
		free(run->slices[arm]);
	}
	for (size_t i = 0; i < run->n_statements; i++)
		release_statement(&run->statements[i]);
	free(run->statements);
	for (size_t i = 0; i < run->n_indexes; i++)
		strv_release(&run->indexes[i].used_by);
	free(run->stalls);
	release_array(run->tables, run->n_tables, sizeof(*run->tables), run_table_fields);
	release_array(run->indexes, run->n_indexes, sizeof(*run->indexes), run_index_fields);
	release_array(run->changes, run->n_changes, sizeof(*run->changes), run_change_fields);
	release_array(
	    run->disturbances, run->n_disturbances, sizeof(*run->disturbances), run_disturbance_fields);
	for (size_t i = 0; i < run->n_thresholds; i++)
		threshold_release(&run->thresholds[i]);
	free(run->thresholds);
	release_array(run->checks, run->n_checks, sizeof(*run->checks), check_fields);
	strv_release(&run->verdict.reasons);
	*run = (struct run){0};
}
