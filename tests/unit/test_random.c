/* Random numbers: reproducible, independent by stream, and with the promised distributions. */
#include "base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N 100000

/* The first outputs of the reference implementation of xoshiro256** for the state 1, 2, 3, 4. */
static void the_generator_is_xoshiro256starstar(void **state)
{
	static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
	struct rng rng = {{1, 2, 3, 4}};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_true(rng_next(&rng) == expected[i]);
	/* And splitmix64's first output for the seed 0. */
	assert_true(splitmix64(0) == UINT64_C(0xe220a8397b1dcdaf));
}

static void seeds_and_streams_differ(void **state)
{
	struct rng a, same, stream, seed;

	(void)state;
	rng_init(&a, 42, 0);
	rng_init(&same, 42, 0);
	rng_init(&stream, 42, 1);
	rng_init(&seed, 43, 0);
	for (int i = 0; i < 100; i++) {
		uint64_t value = rng_next(&a);

		assert_true(value == rng_next(&same));
		assert_true(value != rng_next(&stream));
		assert_true(value != rng_next(&seed));
	}
}

/* All bounds are six standard errors. */
static void distributions_have_their_moments(void **state)
{
	double uniform = 0, exponential = 0, normal = 0, squares = 0;
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, 0);
	for (int i = 0; i < N; i++) {
		double u = rng_uniform(&rng), e = rng_exponential(&rng), z = rng_normal(&rng);

		assert_true(u >= 0 && u < 1);
		assert_true(e >= 0 && isfinite(e));
		uniform += u;
		exponential += e;
		normal += z;
		squares += z * z;
	}
	assert_float_equal(uniform / N, 0.5, 6 * sqrt(1.0 / 12 / N));
	assert_float_equal(exponential / N, 1, 6 / sqrt(N));
	assert_float_equal(normal / N, 0, 6 / sqrt(N));
	assert_float_equal(squares / N, 1, 6 * sqrt(2.0 / N));
}

static void bounded_numbers_are_even(void **state)
{
	size_t count[7] = {0};
	struct rng rng;

	(void)state;
	rng_init(&rng, 5, 5);
	for (int i = 0; i < N; i++)
		count[rng_below(&rng, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_float_equal((double)count[i], N / 7.0, 6 * sqrt(N * 6.0 / 49));
	assert_int_equal(rng_below(&rng, 1), 0);
	assert_int_equal(rng_below(&rng, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_generator_is_xoshiro256starstar),
	    cmocka_unit_test(seeds_and_streams_differ),
	    cmocka_unit_test(distributions_have_their_moments),
	    cmocka_unit_test(bounded_numbers_are_even),
	};

	return cmocka_run_group_tests_name("random numbers", tests, NULL, NULL);
}
