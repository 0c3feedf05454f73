#include "judge/estimates.h"

#include <math.h>

#define AUTOCORRELATION_MAX 0.7
#define BISECTIONS          40

/* A' = A * scale + shift. */
struct transform {
	double scale, shift;
};

static struct transform transform_of(struct estimand what, double value)
{
	if (what.kind == HYPOTHESIS_SHIFT)
		return (struct transform){1, value};
	return (struct transform){value, 0};
}

static double transformed(struct transform t, uint64_t packed)
{
	return series_value(packed) * t.scale + t.shift;
}

/* The n-th value from the top, counted from 0; -INFINITY below the bottom. */
static double from_top(const struct series *series, struct transform t, size_t n)
{
	return n < series->n ? transformed(t, series->sorted[series->n - 1 - n]) : -INFINITY;
}

/* The value that `above` of both sorted arrays lie above, ties aside. How many of these are of A
 * is found by halving: A's next is not above B's last, and the other way round. */
static double pooled_cut(
    const struct series *a, const struct series *b, struct transform t, size_t above)
{
	const struct transform same = {1, 0};
	size_t low = above > b->n ? above - b->n : 0, high = above < a->n ? above : a->n;

	while (low < high) {
		size_t of_a = low + (high - low) / 2;

		/* B's last one taken is above A's first one left: enough are of A. */
		if (from_top(a, t, of_a) <= from_top(b, same, above - of_a - 1))
			high = of_a;
		else
			low = of_a + 1;
	}
	return fmax(from_top(a, t, low), from_top(b, same, above - low));
}

static void add_exceedances(
    const struct series *series, struct transform t, double cut, double weight, double *d)
{
	for (size_t i = series->n; i > 0 && transformed(t, series->sorted[i - 1]) > cut; i--)
		d[series_block(series->sorted[i - 1])] += weight;
}

static void quantile_differences(const struct series_pair *pair, double p, struct transform t)
{
	const struct series *a = &pair->arms[0], *b = &pair->arms[1];
	double weight = (double)b->n / (double)a->n;
	/* The small constant keeps 0.05 * 100 from becoming 4 through rounding. */
	size_t above = (size_t)((1 - p) * (double)(a->n + b->n) + 1e-9);
	double cut = pooled_cut(a, b, t, above);

	for (size_t k = 0; k < pair->n_blocks; k++)
		pair->scratch[k] = -(1 - p) * (b->block_n[k] - weight * a->block_n[k]);
	add_exceedances(b, (struct transform){1, 0}, cut, 1, pair->scratch);
	add_exceedances(a, t, cut, -weight, pair->scratch);
}

static void mean_differences(const struct series_pair *pair, struct transform t)
{
	const struct series *a = &pair->arms[0], *b = &pair->arms[1];
	double weight = (double)b->n / (double)a->n;

	for (size_t k = 0; k < pair->n_blocks; k++)
		pair->scratch[k] =
		    b->block_sum[k] - weight * (a->block_sum[k] * t.scale + t.shift * a->block_n[k]);
}

static void level_differences(const struct series_pair *pair, double p, double level)
{
	const struct series *b = &pair->arms[1];

	for (size_t k = 0; k < pair->n_blocks; k++)
		pair->scratch[k] =
		    p > 0 ? -(1 - p) * b->block_n[k] : b->block_sum[k] - level * b->block_n[k];
	if (p > 0)
		add_exceedances(b, (struct transform){1, 0}, level, 1, pair->scratch);
}

double blocks_t(const double *d, size_t n)
{
	double k = (double)n, mean = 0, squares = 0, products = 0, r, t;

	for (size_t b = 0; b < n; b++)
		mean += d[b] / k;
	for (size_t b = 0; b < n; b++) {
		squares += (d[b] - mean) * (d[b] - mean);
		if (b > 0)
			products += (d[b] - mean) * (d[b - 1] - mean);
	}
	if (squares <= 0)
		return mean > 0 ? INFINITY : mean < 0 ? -INFINITY : NAN;
	r = fmin(fmax(products / squares + 1 / k, 0), AUTOCORRELATION_MAX);
	t = mean * sqrt(k) / sqrt(squares / (k - 1));
	return t * sqrt((1 - r) / (1 + r));
}

