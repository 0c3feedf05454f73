/*
 * measure_untouched: tables that the candidate changes and no statement of the workload touches. A
 * rehearsal says nothing about those, which is worth a line.
 */
#ifndef MEASURE_MEASURE_UNTOUCHED_H
#define MEASURE_MEASURE_UNTOUCHED_H

#include "model/run.h"

/* After measure_end: a disturbance that names them. By the indexes that were made or dropped, and the
 * locks that the candidate's statements took. Pure. */
void measure_untouched(struct run *run);

#endif
