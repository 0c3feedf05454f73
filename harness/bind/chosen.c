#include "bind/chosen.h"

#include "bind/told.h"
#include "bind/weights.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OFF            0.1  /* of the logarithms of rows and blocks: others are tried */
#define LEAST_WEIGHTED 20   /* measured vectors below which weights would be noise */
#define ALIKE          0.02 /* of the mean: a spread that no weights are needed for */
#define MORE           5    /* times the vectors wanted, to find rare ones among */
#define REACHED        0.03 /* as OFF: no more vectors are measured when that takes long */
#define LONG_NS        (300 * NS_PER_MS)

static bool alike(const struct check_figures *figures, size_t n)
{
	struct check_figures mean = weights_mean(figures, NULL, n);

	for (size_t i = 0; i < n; i++)
		if (fabs(figures[i].rows - mean.rows) > ALIKE * fmax(mean.rows, 1) ||
		    fabs(figures[i].blocks - mean.blocks) > ALIKE * fmax(mean.blocks, 10) ||
		    fabs(figures[i].kept - mean.kept) > ALIKE * fmax(mean.kept, 1))
			return false;
	return true;
}

/* Vectors that there was no time for are dropped: nothing is known about their weight. */
static void cut(const struct binding *b, struct chosen *c, size_t n)
{
	for (size_t i = n * b->n_slots; i < c->n * b->n_slots; i++)
		free(c->values[i]);
	c->n = n;
}

struct ranked {
	struct check_figures figures;
	size_t index;
};

static int by_work(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->figures.blocks != y->figures.blocks)
		return x->figures.blocks < y->figures.blocks ? -1 : 1;
	if (x->figures.rows != y->figures.rows)
		return x->figures.rows < y->figures.rows ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

/* In the order of their work: evenly spread draws then have the mean after a few. */
static void sort_by_work(
    const struct binding *b, struct chosen *c, const struct check_figures *figures)
{
	struct ranked *ranked = xcalloc(c->n, sizeof(*ranked));
	char **values = xcalloc(c->n * b->n_slots + 1, sizeof(*values));
	double *weights = c->weights ? xcalloc(c->n, sizeof(*weights)) : NULL;

	for (size_t i = 0; i < c->n; i++)
		ranked[i] = (struct ranked){figures[i], i};
	qsort(ranked, c->n, sizeof(*ranked), by_work);
	for (size_t i = 0; i < c->n; i++) {
		size_t from = ranked[i].index;
		memcpy(values + i * b->n_slots, c->values + from * b->n_slots, b->n_slots * sizeof(char *));
		if (weights)
			weights[i] = c->weights[from];
	}
	free(c->values);
	free(c->weights);
	c->values = values;
	c->weights = weights;
	free(ranked);
}

static double off(double found, double wanted, double slack)
{
	return isnan(found) || isnan(wanted) ? 0 : fabs(log((found + slack) / (wanted + slack)));
}

static double distance_of(const struct binding *b, const struct bind_fidelity *found)
{
	struct check_figures target = calibrate_target(b);

	return off(found->rows, target.rows, 0.05) + off(found->blocks, target.blocks, 1);
}

/* The weights of the first n, and what they make of them. */
static void tilt_to(struct chosen *c, const struct check_figures *figures, size_t n,
    const struct check_figures *target)
{
	struct check_figures mean;

	free(c->weights);
	c->weights = xcalloc(n, sizeof(*c->weights));
	if (!weights_tilt(figures, n, target, c->weights)) {
		free(c->weights);
		c->weights = NULL;
	}
	mean = weights_mean(figures, c->weights, n);
	c->fidelity = (struct bind_fidelity){n, mean.rows, isnan(target->blocks) ? NAN : mean.blocks};
}

/* A filter's share is aimed at where that costs nothing of rows and blocks. */
static void tilt(struct binding *b, struct chosen *c, const struct check_figures *figures, size_t n)
{
	struct check_figures target = calibrate_target(b);
	bool filtered = !isnan(target.kept);
	double with_filter;

	tilt_to(c, figures, n, &target);
	with_filter = distance_of(b, &c->fidelity);
	if (!filtered || with_filter < REACHED)
		return;
	target.kept = NAN;
	tilt_to(c, figures, n, &target);
	if (with_filter <= distance_of(b, &c->fidelity) + REACHED) {
		target = calibrate_target(b);
		tilt_to(c, figures, n, &target);
	}
}

void chosen_weigh(struct binding *b, struct chosen *c)
{
	uint64_t started_ns = clock_now_ns(&clock_monotonic);
	_cleanup_free_ struct check_figures *figures = NULL;
	size_t measured, found;

	if (b->given || b->order != VECTOR_SAMPLED || c->n < LEAST_WEIGHTED || told_entirely(b))
		return;
	figures = xcalloc(c->n, sizeof(*figures));
	measured = check_each(b, c->values, LEAST_WEIGHTED, figures);
	if (measured < LEAST_WEIGHTED)
		return;
	tilt(b, c, figures, measured);
	if (alike(figures, measured)) { /* most are: a key finds its row */
		free(c->weights);
		c->weights = NULL;
		return;
	}
	do {
		size_t n = c->n - measured < 2 * measured ? c->n - measured : 2 * measured;
		found = check_each(b, c->values + measured * b->n_slots, n, figures + measured);
		measured += found;
		tilt(b, c, figures, measured);
	} while (found > 0 && measured < c->n &&
	         (distance_of(b, &c->fidelity) > REACHED ||
	             clock_now_ns(&clock_monotonic) - started_ns < LONG_NS));
	cut(b, c, measured);
	sort_by_work(b, c, figures);
}

/* Other vectors take the place of these when they are nearer; true when they do. */
static bool compete(struct binding *b, struct chosen *c, size_t n)
{
	struct chosen other = {.values = slots_generate(b, n), .n = n};
	bool nearer;

	chosen_weigh(b, &other);
	nearer = other.fidelity.measured > 0 &&
	         distance_of(b, &other.fidelity) < distance_of(b, &c->fidelity) - OFF / 2;
	if (nearer) {
		struct chosen swap = *c;
		*c = other;
		other = swap;
	}
	slots_values_free(b, other.values, other.n);
	free(other.weights);
	return nearer;
}

/* How many vectors differ: the rows of the largest pool. */
static size_t most_vectors(const struct binding *b)
{
	size_t most = 0;

	for (size_t i = 0; i < b->n_pools; i++)
		if (b->pools[i].n_rows / b->pools[i].stride > most)
			most = b->pools[i].n_rows / b->pools[i].stride;
	return most < b->n_wanted * MORE ? most : b->n_wanted * MORE;
}

void chosen_improve(struct binding *b, struct chosen *c)
{
	size_t most = most_vectors(b);

	if (b->given || b->order != VECTOR_SAMPLED || c->fidelity.measured < LEAST_WEIGHTED)
		return;
	if (distance_of(b, &c->fidelity) >= OFF && b->miss_share == 0) {
		slots_loosen(b);
		b->loose = compete(b, c, b->n_wanted);
	}
	if (distance_of(b, &c->fidelity) >= OFF && most > c->n)
		compete(b, c, most);
}
