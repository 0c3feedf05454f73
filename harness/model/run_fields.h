/*
 * run_fields: the plain members of the run record's structs, for run_load.c and run_save.c.
 *
 * A new figure is one member in run.h, one row here and one line in run.schema.json.
 */
#ifndef MODEL_RUN_FIELDS_H
#define MODEL_RUN_FIELDS_H

#include "model/fields.h"
#include "model/run.h"

extern const struct field run_fields[];
extern const struct field run_candidate_fields[]; /* members of struct run, object "candidate" */
extern const struct field run_policy_fields[];    /* the same, "policy" */
extern const struct field run_coverage_fields[];  /* the same, "coverage" */
extern const struct field latency_fields[];
extern const struct field run_statement_fields[];
extern const struct field run_rewrite_fields[];
extern const struct field run_statement_arm_fields[];
extern const struct field run_table_fields[];
extern const struct field run_table_arm_fields[];
extern const struct field run_index_fields[];
extern const struct field run_index_arm_fields[];
extern const struct field run_index_cost_fields[];
extern const struct field run_change_fields[];
extern const struct field run_build_fields[];
extern const struct field run_phase_fields[];
extern const struct field run_arm_fields[];
extern const struct field run_cache_look_fields[];
extern const struct field run_slice_fields[];
extern const struct field run_generator_fields[];
extern const struct field run_stall_fields[];
extern const struct field run_disturbance_fields[];
extern const struct field check_fields[];

enum {
	N_OUTCOMES = OUTCOME_INCONCLUSIVE + 1,
	N_INDEX_ROLES = INDEX_DROPPED + 1,
	MAX_RUN_STATEMENTS = UINT16_MAX, /* struct sample numbers them with 16 bits */
};
extern const char *const outcome_names[N_OUTCOMES];
extern const char *const index_role_names[N_INDEX_ROLES];

#endif
