/*
 * terminal: the summary that `gate` prints. The verdict is the first line; then the statements,
 * the checks that do not pass with their reasons, and what the change costs. Sections without
 * anything to say are left out.
 */
#include "report/terminal.h"
#include "report/circumstances.h"
#include "report/figures.h"
#include "report/report.h"
#include "report/text.h"
#include "report/work_lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_WIDTH      60
#define MAX_WIDTH      140
#define MAX_STATEMENTS 12
#define MAX_CHECKS     20

static const char *outcome_colour(enum outcome outcome)
{
	static const char *const colours[] = {
	    [OUTCOME_PASS] = "\033[1;32m",
	    [OUTCOME_FAIL] = "\033[1;31m",
	    [OUTCOME_INCONCLUSIVE] = "\033[1;33m",
	};

	return colours[outcome];
}

void terminal_coloured(const struct terminal *t, const char *colour, const char *s)
{
	buf_addf(t->out, "%s%s%s", t->colour ? colour : "", s, t->colour ? TERMINAL_RESET : "");
}

void terminal_heading(const struct terminal *t, const char *title)
{
	buf_addc(t->out, '\n');
	terminal_coloured(t, TERMINAL_BOLD, title);
	buf_addc(t->out, '\n');
}

void terminal_paragraph(const struct terminal *t, size_t indent, const char *text)
{
	for (size_t i = 0; i < indent; i++)
		buf_addc(t->out, ' ');
	text_wrap(t->out, text, indent, t->width);
	buf_addc(t->out, '\n');
}

static void add_verdict(const struct terminal *t, const struct run *run)
{
	const char *word = outcome_name(run->verdict.outcome);
	_cleanup_buf_ struct buf line = BUF_INIT;

	terminal_coloured(t, outcome_colour(run->verdict.outcome), word);
	buf_addf(&line, "%s: ", run->name ? run->name : "rehearsal");
	outcome_add_counts(&line, run);
	if (run->verdict.outcome == OUTCOME_PASS && run->verdict.proven)
		buf_adds(&line, "; every limit is proven");
	buf_adds(t->out, "  ");
	text_wrap(t->out, line.data, strlen(word) + 2, t->width);
	buf_addc(t->out, '\n');
	for (size_t i = 0; i < run->verdict.reasons.n; i++) {
		buf_adds(t->out, "  • ");
		text_wrap(t->out, run->verdict.reasons.items[i], 4, t->width);
		buf_addc(t->out, '\n');
	}
	if (run->verdict.outcome == OUTCOME_INCONCLUSIVE && isfinite(run->verdict.needs_seconds))
		buf_addf(t->out, "  • about %s more replay would decide it\n",
		    figure_seconds(run->verdict.needs_seconds).text);
}

static void add_circumstances(const struct terminal *t, const struct run *run)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	char *sentence;

	buf_addf(&line, "%s at %s ops/s per arm for %s on PostgreSQL %s",
	    run->candidate_name ? run->candidate_name : "unchanged",
	    figure_count(run->generator.achieved_rate).text,
	    figure_seconds(run->generator.duration_s).text,
	    run->arms[ARM_BASELINE].server_version ? run->arms[ARM_BASELINE].server_version : "?");
	buf_addf(&line, "; covers %s of production's execution time and %s of its calls",
	    figure_percent(run->coverage_time).text, figure_percent(run->coverage_calls).text);
	for (size_t i = 0; (sentence = circumstance(run, i)); i++) {
		buf_addf(&line, ". %.*s", (int)strlen(sentence) - 1, sentence);
		free(sentence);
	}
	terminal_paragraph(t, 2, line.data);
}

/* The cell left of a quantile: the name, below it what the statement is. */
static void add_name_cell(const struct terminal *t, const struct run_statement *s, size_t line)
{
	_cleanup_buf_ struct buf about = BUF_INIT;

	if (line == 0) {
		text_left(t->out, s->name, t->name_columns);
		return;
	}
	if (line == 1)
		buf_addf(&about, "%s, %s of time", statement_kind_name(s->kind),
		    figure_percent(s->share_time).text);
	buf_adds(t->out, "  ");
	text_left(t->out, about.data, t->name_columns - 2);
}

