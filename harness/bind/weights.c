#include "bind/weights.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define NEAR_ENOUGH    0.02 /* of the target */
#define NEWTON_STEPS   50
#define FIRST_PENALTY  1e-6
#define PENALTY_GROWTH 4
#define MAX_PENALTY    1e3
#define LEAST_COUNTING 12 /* vectors, or 5 %: effective sample size, (sum w)^2 / sum w^2 */

/* Distances from the target in units of the vectors' own spread; 0 throughout for a dimension
 * that is left out. */
struct tilt {
	double (*x)[2];
	size_t n;
	double penalty;
	double lambda[2];
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
		total += w;
	}
	mean.rows /= total;
	mean.blocks /= total;
	return mean;
}

/* The objective log(sum exp(lambda x)) + penalty |lambda|^2 / 2; fills the weights. */
static double objective(struct tilt *t, const double lambda[2])
{
	double most = -INFINITY, sum = 0;

	for (size_t i = 0; i < t->n; i++) {
		t->w[i] = lambda[0] * t->x[i][0] + lambda[1] * t->x[i][1];
		most = fmax(most, t->w[i]);
	}
	for (size_t i = 0; i < t->n; i++)
		sum += t->w[i] = exp(t->w[i] - most);
	for (size_t i = 0; i < t->n; i++)
		t->w[i] /= sum;
	return most + log(sum) + t->penalty * (lambda[0] * lambda[0] + lambda[1] * lambda[1]) / 2;
}

/* Newton's direction at t->lambda, from the weights there. */
static void direction(const struct tilt *t, double ret[2])
{
	double g[2] = {0}, h[3] = {0}, det;

	for (size_t i = 0; i < t->n; i++) {
		g[0] += t->w[i] * t->x[i][0];
		g[1] += t->w[i] * t->x[i][1];
	}
	for (size_t i = 0; i < t->n; i++) {
		double a = t->x[i][0] - g[0], b = t->x[i][1] - g[1];
		h[0] += t->w[i] * a * a;
		h[1] += t->w[i] * a * b;
		h[2] += t->w[i] * b * b;
	}
	for (int d = 0; d < 2; d++)
		g[d] += t->penalty * t->lambda[d];
	h[0] += t->penalty + 1e-12;
	h[2] += t->penalty + 1e-12;
	det = h[0] * h[2] - h[1] * h[1];
	ret[0] = -(h[2] * g[0] - h[1] * g[1]) / det;
	ret[1] = -(h[0] * g[1] - h[1] * g[0]) / det;
}

static void minimise(struct tilt *t)
{
	double value;

	t->lambda[0] = t->lambda[1] = 0;
	value = objective(t, t->lambda);
	for (int step = 0; step < NEWTON_STEPS; step++) {
		double d[2], length = 1, next[2], found = INFINITY;
		direction(t, d);
		for (; length > 1e-6; length /= 2) {
			next[0] = t->lambda[0] + length * d[0];
			next[1] = t->lambda[1] + length * d[1];
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

static double figure_of(const struct check_figures *figures, int d)
{
	return d == 0 ? figures->rows : figures->blocks;
}

/* False when the dimension is unknown, does not vary, or is right already. What no vector reaches
 * is no target: the farthest one is. */
static bool add_dimension(struct tilt *t, int d, const struct check_figures *figures, double target)
{
	double mean = 0, spread = 0, least = INFINITY, most = -INFINITY;

	for (size_t i = 0; i < t->n; i++) {
		double figure = figure_of(&figures[i], d);
		mean += figure / (double)t->n;
		least = fmin(least, figure);
		most = fmax(most, figure);
	}
	if (isnan(target) || !(most > least))
		return false;
	target = fmin(fmax(target, least), most);
	for (size_t i = 0; i < t->n; i++)
		spread += pow(figure_of(&figures[i], d) - mean, 2) / (double)t->n;
	spread = sqrt(spread);
	for (size_t i = 0; i < t->n; i++)
		t->x[i][d] = (figure_of(&figures[i], d) - target) / spread;
	return fabs(mean - target) > NEAR_ENOUGH * fmax(target, 0.1);
}

bool weights_tilt(
    const struct check_figures *figures, size_t n, double rows, double blocks, double *ret)
{
	struct tilt t = {.n = n, .penalty = FIRST_PENALTY};
	bool off;

	t.x = xcalloc(n, sizeof(*t.x));
	t.w = xcalloc(n, sizeof(*t.w));
	off = add_dimension(&t, 0, figures, rows);
	off = add_dimension(&t, 1, figures, blocks) || off;
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
