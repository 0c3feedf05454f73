/*
 * annotations: workflow commands of GitHub Actions (also understood by Gitea and Forgejo): print
 * the text in a step and every check that does not pass becomes an annotation of the run.
 */
#include "report/figures.h"
#include "report/report_format.h"
#include "report/text.h"

#include <stdlib.h>

/* GitHub shows ten annotations of each level per step and drops the rest. */
#define MAX_ANNOTATIONS 10
#define MAX_TITLE       200
#define MAX_TEXT        1000

/* '%' and line ends in any value; ':' and ',' in a property too. */
static void add_value(struct buf *out, const char *s, size_t max, bool is_property)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	buf_adds(&line, "");
	text_line(&line, s, max);
	for (const char *p = line.data; *p; p++) {
		if (*p == '%' || (is_property && (*p == ':' || *p == ',')))
			buf_addf(out, "%%%02X", *p);
		else
			buf_addc(out, *p);
	}
}

static void add_command(struct buf *out, const char *level, const char *title, const char *text)
{
	buf_addf(out, "::%s title=", level);
	add_value(out, title, MAX_TITLE, true);
	buf_adds(out, "::");
	add_value(out, text, MAX_TEXT, false);
	buf_addc(out, '\n');
}

static const char *level_of(enum outcome outcome)
{
	return outcome == OUTCOME_FAIL ? "error" : outcome == OUTCOME_PASS ? "notice" : "warning";
}

static void add_check(struct buf *out, const struct check *check)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	check_add_finding(&text, check);
	if (check->why)
		buf_addf(&text, ". %s", check->why);
	add_command(out, level_of(check->outcome), check->id, text.data);
}

void render_annotations(const struct run *run, struct buf *out)
{
	const struct check **sorted = checks_by_urgency(run);
	_cleanup_buf_ struct buf title = BUF_INIT;
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_addf(&title, "%s: %s", outcome_name(run->verdict.outcome), run->name);
	outcome_add_counts(&text, run);
	for (size_t i = 0; i < run->verdict.reasons.n; i++)
		buf_addf(&text, "; %s", run->verdict.reasons.items[i]);
	add_command(out, level_of(run->verdict.outcome), title.data, text.data);
	for (size_t i = 0; i < run->n_checks && i < MAX_ANNOTATIONS - 1; i++)
		if (sorted[i]->outcome != OUTCOME_PASS)
			add_check(out, sorted[i]);
	free(sorted);
}
