/*
 * work_lines: what a statement's call costs on each arm, as rows that every report shows alike.
 */
#ifndef REPORT_WORK_LINES_H
#define REPORT_WORK_LINES_H

#include "model/metric.h"
#include "model/run.h"

#include <stdbool.h>
#include <stddef.h>

struct work_line {
	const char *label;  /* "blocks": touched, in memory or not */
	const char *metric; /* its name in gate.yaml */
	enum metric_unit unit;
	double per_call[N_ARMS]; /* NAN when not known */
};

#define WORK_LINES_MAX 8

/* The most telling first: blocks touched, WAL records, WAL bytes, and so on. WAL bytes are as the
 * server counts them, with full-page images, which say more about the last checkpoint than about
 * the statement: the judge takes them out, its figure is in the checks. Lines without a known
 * figure on either arm are left out; with `cost_only` also those that are 0 on both. Returns how
 * many were filled. */
size_t work_lines(
    const struct run_statement *statement, bool cost_only, struct work_line ret[WORK_LINES_MAX]);

#endif
