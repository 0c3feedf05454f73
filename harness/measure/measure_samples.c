/*
 * From samples to the figures of the run record: latency, errors, slices, the generator's totals.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "measure/histogram.h"
#include "measure/measure.h"
#include "measure/sample_groups.h"

#include <math.h>
#include <string.h>

#define HIGHEST_NS (3600 * NS_PER_S) /* an hour: longer answers are counted as an hour */
#define MAX_SLICES ((size_t)7 * 86400)
#define NO_ANSWER  "no answer before the run ended or its connection was lost"

/* The histograms are large, so two serve all groups in turn. */
struct scratch {
	const struct samples *samples;
	struct histogram *service, *response;
	uint64_t warmup_ns;
};

static double seconds(double ns)
{
	return ns / 1e9;
}

static bool was_sent(const struct sample *s)
{
	return s->sent_ns >= s->due_ns && s->done_ns >= s->sent_ns;
}

/* Service time of ops that were answered; response time of those and, as a lower bound, of
 * those that were given up. An error is fast for the wrong reason and counts in neither. */
static void record_latency(struct scratch *scratch, const struct sample *s)
{
	if (s->status == SAMPLE_OK && was_sent(s))
		histogram_record(scratch->service, sample_service_ns(s));
	if (s->status == SAMPLE_OK || s->status == SAMPLE_UNFINISHED)
		histogram_record(scratch->response, sample_response_ns(s));
}

static double quantile_s(const struct histogram *h, double q, double max_s)
{
	return fmin(seconds((double)histogram_value_at_quantile(h, q)), max_s);
}

static void latency_set(
    struct latency *latency, const struct histogram *h, double sum_ns, uint64_t max_ns)
{
	double n = (double)histogram_count(h), max = seconds((double)max_ns);

	free(latency->histogram);
	*latency = (struct latency){n, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NULL};
	if (n == 0)
		return;
	latency->mean = seconds(sum_ns / n);
	latency->p50 = quantile_s(h, 0.50, max);
	latency->p90 = quantile_s(h, 0.90, max);
	latency->p95 = quantile_s(h, 0.95, max);
	latency->p99 = quantile_s(h, 0.99, max);
	latency->p999 = quantile_s(h, 0.999, max);
	latency->max = max;
	latency->histogram = histogram_encode_base64(h, NULL);
}

static void count_error(struct run_statement_arm *arm, const char sqlstate[6], const char *message)
{
	for (size_t i = 0; i < arm->n_error_counts; i++) {
		if (strcmp(arm->error_counts[i].sqlstate, sqlstate) == 0) {
			arm->error_counts[i].count++;
			return;
		}
	}
	GROW(arm->error_counts, arm->n_error_counts, arm->cap_error_counts);
	arm->error_counts[arm->n_error_counts] =
	    (struct error_count){.message = xstrdup(message), .count = 1};
	memcpy(arm->error_counts[arm->n_error_counts++].sqlstate, sqlstate, 6);
}

static void count_op(struct run_statement_arm *arm, const struct sample *s)
{
	char sqlstate[6] = "00000";

	arm->scheduled++;
	switch ((enum sample_status)s->status) {
	case SAMPLE_OK:
		arm->ok++;
		arm->rows += s->rows;
		break;
	case SAMPLE_ERROR:
		arm->errors++;
		sqlstate_unpack(s->sqlstate, sqlstate);
		count_error(arm, sqlstate, NULL);
		break;
	case SAMPLE_UNFINISHED:
		arm->unfinished++;
		count_error(arm, sqlstate, NO_ANSWER);
		break;
	case SAMPLE_SKIPPED:
		break;
	}
}

static void clear_counts(struct run_statement_arm *arm)
{
	arm->scheduled = arm->ok = arm->errors = arm->unfinished = arm->rows = 0;
	for (size_t i = 0; i < arm->n_error_counts; i++)
		arm->error_counts[i].count = 0;
}

