/*
 * timing: what is known about one timing check before all of them are decided together.
 */
#ifndef JUDGE_TIMING_H
#define JUDGE_TIMING_H

#include "judge/estimates.h"
#include "judge/judging.h"

struct timing {
	size_t check; /* index into run->checks */
	enum evidence_kind kind;
	size_t *statements;
	size_t n_statements;
	bool named;
	struct estimand what;
	int side;           /* 1: a figure that is too high is a breach; -1: too low */
	double limit;       /* in nanoseconds, or a ratio */
	double fail_beyond; /* the limit with the dead band */
	double guard;       /* PASS needs the bound on this side of it */
	bool must_improve;  /* the limit lies beyond "unchanged": nothing short of it passes */
	double exceedances;
	double degrees; /* of Student's t */
	bool by_blocks; /* enough ops for the block test */
	/* With too few ops for blocks: ratios of the pairs, ascending; NULL otherwise. */
	double *ratios;
	size_t n_ratios;
	double sign_tail; /* sign test at fail_beyond: its error; NAN when it cannot speak for FAIL */
	/* side * T at four hypotheses: positive speaks for a breach. NAN when not testable. */
	double t_fail, t_limit, t_guard, t_unchanged;
	double standard_error; /* of ln(ratio); NAN when it cannot be told */
	double fail_level;     /* the error that FAIL was, or would be, decided at */
};

/* The ratios of the check's pairs and what the sign test makes of them, for a check that the block
 * test cannot decide; alpha is the gate's. */
void timing_use_pairs(struct judging *j, struct timing *timing, double alpha);
/* Most of these few calls are slower than the limit allows. */
bool timing_pairs_are_slower(const struct judging *j, const struct timing *timing);

/* A look: with the planned time, which is `growth` times what there is, the pairs may show a slow-down
 * yet; they do not show already that there is none. */
bool timing_pairs_are_open(const struct judging *j, const struct timing *timing, double growth);

/* Upper tail of Student's t that a test at this level uses now: the level itself at the end, the
 * level of the bound for every look in mid-run. */
double timing_level(const struct judging *j, double alpha);

/* The outcome and sentence of one check; n_tests is M. */
void timing_conclude(struct judging *j, struct timing *timing, bool fails, size_t n_tests);

#endif
