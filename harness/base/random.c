#include "base/random.h"

#include <math.h>

uint64_t splitmix64(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

void rng_init(struct rng *rng, uint64_t seed, uint64_t stream)
{
	uint64_t x = splitmix64(seed) ^ splitmix64(~stream);

	for (int i = 0; i < 4; i++) {
		rng->s[i] = splitmix64(x);
		x += UINT64_C(0x9e3779b97f4a7c15);
	}
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

double rng_uniform(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1.0p-53;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	uint64_t threshold, x;

	if (bound < 2)
		return 0;
	threshold = -bound % bound;
	do {
		x = rng_next(rng);
	} while (x < threshold);
	return x % bound;
}

double rng_exponential(struct rng *rng)
{
	return -log1p(-rng_uniform(rng));
}

double rng_normal(struct rng *rng)
{
	double u, v, s;

	/* Marsaglia's polar method; the second deviate is dropped to stay stateless. */
	do {
		u = 2.0 * rng_uniform(rng) - 1.0;
		v = 2.0 * rng_uniform(rng) - 1.0;
		s = u * u + v * v;
	} while (s >= 1.0 || s == 0.0);
	return u * sqrt(-2.0 * log(s) / s);
}
