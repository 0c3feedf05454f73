/*
 * given: values that an override names, in place of drawn ones.
 */
#ifndef BIND_GIVEN_H
#define BIND_GIVEN_H

#include "bind/binding.h"
#include "model/overrides.h"

/* Every name in the file is a statement of the workload. */
int given_check_names(
    const struct overrides *overrides, const struct workload *workload, struct err *err);

/* After executable_choose() and slots_plan(): all slots read the given rows, as they are. ERR_USAGE
 * names file and line where the numbers do not fit or the query does not work. */
int given_fill(struct binding *b, const struct override *given, struct err *err);

#endif
