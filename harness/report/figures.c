#include "report/figures.h"

#include "base/mem.h"
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct figure unknown(void)
{
	return (struct figure){FIGURE_UNKNOWN};
}

struct figure figure_seconds(double seconds)
{
	struct figure f;

	if (!isfinite(seconds))
		return unknown();
	if (seconds == 0)
		return (struct figure){"0 s"};
	units_format_duration(f.text, seconds * 1e9);
	return f;
}

struct figure figure_bytes(double bytes)
{
	struct figure f;

	if (!isfinite(bytes))
		return unknown();
	if (bytes == 0)
		return (struct figure){"0 B"};
	units_format_bytes(f.text, bytes);
	return f;
}

struct figure figure_count(double number)
{
	struct figure f;

	if (!isfinite(number))
		return unknown();
	units_format_count(f.text, number);
	return f;
}

struct figure figure_percent(double fraction)
{
	struct figure f;

	if (!isfinite(fraction))
		return unknown();
	if (fraction == 0)
		return (struct figure){"0%"};
	units_format_percent(f.text, fraction);
	return f;
}

struct figure figure_ratio(double ratio)
{
	struct figure f;
	double size = fabs(ratio);

	if (!isfinite(ratio))
		return unknown();
	if (size > 0 && size < 0.00995)
		snprintf(f.text, sizeof(f.text), "%.2g×", ratio);
	else
		snprintf(f.text, sizeof(f.text), "%.*f×", size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2, ratio);
	return f;
}

struct figure figure_in(enum metric_unit unit, double value)
{
	struct figure f;

	switch (unit) {
	case UNIT_SECONDS:
		return figure_seconds(value);
	case UNIT_BYTES:
		return figure_bytes(value);
	case UNIT_FRACTION:
		return figure_percent(value);
	case UNIT_RATE:
		if (!isfinite(value))
			return unknown();
		f = figure_count(value);
		strcat(f.text, "/s");
		return f;
	case UNIT_NONE:
		break;
	}
	return figure_count(value);
}

double figure_quotient(double baseline, double candidate)
{
	return baseline != 0 && isfinite(baseline) ? candidate / baseline : NAN;
}

void figure_number(struct buf *out, double value)
{
	if (isfinite(value))
		buf_addf(out, "%.12g", value);
	else
		buf_adds(out, "null");
}

bool check_is_ratio(const struct check *check)
{
	return check->bound == BOUND_MAX_RATIO || check->bound == BOUND_MIN_RATIO;
}

struct figure check_figure(const struct check *check, double value)
{
	return check_is_ratio(check) ? figure_ratio(value) : figure_in(check->metric->unit, value);
}

void check_add_limit(struct buf *out, const struct check *check)
{
	static const char *const words[] = {
	    [BOUND_MAX] = "at most ",
	    [BOUND_MIN] = "at least ",
	    [BOUND_MAX_RATIO] = "at most ",
	    [BOUND_MIN_RATIO] = "at least ",
	    [BOUND_MAX_INCREASE] = "an increase of at most ",
	};

	buf_adds(out, words[check->bound]);
	buf_adds(out, check_figure(check, check->limit).text);
}

void check_add_finding(struct buf *out, const struct check *check)
{
	buf_adds(out, check_figure(check, check->estimate).text);
	if (isfinite(check->lower) || isfinite(check->upper))
		buf_addf(out, " (%s to %s)", check_figure(check, check->lower).text,
		    check_figure(check, check->upper).text);
	buf_adds(out, ", limit: ");
	check_add_limit(out, check);
}

struct outcome_counts outcome_count(const struct run *run)
{
	struct outcome_counts counts = {0};

	for (size_t i = 0; i < run->n_checks; i++)
		counts.of[run->checks[i].outcome]++;
	return counts;
}

void outcome_add_counts(struct buf *out, const struct run *run)
{
	const struct outcome_counts n = outcome_count(run);
	const size_t pass = n.of[OUTCOME_PASS], fail = n.of[OUTCOME_FAIL];
	const size_t open = n.of[OUTCOME_INCONCLUSIVE];

	if (run->n_checks == 0) {
		buf_adds(out, "no checks");
		return;
	}
	buf_addf(out, "%zu check%s", pass, pass == 1 ? " passes" : "s pass");
	if (fail)
		buf_addf(out, ", %zu fail%s", fail, fail == 1 ? "s" : "");
	if (open)
		buf_addf(out, ", %zu %s inconclusive", open, open == 1 ? "is" : "are");
}

const struct check **checks_by_urgency(const struct run *run)
{
	static const enum outcome order[] = {OUTCOME_FAIL, OUTCOME_INCONCLUSIVE, OUTCOME_PASS};
	const struct check **sorted = xcalloc(run->n_checks + 1, sizeof(*sorted));
	size_t n = 0;

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < run->n_checks; i++)
			if (run->checks[i].outcome == order[k])
				sorted[n++] = &run->checks[i];
	return sorted;
}

static bool is_of_a_check(const struct run *run, const char *reason)
{
	for (size_t i = 0; i < run->n_checks; i++)
		if (run->checks[i].why && strcmp(run->checks[i].why, reason) == 0)
			return true;
	return false;
}

void run_unfit_reasons(const struct run *run, struct strv *ret)
{
	const struct strv *reasons = &run->verdict.reasons;

	for (size_t i = 0; i < run->n_disturbances; i++)
		if (run->disturbances[i].blocks_pass)
			strv_add(ret, run->disturbances[i].text);
	for (size_t i = 0; i < reasons->n && run->verdict.outcome == OUTCOME_INCONCLUSIVE; i++)
		if (!is_of_a_check(run, reasons->items[i]) && !strv_contains(ret, reasons->items[i]))
			strv_add(ret, reasons->items[i]);
}
