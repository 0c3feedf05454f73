#include "report/html_parts.h"
#include "report/text.h"
#include "report/work_lines.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

/* All texts together; a run of thousands of statements shows less of each. */
#define ALL_TEXT_BYTES ((size_t)20 << 20)
#define LEAST_TEXT     2000
#define MOST_TEXT      200000

/* The worst outcome of the checks on this statement; PASS also when there are none. */
static enum outcome outcome_of(const struct run *run, const struct run_statement *s)
{
	enum outcome worst = OUTCOME_PASS;

	for (size_t i = 0; i < run->n_checks; i++) {
		if (run->checks[i].outcome == OUTCOME_PASS || strcmp(run->checks[i].scope, s->name) != 0)
			continue;
		worst = run->checks[i].outcome;
		if (worst == OUTCOME_FAIL)
			break;
	}
	return worst;
}

static void add_name_cell(struct buf *out, const struct run *run, size_t number)
{
	const struct run_statement *s = &run->statements[number];
	const enum outcome outcome = outcome_of(run, s);

	buf_addf(out, "<th scope=\"row\"><button type=\"button\" class=\"open\" data-detail=\"%zu\">",
	    number);
	if (outcome != OUTCOME_PASS)
		buf_addf(out,
		    "<svg class=\"mini %s\" role=\"img\" aria-label=\"%s\"><use href=\"#i-%s\"/></svg> ",
		    html_outcome_class(outcome), outcome_name(outcome), html_outcome_class(outcome));
	html_text(out, s->name, HTML_MAX_NAME);
	buf_addf(out, "</button><small>%s", statement_kind_name(s->kind));
	for (size_t i = 0; i < s->tables.n && i < 4; i++) {
		buf_adds(out, i ? ", " : " · ");
		html_text(out, s->tables.items[i], HTML_MAX_NAME);
	}
	buf_adds(out, "</small></th>");
}

static double per_call(const struct run_statement_arm *arm, double figure)
{
	return work_per_call(&arm->work, figure);
}

static void add_row(struct buf *out, const struct run *run, size_t number)
{
	const struct run_statement *s = &run->statements[number];
	const struct run_statement_arm *base = &s->arms[ARM_BASELINE];
	const struct run_statement_arm *cand = &s->arms[ARM_CANDIDATE];

	buf_adds(out, "<tr>");
	add_name_cell(out, run, number);
	html_figure_cell(out, figure_percent(s->share_time), s->share_time);
	html_pair_cell(out, UNIT_SECONDS, MORE_IS_WORSE, base->service.p50, cand->service.p50);
	html_pair_cell(out, UNIT_SECONDS, MORE_IS_WORSE, base->service.p95, cand->service.p95);
	html_pair_cell(out, UNIT_SECONDS, MORE_IS_WORSE, base->service.p99, cand->service.p99);
	html_pair_cell(out, UNIT_NONE, MORE_IS_WORSE, per_call(base, work_touched(&base->work)),
	    per_call(cand, work_touched(&cand->work)));
	html_pair_cell(out, UNIT_NONE, MORE_IS_WORSE, per_call(base, base->work.wal_records),
	    per_call(cand, cand->work.wal_records));
	html_pair_cell(out, UNIT_NONE, MORE_IS_WORSE, base->errors + base->unfinished,
	    cand->errors + cand->unfinished);
	buf_adds(out, "</tr>\n");
}

void html_statements(const struct run *run, struct buf *out)
{
	static const char *const columns[] = {"Statement", "Time share", "p50", "p95", "p99",
	    "Blocks per call", "WAL records per call", "Failed", NULL};
	_cleanup_buf_ struct buf rest = BUF_INIT;

	html_open_section(out, "statements", "Statements",
	    "Baseline → candidate, service time. A bar to the left means less, to the right more.");
	if (run->n_replayed == 0) {
		buf_adds(out, "<p>No statement was replayed.</p>\n</section>\n");
		return;
	}
	buf_addf(out, "<div class=\"tools\" data-for=\"t-statements\" data-count=\"%zu\"></div>\n",
	    run->n_replayed);
	html_open_table(out, "t-statements", "cards sortable", NULL, columns);
	for (size_t i = 0; i < run->n_replayed; i++)
		add_row(i < HTML_FIRST_ROWS ? out : &rest, run, i);
	html_close_table(out);
	html_add_rest(out, "t-statements-rest", &rest);
	buf_adds(out, "</section>\n");
}

/* Without the bar: there is one of these tables for each statement, and there may be thousands. */
static void add_arm_row(
    struct buf *out, const char *label, enum metric_unit unit, double base, double cand)
{
	const double ratio = figure_quotient(base, cand);

	buf_addf(out, "<tr><th scope=row>%s<td>%s → <b>%s</b>", label, figure_in(unit, base).text,
	    figure_in(unit, cand).text);
	if (isfinite(ratio))
		buf_addf(out, "<td><small>%s</small>", figure_ratio(ratio).text);
}

