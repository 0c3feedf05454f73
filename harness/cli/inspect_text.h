/*
 * inspect_text: a workload as a table for a terminal: the mix by share of execution time, what will
 * not be replayed and why, and the coverage that is left.
 */
#ifndef CLI_INSPECT_TEXT_H
#define CLI_INSPECT_TEXT_H

#include "base/buf.h"
#include "model/workload.h"

#include <stdbool.h>
#include <stddef.h>

/* The top costliest statements, in lines of at most width columns; fewer figures when narrow. */
void inspect_text(struct buf *out, const struct workload *workload, size_t top, bool with_texts,
	size_t width);

#endif
