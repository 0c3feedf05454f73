/*
 * fidelity_text: how near a run's replay came to production, statement by statement, as a table for a
 * terminal: rows, blocks and milliseconds per call of both, and where the values came from.
 */
#ifndef CLI_FIDELITY_TEXT_H
#define CLI_FIDELITY_TEXT_H

#include "base/buf.h"
#include "model/run.h"

#include <stddef.h>

/* The top costliest statements; the summary is of all. */
void fidelity_text(struct buf *out, const struct run *run, size_t top);

#endif
