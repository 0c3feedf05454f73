#include "cli/gate_text.h"

#include "base/mem.h"

#include <math.h>

static void add_limit(struct buf *out, const struct threshold *threshold)
{
	bool ratio = threshold->bound == BOUND_MAX_RATIO || threshold->bound == BOUND_MIN_RATIO;

	if (ratio)
		buf_addf(out, "%.2f", threshold->limit);
	else if (threshold->metric->unit == UNIT_FRACTION)
		buf_addf(out, "%g%%", threshold->limit * 100);
	else if (threshold->metric->unit == UNIT_SECONDS)
		buf_addf(out, "%gms", threshold->limit * 1e3);
	else
		buf_addf(out, "%.12g", threshold->limit);
}

void gate_text_threshold(struct buf *out, const struct threshold *threshold)
{
	_cleanup_free_ char *scope = scope_format(&threshold->scope);
	bool quote = threshold->scope.argument != NULL;

	buf_addf(out, "{metric: %s, scope: %s%s%s, %s: ", threshold->metric->name, quote ? "\"" : "",
	    scope, quote ? "\"" : "", bound_kind_name(threshold->bound));
	add_limit(out, threshold);
	if (!isnan(threshold->over))
		buf_addf(out, ", over: %gms", threshold->over * 1e3);
	buf_addc(out, '}');
}

void gate_text_policy(struct buf *out, const char *indent)
{
	struct gate gate = {0};

	gate_add_default_thresholds(&gate);
	for (size_t i = 0; i < gate.n_thresholds; i++) {
		buf_addf(out, "%s%s- ", i ? "\n" : "", indent);
		gate_text_threshold(out, &gate.thresholds[i]);
	}
	gate_release(&gate);
}
