/*
 * weights: how often to draw each vector, so that the mean work is production's. Pure.
 *
 * Exponential tilting: of all weights under which mean rows and mean blocks are the targets, the
 * ones nearest to equal (least relative entropy) are w_i ~ exp(a * rows_i + b * blocks_i); a and b
 * (and c, for the rows that a filter lets through beyond its share of those looked at, mean 0)
 * minimise the convex log-sum-exp (Csiszar 1975; the "entropy balancing" of Hainmueller 2012).
 * A quadratic penalty grows until enough vectors still count, so that a target out of reach bends
 * the weights and does not break them.
 */
#ifndef BIND_WEIGHTS_H
#define BIND_WEIGHTS_H

#include "bind/binding.h"

/* n weights with mean 1 into ret. Of the target (see calibrate_target) NAN leaves one out. Returns
 * false, and leaves ret alone, when equal weights are near enough or nothing can be improved. */
bool weights_tilt(
    const struct check_figures *figures, size_t n, const struct check_figures *target, double *ret);
/* Weighted means; weights may be NULL. */
struct check_figures weights_mean(
    const struct check_figures *figures, const double *weights, size_t n);

#endif