/* Blocks without any op are not observations. */
static double studentise(const struct series_pair *pair)
{
	size_t n = 0;

	for (size_t b = 0; b < pair->n_blocks; b++)
		if (pair->arms[0].block_n[b] + pair->arms[1].block_n[b] > 0)
			pair->scratch[n++] = pair->scratch[b];
	return blocks_t(pair->scratch, n);
}

double block_test(const struct series_pair *pair, struct estimand what, double value)
{
	bool one_arm = what.kind == HYPOTHESIS_LEVEL;

	if (pair->n_used_blocks < 2 || !pair->arms[1].n || (!one_arm && !pair->arms[0].n))
		return NAN;
	if (one_arm)
		level_differences(pair, what.quantile, value);
	else if (what.quantile > 0)
		quantile_differences(pair, what.quantile, transform_of(what, value));
	else
		mean_differences(pair, transform_of(what, value));
	return studentise(pair);
}

static double figure(const struct series *series, double quantile)
{
	return quantile > 0 ? series_quantile(series, quantile) : series_mean(series);
}

double point_estimate(const struct series_pair *pair, struct estimand what)
{
	double candidate = figure(&pair->arms[1], what.quantile);

	if (what.kind == HYPOTHESIS_LEVEL)
		return candidate;
	if (what.kind == HYPOTHESIS_SHIFT)
		return candidate - figure(&pair->arms[0], what.quantile);
	return candidate / figure(&pair->arms[0], what.quantile);
}

/* Is B so slow at this value that T is still above the score? */
static bool above_score(
    const struct series_pair *pair, struct estimand what, double value, double score)
{
	double t = block_test(pair, what, value);

	return isnan(t) ? score < 0 : t > score;
}

/* Values are tried as start + step (or start * step) with steps that double, then halved. */
double interval_end(const struct series_pair *pair, struct estimand what, double score)
{
	bool ratio = what.kind == HYPOTHESIS_RATIO;
	double start = point_estimate(pair, what), unit, inside, outside;
	int direction = score > 0 ? -1 : 1;

	if (!isfinite(start) || (ratio && start <= 0) || isnan(block_test(pair, what, start)))
		return NAN;
	unit = ratio ? 0.01 : fmax(fabs(figure(&pair->arms[1], what.quantile)) * 0.01, 1);
	inside = outside = ratio ? log(start) : start;
	for (int i = 0;; i++) {
		outside = inside + direction * unit;
		if (above_score(pair, what, ratio ? exp(outside) : outside, score) == (direction < 0))
			break;
		if (i == 14)
			return direction > 0 ? INFINITY : ratio ? 0 : -INFINITY;
		inside = outside;
		unit *= 2;
	}
	for (int i = 0; i < BISECTIONS; i++) {
		double middle = (inside + outside) / 2;

		if (above_score(pair, what, ratio ? exp(middle) : middle, score) == (direction < 0))
			outside = middle;
		else
			inside = middle;
	}
	return ratio ? exp(outside) : outside;
}

double quantile_tail(double quantile)
{
	return quantile > 0 ? 1 - quantile : 0.5;
}

double exceedances(const struct series_pair *pair, struct estimand what)
{
	double share = quantile_tail(what.quantile);
	size_t n = pair->arms[1].n;

	if (what.kind != HYPOTHESIS_LEVEL && pair->arms[0].n < n)
		n = pair->arms[0].n;
	/* The small constant keeps 0.05 * 400 from becoming 19.999 through rounding. */
	return floor(share * (double)n + 1e-9);
}
