#include "cli/vectors_text.h"

#include "base/mem.h"
#include "base/units.h"
#include "report/text.h"
#include "sql/sql.h"

#include <math.h>
#include <stdlib.h>

#define NAME_COLUMNS 40

static void add_figure(struct buf *out, double figure)
{
	char text[32];

	buf_addc(out, ' ');
	text_right(out, isnan(figure) ? "-" : units_format_count(text, figure), 9);
}

static void add_text(struct buf *out, const char *sql, size_t width)
{
	_cleanup_free_ char *text = NULL;

	if (sql_normalize(sql, &text, NULL) < 0)
		return;
	buf_adds(out, "    ");
	text_wrap(out, text, 4, width);
	buf_addc(out, '\n');
}

static void add_statement(struct buf *out, const struct bound_statement *s)
{
	const struct work *work = &s->production;
	size_t fresh = 0;

	for (size_t i = 0; i < s->n_params; i++)
		fresh += s->params[i].fresh != FRESH_NONE;
	text_left(out, s->name, NAME_COLUMNS);
	buf_addf(out, " %-10s %-8s %6zu %5zu %7zu", value_source_name(s->source),
	    protocol_name(s->protocol), s->n_params, fresh, s->n_vectors);
	add_figure(out, work_per_call(work, work->rows));
	add_figure(out, work_per_call(work, work_touched(work)));
	buf_adds(out, "  ");
	text_line(out, s->note ? s->note : "", TEXT_WHOLE);
	buf_addc(out, '\n');
}

static void add_skipped(struct buf *out, const struct vectors *vectors)
{
	char share[32];

	if (vectors->n_skipped > 0)
		buf_adds(out, "\nNot replayed (share of time):\n");
	for (size_t i = 0; i < vectors->n_skipped; i++) {
		const struct skipped_statement *s = &vectors->skipped[i];
		double time = vectors->total_ms > 0 ? s->exec_ms / vectors->total_ms : 0;

		buf_adds(out, "  ");
		text_right(out, units_format_percent(share, time), 8);
		buf_adds(out, "  ");
		text_line(out, s->name, TEXT_WHOLE);
		buf_adds(out, ": ");
		text_line(out, s->reason, TEXT_WHOLE);
		buf_addc(out, '\n');
	}
}

void vectors_summary(struct buf *out, const struct vectors *vectors)
{
	char time[32], calls[32];

	buf_addf(out, "\n%zu statements bound, %zu skipped: %s of production's time, %s of its calls\n",
	    vectors->n_statements, vectors->n_skipped,
	    units_format_percent(time, vectors_coverage_time(vectors)),
	    units_format_percent(calls, vectors_coverage_calls(vectors)));
	if (vectors->time_shift)
		buf_addf(out, "the clock that statements read is moved back by %s\n", vectors->time_shift);
	if (vectors->oracle_silence)
		buf_addf(out,
		    "whether production sent parameters or literals was judged by the work per call: %s\n",
		    vectors->oracle_silence);
}

void vectors_text(
    struct buf *out, const struct vectors *vectors, size_t top, bool with_text, size_t width)
{
	text_left(out, "", NAME_COLUMNS);
	buf_addf(out, " %-10s %-8s %6s %5s %7s %19s\n", "", "", "", "", "", "production per call");
	text_left(out, "statement", NAME_COLUMNS);
	buf_addf(out, " %-10s %-8s %6s %5s %7s %9s %9s  %s\n", "values", "sent", "params", "fresh",
	    "vectors", "rows", "blocks", "note");
	for (size_t i = 0; i < vectors->n_statements && i < top; i++) {
		add_statement(out, &vectors->statements[i]);
		if (with_text)
			add_text(out, vectors->statements[i].sql, width);
	}
	if (vectors->n_statements > top)
		buf_addf(out, "... and %zu more\n", vectors->n_statements - top);
	add_skipped(out, vectors);
	vectors_summary(out, vectors);
}
