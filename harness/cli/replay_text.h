/*
 * replay_text: what one replay found, for a terminal: totals, schedule lag, response times by
 * statement, and errors.
 */
#ifndef CLI_REPLAY_TEXT_H
#define CLI_REPLAY_TEXT_H

#include "base/buf.h"
#include "model/run.h"
#include "model/sample.h"

#include <stdint.h>

/* limit_ns: also count the ops whose response took longer; 0 for not. */
void replay_text(struct buf *out, const struct run *run, enum arm arm,
    const struct samples *samples, uint64_t limit_ns);

#endif
