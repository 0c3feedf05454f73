/*
 * report_format: the renderers, one per file; report_formats[] (report.c) lists them.
 */
#ifndef REPORT_REPORT_FORMAT_H
#define REPORT_REPORT_FORMAT_H

#include "report/report.h"

void render_tap(const struct run *run, struct buf *out);
void render_junit(const struct run *run, struct buf *out);
void render_json(const struct run *run, struct buf *out);
void render_html(const struct run *run, struct buf *out);
void render_markdown(const struct run *run, struct buf *out);
void render_change_record(const struct run *run, struct buf *out);
void render_openmetrics(const struct run *run, struct buf *out);
void render_hlog(const struct run *run, struct buf *out);
void render_annotations(const struct run *run, struct buf *out);

#endif
