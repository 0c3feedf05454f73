/*
 * op_blocks: ops of a kind, counted in blocks on both arms.
 *
 *     struct op_blocks blocks;
 *     op_blocks_count(j, target, is_slow, &over_ns, &blocks);
 *     if (op_blocks_tail(&blocks, 1.10, 0) < alpha) ...        // more than 1.10 times as many
 *     op_blocks_release(&blocks);
 *
 * What fails, is slow or goes unanswered comes in bursts, so that its number varies by more than
 * its root. Blocks take the bursts in, as they do for latencies (estimates.h).
 */
#ifndef JUDGE_OP_BLOCKS_H
#define JUDGE_OP_BLOCKS_H

#include "judge/judging.h"

typedef bool op_kind(const struct sample *sample, const void *ctx);

struct op_blocks {
	size_t n;
	double *of_kind[N_ARMS]; /* by block, ... */
	double *all[N_ARMS];     /* ... of these */
};

/* Ops of the target, in blocks of as many ops of the schedule; the same ones on both arms. */
void op_blocks_count(const struct judging *j, const struct target *target, op_kind *kind,
    const void *ctx, struct op_blocks *ret);
void op_blocks_release(struct op_blocks *blocks);

/* The error of saying that the candidate has more of them than `scale` times what the baseline has
 * of as many ops, and `rate` of its ops besides; 1 when there are too few blocks. */
double op_blocks_tail(const struct op_blocks *blocks, double scale, double rate);

#endif
