/*
 * random: xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64.
 *
 * A struct rng is a value: copy it to fork a stream. The same seed and stream number give the
 * same numbers on every machine; nothing here reads the system's entropy.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* Independent streams of one seed: stream 0 for arrivals, 1 for statements, ... */
void rng_init(struct rng *rng, uint64_t seed, uint64_t stream);

uint64_t rng_next(struct rng *rng);
double rng_uniform(struct rng *rng);                 /* [0, 1), 53 bits */
uint64_t rng_below(struct rng *rng, uint64_t bound); /* [0, bound), without modulo bias */
double rng_exponential(struct rng *rng);             /* mean 1 */
double rng_normal(struct rng *rng);                  /* mean 0, standard deviation 1 */

/* One step of splitmix64: a good 64-bit mix of x, also usable as a hash. */
uint64_t splitmix64(uint64_t x);

#endif
