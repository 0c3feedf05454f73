/*
 * markdown_parts: what the pull-request comment and the change record have in common.
 */
#ifndef REPORT_MARKDOWN_PARTS_H
#define REPORT_MARKDOWN_PARTS_H

#include "base/buf.h"
#include "model/run.h"

#include <stddef.h>

/* "✅ PASS" */
void markdown_outcome(struct buf *out, enum outcome outcome);
/* The reasons of the verdict as a list; nothing for PASS. */
void markdown_reasons(struct buf *out, const struct run *run);
/* Service time and blocks per statement, the first `max`. */
void markdown_statements(struct buf *out, const struct run *run, size_t max);
/* Checks by urgency; with open_only those that do not pass. */
void markdown_checks(struct buf *out, const struct run *run, bool open_only, size_t max);
/* What each statement of the change took to run. */
void markdown_builds(struct buf *out, const struct run *run, size_t max);
/* Response times before, during and after a change that was made under load. */
void markdown_phases(struct buf *out, const struct run *run);
/* Existing indexes that could go, and what that would save. */
void markdown_spare_indexes(struct buf *out, const struct run *run, size_t max);
void markdown_indexes(struct buf *out, const struct run *run, size_t max);
void markdown_tables(struct buf *out, const struct run *run, size_t max);
/* Statements whose plan changed, each as a fenced block of both plans; returns how many. */
size_t markdown_plans(struct buf *out, const struct run *run, const char *heading, size_t max);

#endif
