#include "bind/weights.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define DIMENSIONS     3    /* rows, blocks, rows beyond the filter's share */
#define NEAR_ENOUGH    0.02 /* of the target */
#define NEWTON_STEPS   50
#define FIRST_PENALTY  1e-6
#define PENALTY_GROWTH 4
#define MAX_PENALTY    1e3
#define LEAST_COUNTING 12 /* vectors, or 5 %: effective sample size, (sum w)^2 / sum w^2 */

/* Distances from the target in units of the vectors' own spread; 0 throughout for a dimension
 * that is left out. */
struct tilt {
	double (*x)[DIMENSIONS];
	size_t n;
	double penalty;
	double lambda[DIMENSIONS];
	double *w; /* normalised to sum 1 */
};

struct check_figures weights_mean(
    const struct check_figures *figures, const double *weights, size_t n)
{
	struct check_figures mean = {0};
	double total = 0;

	for (size_t i = 0; i < n; i++) {
		double w = weights ? weights[i] : 1;
		mean.rows += w * figures[i].rows;
		mean.blocks += w * figures[i].blocks;
		mean.looked += w * figures[i].looked;
		mean.kept += w * figures[i].kept;
		total += w;
	}
	mean.rows /= total;
	mean.blocks /= total;
	mean.looked /= total;
	mean.kept /= total;
	return mean;
}

/* The objective log(sum exp(lambda x)) + penalty |lambda|^2 / 2; fills the weights. */
static double objective(struct tilt *t, const double lambda[DIMENSIONS])
{
	double most = -INFINITY, sum = 0, squares = 0;

	for (size_t i = 0; i < t->n; i++) {
		t->w[i] = 0;
		for (int d = 0; d < DIMENSIONS; d++)
			t->w[i] += lambda[d] * t->x[i][d];
		most = fmax(most, t->w[i]);
	}
	for (size_t i = 0; i < t->n; i++)
		sum += t->w[i] = exp(t->w[i] - most);
	for (size_t i = 0; i < t->n; i++)
		t->w[i] /= sum;
	for (int d = 0; d < DIMENSIONS; d++)
		squares += lambda[d] * lambda[d];
	return most + log(sum) + t->penalty * squares / 2;
}

/* h * ret = -g by elimination; h is positive definite and is used up. */
static void solve(double h[DIMENSIONS][DIMENSIONS], double g[DIMENSIONS], double ret[DIMENSIONS])
{
	for (int d = 0; d < DIMENSIONS; d++)
		for (int row = d + 1; row < DIMENSIONS; row++) {
			double factor = h[row][d] / h[d][d];
			for (int c = d; c < DIMENSIONS; c++)
				h[row][c] -= factor * h[d][c];
			g[row] -= factor * g[d];
		}
	for (int d = DIMENSIONS - 1; d >= 0; d--) {
		double rest = -g[d];
		for (int c = d + 1; c < DIMENSIONS; c++)
			rest -= h[d][c] * ret[c];
		ret[d] = rest / h[d][d];
	}
}

/* Newton's direction at t->lambda, from the weights there. */
static void direction(const struct tilt *t, double ret[DIMENSIONS])
{
	double g[DIMENSIONS] = {0}, h[DIMENSIONS][DIMENSIONS] = {{0}};

	for (size_t i = 0; i < t->n; i++)
		for (int d = 0; d < DIMENSIONS; d++)
			g[d] += t->w[i] * t->x[i][d];
	for (size_t i = 0; i < t->n; i++)
		for (int d = 0; d < DIMENSIONS; d++)
			for (int c = 0; c < DIMENSIONS; c++)
				h[d][c] += t->w[i] * (t->x[i][d] - g[d]) * (t->x[i][c] - g[c]);
	for (int d = 0; d < DIMENSIONS; d++) {
		g[d] += t->penalty * t->lambda[d];
		h[d][d] += t->penalty + 1e-12;
	}
	solve(h, g, ret);
}

static void minimise(struct tilt *t)
{
	double value;

	memset(t->lambda, 0, sizeof(t->lambda));
	value = objective(t, t->lambda);
	for (int step = 0; step < NEWTON_STEPS; step++) {
		double towards[DIMENSIONS], length = 1, next[DIMENSIONS], found = INFINITY;
		direction(t, towards);
		for (; length > 1e-6; length /= 2) {
			for (int d = 0; d < DIMENSIONS; d++)
				next[d] = t->lambda[d] + length * towards[d];
			found = objective(t, next);
			if (found < value)
				break;
		}
		if (!(found < value - 1e-12))
			break;
		memcpy(t->lambda, next, sizeof(next));
		value = found;
	}
	objective(t, t->lambda);
}

static double counting(const struct tilt *t)
{
	double squares = 0;

	for (size_t i = 0; i < t->n; i++)
		squares += t->w[i] * t->w[i];
	return 1 / squares;
}

static double figure_of(
    const struct check_figures *figures, const struct check_figures *target, int d)
{
	switch (d) {
	case 0:
		return figures->rows;
	case 1:
		return figures->blocks;
	default:
		return figures->kept - target->kept * figures->looked;
	}
}

/* What the mean may be off by. */
static double tolerance(const struct check_figures *figures, size_t n,
    const struct check_figures *target, double wanted, int d)
{
	if (d < 2)
		return NEAR_ENOUGH * fmax(wanted, 0.1);
	return NEAR_ENOUGH * target->kept * weights_mean(figures, NULL, n).looked;
}

/* False when the dimension is unknown, does not vary, or is right already. What no vector reaches
 * is no target: the farthest one is. */
static bool add_dimension(
    struct tilt *t, int d, const struct check_figures *figures, const struct check_figures *target)
{
	double wanted = d == 0 ? target->rows : d == 1 ? target->blocks : target->kept * 0;
	double mean = 0, spread = 0, least = INFINITY, most = -INFINITY;

	for (size_t i = 0; i < t->n; i++) {
		double figure = figure_of(&figures[i], target, d);
		mean += figure / (double)t->n;
		least = fmin(least, figure);
		most = fmax(most, figure);
	}
	if (isnan(wanted) || !(most > least))
		return false;
	wanted = fmin(fmax(wanted, least), most);
	for (size_t i = 0; i < t->n; i++)
		spread += pow(figure_of(&figures[i], target, d) - mean, 2) / (double)t->n;
	spread = sqrt(spread);
	for (size_t i = 0; i < t->n; i++)
		t->x[i][d] = (figure_of(&figures[i], target, d) - wanted) / spread;
	return fabs(mean - wanted) > tolerance(figures, t->n, target, wanted, d);
}

bool weights_tilt(
    const struct check_figures *figures, size_t n, const struct check_figures *target, double *ret)
{
	struct tilt t = {.n = n, .penalty = FIRST_PENALTY};
	bool off = false;

	t.x = xcalloc(n, sizeof(*t.x));
	t.w = xcalloc(n, sizeof(*t.w));
	for (int d = 0; d < DIMENSIONS; d++)
		off = add_dimension(&t, d, figures, target) || off;
	for (; off && t.penalty < MAX_PENALTY; t.penalty *= PENALTY_GROWTH) {
		minimise(&t);
		if (counting(&t) >= fmax(LEAST_COUNTING, 0.05 * (double)n))
			break;
	}
	for (size_t i = 0; off && i < n; i++)
		ret[i] = t.w[i] * (double)n;
	free(t.x);
	free(t.w);
	return off;
}
