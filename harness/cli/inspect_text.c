/* The text that inspect prints. */
#include "cli/inspect_text.h"

#include "base/mem.h"
#include "base/units.h"
#include "report/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_MIN_COLUMNS 16
#define FIGURE_COLUMNS   10

/* A column of figures; the value is formatted into out. */
struct figure_column {
	const char *title;
	void (*format)(char out[32], const struct workload *workload, const struct statement *s);
};

static double share_of(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static void format_calls(char out[32], const struct workload *workload, const struct statement *s)
{
	(void)workload;
	units_format_count(out, s->work.calls);
}

static void format_rate(char out[32], const struct workload *workload, const struct statement *s)
{
	if (workload->source.window_s > 0)
		snprintf(out, 32, "%.3g/s", s->work.calls / workload->source.window_s);
	else
		snprintf(out, 32, "-");
}

static void format_time_share(
    char out[32], const struct workload *workload, const struct statement *s)
{
	units_format_percent(out, share_of(s->work.exec_ms, workload_total_ms(workload)));
}

static void format_call_share(
    char out[32], const struct workload *workload, const struct statement *s)
{
	units_format_percent(out, share_of(s->work.calls, workload_total_calls(workload)));
}

static void format_mean(char out[32], const struct workload *workload, const struct statement *s)
{
	double ms = work_per_call(&s->work, s->work.exec_ms);

	(void)workload;
	if (isnan(ms))
		snprintf(out, 32, "-");
	else
		units_format_duration(out, ms * 1e6);
}

static void format_per_call(char out[32], const struct statement *s, double figure)
{
	double per_call = work_per_call(&s->work, figure);

	if (isnan(per_call))
		snprintf(out, 32, "-");
	else
		units_format_count(out, per_call);
}

static void format_rows(char out[32], const struct workload *workload, const struct statement *s)
{
	(void)workload;
	format_per_call(out, s, s->work.rows);
}

static void format_blocks(char out[32], const struct workload *workload, const struct statement *s)
{
	(void)workload;
	format_per_call(out, s, work_touched(&s->work));
}

/* The most telling first: a narrow terminal shows the first ones. */
static const struct figure_column columns[] = {
    {"time", format_time_share},
    {"calls/s", format_rate},
    {"mean", format_mean},
    {"rows", format_rows},
    {"blocks", format_blocks},
    {"calls %", format_call_share},
    {"calls", format_calls},
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct layout {
	size_t name;    /* columns of the name */
	size_t figures; /* how many of columns[] */
};

static struct layout lay_out(const struct workload *workload, size_t width)
{
	struct layout layout = {.name = NAME_MIN_COLUMNS, .figures = N_COLUMNS};
	const size_t kind = strlen(" select");

	for (size_t i = 0; i < workload->n_statements; i++) {
		size_t name = text_width(workload->statements[i].name);

		if (name > layout.name)
			layout.name = name;
	}
	if (layout.name > width * 2 / 5)
		layout.name = width * 2 / 5;
	while (layout.figures > 1 && layout.name + kind + layout.figures * FIGURE_COLUMNS > width)
		layout.figures--;
	return layout;
}

static void add_table(
    struct buf *out, const struct workload *workload, size_t top, bool with_text, size_t width)
{
	struct layout layout = lay_out(workload, width);

	text_left(out, "statement", layout.name);
	buf_adds(out, " kind  ");
	for (size_t i = 0; i < layout.figures; i++)
		text_right(out, columns[i].title, FIGURE_COLUMNS);
	buf_addc(out, '\n');
	for (size_t i = 0; i < workload->n_statements && i < top; i++) {
		const struct statement *s = &workload->statements[i];

		text_left(out, s->name, layout.name);
		buf_addf(out, " %-6s", statement_kind_name(s->kind));
		for (size_t j = 0; j < layout.figures; j++) {
			char figure[32];

			columns[j].format(figure, workload, s);
			text_right(out, figure, FIGURE_COLUMNS);
		}
		buf_addc(out, '\n');
		if (with_text) {
			buf_adds(out, "    ");
			text_wrap(out, s->text, 4, width);
			buf_addc(out, '\n');
		}
	}
	if (workload->n_statements > top)
		buf_addf(out, "... and %zu more\n", workload->n_statements - top);
}

static void add_not_replayed(struct buf *out, const char *what, const char *why, double ms,
    double calls, const struct workload *workload)
{
	char time_share[32], call_share[32];

	units_format_percent(time_share, share_of(ms, workload_total_ms(workload)));
	units_format_percent(call_share, share_of(calls, workload_total_calls(workload)));
	buf_adds(out, "  ");
	text_right(out, time_share, FIGURE_COLUMNS);
	text_right(out, call_share, FIGURE_COLUMNS);
	buf_adds(out, "  ");
	text_line(out, what, TEXT_WHOLE);
	buf_adds(out, ": ");
	text_line(out, why, TEXT_WHOLE);
	buf_addc(out, '\n');
}

static void add_left_out(struct buf *out, const struct workload *workload)
{
	bool any = workload->n_dropped > 0;

	for (size_t i = 0; i < workload->n_statements; i++)
		any = any || workload->statements[i].skip_reason;
	if (!any)
		return;
	buf_adds(out, "\nNot replayed (share of time, of calls):\n");
	for (size_t i = 0; i < workload->n_statements; i++) {
		const struct statement *s = &workload->statements[i];

		if (s->skip_reason)
			add_not_replayed(
			    out, s->name, s->skip_reason, s->work.exec_ms, s->work.calls, workload);
	}
	for (size_t i = 0; i < workload->n_dropped; i++) {
		const struct workload_dropped *dropped = &workload->dropped[i];
		_cleanup_free_ char *entries = xasprintf("%.0f entries", dropped->entries);

		add_not_replayed(out, entries, dropped->reason, dropped->exec_ms, dropped->calls, workload);
	}
}

static void add_summary(struct buf *out, const struct workload *workload)
{
	const struct workload_source *source = &workload->source;
	double ms = 0, calls = 0, write_calls = 0;
	char time_share[32], call_share[32], write_share[32];

	for (size_t i = 0; i < workload->n_statements; i++) {
		const struct statement *s = &workload->statements[i];

		if (s->skip_reason)
			continue;
		ms += isnan(s->work.exec_ms) ? 0 : s->work.exec_ms;
		calls += s->work.calls;
		write_calls += s->writes ? s->work.calls : 0;
	}
	buf_addf(out, "\nCoverage: %s of the execution time and %s of the calls can be replayed",
	    units_format_percent(time_share, share_of(ms, workload_total_ms(workload))),
	    units_format_percent(call_share, share_of(calls, workload_total_calls(workload))));
	buf_addf(out, "; %s of those calls write.\n",
	    units_format_percent(write_share, share_of(write_calls, calls)));
	if (source->window_s > 0)
		buf_addf(out, "Rate: %.4g calls/s.\n", calls / source->window_s);
	if (source->dealloc > 0)
		buf_addf(out, "Evictions: %.0f; about %s of the execution time was lost with them.\n",
		    source->dealloc, units_format_percent(time_share, source->lost_time_share));
}

/* What the logs add: how the calls arrived. */
static void add_log(struct buf *out, const struct workload_log *log)
{
	char calls[32], matched[32];

	if (!log->formats)
		return;
	buf_adds(out, "Log (");
	text_line(out, log->formats, TEXT_WHOLE);
	buf_addf(out, "): %s calls, %s of them of these statements, %.0f transactions",
	    units_format_count(calls, log->calls), units_format_count(matched, log->matched),
	    log->transactions);
	if (log->seconds > 0)
		buf_addf(out, ", over %.0f s from about %.0f sessions, at most %.0f in a second",
		    log->seconds, log->sessions, log->peak_per_s);
	buf_adds(out, ".\n");
}

/* Predicates, of the statements shown. */
static void add_quals(struct buf *out, const struct workload *workload, size_t top)
{
	bool any = false;

	for (size_t i = 0; i < workload->n_statements && i < top; i++) {
		const struct statement *s = &workload->statements[i];

		for (size_t j = 0; j < s->n_quals; j++) {
			const struct statement_qual *qual = &s->quals[j];
			char ratio[32], rows[32];

			if (!any)
				buf_adds(out, "\nPredicates (pg_qualstats; rows evaluated and thrown away):\n");
			any = true;
			buf_adds(out, "  ");
			text_right(out, units_format_count(rows, qual->evaluated), FIGURE_COLUMNS);
			text_right(out,
			    qual->by_index ? "index" : units_format_percent(ratio, qual->filter_ratio),
			    FIGURE_COLUMNS);
			buf_adds(out, "  ");
			text_line(out, qual->relation, TEXT_WHOLE);
			buf_addc(out, '.');
			text_line(out, qual->column, TEXT_WHOLE);
			buf_addc(out, ' ');
			text_line(out, qual->op, TEXT_WHOLE);
			buf_adds(out, "  in ");
			text_line(out, s->name, TEXT_WHOLE);
			buf_addc(out, '\n');
		}
	}
}

static void add_heading(struct buf *out, const struct workload *workload)
{
	const struct workload_source *source = &workload->source;
	char window[32];

	if (source->database) {
		text_line(out, source->database, TEXT_WHOLE);
		buf_adds(out, ", ");
	}
	if (source->server_version_num)
		buf_addf(out, "PostgreSQL %d.%d, ", source->server_version_num / 10000,
		    source->server_version_num % 10000);
	text_line(out, source->kind ? source->kind : "?", TEXT_WHOLE);
	if (source->window_s > 0)
		buf_addf(out, ", %s%s", units_format_duration(window, source->window_s * 1e9),
		    source->since_reset ? " since the last reset" : "");
	if (source->captured_at) {
		buf_adds(out, ", captured ");
		text_line(out, source->captured_at, TEXT_WHOLE);
	}
	buf_adds(out, "\n\n");
}

void inspect_text(
    struct buf *out, const struct workload *workload, size_t top, bool with_texts, size_t width)
{
	add_heading(out, workload);
	add_table(out, workload, top, with_texts, width);
	add_left_out(out, workload);
	add_quals(out, workload, top);
	add_summary(out, workload);
	add_log(out, &workload->log);
}
