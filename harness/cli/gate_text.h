/*
 * gate_text: thresholds as one would write them in gate.yaml, for --help and the manual.
 */
#ifndef CLI_GATE_TEXT_H
#define CLI_GATE_TEXT_H

#include "base/buf.h"
#include "model/gate.h"

/* "{metric: latency.p95, scope: each read, max_ratio: 1.1}" */
void gate_text_threshold(struct buf *out, const struct threshold *threshold);
/* The default policy, a threshold a line; `indent` is put before each. */
void gate_text_policy(struct buf *out, const char *indent);

#endif
