/*
 * measure_build: response times before, during and after a candidate that was applied under load.
 */
#ifndef MEASURE_MEASURE_BUILD_H
#define MEASURE_MEASURE_BUILD_H

#include "model/run.h"
#include "model/sample.h"

/* Fills run->build.phases from its start_s and end_s; an op belongs to the phase it was due in. Pure. */
void measure_build(const struct samples *samples, struct run *run);

#endif
