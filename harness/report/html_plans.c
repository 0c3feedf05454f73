/* Plans side by side, and the planner's prediction against what was measured. */
#include "report/html_parts.h"
#include "report/plan.h"
#include "report/text.h"

#include <math.h>

#define MAX_PLANS 50

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

static void add_prediction(
    struct buf *out, const struct run_statement *s, const struct plan plans[N_ARMS])
{
	const double predicted =
	    figure_quotient(plans[ARM_BASELINE].total_cost, plans[ARM_CANDIDATE].total_cost);
	const double measured =
	    figure_quotient(s->arms[ARM_BASELINE].service.mean, s->arms[ARM_CANDIDATE].service.mean);

	buf_addf(out, "<p>The planner predicts %s of the cost; ", figure_ratio(predicted).text);
	buf_addf(out, "measured was %s of the mean service time.</p>\n", figure_ratio(measured).text);
}

static bool add_statement(struct buf *out, const struct run_statement *s)
{
	struct plan plans[N_ARMS];
	bool differ;

	for (enum arm arm = 0; arm < N_ARMS; arm++)
		plan_parse(s->arms[arm].plan, &plans[arm]);
	differ = plan_compare(&plans[ARM_BASELINE], &plans[ARM_CANDIDATE]);
	if (differ) {
		buf_adds(out, "<article><h3>");
		html_text(out, s->name, HTML_MAX_NAME);
		buf_adds(out, "</h3>\n");
		add_prediction(out, s, plans);
		buf_adds(out, "<div class=\"plans\">");
		for (enum arm arm = 0; arm < N_ARMS; arm++)
			add_plan(out, arm, &plans[arm]);
		buf_adds(out, "</div></article>\n");
	}
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		plan_release(&plans[arm]);
	return differ;
}

void html_plans(const struct run *run, struct buf *out)
{
	size_t shown = 0, recorded = 0;

	html_open_section(out, "plans", "Plans that changed", NULL);
	for (size_t i = 0; i < run->n_replayed && shown < MAX_PLANS; i++) {
		recorded += run->statements[i].arms[ARM_CANDIDATE].plan != NULL;
		shown += add_statement(out, &run->statements[i]);
	}
	if (shown == 0)
		buf_addf(out, "<p>%s</p>\n",
		    recorded ? "The recorded plans are the same on both arms." : "No plans were recorded.");
	buf_adds(out, "</section>\n");
}
