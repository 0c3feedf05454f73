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
#include "stage/build.h"
#include "stage/clone.h"
#include "stage/environment.h"
#include "stage/hypothetical.h"
#include "stage/lab.h"
#include "stage/lockouts.h"

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
	struct build *build;       /* under load: while it runs */
	struct lockouts *lockouts; /* while the replay runs */
	struct err build_problem;
	struct replay_result replay;
	uint64_t next_look_ns; /* in mid-run, of clock_monotonic */
	bool in_overtime;      /* the last look was after the planned time */
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

/* The longest the replay may be judged: its time, or --max-time. */
uint64_t rehearsal_longest_ns(const struct gate *gate);

/* rehearsal_build.c: the candidate applied under load. */
enum build_state {
	BUILD_GOES_ON, /* nothing is judged yet */
	BUILD_OVER,    /* or there is none */
	BUILD_FAILED,  /* the replay has no more to tell */
};
/* What comes before the judged time at the longest: 0 without a build under load. */
uint64_t rehearsal_build_ns(const struct gate *gate);
/* Begins and ends it, about once a second. */
enum build_state rehearsal_build_look(struct rehearsal *r, uint64_t elapsed_ns);
/* After the replay: ends it in any case; its error, if it had one. */
int rehearsal_build_finish(struct rehearsal *r, struct err *err);

#endif
