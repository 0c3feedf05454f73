/*
 * figures: how a figure of the run record reads, the same in every report for people.
 *
 * Machines get numbers: figure_number writes what run.json holds, to 12 significant digits. People
 * get three digits and a unit. A figure that is not known is "–" to people and null to machines.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "base/buf.h"
#include "base/strv.h"
#include "model/run.h"

#include <stdbool.h>
#include <stddef.h>

#define FIGURE_UNKNOWN "–"

struct figure {
	char text[48];
};

struct figure figure_in(enum metric_unit unit, double value); /* "1.24 ms", "64.0 MiB", "0.10%" */
struct figure figure_seconds(double seconds);
struct figure figure_bytes(double bytes);
struct figure figure_count(double number);
struct figure figure_percent(double fraction);
struct figure figure_ratio(double ratio); /* "0.43×" */

/* candidate / baseline; NAN when either is unknown or the baseline is 0. */
double figure_quotient(double baseline, double candidate);

/* "1.5", "null": a JSON number (YAML reads it likewise). */
void figure_number(struct buf *out, double value);

bool check_is_ratio(const struct check *check);
/* The estimate and the limit in the check's own scale: a ratio, or the metric's unit. */
struct figure check_figure(const struct check *check, double value);
void check_add_limit(struct buf *out, const struct check *check); /* "at most 1.10×" */
/* "1.62× (1.41× to 1.80×), limit: at most 1.10×" */
void check_add_finding(struct buf *out, const struct check *check);

struct outcome_counts {
	size_t of[OUTCOME_INCONCLUSIVE + 1];
};
struct outcome_counts outcome_count(const struct run *run);
/* "9 checks pass, 1 fails, 2 are inconclusive" */
void outcome_add_counts(struct buf *out, const struct run *run);
/* Failing checks first, then inconclusive ones, then the rest; order of the record within. Caller
 * frees. */
const struct check **checks_by_urgency(const struct run *run);

/* What the run itself suffers from, so that it cannot pass whatever its checks say: disturbances,
 * and reasons of an INCONCLUSIVE verdict that are no check's (a saturated machine, a late
 * generator). Caller releases. */
void run_unfit_reasons(const struct run *run, struct strv *ret);

#endif
