/*
 * junit: a test suite per run, a test case per check.
 *
 * A breached threshold is a <failure>; an inconclusive one is an <error>, JUnit's word for "the
 * test could not be carried out". Attributes and order follow the Ant schema, the strictest of the
 * several in use, so that the figures of passing checks stand in the suite's <system-out>.
 */
#include "base/mem.h"
#include "report/figures.h"
#include "report/report_format.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

#define MAX_MESSAGE 2000

static void add_attribute(struct buf *out, const char *name, const char *value)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	buf_adds(&line, "");
	text_line(&line, value, MAX_MESSAGE);
	buf_addf(out, " %s=\"", name);
	text_markup(out, line.data, TEXT_WHOLE);
	buf_addc(out, '"');
}

static void add_property(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	buf_adds(out, "\t\t\t<property");
	add_attribute(out, "name", name);
	add_attribute(out, "value", value);
	buf_adds(out, "/>\n");
}

static void add_properties(struct buf *out, const struct run *run)
{
	buf_adds(out, "\t\t<properties>\n");
	add_property(out, "verdict", outcome_name(run->verdict.outcome));
	add_property(out, "run", run->run_id);
	add_property(out, "candidate", run->candidate_name);
	add_property(out, "pgrehearse", run->version);
	add_property(out, "command", run->command);
	add_property(out, "baseline server", run->arms[ARM_BASELINE].server_version);
	add_property(out, "candidate server", run->arms[ARM_CANDIDATE].server_version);
	buf_adds(out, "\t\t</properties>\n");
}

static void add_figures(struct buf *out, const struct check *check)
{
	const struct {
		const char *name;
		double value;
	} figures[] = {
	    {"limit", check->limit},
	    {"baseline", check->baseline},
	    {"candidate", check->candidate},
	    {"estimate", check->estimate},
	    {"lower", check->lower},
	    {"upper", check->upper},
	};

	buf_addf(out, "metric=%s bound=%s", check->metric->name, bound_kind_name(check->bound));
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		buf_addf(out, " %s=", figures[i].name);
		figure_number(out, figures[i].value);
	}
}

static void open_case(struct buf *out, const struct run *run, const char *name)
{
	buf_adds(out, "\t\t<testcase");
	add_attribute(out, "classname", run->name);
	add_attribute(out, "name", name);
	buf_adds(out, " time=\"0\"");
}

static void add_check(struct buf *out, const struct run *run, const struct check *check)
{
	const char *tag = check->outcome == OUTCOME_FAIL ? "failure" : "error";

	open_case(out, run, check->id);
	if (check->outcome == OUTCOME_PASS) {
		buf_adds(out, "/>\n");
		return;
	}
	buf_addf(out, ">\n\t\t\t<%s type=\"%s\"", tag, outcome_name(check->outcome));
	add_attribute(out, "message", check->why);
	buf_addc(out, '>');
	add_figures(out, check);
	buf_addf(out, "</%s>\n\t\t</testcase>\n", tag);
}

/* As in TAP: a run that is unfit to be judged is one more case. */
static void add_unfit(struct buf *out, const struct run *run, const struct strv *reasons)
{
	_cleanup_buf_ struct buf why = BUF_INIT;

	for (size_t i = 0; i < reasons->n; i++)
		buf_addf(&why, "%s%s", i ? "; " : "", reasons->items[i]);
	open_case(out, run, "the run is fit to be judged");
	buf_adds(out, ">\n\t\t\t<error type=\"INCONCLUSIVE\"");
	add_attribute(out, "message", why.data);
	buf_adds(out, "/>\n\t\t</testcase>\n");
}

static void add_suite_attributes(struct buf *out, const struct run *run, bool unfit)
{
	const struct outcome_counts counts = outcome_count(run);
	const char *started = run->started_at ? run->started_at : "1970-01-01T00:00:00Z";

	buf_adds(out, "\t<testsuite id=\"0\" package=\"pgrehearse\" hostname=\"localhost\"");
	add_attribute(out, "name", run->name);
	/* The schema's timestamps carry no zone. */
	buf_adds(out, " timestamp=\"");
	for (; *started && *started != 'Z'; started++)
		if (strchr("0123456789-:T", *started))
			buf_addc(out, *started);
	buf_addf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"", run->n_checks + unfit,
	    counts.of[OUTCOME_FAIL], counts.of[OUTCOME_INCONCLUSIVE] + unfit);
	figure_number(out, isfinite(run->generator.duration_s) ? run->generator.duration_s : 0);
	buf_adds(out, "\">\n");
}

void render_junit(const struct run *run, struct buf *out)
{
	_cleanup_(strv_release) struct strv unfit = {0};

	run_unfit_reasons(run, &unfit);
	buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	add_suite_attributes(out, run, unfit.n > 0);
	add_properties(out, run);
	for (size_t i = 0; i < run->n_checks; i++)
		add_check(out, run, &run->checks[i]);
	if (unfit.n)
		add_unfit(out, run, &unfit);
	buf_adds(out, "\t\t<system-out>");
	for (size_t i = 0; i < run->n_checks; i++) {
		_cleanup_buf_ struct buf id = BUF_INIT;

		text_line(&id, run->checks[i].id, MAX_MESSAGE);
		buf_addf(out, "%s ", outcome_name(run->checks[i].outcome));
		text_markup(out, id.data, TEXT_WHOLE);
		buf_adds(out, ": ");
		add_figures(out, &run->checks[i]);
		buf_addc(out, '\n');
	}
	buf_adds(out, "</system-out>\n\t\t<system-err/>\n\t</testsuite>\n</testsuites>\n");
}