static void add_work_cell(const struct terminal *t, const struct work_line *work)
{
	_cleanup_buf_ struct buf cell = BUF_INIT;

	buf_addf(&cell, "%s %s → %s", work->label,
	    figure_in(work->unit, work->per_call[ARM_BASELINE]).text,
	    figure_in(work->unit, work->per_call[ARM_CANDIDATE]).text);
	buf_adds(t->out, "  ");
	text_line(t->out, cell.data, t->work_columns);
}

static void add_statement(const struct terminal *t, const struct run_statement *s)
{
	const struct latency *base = &s->arms[ARM_BASELINE].service;
	const struct latency *cand = &s->arms[ARM_CANDIDATE].service;
	const struct {
		const char *label;
		double base, cand;
	} quantiles[] = {
	    {"p50", base->p50, cand->p50},
	    {"p95", base->p95, cand->p95},
	    {"p99", base->p99, cand->p99},
	};
	struct work_line work[WORK_LINES_MAX];
	const size_t n_work = t->work_columns > 0 ? work_lines(s, true, work) : 0;

	for (size_t i = 0; i < 3; i++) {
		const double ratio = figure_quotient(quantiles[i].base, quantiles[i].cand);

		add_name_cell(t, s, i);
		buf_addf(t->out, "  %s ", quantiles[i].label);
		text_right(t->out, figure_seconds(quantiles[i].base).text, 9);
		text_right(t->out, figure_seconds(quantiles[i].cand).text, 11);
		text_right(t->out, figure_ratio(ratio).text, 8);
		if (i < n_work)
			add_work_cell(t, &work[i]);
		buf_addc(t->out, '\n');
	}
}

static void add_statements(const struct terminal *t, const struct run *run)
{
	const size_t n = run->n_replayed < MAX_STATEMENTS ? run->n_replayed : MAX_STATEMENTS;

	if (run->n_replayed == 0)
		return;
	buf_addc(t->out, '\n');
	if (t->colour)
		buf_adds(t->out, TERMINAL_BOLD);
	text_left(t->out, "STATEMENT (service time)", t->name_columns);
	buf_adds(t->out, "       BASELINE  CANDIDATE   RATIO");
	if (t->work_columns > 0)
		buf_adds(t->out, "  WORK PER CALL");
	buf_addf(t->out, "%s\n", t->colour ? TERMINAL_RESET : "");
	for (size_t i = 0; i < n; i++)
		add_statement(t, &run->statements[i]);
	if (run->n_replayed > n)
		buf_addf(t->out, "  and %zu more in the report\n", run->n_replayed - n);
}

static void add_check(const struct terminal *t, const struct check *check)
{
	const char *word = outcome_name(check->outcome);
	const size_t indent = strlen("INCONCLUSIVE") + 2;
	_cleanup_buf_ struct buf finding = BUF_INIT;

	terminal_coloured(t, outcome_colour(check->outcome), word);
	for (size_t i = strlen(word); i < indent; i++)
		buf_addc(t->out, ' ');
	buf_addf(&finding, "%s: ", check->id);
	check_add_finding(&finding, check);
	text_wrap(t->out, finding.data, indent, t->width);
	buf_addc(t->out, '\n');
	if (check->why)
		terminal_paragraph(t, indent, check->why);
}

static void add_checks(const struct terminal *t, const struct run *run)
{
	const struct outcome_counts counts = outcome_count(run);
	const size_t open = counts.of[OUTCOME_FAIL] + counts.of[OUTCOME_INCONCLUSIVE];
	const struct check **sorted;

	if (open == 0)
		return;
	terminal_heading(t, "CHECKS THAT DO NOT PASS");
	sorted = checks_by_urgency(run);
	for (size_t i = 0; i < open && i < MAX_CHECKS; i++)
		add_check(t, sorted[i]);
	if (open > MAX_CHECKS)
		buf_addf(t->out, "  and %zu more in the report\n", open - MAX_CHECKS);
	free(sorted);
}

void report_terminal(const struct run *run, int width, bool colour, struct buf *out)
{
	struct terminal t = {.out = out, .colour = colour};
	size_t fixed;

	t.width = (size_t)(width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width);
	fixed = 6 + 9 + 11 + 8;
	t.name_columns = t.width >= 100 ? 34 : 24;
	t.work_columns =
	    t.width > t.name_columns + fixed + 20 ? t.width - t.name_columns - fixed - 2 : 0;
	add_verdict(&t, run);
	add_circumstances(&t, run);
	add_statements(&t, run);
	add_checks(&t, run);
	terminal_cost(&t, run);
	terminal_run(&t, run);
}
