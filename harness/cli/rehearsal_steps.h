/*
 * rehearsal_steps: the steps of a rehearsal and what they share; cli/rehearsal.c puts them in order.
 *
 * A step takes what the steps before it left in struct rehearsal and leaves its own there. It
 * returns 0, or a negative code with err filled; what it made is undone by rehearsal.c in any case.
 */
#ifndef CLI_REHEARSAL_STEPS_H
#define CLI_REHEARSAL_STEPS_H

#include "cli/assemble.h"
#include "cli/rehearsal.h"
#include "cli/result_dir.h"
#include "measure/measure.h"
#include "model/logged_values.h"
#include "model/overrides.h"
#include "replay/replay.h"
#include "stage/clone.h"
#include "stage/environment.h"
#include "stage/hypothetical.h"
#include "stage/lab.h"

struct rehearsal {
	const struct gate *gate;
	const struct progress *progress;
	bool keep;
	bool hypothetical;
	struct hypothetical what_if;
	char *run_id;
	struct result_dir results;
	struct workload workload;
	struct lab lab;
	bool own_lab; /* started for this gate: stopped with it */
	struct db_target staging;
	struct clone_set *clones;
	struct db_target targets[N_ARMS];
	struct db *dbs[N_ARMS];
	struct overrides overrides;
	struct logged_values logged;
	struct vectors vectors;
	struct environment *before;
	struct measure *measure;
	struct replay_result replay;
	struct run *run;
	bool measured; /* there are samples worth keeping */
};

typedef int rehearsal_step(struct rehearsal *r, struct err *err);

/* rehearsal_arms.c: from staging to two arms. */
rehearsal_step rehearsal_staging;   /* a lab with the fixture, or the DSN: r->staging */
rehearsal_step rehearsal_baseline;  /* clone it: r->dbs[ARM_BASELINE] */
rehearsal_step rehearsal_bind;      /* executable statements with values: r->vectors */
rehearsal_step rehearsal_candidate; /* clone the baseline and change it: r->dbs[ARM_CANDIDATE] */

/* rehearsal_compare.c: what can be compared without load. */
rehearsal_step rehearsal_forecast;           /* what HypoPG foretells */
rehearsal_step rehearsal_results;            /* rewritten statements return the same rows */
rehearsal_step rehearsal_plans;              /* the plans of both arms */
rehearsal_step rehearsal_hypothetical_plans; /* the same with HypoPG in place of a candidate arm */
rehearsal_step rehearsal_indexes;            /* sizes and definitions, in place of a replay */
rehearsal_step rehearsal_writes;             /* writes run and undone: WAL, and what indexes add */

/* rehearsal_replay.c: load, and what it shows. */
rehearsal_step rehearsal_replay; /* samples and counters: r->measured */
rehearsal_step rehearsal_judge;  /* checks and verdict from the samples kept */

/* The longest the replay may take: the time, or --max-time. */
uint64_t rehearsal_longest_ns(const struct gate *gate);

#endif
