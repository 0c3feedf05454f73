#include "model/run_fields.h"

#include <math.h>

const struct field run_fields[] = {
    FIELD(NAME, run, run_id),
    FIELD(NAME, run, name),
    FIELD(TEXT, run, started_at),
    FIELD(TEXT, run, finished_at),
    FIELD(TEXT, run, version),
    FIELD(TEXT, run, command),
    FIELD(TEXT, run, stopped_by),
    FIELD(TEXT, run, clone_driver),
    {0},
};

const struct field run_candidate_fields[] = {
    FIELD(TEXT, run, candidate_name),
    FIELD(TEXT, run, up_sql),
    FIELD(TEXT, run, down_sql),
    {0},
};

const struct field run_policy_fields[] = {
    FIELD(AMOUNT, run, alpha),
    FIELD(AMOUNT, run, dead_band),
    FIELD(AMOUNT, run, guard),
    {0},
};

const struct field run_coverage_fields[] = {
    FIELD(AMOUNT, run, coverage_time),
    FIELD(AMOUNT, run, coverage_calls),
    FIELD(TEXT, run, time_shift),
    FIELD(TEXT, run, oracle_silence),
    {0},
};

const struct field latency_fields[] = {
    FIELD(AMOUNT, latency, count),
    FIELD(AMOUNT, latency, mean),
    FIELD(AMOUNT, latency, p50),
    FIELD(AMOUNT, latency, p90),
    FIELD(AMOUNT, latency, p95),
    FIELD(AMOUNT, latency, p99),
    FIELD(AMOUNT, latency, p999),
    FIELD(AMOUNT, latency, max),
    FIELD(TEXT, latency, histogram),
    {0},
};

const struct field run_rewrite_fields[] = {
    FIELD(NAME, run_rewrite, sql),
    FIELD(AMOUNT, run_rewrite, compared),
    FIELD(AMOUNT, run_rewrite, mismatches),
    FIELD(AMOUNT, run_rewrite, unstable),
    FIELD(AMOUNT, run_rewrite, reordered),
    FIELD(AMOUNT, run_rewrite, unknown),
    FIELD(TEXT, run_rewrite, difference),
    {0},
};

const struct field run_statement_fields[] = {
    FIELD(NAME, run_statement, name),
    FIELD(TEXT, run_statement, queryid),
    FIELD(TEXT, run_statement, text),
    FIELD(BOOL, run_statement, writes),
    FIELD(AMOUNT, run_statement, share_time),
    FIELD(AMOUNT, run_statement, share_calls),
    FIELD(TEXT, run_statement, value_source),
    FIELD(TEXT, run_statement, note),
    FIELD(TEXT, run_statement, skip_reason),
    {0},
};

const struct field run_statement_arm_fields[] = {
    FIELD(AMOUNT, run_statement_arm, scheduled),
    FIELD(AMOUNT, run_statement_arm, ok),
    FIELD(AMOUNT, run_statement_arm, errors),
    FIELD(AMOUNT, run_statement_arm, unfinished),
    FIELD(AMOUNT, run_statement_arm, rows),
    {0},
};

const struct field run_table_fields[] = {FIELD(NAME, run_table, name), {0}};

/* Figures of the server's statistics can shrink between two looks (a reset, a VACUUM that
 * truncates), so their differences are numbers and not amounts. */
const struct field run_table_arm_fields[] = {
    FIELD(NUMBER, run_table_arm, inserted),
    FIELD(NUMBER, run_table_arm, updated),
    FIELD(NUMBER, run_table_arm, hot_updated),
    FIELD(NUMBER, run_table_arm, deleted),
    FIELD(AMOUNT, run_table_arm, dead_tuples),
    FIELD(AMOUNT, run_table_arm, size_bytes),
    FIELD(NUMBER, run_table_arm, growth_bytes),
    FIELD(AMOUNT, run_table_arm, vacuum_seconds),
    {0},
};

const struct field run_index_fields[] = {
    FIELD(NAME, run_index, name),
    FIELD(TEXT, run_index, table),
    FIELD(TEXT, run_index, definition),
    FIELD(BOOL, run_index, is_unique),
    FIELD(BOOL, run_index, is_primary),
    FIELD(BOOL, run_index, is_constraint),
    FIELD(AMOUNT, run_index, build_seconds),
    FIELD(AMOUNT, run_index, predicted_bytes),
    FIELD(TEXT, run_index, redundant_with),
    {0},
};

const struct field run_index_arm_fields[] = {
    FIELD(BOOL, run_index_arm, exists),
    FIELD(BOOL, run_index_arm, valid),
    FIELD(AMOUNT, run_index_arm, size_bytes),
    FIELD(NUMBER, run_index_arm, growth_bytes),
    FIELD(NUMBER, run_index_arm, scans),
    FIELD(NUMBER, run_index_arm, tuples_read),
    FIELD(NUMBER, run_index_arm, tuples_fetched),
    FIELD(AMOUNT, run_index_arm, bloat),
    FIELD(BOOL, run_index_arm, bloat_measured),
    {0},
};

