#include "cli/fidelity_text.h"

#include "base/units.h"
#include "report/circumstances.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS 40
#define NEAR         1.25
#define FAR          2.0
#define LITTLE       1.0 /* rows or blocks: a difference that does not matter */

struct shares {
	double time, near_rows, near_blocks, not_far_blocks; /* of production's execution time */
};

static bool within(double here, double there, double factor)
{
	if (isnan(here) || isnan(there))
		return false;
	return fabs(here - there) <= LITTLE || (here <= there * factor && there <= here * factor);
}

static void add_pair(struct buf *out, double there, double here)
{
	char a[32], b[32];

	buf_addf(out, " %9s %9s", isnan(there) ? "-" : units_format_count(a, there),
	    isnan(here) ? "-" : units_format_count(b, here));
}

static double rows(const struct work *work)
{
	return work_per_call(work, work->rows);
}

static double blocks(const struct work *work)
{
	return work_per_call(work, work_touched(work));
}

static void add_name(struct buf *out, const char *name)
{
	int columns = 0;
	const char *p = name;

	for (; *p && columns < NAME_COLUMNS; columns++)
		for (p++; ((unsigned char)*p & 0xC0) == 0x80;)
			p++;
	buf_add(out, name, (size_t)(p - name));
	buf_addf(out, "%*s", NAME_COLUMNS - columns, "");
}

static void add_statement(struct buf *out, const struct run_statement *s)
{
	const struct work *there = &s->production, *here = &s->arms[ARM_BASELINE].work;
	double ratio = blocks(here) / blocks(there);

	add_name(out, s->name);
	add_pair(out, rows(there), rows(here));
	add_pair(out, blocks(there), blocks(here));
	if (isfinite(ratio))
		buf_addf(out, " %6.2f", ratio);
	else
		buf_addf(out, " %6s", "-");
	add_pair(out, work_per_call(there, there->exec_ms), work_per_call(here, here->exec_ms));
	buf_addf(out, "  %s%s%s\n", s->value_source ? s->value_source : "",
	    s->note && s->note[0] ? ": " : "", s->note ? s->note : "");
}

static void count(const struct run_statement *s, struct shares *shares)
{
	const struct work *there = &s->production, *here = &s->arms[ARM_BASELINE].work;

	shares->time += s->share_time;
	shares->near_rows += within(rows(here), rows(there), NEAR) ? s->share_time : 0;
	shares->near_blocks += within(blocks(here), blocks(there), NEAR) ? s->share_time : 0;
	shares->not_far_blocks += within(blocks(here), blocks(there), FAR) ? s->share_time : 0;
}

static void add_summary(struct buf *out, const struct run *run, const struct shares *shares)
{
	char time[32], calls[32], a[32], b[32], c[32];

	buf_addf(out, "\n%zu statements replayed, %zu not: %s of production's time, %s of its calls\n",
	    run->n_replayed, run->n_statements - run->n_replayed,
	    units_format_percent(time, run->coverage_time),
	    units_format_percent(calls, run->coverage_calls));
	if (shares->time > 0)
		buf_addf(out,
		    "of the replayed time, %s is in statements within 1.25x of production's rows per "
		    "call,\n"
		    "%s within 1.25x and %s within 2x of its blocks per call\n",
		    units_format_percent(a, shares->near_rows / shares->time),
		    units_format_percent(b, shares->near_blocks / shares->time),
		    units_format_percent(c, shares->not_far_blocks / shares->time));
}

static void add_circumstances(struct buf *out, const struct run *run)
{
	char *sentence;

	for (size_t i = 0; (sentence = circumstance(run, i)) != NULL; i++) {
		buf_addf(out, "%s\n", sentence);
		free(sentence);
	}
}

void fidelity_text(struct buf *out, const struct run *run, size_t top)
{
	struct shares shares = {0};

	buf_addf(out, "%-*s %19s %19s %6s %19s\n", NAME_COLUMNS, "per call", "rows", "blocks", "",
	    "milliseconds");
	buf_addf(out, "%-*s %9s %9s %9s %9s %6s %9s %9s  %s\n", NAME_COLUMNS, "statement", "production",
	    "replay", "production", "replay", "ratio", "production", "replay", "values");
	for (size_t i = 0; i < run->n_replayed; i++) {
		count(&run->statements[i], &shares);
		if (i < top)
			add_statement(out, &run->statements[i]);
	}
	for (size_t i = run->n_replayed; i < run->n_statements && i < top; i++) {
		add_name(out, run->statements[i].name);
		buf_addf(out, " not replayed: %s\n", run->statements[i].skip_reason);
	}
	add_summary(out, run, &shares);
	add_circumstances(out, run);
}
