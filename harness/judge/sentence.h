/*
 * sentence: figures as a DBA reads them, for a check's why.
 */
#ifndef JUDGE_SENTENCE_H
#define JUDGE_SENTENCE_H

#include "model/gate.h"
#include "model/metric.h"
#include "model/run.h"

/* All return out, which holds at least 48 bytes. */
char *format_figure(char out[48], const struct metric *metric, double figure); /* "1.24 ms" */
char *format_ratio(char out[48], double ratio);                                /* "2.31×" */
/* An estimate or a limit, in the words of its bound: "1.10×", "64.0 MiB", "5.00 ms more". */
char *format_bound(char out[48], const struct check *check, double figure);
char *format_seconds(char out[48], double seconds); /* "40 s", "12 min" */

/* "at most 1.10× is allowed", "at least 90.0% is required"; caller frees. */
char *limit_phrase(const struct check *check);
/* "p95 of customer timeline", "mean response time of all reads"; caller frees. */
char *metric_phrase(const struct check *check);

#endif
