/*
 * counter: the table of counters, and one counter of a target compared between the arms.
 *
 * counter_compare.c adds up and holds against a limit, judge_counter.c decides and tells,
 * judge_wal.c does so for WAL bytes.
 */
#ifndef JUDGE_COUNTER_H
#define JUDGE_COUNTER_H

#include "judge/judging.h"

enum figure {
	FIGURE_TOUCHED,
	FIGURE_READ,
	FIGURE_DIRTIED,
	FIGURE_TEMP,
	FIGURE_ROWS,
	FIGURE_WAL_RECORDS,
	FIGURE_WAL_FPI,
	FIGURE_WAL_BYTES,
	FIGURE_HIT_RATIO,
	N_FIGURES
};

struct counter {
	const char *metric;
	enum figure figure;
	double least;       /* per call: a smaller difference is not worth a verdict */
	bool cache_decides; /* what is in cache has a say */
	bool plan_decides;  /* the plan that a session happens to have cached has a say */
	bool room_decides;  /* so has, for an UPDATE, whether its page has room (HOT) at that moment */
	double weight;      /* units per event, for the chance of a total */
};
const struct counter *counter_of(const char *metric); /* NULL when it is not a counter */

/* The work of a target on both arms, with full-page images taken out of its WAL bytes. */
struct comparison {
	struct work arms[N_ARMS];
	double caution;      /* of the judging */
	double first_blocks; /* that sessions may have touched once, on one arm alone */
	/* WAL bytes without images, when these are as large as the totals allow and when small. */
	double least_net[N_ARMS], most_net[N_ARMS];
	/* Variance of the baseline's total if single calls differed in blocks as they do in time. */
	double touched_variance;
	/* Variance of its totals by figure, since some of its updates find room on their page. */
	double room_variance[N_FIGURES];
};

void compare_work(const struct judging *j, const struct target *target, struct comparison *ret);

/* NAN when it is not known; for the hit ratio, per block. */
double comparison_per_call(const struct comparison *c, enum figure figure, int arm);
/* What the per-call figure is divided by. */
double comparison_divisor(const struct comparison *c, enum figure figure, int arm);
double comparison_fewer_calls(const struct comparison *c);

/* What an excess over limit * baseline must be, as a share of the baseline, to be more than single
 * calls bring about that met another plan or another page. */
double comparison_call_noise(
    const struct comparison *c, const struct check *check, const struct counter *counter);

/* Are these figures per call above the limit, and beyond tolerance, triviality and chance? */
bool comparison_breaches(const struct comparison *c, const struct check *check,
    const struct counter *counter, double baseline, double candidate);

/* Would it breach, were it not for the noise of single calls? Then that is not settled:
 * INCONCLUSIVE. */
bool counter_is_hidden(const struct check *check, const struct counter *counter,
    const struct comparison *c, double baseline, double candidate);
void counter_tell_hidden(const struct judging *j, struct check *check,
    const struct counter *counter, const struct comparison *c);
/* Above the limit, but not beyond what two equal clones can differ by: PASS. */
void counter_tell_negligible(struct check *check);
void counter_decide_wal_bytes(const struct judging *j, struct check *check,
    const struct counter *counter, const struct comparison *c);

#endif
