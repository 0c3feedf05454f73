/*
 * markdown: a comment for a pull or merge request: verdict, reasons and the statements in sight,
 * everything else folded. GitHub takes 65,536 characters and GitLab more; what would not fit is
 * left out with a word about it, so that posting never fails because of a large workload.
 */
#include "report/circumstances.h"
#include "report/figures.h"
#include "report/markdown_parts.h"
#include "report/report_format.h"
#include "report/text.h"

#include <math.h>
#include <stdlib.h>

#define MAX_BYTES      60000
#define MAX_STATEMENTS 10
#define MAX_CHECKS     50
#define MAX_RELATIONS  20
#define MAX_PLANS      5
#define MAX_TEXT       300

static void add_heading(struct buf *out, const struct run *run)
{
	buf_adds(out, "## ");
	markdown_outcome(out, run->verdict.outcome);
	buf_adds(out, ": ");
	text_markdown(out, run->name, MAX_TEXT);
	buf_adds(out, "\n\n");
	outcome_add_counts(out, run);
	buf_adds(out, ". ");
	text_markdown(out, run->candidate_name ? run->candidate_name : "No change", MAX_TEXT);
	buf_addf(out, " was rehearsed for %s at %s operations per second and arm; the workload covers ",
	    figure_seconds(run->generator.duration_s).text,
	    figure_count(run->generator.achieved_rate).text);
	buf_addf(
	    out, "%s of production's execution time.\n\n", figure_percent(run->coverage_time).text);
	markdown_reasons(out, run);
	if (run->verdict.outcome == OUTCOME_INCONCLUSIVE && isfinite(run->verdict.needs_seconds))
		buf_addf(out, "- About %s more replay would decide it.\n",
		    figure_seconds(run->verdict.needs_seconds).text);
	buf_addc(out, '\n');
}

static void fold(struct buf *out, const char *title, const struct buf *content)
{
	if (content->len == 0)
		return;
	if (out->len + content->len > MAX_BYTES)
		buf_addf(out, "\n%s: too long for a comment, see report.html.\n", title);
	else
		buf_addf(out, "\n<details><summary>%s</summary>\n\n%s\n</details>\n", title, content->data);
}

static void add_circumstances(struct buf *out, const struct run *run)
{
	char *sentence;

	for (size_t i = 0; (sentence = circumstance(run, i)); i++) {
		buf_adds(out, "- ");
		text_markdown(out, sentence, MAX_TEXT);
		buf_addc(out, '\n');
		free(sentence);
	}
	for (enum arm arm = 0; arm < N_ARMS; arm++) {
		buf_addf(out, "- %s: PostgreSQL ", arm_name(arm));
		text_markdown(out, run->arms[arm].server_version, MAX_TEXT);
		buf_addc(out, '\n');
	}
	buf_addf(out, "- schedule lag: p99 %s, longest %s\n",
	    figure_seconds(run->generator.lag_p99).text, figure_seconds(run->generator.lag_max).text);
	for (size_t i = 0; i < run->n_disturbances; i++) {
		buf_adds(out, "- ");
		text_markdown(out, run->disturbances[i].text, MAX_TEXT);
		buf_addc(out, '\n');
	}
	for (size_t i = run->n_replayed; i < run->n_statements; i++) {
		buf_adds(out, "- not replayed: ");
		text_markdown(out, run->statements[i].name, MAX_TEXT);
		buf_addf(out, " (%s of time), ", figure_percent(run->statements[i].share_time).text);
		text_markdown(out, run->statements[i].skip_reason, MAX_TEXT);
		buf_addc(out, '\n');
	}
	if (run->command) {
		buf_adds(out, "- again: ");
		text_markdown_code(out, run->command, MAX_TEXT);
		buf_addc(out, '\n');
	}
}

void render_markdown(const struct run *run, struct buf *out)
{
	_cleanup_buf_ struct buf checks = BUF_INIT;
	_cleanup_buf_ struct buf change = BUF_INIT;
	_cleanup_buf_ struct buf plans = BUF_INIT;
	_cleanup_buf_ struct buf circumstances = BUF_INIT;

	add_heading(out, run);
	markdown_statements(out, run, MAX_STATEMENTS);
	markdown_checks(&checks, run, false, MAX_CHECKS);
	fold(out, "Checks", &checks);
	markdown_plans(&plans, run, "####", MAX_PLANS);
	fold(out, "Plans that changed", &plans);
	if (run->up_sql)
		text_markdown_block(&change, "sql", run->up_sql, MAX_TEXT * 10);
	buf_addc(&change, '\n');
	markdown_builds(&change, run, MAX_RELATIONS);
	markdown_phases(&change, run);
	buf_addc(&change, '\n');
	markdown_indexes(&change, run, MAX_RELATIONS);
	markdown_spare_indexes(&change, run, MAX_RELATIONS);
	buf_addc(&change, '\n');
	markdown_tables(&change, run, MAX_RELATIONS);
	fold(out, "The change and what it costs", &change);
	add_circumstances(&circumstances, run);
	fold(out, "The run", &circumstances);
	buf_adds(out, "\n<sub>run ");
	text_markdown(out, run->run_id, MAX_TEXT);
	buf_addf(out, ", pgrehearse %s</sub>\n", run->version);
}
