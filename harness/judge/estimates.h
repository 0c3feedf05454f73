/*
 * estimates: the block test of one quantile or mean at one margin, and intervals made from it.
 *
 * With A the baseline's values and B the candidate's, a hypothesis says how A must be changed to be
 * as slow as B: A * scale + shift. block_test() returns T, Student's t of the blocks' differences:
 * positive when B is slower than the hypothesis, falling as scale or shift grow.
 *
 *     c   = the value that a share (1-p) of the pooled {A * scale + shift} and B lies above
 *     d_b = #{B_b > c} - (1-p) n_Bb - (N_B/N_A) (#{A'_b > c} - (1-p) n_Ab)        a quantile
 *     d_b = S_Bb - (N_B/N_A) S_A'b                                                 a mean (Fieller
 * 1954) d_b = #{B_b > limit} - (1-p) n_Bb   or   S_Bb - limit n_Bb                   one arm alone
 *     r   = clamp(lag-1 autocorrelation of d + 1/K, 0, 0.7)
 *     T   = mean(d) sqrt(K) / sd(d) * sqrt((1-r)/(1+r))
 *
 * Pairing by block takes out what slows both arms at once. No random numbers anywhere.
 */
#ifndef JUDGE_ESTIMATES_H
#define JUDGE_ESTIMATES_H

#include "judge/series.h"

#include <stdbool.h>

enum hypothesis_kind {
	HYPOTHESIS_RATIO, /* B is value times as slow as A */
	HYPOTHESIS_SHIFT, /* B is value nanoseconds slower than A */
	HYPOTHESIS_LEVEL, /* B is at value nanoseconds; A plays no part */
};

struct estimand {
	double quantile; /* 0 is the mean */
	enum hypothesis_kind kind;
};

/* T of n differences: their mean against 0, with the variance raised for blocks that resemble the
 * block before. NAN when all are 0. */
double blocks_t(const double *d, size_t n);

/* T for "B is exactly at value"; NAN when the blocks cannot tell (no values, no spread at 0). */
double block_test(const struct series_pair *pair, struct estimand what, double value);

/* The figure itself: ratio, difference or level of the two arms' quantiles or means. */
double point_estimate(const struct series_pair *pair, struct estimand what);

/* One end of an interval: the value where T crosses score from above (score > 0: the lower end;
 * score < 0: the upper end). 0 or INFINITY for a ratio without that end, -INFINITY or INFINITY for
 * the others. */
double interval_end(const struct series_pair *pair, struct estimand what, double score);

/* The share of values above a quantile; for the mean (0) as for the median. */
double quantile_tail(double quantile);

/* Values above the quantile on the arm that has fewer; for the mean as for the median. */
double exceedances(const struct series_pair *pair, struct estimand what);

#endif
