/*
 * circumstances: what a reader must know about the replay beside its figures, in sentences: a clock
 * that was moved back, forms of statements that had to be judged.
 */
#ifndef REPORT_CIRCUMSTANCES_H
#define REPORT_CIRCUMSTANCES_H

#include "base/buf.h"
#include "model/run.h"

/* The i-th sentence of the run, plain text, or NULL beyond the last; caller frees. */
char *circumstance(const struct run *run, size_t i);

#endif
