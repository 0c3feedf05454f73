#include "report/html_parts.h"

#include "report/text.h"

#include <math.h>

/* The bar beside a ratio ends at a factor of four either way. */
#define BAR_OCTAVES 2.0
/* Differences below this are drawn without a colour: two equal clones differ by as much. */
#define BAR_NEUTRAL 0.05

void html_text(struct buf *out, const char *s, size_t max)
{
	text_markup(out, s, max);
}

const char *html_outcome_class(enum outcome outcome)
{
	static const char *const classes[] = {
	    [OUTCOME_PASS] = "pass",
	    [OUTCOME_FAIL] = "fail",
	    [OUTCOME_INCONCLUSIVE] = "inconclusive",
	};

	return classes[outcome];
}

void html_outcome(struct buf *out, enum outcome outcome)
{
	const char *name = html_outcome_class(outcome);

	buf_addf(out,
	    "<span class=\"outcome %s\"><svg aria-hidden=\"true\"><use href=\"#i-%s\"/></svg>%s</span>",
	    name, name, outcome_name(outcome));
}

void html_open_section(struct buf *out, const char *id, const char *title, const char *lead)
{
	buf_addf(out, "<section id=\"%s\">\n<h2>%s</h2>\n", id, title);
	if (lead)
		buf_addf(out, "<p class=\"lead\">%s</p>\n", lead);
}

void html_open_table(struct buf *out, const char *id, const char *class, const char *caption,
    const char *const *columns)
{
	buf_addf(out, "<div class=\"scroll\"><table id=\"%s\" class=\"%s\">", id, class);
	if (caption)
		buf_addf(out, "<caption>%s</caption>", caption);
	buf_adds(out, "<thead><tr>");
	for (; *columns; columns++)
		buf_addf(out, "<th scope=\"col\">%s</th>", *columns);
	buf_adds(out, "</tr></thead>\n<tbody>\n");
}

void html_close_table(struct buf *out)
{
	buf_adds(out, "</tbody></table></div>\n");
}

void html_add_rest(struct buf *out, const char *id, const struct buf *rest)
{
	if (rest->len == 0)
		return;
	html_add_packed(out, id, rest);
	buf_adds(
	    out, "<noscript><p>More rows are in run.json, and here with scripts.</p></noscript>\n");
}

void html_tile(struct buf *out, const char *label, const char *value)
{
	buf_addf(out, "<div class=\"tile\"><dt>%s</dt><dd>", label);
	html_text(out, value, HTML_MAX_NAME);
	buf_adds(out, "</dd></div>\n");
}

static void add_data(struct buf *out, const char *name, double value)
{
	if (!isfinite(value))
		return;
	buf_addf(out, " data-%s=\"", name);
	figure_number(out, value);
	buf_addc(out, '"');
}

static const char *bar_class(enum sense sense, double ratio)
{
	if (sense == NEITHER || fabs(ratio - 1) < BAR_NEUTRAL)
		return "same";
	return (ratio > 1) == (sense == MORE_IS_BETTER) ? "better" : "worse";
}

static void add_bar(struct buf *out, enum sense sense, double ratio)
{
	double octaves = ratio > 0 ? log2(ratio) : -BAR_OCTAVES;
	double share;

	octaves = fmax(-BAR_OCTAVES, fmin(BAR_OCTAVES, octaves));
	share = 50 * fabs(octaves) / BAR_OCTAVES;
	buf_addf(out, "<i class=\"bar %s\" style=\"--x:%.1f%%;--w:%.1f%%\"></i>",
	    bar_class(sense, ratio), octaves < 0 ? 50 - share : 50, share);
}

void html_pair_cell(
    struct buf *out, enum metric_unit unit, enum sense sense, double baseline, double candidate)
{
	const double ratio = figure_quotient(baseline, candidate);

	buf_adds(out, "<td class=\"pair\"");
	add_data(out, "b", baseline);
	add_data(out, "c", candidate);
	add_data(out, "v", isfinite(ratio) ? ratio : candidate);
	buf_addf(out, "><span>%s → <b>%s</b></span>", figure_in(unit, baseline).text,
	    figure_in(unit, candidate).text);
	if (isfinite(ratio)) {
		buf_addf(out, "<small>%s</small>", figure_ratio(ratio).text);
		add_bar(out, sense, ratio);
	}
	buf_adds(out, "</td>");
}

void html_two_cell(struct buf *out, struct figure baseline, struct figure candidate)
{
	buf_addf(out, "<td class=\"n\">%s → <b>%s</b></td>", baseline.text, candidate.text);
}

void html_figure_cell(struct buf *out, struct figure figure, double value)
{
	buf_adds(out, "<td class=\"n\"");
	add_data(out, "v", value);
	buf_addf(out, ">%s</td>", figure.text);
}
