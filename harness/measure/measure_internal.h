/*
 * measure_internal: what the files of measure/ share; measure.h is the module's face.
 *
 * A snapshot is everything one arm's server counts at one moment. The figures of the run record are
 * differences of two of them.
 */
#ifndef MEASURE_MEASURE_INTERNAL_H
#define MEASURE_MEASURE_INTERNAL_H

#include "base/err.h"
#include "base/progress.h"
#include "model/run.h"
#include "pg/counters.h"

#include <stdbool.h>
#include <stdint.h>

struct snapshot {
	bool has_statements, has_relations;
	struct statement_counters statements;
	struct relation_counters relations;
	struct err statements_problem, relations_problem; /* why not */
};
void snapshot_take(struct db *db, bool with_text, struct snapshot *ret);
void snapshot_release(struct snapshot *snapshot);

/* Standbys of the arms' servers: replica_watch_look() once a second or so. */
struct replica_lag {
	double standbys, looks;
	double max, sum; /* bytes, of the slowest standby at each look */
	char *problem;   /* why it is not known, or no longer */
};
struct replica_watch {
	bool one_server; /* of both arms: then only the first of arms[] is looked at */
	struct replica_lag arms[N_ARMS];
};
void replica_watch_begin(struct db *const arms[N_ARMS], struct replica_watch *ret);
void replica_watch_look(struct replica_watch *watch, struct db *const arms[N_ARMS]);
/* Into run->arms; wants the statements' work there already. */
void replica_watch_end(struct replica_watch *watch, struct db *const arms[N_ARMS], struct run *run);
void replica_watch_release(struct replica_watch *watch);

/* Buffer caches of the arms' databases: cache_watch_look() once a second or so. */
struct cache_counts {
	bool known;
	double touched, read; /* blocks, since the server began to count */
};
void cache_watch_begin(struct db *const arms[N_ARMS], struct cache_counts ret[N_ARMS]);
/* Adds to run->arms[].cache what was counted since the last look, at_s after the start of the
 * replay. */
void cache_watch_look(struct cache_counts counts[N_ARMS], struct db *const arms[N_ARMS],
    double at_s, struct run *run);
/* Discloses an arm that still read from outside its cache in the second half. */
void cache_watch_tell(struct run *run);

struct measure {
	struct db *arms[N_ARMS];
	struct snapshot before[N_ARMS];
	struct replica_watch replicas;
	struct cache_counts caches[N_ARMS];
	/* Looks in mid-run: entries whose text was read, by arm; see measure_peek.c. */
	struct statement_counters marked[N_ARMS];
	unsigned n_peeks;
	uint64_t next_peek_ns;
	bool peeked, peeks_fail;
};

/* work of run->statements[0 .. n_replayed), found by marker on each arm; an arm whose entry lost
 * its marker is found by the other arm's queryid. */
void measure_statement_work(
    const struct snapshot before[N_ARMS], const struct snapshot after[N_ARMS], struct run *run);

/* run->tables and run->indexes; roles of indexes from which arm has them. */
void measure_relations(
    const struct snapshot before[N_ARMS], const struct snapshot after[N_ARMS], struct run *run);

/* run->tables alone, anew. */
void measure_tables(
    const struct snapshot before[N_ARMS], const struct snapshot after[N_ARMS], struct run *run);

/* A timed VACUUM of every written table on both arms, first arm by turns. */
void measure_vacuum(
    struct db *const arms[N_ARMS], const struct progress *progress, struct run *run);

#endif
