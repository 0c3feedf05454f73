/*
 * html_parts: the sections of the report page, and what they have in common.
 *
 * A section appends itself; page/page.html says where each goes, html.c maps names to functions.
 * Everything readable is in the HTML, so that the page works where scripts are forbidden (many CI
 * servers serve artifacts so); page.js adds sorting, search and charts. Cells that a reader may
 * sort by, or a test compare with run.json, carry the full figures: data-b (baseline), data-c
 * (candidate), data-v (sort by this).
 */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "base/buf.h"
#include "report/figures.h"

#include <stddef.h>

/* Rows in sight at first. The others are packed (html_add_rest), which costs a browser next to
 * nothing, until page.js is asked for them. */
#define HTML_FIRST_ROWS 50
/* Between packed texts; no text holds a control character. */
#define HTML_SEPARATOR  '\f'
#define HTML_MAX_NAME   200
#define HTML_MAX_TEXT   2000

void html_text(struct buf *out, const char *s, size_t max);
/* "pass", "fail", "inconclusive": class and icon names. */
const char *html_outcome_class(enum outcome outcome);
void html_outcome(struct buf *out, enum outcome outcome);
/* <section id><h2>title</h2>; closed by the caller with </section>. */
void html_open_section(struct buf *out, const char *id, const char *title, const char *lead);
/* <thead>, and <tbody> for the first rows; `class` says what page.js does with the table. */
void html_open_table(struct buf *out, const char *id, const char *class, const char *caption,
    const char *const *columns);
void html_close_table(struct buf *out);
/* The rows after HTML_FIRST_ROWS, if any, of the table that was closed; id is the table's and "-rest". */
void html_add_rest(struct buf *out, const char *id, const struct buf *rest);
/* A script element that holds text as base64 of a zlib stream. */
void html_add_packed(struct buf *out, const char *id, const struct buf *text);
/* A labelled figure of a row of such. */
void html_tile(struct buf *out, const char *label, const char *value);
/* What a reader should think of more of it: decides the colour of a bar, and nothing else. */
enum sense { MORE_IS_WORSE, MORE_IS_BETTER, NEITHER };
/* <td>: both figures, their ratio and a bar that shows it on a logarithmic scale. */
void html_pair_cell(
    struct buf *out, enum metric_unit unit, enum sense sense, double baseline, double candidate);
/* <td>: "a → b" without a ratio. */
void html_two_cell(struct buf *out, struct figure baseline, struct figure candidate);
void html_figure_cell(struct buf *out, struct figure figure, double value);
/* Estimate and interval against limit, drawn. */
void html_interval(struct buf *out, const struct check *check);

void html_title(const struct run *run, struct buf *out);
void html_verdict(const struct run *run, struct buf *out);
/* Of the first screen: who gains, who pays. */
void html_effects(const struct run *run, struct buf *out);
void html_statements(const struct run *run, struct buf *out);
/* All statements together; service time. */
void html_summary(const struct run *run, struct buf *out);
void html_details(
    const struct run *run, struct buf *out); /* of statements, for page.js to unfold */
void html_checks(const struct run *run, struct buf *out);
void html_lag(const struct run *run, struct buf *out);
void html_change(const struct run *run, struct buf *out);
void html_plans(const struct run *run, struct buf *out);
void html_fidelity(const struct run *run, struct buf *out);
void html_run(const struct run *run, struct buf *out);
void html_again(const struct run *run, struct buf *out);
void html_footer(const struct run *run, struct buf *out);
void html_data(const struct run *run, struct buf *out); /* series of the charts, as JSON */

#endif
