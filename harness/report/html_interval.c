/*
 * The drawing beside a check: where the limit is, which side is allowed, what was estimated and how
 * sure that is. Ratios and positive figures are on a logarithmic scale.
 */
#include "report/html_parts.h"

#include <math.h>

#define WIDTH  180.0
#define MARGIN 10.0

struct scale {
	double low, high; /* in the transformed unit */
	bool logarithmic;
};

static double transform(const struct scale *scale, double value)
{
	return scale->logarithmic ? log(value) : value;
}

static double position(const struct scale *scale, double value)
{
	const double x = (transform(scale, value) - scale->low) / (scale->high - scale->low);

	return MARGIN + (WIDTH - 2 * MARGIN) * (x < 0 ? 0 : x > 1 ? 1 : x);
}

static bool scale_fit(struct scale *scale, const double *values, size_t n)
{
	double padding;

	scale->logarithmic = true;
	for (size_t i = 0; i < n; i++)
		if (isfinite(values[i]) && values[i] <= 0)
			scale->logarithmic = false;
	scale->low = INFINITY;
	scale->high = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(values[i]))
			continue;
		scale->low = fmin(scale->low, transform(scale, values[i]));
		scale->high = fmax(scale->high, transform(scale, values[i]));
	}
	if (!(scale->high >= scale->low))
		return false;
	padding = (scale->high - scale->low) * 0.12;
	if (padding <= 0)
		padding = scale->logarithmic ? 0.1 : fmax(fabs(scale->high) * 0.1, 1e-9);
	scale->low -= padding;
	scale->high += padding;
	return true;
}

static void add_allowed(struct buf *out, const struct check *check, double limit_x)
{
	const bool upward = check->bound == BOUND_MIN || check->bound == BOUND_MIN_RATIO;
	const double from = upward ? limit_x : MARGIN / 2;
	const double to = upward ? WIDTH - MARGIN / 2 : limit_x;

	buf_addf(out, "<rect class=\"ok\" x=\"%.1f\" y=\"3\" width=\"%.1f\" height=\"16\"/>", from,
	    to - from);
	buf_addf(out, "<path class=\"limit\" d=\"M%.1f 1v20\"/>", limit_x);
}

void html_interval(struct buf *out, const struct check *check)
{
	const double unity = check_is_ratio(check) ? 1 : NAN;
	const double values[] = {check->limit, check->estimate, check->lower, check->upper, unity};
	struct scale scale;

	if (!isfinite(check->estimate) ||
	    !scale_fit(&scale, values, sizeof(values) / sizeof(values[0])))
		return;
	buf_addf(out, "<svg class=\"interval %s\" viewBox=\"0 0 %.0f 22\" aria-hidden=\"true\">",
	    html_outcome_class(check->outcome), WIDTH);
	add_allowed(out, check, position(&scale, check->limit));
	if (isfinite(unity))
		buf_addf(out, "<path class=\"one\" d=\"M%.1f 5v12\"/>", position(&scale, unity));
	if (isfinite(check->lower) || isfinite(check->upper)) {
		const double from = isfinite(check->lower) ? position(&scale, check->lower) : MARGIN / 2;
		const double to =
		    isfinite(check->upper) ? position(&scale, check->upper) : WIDTH - MARGIN / 2;

		buf_addf(out, "<path class=\"range\" d=\"M%.1f 11H%.1f\"/>", from, to);
	}
	buf_addf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"11\" r=\"4\"/></svg>",
	    position(&scale, check->estimate));
}
