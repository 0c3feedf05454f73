/*
 * pairs: the same op on both arms, candidate divided by baseline, and the sign test on these ratios.
 *
 * For statements with too few ops for the block test (estimates.h). If calls are not usually slower
 * than scale times the baseline, then each pair is above it with probability 1/2 at most, and
 * k or more of n are above with P(Binomial(n, 1/2) >= k) at most (Arbuthnott 1710; Dixon and Mood
 * 1946). Nothing is assumed of how latencies are distributed; single outliers count as one pair.
 *
 *     struct pairs pairs;
 *     pairs_init(&pairs, samples, &turns, warmup_s, EVIDENCE_SERVICE, n_statements);
 *     double *ratios = pairs_ratios(&pairs, statements, n, &n_ratios);   // caller frees
 *     double tail = sign_test(ratios, n_ratios, 1.10);
 *     pairs_release(&pairs);
 */
#ifndef JUDGE_PAIRS_H
#define JUDGE_PAIRS_H

#include "judge/evidence.h"
#include "model/turns.h"

struct pairs {
	double *ratios; /* of statement s: ratios[start[s] .. start[s + 1]) */
	size_t *start;  /* NULL: not made */
	size_t n_statements;
};

/* Ops that count (evidence.h) on both arms, due after the warm-up. */
void pairs_init(struct pairs *pairs, const struct samples *samples, const struct turns *turns,
    double warmup_s, enum evidence_kind kind, size_t n_statements);
void pairs_release(struct pairs *pairs);

/* The ratios of these statements, ascending; caller frees. */
double *pairs_ratios(const struct pairs *pairs, const size_t *statements, size_t n, size_t *ret_n);

/* How many of the n ascending ratios are above scale. */
size_t pairs_above(const double *ratios, size_t n, double scale);
/* The probability of so many above scale, or more, if calls are not usually slower than that; 1
 * without pairs. */
double sign_test(const double *ratios, size_t n, double scale);
/* The median ratio is at least (at most) this with error `level`; 0 (INFINITY) when n is too small
 * for that. */
double sign_lower(const double *ratios, size_t n, double level);
double sign_upper(const double *ratios, size_t n, double level);

#endif
