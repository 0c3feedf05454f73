/*
 * schedule: which transaction is due when. A pure function of vectors, rate and seed.
 *
 * It is generated as it is consumed, so memory does not grow with the length of the run; two
 * iterators with the same plan yield the same entries.
 *
 *     struct schedule *s = schedule_new(&vectors, &plan);
 *     struct schedule_entry e;
 *     while (schedule_next(s, &e)) ...          // until e.due_ns would reach plan.duration_ns
 *
 * Arrivals: Poisson (exponential gaps) or uniform (equal gaps). The transaction of each arrival is
 * drawn by weight. Every arrival is meant for both arms; the first arm of the pair is decided by a
 * fair coin per entry (Bulej et al., "Duet benchmarking", 2020), the other is due `pair_gap` later.
 * Where arms take turns (model/turns.h) the order is that of the turns, and the other arm is due a
 * slice later.
 */
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H

#include "model/turns.h"
#include "model/vectors.h"

#include <stdbool.h>
#include <stdint.h>

enum arrivals {
	ARRIVALS_POISSON,
	ARRIVALS_UNIFORM,
	N_ARRIVALS,
};
extern const char *const arrivals_names[N_ARRIVALS]; /* "poisson", "uniform" */

struct schedule_plan {
	double rate_per_s; /* ops (statements) per second and arm, over the whole mix; > 0 */
	uint64_t duration_ns;
	uint64_t seed;
	enum arrivals arrivals;
	struct turns turns; /* all zero: both arms at once, always */
};

struct schedule_entry {
	uint64_t index;       /* 0, 1, 2, ... */
	uint64_t due_ns;      /* since the start of the run */
	uint32_t transaction; /* index into vectors.transactions */
	uint8_t first_arm;    /* 0 baseline first, 1 candidate first */
	uint64_t apart_ns;    /* the other arm is due so much later; 0: at once, a pair */
	/* ordinal of each statement's op: how many ops of that statement came before this entry;
	 * ordinals[k] belongs to transaction.statements[k]; borrowed until the next call. */
	const uint64_t *ordinals;
	uint64_t first_op; /* ops before this entry: op numbers are first_op .. + n_statements - 1 */
};

struct schedule;
/* Borrows vectors. NULL and err when the mix is empty or the rate is not positive. */
struct schedule *schedule_new(
    const struct vectors *vectors, const struct schedule_plan *plan, struct err *err);
bool schedule_next(struct schedule *schedule, struct schedule_entry *ret);
void schedule_free(struct schedule *schedule);

#endif
