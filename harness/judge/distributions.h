/*
 * distributions: the Normal and Student's t, and the bound that holds at every look.
 *
 * Upper tails, not quantile tables: a decision compares tails, and only intervals need quantiles.
 */
#ifndef JUDGE_DISTRIBUTIONS_H
#define JUDGE_DISTRIBUTIONS_H

double normal_upper_tail(double z);        /* P(Z > z) */
double normal_upper_quantile(double tail); /* z with P(Z > z) = tail; 0 < tail < 1 */
double student_upper_tail(double t, double degrees);
double student_upper_quantile(double tail, double degrees);
/* P(X >= k) heads of n tosses. */
double fair_coin_upper_tail(double k, double n);
/* P(X >= n) of a Poisson variable with this mean. */
double poisson_upper_tail(double n, double mean);

/*
 * The Normal score z that a running mean of k observations exceeds at any k with probability
 * at most alpha: one side of the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha,
 * Kennedy and Ramdas (Time-uniform central limit theory, 2021), tuned to be tightest at a quarter
 * of k_max.
 */
double sequence_score(double alpha, double k, double k_max);

#endif
