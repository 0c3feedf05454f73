/*
 * turns: which arm runs when, a pure function of the replay's options and the time.
 *
 * Time is cut into periods. In each, both arms run at once for a while (op pairs), then one arm
 * alone for a slice, then the other alone for a slice with the same ops:
 *
 *     pairs           paired all the time: no periods
 *     pairs, alone    paired most of the time, slices now and then: what the candidate does to the
 *                     whole machine slows both arms of a pair and shows only when one runs alone
 *     slices          slices only, in the order A B, B A, A B, ...
 *     sequential      one period: the baseline's half, then the candidate's
 *
 * The order within a period alternates, so that what drifts during it favours neither arm.
 */
#ifndef MODEL_TURNS_H
#define MODEL_TURNS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum design {
	DESIGN_PAIRS,
	DESIGN_SLICES,
	DESIGN_SEQUENTIAL,
	N_DESIGNS,
};
extern const char *const design_names[N_DESIGNS]; /* "pairs", "slices", "sequential" */

#define TURNS_MIN_PERIODS 10 /* fewer can decide nothing about arms that take turns */

struct turns {
	uint64_t period_ns; /* 0: the arms never take turns */
	uint64_t paired_ns; /* at the start of each period: both arms */
	uint64_t slice_ns;  /* then each arm alone: period = paired + 2 * slice */
	uint64_t end_ns;    /* the end of the last whole period: later, no arm runs alone */
};
struct replay_options;
struct turns turns_of(const struct replay_options *options);
/* Do design, alone, slice and times go together? ERR_USAGE when not. */
int turns_check(const struct replay_options *options, struct err *err);

/* Ops are sent to the first arm of a period only, and again to the second one a slice later: the
 * time of the run that belongs to a time of sending. */
uint64_t turns_due_ns(const struct turns *turns, uint64_t sending_ns);

/* Does one arm run alone at this time? */
bool turns_alone(const struct turns *turns, uint64_t due_ns);
/* The arm that goes first in the period of this time: 0 or 1. */
unsigned turns_first_arm(const struct turns *turns, uint64_t due_ns);
/* When the other arm has the op that this arm has at due_ns, alone. */
uint64_t turns_twin_ns(const struct turns *turns, uint64_t due_ns, unsigned arm);
/* The time of the run with the second turn of each period laid over the first: the same op has
 * nearly the same folded time on both arms. */
uint64_t turns_folded_ns(const struct turns *turns, uint64_t due_ns, unsigned arm);
/* The end of the period of this time. */
uint64_t turns_period_end_ns(const struct turns *turns, uint64_t due_ns);

/* Shares of the planned time in which an arm receives ops, and in which both receive them at once. */
double turns_sending_share(const struct turns *turns);
double turns_paired_share(const struct turns *turns);

#endif
