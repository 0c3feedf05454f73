/*
 * change_risk: what the statements of a change do to a running production system, from a table of
 * kinds: locks, how long they are held, what a failure leaves behind, and the checklist that
 * follows.
 *
 * Lock levels: PostgreSQL documentation, "Explicit Locking" and the pages of each command.
 */
#ifndef REPORT_CHANGE_RISK_H
#define REPORT_CHANGE_RISK_H

#include "base/buf.h"
#include "model/run.h"

#include <stdbool.h>

/* "## 3. Risk": availability, integrity, security. */
void change_add_risks(struct buf *out, const struct run *run);
/* "## 5. Promotion": before, execution, after. */
void change_add_checklist(struct buf *out, const struct run *run);
/* DROP INDEX for created, the definition for dropped indexes, as a fenced block; false when there
 * is nothing to derive. out NULL: only asks. */
bool change_add_derived_rollback(struct buf *out, const struct run *run);

#endif
