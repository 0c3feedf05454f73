/* Plans side by side, and what was foretold against what was measured. */
#include "report/html_parts.h"
#include "report/plan_pair.h"
#include "report/text.h"

#include "base/mem.h"

#include <math.h>

#define MAX_PLANS   50
#define MAX_CHANGES 20

static void add_plan(struct buf *out, enum arm arm, const struct plan *plan)
{
	_cleanup_buf_ struct buf cost = BUF_INIT;

	buf_addf(out, "<div class=\"plan\"><h4>%s, cost %s</h4><pre>", arm_name(arm),
	    figure_count(plan->total_cost).text);
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_line *line = &plan->lines[i];

		buf_addf(out, "<span class=\"%s%s\" style=\"--d:%d\">", line->is_node ? "node" : "detail",
		    line->differs ? " differs" : "", line->depth);
		html_text(out, line->text, HTML_MAX_TEXT);
		buf_clear(&cost);
		plan_add_cost(&cost, line);
		if (cost.len > 0)
			buf_addf(out, " <i>%s</i>", cost.data);
		buf_adds(out, "</span>");
	}
	buf_adds(out, "</pre></div>");
}

/* "Cost: 0.01× foretold (HypoPG), 0.01× planned; mean service time: 0.08× measured." */
static void add_prediction(
    struct buf *out, const struct run_statement *s, const struct plan_pair *pair)
{
	const double measured =
	    figure_quotient(s->arms[ARM_BASELINE].service.mean, s->arms[ARM_CANDIDATE].service.mean);

	buf_adds(out, "<p>Candidate by baseline: ");
	if (isfinite(pair->predicted_ratio))
		buf_addf(out, "cost %s as HypoPG foretold, ", figure_ratio(pair->predicted_ratio).text);
	buf_addf(out, "cost %s as planned, ", figure_ratio(pair->cost_ratio).text);
	buf_addf(out, "mean service time <b>%s</b> as measured.</p>\n", figure_ratio(measured).text);
}

static void add_changes(struct buf *out, const struct run_plan_changes *changes)
{
	if (changes->n == 0)
		return;
	buf_adds(out, "<ul class=\"changes\">\n");
	for (size_t i = 0; i < changes->n && i < MAX_CHANGES; i++) {
		const struct run_plan_change *change = &changes->items[i];
		_cleanup_free_ char *where = run_plan_where(change->rank, change->of);

		buf_addf(out, "<li class=\"%s\"><b>%s</b> ", plan_severity_name(change->severity),
		    plan_severity_name(change->severity));
		html_text(out, change->text, HTML_MAX_TEXT);
		buf_adds(out, " <small>");
		html_text(out, where, HTML_MAX_NAME);
		if (isfinite(change->share))
			buf_addf(out, ", %s of its calls", figure_percent(change->share).text);
		if (isfinite(change->buffers_ratio))
			buf_addf(out, ", blocks %s", figure_ratio(change->buffers_ratio).text);
		buf_adds(out, "</small></li>\n");
	}
	buf_adds(out, "</ul>\n");
}

static bool add_statement(struct buf *out, const struct run_statement *s)
{
	struct plan_pair pair;

	if (!plan_pair_find(s, &pair))
		return false;
	buf_adds(out, "<article><h3>");
	html_text(out, s->name, HTML_MAX_NAME);
	buf_adds(out, "</h3>\n");
	add_prediction(out, s, &pair);
	add_changes(out, &s->plan_changes);
	buf_adds(out, "<p class=\"lead\">Shown: ");
	html_text(out, pair.where, HTML_MAX_NAME);
	buf_adds(out, "</p>\n<div class=\"plans\">");
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		add_plan(out, arm, &pair.arms[arm]);
	buf_adds(out, "</div></article>\n");
	plan_pair_release(&pair);
	return true;
}

void html_plans(const struct run *run, struct buf *out)
{
	size_t shown = 0, recorded = 0;

	html_open_section(out, "plans", "Plans that changed", NULL);
	for (size_t i = 0; i < run->n_replayed && shown < MAX_PLANS; i++) {
		recorded += run->statements[i].arms[ARM_CANDIDATE].plans.n;
		shown += add_statement(out, &run->statements[i]);
	}
	if (shown == 0)
		buf_addf(out, "<p>%s</p>\n",
		    recorded ? "The recorded plans are the same on both arms." : "No plans were recorded.");
	buf_adds(out, "</section>\n");
}