static void measure_arm(
    struct scratch *scratch, const uint32_t *order, size_t n, struct run_statement_arm *arm)
{
	double service_sum = 0, response_sum = 0;
	uint64_t service_max = 0, response_max = 0;

	clear_counts(arm);
	histogram_reset(scratch->service);
	histogram_reset(scratch->response);
	for (size_t i = 0; i < n; i++) {
		const struct sample *s = &scratch->samples->items[order[i]];

		count_op(arm, s);
		if (s->due_ns < scratch->warmup_ns)
			continue;
		record_latency(scratch, s);
		if (s->status == SAMPLE_OK && was_sent(s)) {
			service_sum += (double)sample_service_ns(s);
			service_max = sample_service_ns(s) > service_max ? sample_service_ns(s) : service_max;
		}
		if (s->status == SAMPLE_OK || s->status == SAMPLE_UNFINISHED) {
			response_sum += (double)sample_response_ns(s);
			response_max =
			    sample_response_ns(s) > response_max ? sample_response_ns(s) : response_max;
		}
	}
	latency_set(&arm->service, scratch->service, service_sum, service_max);
	latency_set(&arm->response, scratch->response, response_sum, response_max);
}

static size_t key_statement(const struct sample *s, const void *ctx)
{
	(void)ctx;
	return s->arm < N_ARMS ? (size_t)s->statement * N_ARMS + s->arm : SIZE_MAX;
}

static void measure_statements(struct scratch *scratch, struct run *run)
{
	struct sample_groups groups;

	sample_groups_init(&groups, scratch->samples, run->n_replayed * N_ARMS, key_statement, NULL);
	for (size_t key = 0; key < run->n_replayed * N_ARMS; key++)
		measure_arm(scratch, groups.order + groups.start[key],
		    groups.start[key + 1] - groups.start[key],
		    &run->statements[key / N_ARMS].arms[key % N_ARMS]);
	sample_groups_release(&groups);
}

static size_t key_slice(const struct sample *s, const void *ctx)
{
	(void)ctx;
	return s->arm < N_ARMS ? (size_t)(s->due_ns / NS_PER_S) * N_ARMS + s->arm : SIZE_MAX;
}

static bool was_picked(const struct sample *s)
{
	return s->status != SAMPLE_SKIPPED && s->picked_ns >= s->due_ns;
}

/* How late the generator was in this second; the histogram of service times is free by then. */
static void slice_lag(
    struct scratch *scratch, const uint32_t *order, size_t n, struct run_slice *slice)
{
	uint64_t max_ns = 0;

	histogram_reset(scratch->service);
	for (size_t i = 0; i < n; i++) {
		const struct sample *s = &scratch->samples->items[order[i]];

		if (!was_picked(s))
			continue;
		histogram_record(scratch->service, sample_lag_ns(s));
		max_ns = sample_lag_ns(s) > max_ns ? sample_lag_ns(s) : max_ns;
	}
	if (!histogram_count(scratch->service))
		return;
	slice->lag_max = seconds((double)max_ns);
	slice->lag_p99 = quantile_s(scratch->service, 0.99, slice->lag_max);
}

static struct run_slice slice_of(
    struct scratch *scratch, const uint32_t *order, size_t n, size_t second)
{
	struct run_slice slice = {(double)second, 0, 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	uint64_t max_ns = 0;

