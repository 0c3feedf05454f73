/*
 * Timing checks of statements with so few ops that blocks tell nothing. Whether calls are usually
 * slower is seen from the pairs themselves, by the sign test. That is what a median says, so only
 * a check of the median FAILs by it; for a mean or a tail it forbids the PASS.
 */
#include "judge/distributions.h"
#include "judge/timing.h"

#include <math.h>

#define MIN_BLOCKS_OF_PAIRS 10   /* ops of one moment share its weather: they prove nothing */
#define SHOWN_ALPHA         0.05 /* shared by all checks */
#define GROSS               2.0  /* times the limit: then this error is not shared */
#define GROSS_ALPHA         0.05
#define NOT_SLOWER_ALPHA    0.001 /* of a look, for going on without these calls */

static const struct pairs *pairs_of(struct judging *j, enum evidence_kind kind)
{
	struct turns turns = turns_of(&j->run->replay);

	if (!j->pairs[kind].start)
		pairs_init(&j->pairs[kind], j->input->samples, &turns, j->evidence.warmup_s, kind,
		    j->evidence.n_statements);
	return &j->pairs[kind];
}

/* A test that so few pairs cannot pass is none: it would only take error from the others. */
static bool can_fail(const struct judging *j, const struct timing *t, double alpha)
{
	return t->what.quantile == 0.5 && t->degrees + 1 >= MIN_BLOCKS_OF_PAIRS &&
	       ldexp(1, -(int)t->n_ratios) <= alpha / (double)j->n_timings;
}

void timing_use_pairs(struct judging *j, struct timing *t, double alpha)
{
	if (t->by_blocks || t->what.kind != HYPOTHESIS_RATIO || t->side < 0)
		return;
	t->ratios = pairs_ratios(pairs_of(j, t->kind), t->statements, t->n_statements, &t->n_ratios);
	if (j->input->final && can_fail(j, t, alpha))
		t->sign_tail = sign_test(t->ratios, t->n_ratios, t->fail_beyond);
}

bool timing_pairs_are_slower(const struct judging *j, const struct timing *t)
{
	double share = SHOWN_ALPHA / (double)j->n_timings;

	return t->ratios && (sign_test(t->ratios, t->n_ratios, t->fail_beyond) <= share ||
	                        sign_test(t->ratios, t->n_ratios, GROSS * t->limit) <= GROSS_ALPHA);
}

bool timing_pairs_are_open(const struct judging *j, const struct timing *t, double growth)
{
	double planned = (double)t->n_ratios * growth;
	double n = (double)t->n_ratios;

	if (!t->ratios || exp2(-planned) > SHOWN_ALPHA / (double)j->n_timings)
		return false;
	return fair_coin_upper_tail(n - (double)pairs_above(t->ratios, t->n_ratios, t->fail_beyond),
	           n) > NOT_SLOWER_ALPHA;
}
