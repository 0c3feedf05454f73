/* All statements together, before and after. */
#include "report/html_parts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "measure/histogram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where no threshold on slow.count says what is slow. */
#define SLOW_S 0.1

struct total {
	struct histogram *service;
	struct work work;
	double seconds, ok; /* sum of service times, and of what they are */
	double slow;        /* ops beyond the limit */
};

static double slow_limit_s(const struct run *run)
{
	for (size_t i = 0; i < run->n_thresholds; i++)
		if (strcmp(run->thresholds[i].metric->name, "slow.count") == 0)
			return run->thresholds[i].over;
	return SLOW_S;
}

static void add_up(const struct run *run, enum arm arm, struct total *ret)
{
	*ret =
	    (struct total){.service = histogram_new(1, 3600 * NS_PER_S, 3, NULL), .work = work_unknown};
	for (size_t i = 0; i < run->n_replayed; i++) {
		const struct run_statement_arm *a = &run->statements[i].arms[arm];
		struct histogram *h =
		    a->service.histogram ? histogram_decode_base64(a->service.histogram, NULL) : NULL;

		if (h)
			histogram_add(ret->service, h);
		histogram_free(h);
		work_add(&ret->work, &a->work);
		if (a->service.count > 0) {
			ret->ok += a->service.count;
			ret->seconds += a->service.count * a->service.mean;
		}
	}
}

static void count_slow(struct total *total, double limit_s)
{
	uint64_t value, count;
	size_t at = 0;

	while (histogram_next(total->service, &at, &value, &count))
		total->slow += (double)value > limit_s * 1e9 ? (double)count : 0;
}

static double quantile_s(const struct total *total, double q)
{
	return histogram_count(total->service) == 0
	           ? NAN
	           : (double)histogram_value_at_quantile(total->service, q) / 1e9;
}

static double hit_ratio(const struct total *total)
{
	const struct work *w = &total->work;

	return w->shared_hit + w->shared_read > 0 ? w->shared_hit / (w->shared_hit + w->shared_read)
	                                          : NAN;
}

static void add_row(struct buf *out, const char *label, enum metric_unit unit, enum sense sense,
    double baseline, double candidate)
{
	buf_addf(out, "<tr><th scope=\"row\">%s</th>", label);
	html_pair_cell(out, unit, sense, baseline, candidate);
	buf_adds(out, "</tr>\n");
}

static void add_rows(struct buf *out, const struct total *b, const struct total *c, double slow_s)
{
	char slow[64];

	add_row(out, "Average", UNIT_SECONDS, MORE_IS_WORSE, b->seconds / b->ok, c->seconds / c->ok);
	add_row(out, "p50", UNIT_SECONDS, MORE_IS_WORSE, quantile_s(b, 0.50), quantile_s(c, 0.50));
	add_row(out, "p95", UNIT_SECONDS, MORE_IS_WORSE, quantile_s(b, 0.95), quantile_s(c, 0.95));
	add_row(out, "p99", UNIT_SECONDS, MORE_IS_WORSE, quantile_s(b, 0.99), quantile_s(c, 0.99));
	snprintf(slow, sizeof(slow), "Slower than %s", figure_seconds(slow_s).text);
	add_row(out, slow, UNIT_NONE, MORE_IS_WORSE, b->slow, c->slow);
	add_row(out, "Cache hit ratio", UNIT_FRACTION, MORE_IS_BETTER, hit_ratio(b), hit_ratio(c));
	add_row(out, "Blocks per call", UNIT_NONE, MORE_IS_WORSE,
	    work_per_call(&b->work, work_touched(&b->work)),
	    work_per_call(&c->work, work_touched(&c->work)));
	add_row(out, "WAL per call", UNIT_BYTES, MORE_IS_WORSE,
	    work_per_call(&b->work, b->work.wal_bytes), work_per_call(&c->work, c->work.wal_bytes));
}

void html_summary(const struct run *run, struct buf *out)
{
	static const char *const columns[] = {"All statements", "Baseline → candidate", NULL};
	struct total totals[N_ARMS];

	if (run->n_replayed == 0)
		return;
	for (enum arm arm = 0; arm < N_ARMS; arm++) {
		add_up(run, arm, &totals[arm]);
		count_slow(&totals[arm], slow_limit_s(run));
	}
	html_open_table(out, "t-summary", "summary", NULL, columns);
	add_rows(out, &totals[ARM_BASELINE], &totals[ARM_CANDIDATE], slow_limit_s(run));
	html_close_table(out);
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		histogram_free(totals[arm].service);
}
