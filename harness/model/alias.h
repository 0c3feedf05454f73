/*
 * alias: draws from a fixed discrete distribution in constant time.
 *
 * Walker (1977), built by Vose's method (1991). The table is read-only after alias_init, so
 * threads share it; the random bits are the caller's.
 */
#ifndef MODEL_ALIAS_H
#define MODEL_ALIAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alias {
	size_t n;
	double *keep; /* probability to stay in the column that was drawn; NULL: all weights equal */
	uint32_t *other;
};

/* Equal weights when weights is NULL. False, and nothing to release, unless every weight is finite
 * and not negative and their sum is positive. */
bool alias_init(struct alias *alias, const double *weights, size_t n);
void alias_release(struct alias *alias);
/* An index below n, from 64 random bits. */
size_t alias_draw(const struct alias *alias, uint64_t random);

#endif