	histogram_reset(scratch->service);
	histogram_reset(scratch->response);
	for (size_t i = 0; i < n; i++) {
		const struct sample *s = &scratch->samples->items[order[i]];

		slice.ok += s->status == SAMPLE_OK;
		slice.errors += s->status != SAMPLE_OK;
		record_latency(scratch, s);
		if ((s->status == SAMPLE_OK || s->status == SAMPLE_UNFINISHED) &&
		    sample_response_ns(s) > max_ns)
			max_ns = sample_response_ns(s);
	}
	if (histogram_count(scratch->response)) {
		slice.max = seconds((double)max_ns);
		slice.p50 = quantile_s(scratch->response, 0.50, slice.max);
		slice.p95 = quantile_s(scratch->response, 0.95, slice.max);
		slice.p99 = quantile_s(scratch->response, 0.99, slice.max);
	}
	if (histogram_count(scratch->service))
		slice.service_p50 = seconds((double)histogram_value_at_quantile(scratch->service, 0.50));
	slice_lag(scratch, order, n, &slice);
	return slice;
}

static void measure_slices(struct scratch *scratch, struct run *run)
{
	struct sample_groups groups;
	uint64_t last_due = 0;
	size_t n = 0;

	for (size_t i = 0; i < scratch->samples->n; i++)
		if (scratch->samples->items[i].due_ns > last_due)
			last_due = scratch->samples->items[i].due_ns;
	if (scratch->samples->n)
		n = (size_t)(last_due / NS_PER_S) + 1;
	if (n > MAX_SLICES)
		n = MAX_SLICES;
	run->n_slices = n;
	sample_groups_init(&groups, scratch->samples, n * N_ARMS, key_slice, NULL);
	for (int arm = 0; arm < N_ARMS; arm++) {
		free(run->slices[arm]);
		run->slices[arm] = xcalloc(n + 1, sizeof(*run->slices[arm]));
		for (size_t i = 0; i < n; i++) {
			size_t key = i * N_ARMS + (size_t)arm;

			run->slices[arm][i] = slice_of(scratch, groups.order + groups.start[key],
			    groups.start[key + 1] - groups.start[key], i);
		}
	}
	sample_groups_release(&groups);
}

static void measure_generator(struct scratch *scratch, struct run_generator *generator)
{
	struct histogram *lag = scratch->service, *queueing = scratch->response;
	uint64_t first = UINT64_MAX, last = 0, lag_max = 0;
	double ok[N_ARMS] = {0};

	histogram_reset(lag);
	histogram_reset(queueing);
	generator->scheduled = generator->completed = generator->errors = generator->unfinished = 0;
	for (size_t i = 0; i < scratch->samples->n; i++) {
		const struct sample *s = &scratch->samples->items[i];

		generator->scheduled++;
		if (s->arm < N_ARMS)
			ok[s->arm] += s->status == SAMPLE_OK;
		generator->completed += s->status == SAMPLE_OK || s->status == SAMPLE_ERROR;
		generator->errors += s->status == SAMPLE_ERROR;
		generator->unfinished += s->status == SAMPLE_UNFINISHED;
		first = s->due_ns < first ? s->due_ns : first;
		last = s->done_ns > last ? s->done_ns : last;
		if (!was_picked(s))
			continue;
		histogram_record(lag, sample_lag_ns(s));
		lag_max = sample_lag_ns(s) > lag_max ? sample_lag_ns(s) : lag_max;
		if (s->sent_ns >= s->picked_ns)
			histogram_record(queueing, s->sent_ns - s->picked_ns);
	}
	if (!scratch->samples->n)
		return;
	generator->lag_max = seconds((double)lag_max);
	generator->lag_p50 = quantile_s(lag, 0.50, generator->lag_max);
	generator->lag_p99 = quantile_s(lag, 0.99, generator->lag_max);
	generator->queueing_p99 = seconds((double)histogram_value_at_quantile(queueing, 0.99));
	generator->duration_s = last > first ? seconds((double)(last - first)) : 0;
	if (generator->duration_s > 0)
		generator->achieved_rate =
		    fmax(ok[ARM_BASELINE], ok[ARM_CANDIDATE]) / generator->duration_s;
}

void measure_samples(const struct samples *samples, struct run *run)
{
	struct scratch scratch = {
	    .samples = samples,
	    .service = histogram_new(1, HIGHEST_NS, 3, NULL),
	    .response = histogram_new(1, HIGHEST_NS, 3, NULL),
	    .warmup_ns = run->generator.warmup_s > 0 ? (uint64_t)(run->generator.warmup_s * 1e9) : 0,
	};

	measure_statements(&scratch, run);
	measure_slices(&scratch, run);
	measure_generator(&scratch, &run->generator);
	histogram_free(scratch.service);
	histogram_free(scratch.response);
}
