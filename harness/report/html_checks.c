#include "report/html_parts.h"

#include "base/mem.h"

#include <math.h>

static void add_row(struct buf *out, const struct check *check)
{
	const enum metric_unit unit = check->metric->unit;

	buf_addf(out, "<tr data-outcome=\"%s\"><td>", html_outcome_class(check->outcome));
	html_outcome(out, check->outcome);
	buf_adds(out, "</td><th scope=\"row\">");
	html_text(out, check->id, HTML_MAX_NAME * 2);
	buf_adds(out, "</th>");
	if (isfinite(check->baseline))
		html_two_cell(out, figure_in(unit, check->baseline), figure_in(unit, check->candidate));
	else
		html_figure_cell(out, figure_in(unit, check->candidate), check->candidate);
	buf_adds(out, "<td class=\"found\">");
	html_interval(out, check);
	buf_adds(out, "<small>");
	check_add_finding(out, check);
	buf_adds(out, "</small></td><td class=\"why\">");
	html_text(out, check->why, HTML_MAX_TEXT);
	buf_adds(out, "</td></tr>\n");
}

static void add_table(const struct run *run, struct buf *out)
{
	static const char *const columns[] = {
	    "Outcome", "Check", "Baseline → candidate", "Estimate and limit", "Why", NULL};
	const struct check **sorted = checks_by_urgency(run);
	_cleanup_buf_ struct buf rest = BUF_INIT;

	buf_addf(out,
	    "<div class=\"tools\" data-for=\"t-checks\" data-count=\"%zu\" data-outcomes></div>\n",
	    run->n_checks);
	html_open_table(out, "t-checks", "cards checks", NULL, columns);
	for (size_t i = 0; i < run->n_checks; i++)
		add_row(i < HTML_FIRST_ROWS ? out : &rest, sorted[i]);
	html_close_table(out);
	html_add_rest(out, "t-checks-rest", &rest);
	free(sorted);
}

void html_checks(const struct run *run, struct buf *out)
{
	html_open_section(out, "checks", "Checks",
	    "The shaded side of the dashed line is allowed; the dot is the estimate, the line through "
	    "it "
	    "its interval.");
	if (run->n_checks == 0)
		buf_adds(out, "<p>The gate has no thresholds.</p>\n");
	else
		add_table(run, out);
	buf_adds(out, "</section>\n");
}