const struct run_index_cost run_index_cost_unknown = {NAN, NAN, NAN, NAN, NAN};
const struct field run_index_cost_fields[] = {
    FIELD(AMOUNT, run_index_cost, calls),
    FIELD(AMOUNT, run_index_cost, wal_without),
    FIELD(AMOUNT, run_index_cost, wal_with),
    FIELD(AMOUNT, run_index_cost, hot_without),
    FIELD(AMOUNT, run_index_cost, hot_with),
    {0},
};

const struct field run_change_fields[] = {
    FIELD(NAME, run_change, sql),
    FIELD(TEXT, run_change, kind),
    FIELD(AMOUNT, run_change, seconds),
    FIELD(NUMBER, run_change, wal_bytes),
    FIELD(NUMBER, run_change, temp_bytes),
    FIELD(TEXT, run_change, locks),
    FIELD(AMOUNT, run_change, lock_seconds),
    FIELD(TEXT, run_change, error),
    {0},
};

static const char *const build_phase_names[N_BUILD_PHASES] = {"before", "during", "after"};

const char *build_phase_name(enum build_phase phase)
{
	return build_phase_names[phase];
}

const struct field run_build_fields[] = {
    FIELD(BOOL, run_build, under_load),
    FIELD(AMOUNT, run_build, start_s),
    FIELD(AMOUNT, run_build, end_s),
    {0},
};

const struct field run_phase_fields[] = {
    FIELD(AMOUNT, run_phase, ops),
    FIELD(AMOUNT, run_phase, errors),
    FIELD(AMOUNT, run_phase, p50),
    FIELD(AMOUNT, run_phase, p95),
    FIELD(AMOUNT, run_phase, p99),
    FIELD(AMOUNT, run_phase, max),
    {0},
};

const struct field run_arm_fields[] = {
    FIELD(TEXT, run_arm, server_version),
    FIELD(INT, run_arm, server_version_num),
    FIELD(TEXT, run_arm, database),
    FIELD(TEXT, run_arm, system_identifier),
    FIELD(AMOUNT, run_arm, database_bytes_before),
    FIELD(AMOUNT, run_arm, database_bytes_after),
    FIELD(AMOUNT, run_arm, sessions_lost),
    FIELD(AMOUNT, run_arm, standbys),
    FIELD(AMOUNT, run_arm, replica_lag_max),
    FIELD(AMOUNT, run_arm, replica_lag_mean),
    FIELD(AMOUNT, run_arm, replica_share),
    FIELD(TEXT, run_arm, replica_problem),
    {0},
};

const struct field run_cache_look_fields[] = {
    FIELD(AMOUNT, run_cache_look, at_s),
    FIELD(AMOUNT, run_cache_look, touched),
    FIELD(AMOUNT, run_cache_look, read),
    {0},
};

const struct field run_slice_fields[] = {
    FIELD(AMOUNT, run_slice, start_s),
    FIELD(AMOUNT, run_slice, ok),
    FIELD(AMOUNT, run_slice, errors),
    FIELD(AMOUNT, run_slice, p50),
    FIELD(AMOUNT, run_slice, p95),
    FIELD(AMOUNT, run_slice, p99),
    FIELD(AMOUNT, run_slice, max),
    FIELD(AMOUNT, run_slice, service_p50),
    FIELD(AMOUNT, run_slice, lag_p99),
    FIELD(AMOUNT, run_slice, lag_max),
    {0},
};

const struct field run_generator_fields[] = {
    FIELD(AMOUNT, run_generator, scheduled),
    FIELD(AMOUNT, run_generator, completed),
    FIELD(AMOUNT, run_generator, errors),
    FIELD(AMOUNT, run_generator, unfinished),
    FIELD(AMOUNT, run_generator, lag_p50),
    FIELD(AMOUNT, run_generator, lag_p99),
    FIELD(AMOUNT, run_generator, lag_max),
    FIELD(AMOUNT, run_generator, queueing_p99),
    FIELD(AMOUNT, run_generator, cpu_seconds),
    FIELD(AMOUNT, run_generator, machine_busy),
    FIELD(AMOUNT, run_generator, machine_stalls),
    FIELD(AMOUNT, run_generator, machine_stall_max),
    FIELD(AMOUNT, run_generator, offered_rate),
    FIELD(AMOUNT, run_generator, achieved_rate),
    FIELD(AMOUNT, run_generator, duration_s),
    FIELD(AMOUNT, run_generator, warmup_s),
    {0},
};

const struct field run_stall_fields[] = {
    FIELD(AMOUNT, run_stall, start_s),
    FIELD(AMOUNT, run_stall, length_s),
    {0},
};

const struct field run_disturbance_fields[] = {
    FIELD(NAME, run_disturbance, kind),
    FIELD(NAME, run_disturbance, text),
    FIELD(BOOL, run_disturbance, blocks_pass),
    {0},
};

const struct field check_fields[] = {
    FIELD(NAME, check, id),
    FIELD(NAME, check, scope),
    FIELD(NUMBER, check, limit),
    FIELD(NUMBER, check, baseline),
    FIELD(NUMBER, check, candidate),
    FIELD(NUMBER, check, estimate),
    FIELD(NUMBER, check, lower),
    FIELD(NUMBER, check, upper),
    FIELD(NUMBER, check, unstalled),
    FIELD(AMOUNT, check, stalled_pairs),
    FIELD(AMOUNT, check, needs_seconds),
    FIELD(BOOL, check, proven),
    FIELD(TEXT, check, why),
    {0},
};
