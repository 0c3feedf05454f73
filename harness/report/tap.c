/*
 * tap: one test point per check, the figures in a YAML block.
 *
 * The stream uses only what TAP 13 and TAP 14 share, and says 13: the TAP::Harness of Debian 12
 * (and every Perl so far) counts "TAP version 14" as a parse error, while a TAP 14 consumer must
 * accept a 13 stream.
 *
 * INCONCLUSIVE is `not ok` like FAIL. SKIP and TODO would turn prove green, and "not enough
 * evidence" must never look like a pass to a pipeline that only knows green and red; who wants to
 * tell the two apart reads `outcome`, or the exit code of the gate. A run that is itself
 * unfit to be judged (say, the generator was late) gets one further test point that says so,
 * because then all checks can pass and the verdict still cannot.
 */
#include "base/mem.h"
#include "report/figures.h"
#include "report/report_format.h"
#include "report/text.h"

#include <math.h>

/* A description: '#' would begin a directive and '\' an escape. */
static void add_description(struct buf *out, const char *s)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	buf_adds(&line, "");
	text_line(&line, s, TEXT_WHOLE);
	for (const char *p = line.data; *p; p++) {
		if (*p == '#' || *p == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
}

static void add_comment(struct buf *out, const char *s)
{
	buf_adds(out, "# ");
	text_line(out, s, TEXT_WHOLE);
	buf_addc(out, '\n');
}

static void add_number(struct buf *out, const char *key, double value)
{
	buf_addf(out, "  %s: ", key);
	figure_number(out, value);
	buf_addc(out, '\n');
}

static void add_text(struct buf *out, const char *key, const char *value)
{
	buf_addf(out, "  %s: ", key);
	text_quoted(out, value);
	buf_addc(out, '\n');
}

static const char *unit_name(const struct check *check)
{
	static const char *const names[] = {
	    [UNIT_NONE] = "1",
	    [UNIT_SECONDS] = "s",
	    [UNIT_BYTES] = "byte",
	    [UNIT_FRACTION] = "share",
	    [UNIT_RATE] = "1/s",
	};

	return names[check->metric->unit];
}

static void add_check(struct buf *out, size_t number, const struct check *check)
{
	buf_addf(out, "%s %zu - ", check->outcome == OUTCOME_PASS ? "ok" : "not ok", number);
	add_description(out, check->id);
	buf_adds(out, "\n  ---\n");
	buf_addf(out, "  outcome: %s\n", outcome_name(check->outcome));
	buf_addf(out, "  proven: %s\n", check->proven ? "true" : "false");
	add_text(out, "why", check->why);
	buf_addf(out, "  metric: %s\n", check->metric->name);
	buf_addf(out, "  unit: \"%s\"\n", unit_name(check));
	add_text(out, "scope", check->scope);
	buf_addf(out, "  bound: %s\n", bound_kind_name(check->bound));
	add_number(out, "limit", check->limit);
	add_number(out, "baseline", check->baseline);
	add_number(out, "candidate", check->candidate);
	add_number(out, "estimate", check->estimate);
	buf_adds(out, "  interval: [");
	figure_number(out, check->lower);
	buf_adds(out, ", ");
	figure_number(out, check->upper);
	buf_adds(out, "]\n  samples: {baseline: ");
	figure_number(out, check->samples[ARM_BASELINE]);
	buf_adds(out, ", candidate: ");
	figure_number(out, check->samples[ARM_CANDIDATE]);
	buf_adds(out, "}\n");
	if (check->outcome == OUTCOME_INCONCLUSIVE)
		add_number(out, "needs_seconds", check->needs_seconds);
	buf_adds(out, "  ...\n");
}

static void add_unfit(struct buf *out, size_t number, const struct strv *reasons)
{
	buf_addf(out, "not ok %zu - the run is fit to be judged\n  ---\n", number);
	buf_adds(out, "  outcome: INCONCLUSIVE\n  why:\n");
	for (size_t i = 0; i < reasons->n; i++) {
		buf_adds(out, "    - ");
		text_quoted(out, reasons->items[i]);
		buf_addc(out, '\n');
	}
	buf_adds(out, "  ...\n");
}

void render_tap(const struct run *run, struct buf *out)
{
	_cleanup_buf_ struct buf heading = BUF_INIT;
	_cleanup_(strv_release) struct strv unfit = {0};

	run_unfit_reasons(run, &unfit);
	buf_adds(out, "TAP version 13\n");
	if (run->n_checks == 0 && !unfit.n)
		buf_adds(out, "1..0 # SKIP no thresholds\n");
	else
		buf_addf(out, "1..%zu\n", run->n_checks + (unfit.n > 0));
	buf_addf(&heading, "%s: %s (run %s, pgrehearse %s)", outcome_name(run->verdict.outcome),
	    run->name, run->run_id, run->version);
	add_comment(out, heading.data);
	for (size_t i = 0; i < run->n_checks; i++)
		add_check(out, i + 1, &run->checks[i]);
	if (unfit.n)
		add_unfit(out, run->n_checks + 1, &unfit);
	for (size_t i = 0; i < run->verdict.reasons.n; i++)
		add_comment(out, run->verdict.reasons.items[i]);
}
