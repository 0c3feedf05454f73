/*
 * finish: from a binding whose values work to a bound statement.
 */
#ifndef BIND_FINISH_H
#define BIND_FINISH_H

#include "bind/binding.h"

int finish_statement(struct binding *b, struct bound_statement *ret, struct bind_fidelity *fidelity,
    struct err *err);

#endif
