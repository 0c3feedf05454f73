/*
 * chosen: the vectors that are kept, measured one by one, and how often each is drawn, so that the
 * mean work is production's.
 *
 *     struct chosen c = {.values = slots_generate(b, n), .n = n};
 *     chosen_weigh(b, &c);      // as they are
 *     chosen_improve(b, &c);    // where they do not reach it: more rows, calls that find nothing
 *     ... c.values, c.n, c.weights are the caller's ...
 *
 * Needs a binding whose values work. What cannot be executed (a write), is given, or is used once
 * only stays as it is, without weights.
 */
#ifndef BIND_CHOSEN_H
#define BIND_CHOSEN_H

#include "bind/binding.h"

struct chosen {
	char **values; /* of slots_generate() */
	size_t n;
	double *weights;               /* NULL: equal */
	struct bind_fidelity fidelity; /* of the weighted vectors */
};

void chosen_weigh(struct binding *b, struct chosen *c);
void chosen_improve(struct binding *b, struct chosen *c);

#endif
