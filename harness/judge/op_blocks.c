#include "judge/op_blocks.h"

#include "base/mem.h"
#include "judge/distributions.h"
#include "judge/estimates.h"

#include <math.h>

#define MOST_BLOCKS  120
#define LEAST_BLOCKS 10

static size_t ops_in_schedule(const struct samples *samples)
{
	size_t n = 0;

	for (size_t i = 0; i < samples->n; i++)
		if (samples->items[i].op >= n)
			n = (size_t)samples->items[i].op + 1;
	return n;
}

void op_blocks_count(const struct judging *j, const struct target *target, op_kind *kind,
    const void *ctx, struct op_blocks *ret)
{
	const struct samples *samples = j->input->samples;
	size_t n_ops = ops_in_schedule(samples);

	*ret = (struct op_blocks){.n = n_ops < MOST_BLOCKS ? n_ops : MOST_BLOCKS};
	for (int arm = 0; arm < N_ARMS; arm++) {
		ret->of_kind[arm] = xcalloc(ret->n + 1, sizeof(double));
		ret->all[arm] = xcalloc(ret->n + 1, sizeof(double));
	}
	for (size_t i = 0; i < samples->n; i++) {
		const struct sample *s = &samples->items[i];
		size_t block = (size_t)s->op * ret->n / n_ops;

		if (s->arm >= N_ARMS || !target_has(target, s))
			continue;
		ret->all[s->arm][block]++;
		ret->of_kind[s->arm][block] += kind(s, ctx);
	}
}

void op_blocks_release(struct op_blocks *blocks)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		free(blocks->of_kind[arm]);
		free(blocks->all[arm]);
	}
	*blocks = (struct op_blocks){0};
}

double op_blocks_tail(const struct op_blocks *blocks, double scale, double rate)
{
	_cleanup_free_ double *d = xcalloc(blocks->n + 1, sizeof(*d));
	double all[N_ARMS] = {0}, t;

	for (size_t b = 0; b < blocks->n; b++)
		for (int arm = 0; arm < N_ARMS; arm++)
			all[arm] += blocks->all[arm][b];
	if (blocks->n < LEAST_BLOCKS || !(all[ARM_BASELINE] > 0))
		return 1;
	for (size_t b = 0; b < blocks->n; b++)
		d[b] = blocks->of_kind[ARM_CANDIDATE][b] - rate * blocks->all[ARM_CANDIDATE][b] -
		       scale * all[ARM_CANDIDATE] / all[ARM_BASELINE] * blocks->of_kind[ARM_BASELINE][b];
	t = blocks_t(d, blocks->n);
	return isnan(t) ? 1 : student_upper_tail(t, (double)blocks->n - 1);
}
