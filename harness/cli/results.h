/*
 * results: what a rehearsal leaves behind in its result directory.
 *
 * run.json first, then every report, each written beside its name and renamed: a run that is
 * killed here leaves whole files only, and the record before anything made from it.
 */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "base/err.h"
#include "base/strv.h"
#include "model/run.h"
#include "report/report.h"

/* Write run.json and the reports named in formats (none: all) into dir, which is made. */
int results_write(
    const struct run *run, const char *dir, const struct strv *formats, struct err *err);

/* Write one report; path "-" is standard output. */
int results_write_report(
    const struct run *run, const struct report_format *format, const char *path, struct err *err);

/* ERR_USAGE, listing the known ones, when a name in formats is not a format. */
int results_check_formats(const struct strv *formats, struct err *err);

#endif
