#include "judge/sentence.h"

#include "base/mem.h"
#include "base/units.h"
#include "judge/judging.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *format_ratio(char out[48], double ratio)
{
	if (!isfinite(ratio))
		snprintf(out, 48, "%s", ratio > 0 ? "infinitely many times" : "an unknown multiple of");
	else
		snprintf(out, 48, "%.*f×", ratio >= 99.95 ? 0 : ratio >= 9.995 ? 1 : 2, ratio);
	return out;
}

char *format_figure(char out[48], const struct metric *metric, double figure)
{
	char text[32];

	if (!isfinite(figure)) {
		snprintf(out, 48, "unknown");
		return out;
	}
	switch (metric->unit) {
	case UNIT_SECONDS:
		units_format_duration(text, figure * 1e9);
		break;
	case UNIT_BYTES:
		units_format_bytes(text, figure);
		break;
	case UNIT_FRACTION:
		units_format_percent(text, figure);
		break;
	case UNIT_RATE:
		snprintf(text, sizeof(text), "%.4g/s", figure);
		break;
	case UNIT_NONE:
		units_format_count(text, figure);
		break;
	}
	snprintf(out, 48, "%s", text);
	return out;
}

char *format_bound(char out[48], const struct check *check, double figure)
{
	char text[48];

	if (bound_is_ratio(check->bound))
		return format_ratio(out, figure);
	format_figure(text, check->metric, figure);
	snprintf(out, 48, "%.40s%s", text, check->bound == BOUND_MAX_INCREASE ? " more" : "");
	return out;
}

char *format_seconds(char out[48], double seconds)
{
	if (seconds < 180)
		snprintf(out, 48, "%.0f s", fmax(ceil(seconds), 1));
	else if (seconds < 3 * 3600)
		snprintf(out, 48, "%.0f min", ceil(seconds / 60));
	else
		snprintf(out, 48, "%.0f h", ceil(seconds / 3600));
	return out;
}

char *limit_phrase(const struct check *check)
{
	char limit[48];

	format_bound(limit, check, check->limit);
	return bound_is_upper(check->bound) ? xasprintf("at most %s is allowed", limit)
	                                    : xasprintf("at least %s is required", limit);
}

static const char *scope_phrase(const char *scope)
{
	return strcmp(scope, "all") == 0 ? "all statements" : scope;
}

char *metric_phrase(const struct check *check)
{
	const char *dot = strchr(check->metric->name, '.');
	const char *figure = dot ? dot + 1 : check->metric->name;

	if (check->metric->family == METRIC_SERVICE)
		return xasprintf("%s of %s", figure, scope_phrase(check->scope));
	if (check->metric->family == METRIC_RESPONSE)
		return xasprintf("%s response time of %s", figure, scope_phrase(check->scope));
	if (check->metric->family == METRIC_ALONE)
		return xasprintf("%s of %s, one arm alone,", figure, scope_phrase(check->scope));
	if (check->metric->family == METRIC_RUN)
		return xstrdup(check->metric->name);
	return xasprintf("%s of %s", check->metric->name,
	    check->metric->family == METRIC_COUNTER || check->metric->family == METRIC_OP
	        ? scope_phrase(check->scope)
	        : check->scope);
}

bool bound_is_upper(enum bound_kind bound)
{
	return bound == BOUND_MAX || bound == BOUND_MAX_RATIO || bound == BOUND_MAX_INCREASE;
}

bool bound_is_relative(enum bound_kind bound)
{
	return bound != BOUND_MAX && bound != BOUND_MIN;
}

bool bound_is_ratio(enum bound_kind bound)
{
	return bound == BOUND_MAX_RATIO || bound == BOUND_MIN_RATIO;
}

double bound_estimate(enum bound_kind bound, double baseline, double candidate)
{
	switch (bound) {
	case BOUND_MAX_RATIO:
	case BOUND_MIN_RATIO:
		/* Nothing before and nothing after is no change. */
		return baseline == 0 && candidate == 0 ? 1 : candidate / baseline;
	case BOUND_MAX_INCREASE:
		return candidate - baseline;
	case BOUND_MAX:
	case BOUND_MIN:
		break;
	}
	return candidate;
}

bool bound_holds(enum bound_kind bound, double estimate, double limit)
{
	return bound_is_upper(bound) ? estimate <= limit : estimate >= limit;
}

bool bound_allows_equal(const struct check *check)
{
	return bound_holds(
	    check->bound, bound_estimate(check->bound, check->baseline, check->baseline), check->limit);
}

static void say(
    struct check *check, enum outcome outcome, const char *begin, const char *format, va_list args)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, begin);
	buf_vaddf(&text, format, args);
	free(check->why);
	check->why = buf_detach(&text);
	check->outcome = outcome;
}

void check_decide(struct check *check, enum outcome outcome, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(check, outcome, "", format, args);
	va_end(args);
}

void check_amend(struct check *check, enum outcome outcome, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(check, outcome, check->why, format, args);
	va_end(args);
}

/* "index.size_bytes of public.i is 12.0 MiB; at most 64.0 MiB is allowed" */
void check_decide_exact(struct check *check, const char *what)
{
	_cleanup_free_ char *limit = limit_phrase(check);
	_cleanup_free_ char *own = what ? NULL : metric_phrase(check);
	bool holds = bound_holds(check->bound, check->estimate, check->limit);
	char estimate[48], baseline[48], candidate[48];

	what = what ? what : own;
	check->proven = holds;
	format_bound(estimate, check, check->estimate);
	format_figure(baseline, check->metric, check->baseline);
	format_figure(candidate, check->metric, check->candidate);
	if (bound_is_ratio(check->bound))
		check_decide(check, holds ? OUTCOME_PASS : OUTCOME_FAIL,
		    "%s is %s the baseline (%s instead of %s); %s", what, estimate, candidate, baseline,
		    limit);
	else if (check->bound == BOUND_MAX_INCREASE)
		check_decide(check, holds ? OUTCOME_PASS : OUTCOME_FAIL,
		    "%s is %s than on the baseline (%s instead of %s); %s", what, estimate, candidate,
		    baseline, limit);
	else
		check_decide(
		    check, holds ? OUTCOME_PASS : OUTCOME_FAIL, "%s is %s; %s", what, estimate, limit);
}
