/*
 * probe: a read that finds the rows a statement writes or locks.
 *
 * UPDATE and DELETE become a SELECT over the same FROM and WHERE, INSERT ... SELECT its SELECT, and
 * SELECT ... FOR UPDATE the same without the lock. So their ranges and lists are calibrated to
 * production's rows per call although nothing may be written. Parameters keep their numbers.
 */
#ifndef BIND_PROBE_H
#define BIND_PROBE_H

#include "bind/binding.h"

/* NULL when there is none: VALUES, MERGE, WITH. Caller frees. */
char *probe_text(const struct binding *b);

#endif
