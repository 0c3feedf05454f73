/*
 * pins: the values that partial indexes name.
 *
 * Of WHERE state = $1 AND run_at < $2 the statistics do not tell which state production asks for.
 * An index on (run_at) WHERE state = 'ready' does: somebody made it for a statement. So that value
 * is tried, with the other parameters drawn from its rows.
 *
 * b->pinned makes pins_apply(), which sources are filled after, settle the parameters on such values.
 */
#ifndef BIND_PINS_H
#define BIND_PINS_H

#include "bind/binding.h"

/* Has any parameter one? err is filled only when the server failed. */
bool pins_any(struct binding *b, struct err *err);
/* Where b->pinned: those parameters become constants, slot.pinned. */
void pins_apply(struct binding *b);

#endif
