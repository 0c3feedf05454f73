/*
 * report: a run record in, one text out. One file per format, one table that lists them.
 *
 * Pure: a renderer appends to buf and touches nothing else. Every text from the workload or a
 * server is escaped for the format. Adding a format: one file with one function, one row in
 * report_formats[].
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "model/run.h"

#include <stddef.h>

struct report_format {
	const char *name;      /* "tap" */
	const char *file_name; /* "gate.tap" in a result directory */
	void (*render)(const struct run *run, struct buf *out);
	const char *help;
};

extern const struct report_format report_formats[];
extern const size_t n_report_formats;
const struct report_format *report_format_find(const char *name);

/* The table that `gate` prints on a terminal; width in columns, colour as asked. */
void report_terminal(const struct run *run, int width, bool colour, struct buf *out);

#endif
