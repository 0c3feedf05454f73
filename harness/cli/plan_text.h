/*
 * plan_text: what `pgrehearse plan` prints for people: changes per statement, facts per index.
 */
#ifndef CLI_PLAN_TEXT_H
#define CLI_PLAN_TEXT_H

#include "base/buf.h"
#include "model/run.h"

void plan_text(struct buf *out, const struct run *run, bool hypothetical);

#endif
