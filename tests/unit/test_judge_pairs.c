/* pairs: which ops make a pair, and what the sign test says of the ratios. */
#include "base/mem.h"
#include "base/random.h"
#include "judge/pairs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static struct sample sample(uint32_t op, enum arm arm, uint64_t due_ns, uint64_t service_ns)
{
	return (struct sample){.op = op,
	    .arm = (uint8_t)arm,
	    .statement = (uint16_t)(op % 2),
	    .due_ns = due_ns,
	    .picked_ns = due_ns,
	    .sent_ns = due_ns,
	    .done_ns = due_ns + service_ns,
	    .status = SAMPLE_OK};
}

static void a_pair_is_an_op_that_both_arms_answered_after_the_warm_up(void **state)
{
	struct sample items[12];
	struct samples samples = {.items = items, .n = 12};
	struct turns turns = {0};
	struct pairs pairs;
	size_t both[] = {0, 1}, n;
	double *ratios;

	(void)state;
	for (uint32_t op = 0; op < 6; op++) {
		items[2 * op] = sample(op, ARM_BASELINE, op * 1000 * MS, 10 * MS);
		items[2 * op + 1] = sample(op, ARM_CANDIDATE, op * 1000 * MS + MS, (10 + op) * MS);
	}
	items[7].status = SAMPLE_ERROR; /* op 3 on the candidate */
	pairs_init(&pairs, &samples, &turns, 1.5, EVIDENCE_SERVICE, 2);
	ratios = pairs_ratios(&pairs, both, 2, &n);
	assert_int_equal(n, 3); /* 2, 4, 5 */
	assert_true(fabs(ratios[0] - 1.2) < 1e-9 && fabs(ratios[2] - 1.5) < 1e-9);
	free(ratios);
	ratios = pairs_ratios(&pairs, both, 1, &n);
	assert_int_equal(n, 2); /* 2, 4 */
	assert_int_equal(pairs_above(ratios, n, 1.2), 1);
	assert_int_equal(pairs_above(ratios, n, 1.0), 2);
	assert_true(fabs(sign_test(ratios, n, 1.0) - 0.25) < 1e-12);
	assert_true(sign_test(NULL, 0, 1.0) == 1);
	free(ratios);
	pairs_release(&pairs);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Each end misses the true median in at most as many runs as its level says. */
static void the_ends_of_the_interval_keep_their_level(void **state)
{
	enum { RUNS = 4000, N = 21 };
	int above = 0, below = 0;
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, 1);
	for (int run = 0; run < RUNS; run++) {
		double ratios[N];

		for (int i = 0; i < N; i++)
			ratios[i] = 1.3 * exp(rng_normal(&rng));
		qsort(ratios, N, sizeof(*ratios), by_size);
		above += sign_lower(ratios, N, 0.05) > 1.3;
		below += sign_upper(ratios, N, 0.05) < 1.3;
	}
	assert_true(above <= RUNS * 0.05 && below <= RUNS * 0.05);
	assert_true(above >= RUNS * 0.02 && below >= RUNS * 0.02);
}

static void too_few_pairs_have_no_ends(void **state)
{
	double ratios[] = {2, 3, 4};

	(void)state;
	assert_true(sign_lower(ratios, 3, 0.01) == 0);
	assert_true(isinf(sign_upper(ratios, 3, 0.01)));
	assert_true(sign_lower(ratios, 3, 0.2) == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pair_is_an_op_that_both_arms_answered_after_the_warm_up),
	    cmocka_unit_test(the_ends_of_the_interval_keep_their_level),
	    cmocka_unit_test(too_few_pairs_have_no_ends),
	};

	return cmocka_run_group_tests_name("judge: pairs", tests, NULL, NULL);
}
