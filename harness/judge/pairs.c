#include "judge/pairs.h"

#include "base/mem.h"
#include "judge/distributions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one op took on both arms; 0 where it does not count. */
struct op {
	uint64_t ns[N_ARMS];
	uint16_t statement;
};

static struct op *collect_ops(const struct samples *samples, const struct turns *turns,
    double warmup_s, enum evidence_kind kind, size_t *ret_n)
{
	uint32_t last = 0;
	struct op *ops;

	for (size_t i = 0; i < samples->n; i++)
		if (samples->items[i].op > last)
			last = samples->items[i].op;
	*ret_n = samples->n ? (size_t)last + 1 : 0;
	ops = xcalloc(*ret_n + 1, sizeof(*ops));
	for (size_t i = 0; i < samples->n; i++) {
		const struct sample *s = &samples->items[i];
		uint64_t ns = evidence_value_ns(s, kind);

		if (s->arm >= N_ARMS || (double)s->due_ns < warmup_s * 1e9 ||
		    !evidence_counts(turns, s, kind))
			continue;
		ops[s->op].ns[s->arm] = ns ? ns : 1;
		ops[s->op].statement = s->statement;
	}
	return ops;
}

static bool is_pair(const struct op *op, size_t n_statements)
{
	return op->ns[ARM_BASELINE] && op->ns[ARM_CANDIDATE] && op->statement < n_statements;
}

void pairs_init(struct pairs *pairs, const struct samples *samples, const struct turns *turns,
    double warmup_s, enum evidence_kind kind, size_t n_statements)
{
	size_t n_ops;
	_cleanup_free_ struct op *ops = collect_ops(samples, turns, warmup_s, kind, &n_ops);
	_cleanup_free_ size_t *next = NULL;

	*pairs = (struct pairs){.n_statements = n_statements};
	pairs->start = xcalloc(n_statements + 1, sizeof(*pairs->start));
	for (size_t i = 0; i < n_ops; i++)
		if (is_pair(&ops[i], n_statements))
			pairs->start[ops[i].statement + 1]++;
	for (size_t s = 0; s < n_statements; s++)
		pairs->start[s + 1] += pairs->start[s];
	pairs->ratios = xcalloc(pairs->start[n_statements] + 1, sizeof(*pairs->ratios));
	next = xmemdup(pairs->start, (n_statements + 1) * sizeof(*next));
	for (size_t i = 0; i < n_ops; i++)
		if (is_pair(&ops[i], n_statements))
			pairs->ratios[next[ops[i].statement]++] =
			    (double)ops[i].ns[ARM_CANDIDATE] / (double)ops[i].ns[ARM_BASELINE];
}

void pairs_release(struct pairs *pairs)
{
	free(pairs->ratios);
	free(pairs->start);
	*pairs = (struct pairs){0};
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double *pairs_ratios(const struct pairs *pairs, const size_t *statements, size_t n, size_t *ret_n)
{
	size_t total = 0, at = 0;
	double *ratios;

	for (size_t i = 0; i < n; i++)
		total += pairs->start[statements[i] + 1] - pairs->start[statements[i]];
	ratios = xcalloc(total + 1, sizeof(*ratios));
	for (size_t i = 0; i < n; i++) {
		size_t first = pairs->start[statements[i]];
		size_t count = pairs->start[statements[i] + 1] - first;

		memcpy(ratios + at, pairs->ratios + first, count * sizeof(*ratios));
		at += count;
	}
	qsort(ratios, total, sizeof(*ratios), by_size);
	*ret_n = total;
	return ratios;
}

size_t pairs_above(const double *ratios, size_t n, double scale)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ratios[middle] > scale)
			high = middle;
		else
			low = middle + 1;
	}
	return n - low;
}

double sign_test(const double *ratios, size_t n, double scale)
{
	return fair_coin_upper_tail((double)pairs_above(ratios, n, scale), (double)n);
}

/* The most pairs at one end that so many fair coins leave out with probability `level`. */
static size_t left_out(size_t n, double level)
{
	size_t out = 0;

	while (out < n / 2 && fair_coin_upper_tail((double)(n - out), (double)n) <= level)
		out++;
	return out;
}

double sign_lower(const double *ratios, size_t n, double level)
{
	size_t out = left_out(n, level);

	return out ? ratios[out - 1] : 0;
}

double sign_upper(const double *ratios, size_t n, double level)
{
	size_t out = left_out(n, level);

	return out ? ratios[n - out] : INFINITY;
}