static void add_latency_rows(
    struct buf *out, const char *clock, const struct latency *base, const struct latency *cand)
{
	const struct {
		const char *label;
		double base, cand;
	} rows[] = {
	    {"mean", base->mean, cand->mean},
	    {"p50", base->p50, cand->p50},
	    {"p90", base->p90, cand->p90},
	    {"p95", base->p95, cand->p95},
	    {"p99", base->p99, cand->p99},
	    {"p99.9", base->p999, cand->p999},
	    {"longest", base->max, cand->max},
	};

	buf_addf(out, "<table class=\"small\"><caption>%s time</caption>", clock);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add_arm_row(out, rows[i].label, UNIT_SECONDS, rows[i].base, rows[i].cand);
	buf_adds(out, "</table>");
}

static void add_work_table(struct buf *out, const struct run_statement *s)
{
	const struct run_statement_arm *base = &s->arms[ARM_BASELINE];
	const struct run_statement_arm *cand = &s->arms[ARM_CANDIDATE];
	struct work_line lines[WORK_LINES_MAX];
	const size_t n = work_lines(s, false, lines);

	buf_adds(out, "<table class=\"small\"><caption>Per call</caption>");
	for (size_t i = 0; i < n; i++)
		add_arm_row(out, lines[i].label, lines[i].unit, lines[i].per_call[ARM_BASELINE],
		    lines[i].per_call[ARM_CANDIDATE]);
	buf_adds(out, "</table><table class=\"small\"><caption>Operations</caption>");
	add_arm_row(out, "answered", UNIT_NONE, base->ok, cand->ok);
	add_arm_row(out, "failed", UNIT_NONE, base->errors, cand->errors);
	add_arm_row(out, "unfinished", UNIT_NONE, base->unfinished, cand->unfinished);
	buf_adds(out, "</table>");
}

static void add_errors(struct buf *out, const struct run_statement *s)
{
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		for (size_t i = 0; i < s->arms[arm].n_error_counts; i++) {
			const struct error_count *e = &s->arms[arm].error_counts[i];
			_cleanup_free_ char *text = error_count_text(e);

			buf_addf(out, "<p class=\"error\">%s of the %s: ", figure_count(e->count).text,
			    arm_name(arm));
			html_text(out, text, HTML_MAX_TEXT);
			buf_adds(out, "</p>");
		}
}

static void add_rewrite(struct buf *out, const struct run_rewrite *rewrite, size_t max)
{
	buf_adds(out, "<p>On the candidate, rewritten:</p><pre class=\"sql\">");
	html_text(out, rewrite->sql, max);
	buf_addf(out, "</pre><p>%.0f of %.0f vectors give other rows. ", rewrite->mismatches,
	    rewrite->compared);
	html_text(out, rewrite->difference ? rewrite->difference : "", HTML_MAX_TEXT);
	buf_adds(out, "</p>");
}

static void add_detail(struct buf *out, const struct run_statement *s, size_t max)
{
	buf_adds(out, "<pre class=\"sql\">");
	html_text(out, s->text, max);
	buf_adds(out, "</pre>");
	if (s->rewrite.sql)
		add_rewrite(out, &s->rewrite, max);
	buf_adds(out, "<p>queryid <code>");
	html_text(out, s->queryid, HTML_MAX_NAME);
	buf_adds(out, "</code>, values from ");
	html_text(out, s->value_source ? s->value_source : "nowhere", HTML_MAX_NAME);
	if (s->note) {
		buf_adds(out, ". ");
		html_text(out, s->note, HTML_MAX_TEXT);
	}
	buf_adds(out, "</p>");
	add_errors(out, s);
	buf_adds(out, "<div class=\"columns\">");
	add_latency_rows(
	    out, "Service", &s->arms[ARM_BASELINE].service, &s->arms[ARM_CANDIDATE].service);
	add_latency_rows(
	    out, "Response", &s->arms[ARM_BASELINE].response, &s->arms[ARM_CANDIDATE].response);
	add_work_table(out, s);
	buf_adds(out, "</div>");
}

void html_details(const struct run *run, struct buf *out)
{
	_cleanup_buf_ struct buf rest = BUF_INIT;
	size_t max = run->n_replayed ? ALL_TEXT_BYTES / run->n_replayed : MOST_TEXT;

	max = max < LEAST_TEXT ? LEAST_TEXT : max > MOST_TEXT ? MOST_TEXT : max;
	for (size_t i = 0; i < run->n_replayed; i++) {
		/* Text to the parser, so that it costs nothing until it is opened. It holds no "<" but
		 * those of our own tags, hence no end tag of a script. */
		if (i < HTML_FIRST_ROWS) {
			buf_addf(out, "<script type=\"text/plain\" id=\"detail-%zu\">", i);
			add_detail(out, &run->statements[i], max);
			buf_adds(out, "</script>\n");
			continue;
		}
		if (i > HTML_FIRST_ROWS)
			buf_addc(&rest, HTML_SEPARATOR);
		add_detail(&rest, &run->statements[i], max);
	}
	if (rest.len > 0)
		html_add_packed(out, "details-rest", &rest);
}
