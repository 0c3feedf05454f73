/* The first screen: may I promote this, and why. */
#include "report/html_parts.h"
#include "report/text.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_REASONS 8

void html_title(const struct run *run, struct buf *out)
{
	buf_addf(out, "%s: ", outcome_name(run->verdict.outcome));
	html_text(out, run->name, HTML_MAX_NAME);
}

static const char *answer(const struct run *run)
{
	switch (run->verdict.outcome) {
	case OUTCOME_PASS:
		return run->verdict.proven ? "This may be promoted: every limit is proven to hold."
		                           : "This may be promoted: no limit is breached.";
	case OUTCOME_FAIL:
		return "Do not promote this as it is.";
	case OUTCOME_INCONCLUSIVE:
		break;
	}
	return "The evidence does not decide it.";
}

/* How near to its limit: above 1 is beyond. */
static double nearness(const struct check *check)
{
	if (check->bound == BOUND_MIN || check->bound == BOUND_MIN_RATIO)
		return figure_quotient(check->estimate, check->limit);
	return figure_quotient(check->limit, check->estimate);
}

static bool same_threshold(const struct check *a, const struct check *b)
{
	return a->metric == b->metric && a->bound == b->bound && a->limit == b->limit;
}

/* Of the checks of one threshold ("each read") the one nearest to its limit speaks for all. */
static size_t spokesmen(const struct run *run, const struct check *ret[MAX_REASONS])
{
	size_t n = 0;

	for (const struct check *check = run->checks; check < run->checks + run->n_checks; check++) {
		size_t i = 0;

		while (i < n && !same_threshold(ret[i], check))
			i++;
		if (i == n && n < MAX_REASONS)
			ret[n++] = check;
		else if (i < n && nearness(check) > nearness(ret[i]))
			ret[i] = check;
	}
	return n;
}

static void add_reason(struct buf *out, const char *text)
{
	buf_adds(out, "<li>");
	html_text(out, text, HTML_MAX_TEXT);
	buf_adds(out, "</li>\n");
}

static void add_reasons(const struct run *run, struct buf *out)
{
	const struct strv *reasons = &run->verdict.reasons;
	const struct check *nearest[MAX_REASONS];
	const size_t n = run->verdict.outcome == OUTCOME_PASS ? spokesmen(run, nearest) : 0;

	buf_adds(out, "<ul class=\"reasons\">\n");
	for (size_t i = 0; i < reasons->n && i < MAX_REASONS; i++)
		add_reason(out, reasons->items[i]);
	if (reasons->n > MAX_REASONS)
		buf_addf(out, "<li>and %zu more, see the checks</li>\n", reasons->n - MAX_REASONS);
	if (run->verdict.outcome == OUTCOME_INCONCLUSIVE && isfinite(run->verdict.needs_seconds))
		buf_addf(out, "<li>About %s more replay would decide it.</li>\n",
		    figure_seconds(run->verdict.needs_seconds).text);
	for (size_t i = 0; i < n; i++)
		if (nearest[i]->why)
			add_reason(out, nearest[i]->why);
	buf_adds(out, "</ul>\n");
}

static void add_tiles(const struct run *run, struct buf *out)
{
	_cleanup_buf_ struct buf checks = BUF_INIT;
	const struct outcome_counts n = outcome_count(run);
	char text[160];

	buf_adds(out, "<dl class=\"tiles\">\n");
	buf_addf(&checks, "%zu pass · %zu fail · %zu inconclusive", n.of[OUTCOME_PASS],
	    n.of[OUTCOME_FAIL], n.of[OUTCOME_INCONCLUSIVE]);
	html_tile(out, "Checks", checks.data);
	snprintf(text, sizeof(text), "%zu of %zu statements · %s of time · %s of calls",
	    run->n_replayed, run->n_statements, figure_percent(run->coverage_time).text,
	    figure_percent(run->coverage_calls).text);
	html_tile(out, "Production covered", text);
	snprintf(text, sizeof(text), "%s at %s/s per arm",
	    figure_seconds(run->generator.duration_s).text,
	    figure_count(run->generator.achieved_rate).text);
	html_tile(out, "Replayed", text);
	html_tile(out, "Schedule lag p99", figure_seconds(run->generator.lag_p99).text);
	buf_adds(out, "</dl>\n");
}

void html_verdict(const struct run *run, struct buf *out)
{
	const char *class = html_outcome_class(run->verdict.outcome);

	buf_addf(out, "<header class=\"verdict %s\"><div>\n", class);
	buf_addf(out, "<svg class=\"sign\" aria-hidden=\"true\"><use href=\"#i-%s\"/></svg>\n", class);
	buf_addf(out, "<div class=\"words\"><p class=\"word\">%s</p>\n<h1>",
	    outcome_name(run->verdict.outcome));
	html_text(out, run->name, HTML_MAX_NAME);
	buf_addf(out, "</h1>\n<p class=\"answer\">%s</p>\n", answer(run));
	add_reasons(run, out);
	buf_adds(out, "<p class=\"what\"><code>");
	html_text(out, run->candidate_name ? run->candidate_name : "unchanged", HTML_MAX_NAME);
	buf_adds(out, "</code> on PostgreSQL ");
	html_text(out, run->arms[ARM_CANDIDATE].server_version, HTML_MAX_NAME);
	buf_adds(out, ", <time>");
	html_text(out, run->started_at, HTML_MAX_NAME);
	buf_adds(out, "</time>, run ");
	html_text(out, run->run_id, HTML_MAX_NAME);
	buf_adds(out, "</p>\n</div></div>\n");
	html_effects(run, out);
	add_tiles(run, out);
	buf_adds(out, "</header>\n");
}

void html_footer(const struct run *run, struct buf *out)
{
	buf_adds(out, "pgrehearse ");
	html_text(out, run->version, HTML_MAX_NAME);
	buf_adds(out, ", run ");
	html_text(out, run->run_id, HTML_MAX_NAME);
	buf_adds(out, ". Every figure is from run.json beside this page.");
}
