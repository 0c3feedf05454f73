#include "cli/replay_view.h"

#include "base/clock.h"
#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define RECENT_NS   (10 * NS_PER_S)
#define RECENT_MOST 4000 /* samples of an arm */
#define BAR_COLUMNS 30

static int compare_ns(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Service times of one arm in the last seconds, sorted. */
static size_t take_recent(const struct replay_state *state, enum arm arm, uint64_t *ret_ns)
{
	uint64_t from_ns = state->elapsed_ns > RECENT_NS ? state->elapsed_ns - RECENT_NS : 0;
	size_t n = 0;

	for (size_t i = state->n_samples; i-- > 0 && n < RECENT_MOST;) {
		const struct sample *sample = &state->samples[i];

		if (sample->due_ns < from_ns)
			break;
		if (sample->arm == arm && sample->status == SAMPLE_OK)
			ret_ns[n++] = sample_service_ns(sample);
	}
	qsort(ret_ns, n, sizeof(*ret_ns), compare_ns);
	return n;
}

static double quantile_ns(const uint64_t *sorted, size_t n, double quantile)
{
	return n ? (double)sorted[(size_t)((double)(n - 1) * quantile)] : NAN;
}

struct latency_lately {
	char p50[32], p99[32];
};

static struct latency_lately lately(const struct replay_state *state, enum arm arm)
{
	uint64_t ns[RECENT_MOST];
	size_t n = take_recent(state, arm, ns);
	struct latency_lately text = {"-", "-"};

	if (n > 0) {
		units_format_duration(text.p50, quantile_ns(ns, n, 0.50));
		units_format_duration(text.p99, quantile_ns(ns, n, 0.99));
	}
	return text;
}

static double rate_per_arm(const struct replay_state *state)
{
	return state->elapsed_ns
	           ? (double)state->completed / N_ARMS * NS_PER_S / (double)state->elapsed_ns
	           : 0;
}

static size_t count_checks(const struct run *run, enum outcome outcome)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_checks; i++)
		n += run->checks[i].outcome == outcome;
	return n;
}

static void add_time(
    struct buf *out, const struct replay_view *view, const struct replay_state *state)
{
	uint64_t elapsed_s = state->elapsed_ns / NS_PER_S, planned_s = view->planned_ns / NS_PER_S;
	uint64_t longest_s = state->duration_ns / NS_PER_S;

	if (elapsed_s <= planned_s)
		buf_addf(out, "%" PRIu64 " of %" PRIu64 " s, %" PRIu64 " s left", elapsed_s, planned_s,
		    planned_s - elapsed_s);
	else
		buf_addf(out, "%" PRIu64 " s, beyond the planned %" PRIu64 " s, %" PRIu64 " s left at most",
		    elapsed_s, planned_s, longest_s > elapsed_s ? longest_s - elapsed_s : 0);
}

static void add_bar(
    struct buf *out, const struct replay_view *view, const struct replay_state *state)
{
	uint64_t whole = state->elapsed_ns > view->planned_ns ? state->duration_ns : view->planned_ns;
	int filled =
	    whole ? (int)fmin(BAR_COLUMNS, (double)state->elapsed_ns * BAR_COLUMNS / (double)whole) : 0;

	buf_addc(out, '[');
	for (int i = 0; i < BAR_COLUMNS; i++)
		buf_addc(out, i < filled ? '=' : i == filled ? '>' : ' ');
	buf_adds(out, "]  ");
}

static void add_count(
    struct buf *out, const struct replay_view *view, const char *colour, size_t n, const char *what)
{
	bool coloured = view->colour && n > 0;

	buf_addf(out, "%s%zu %s%s", coloured ? colour : "", n, what, coloured ? "\033[0m" : "");
}

static void add_checks(struct buf *out, const struct replay_view *view)
{
	buf_adds(out, "timing checks: ");
	add_count(out, view, "\033[32m", count_checks(view->run, OUTCOME_PASS), "pass, ");
	add_count(out, view, "", count_checks(view->run, OUTCOME_INCONCLUSIVE), "open, ");
	add_count(out, view, "\033[31m", count_checks(view->run, OUTCOME_FAIL), "fail");
}

static void add_lines(
    struct buf *out, const struct replay_view *view, const struct replay_state *state)
{
	char lag[32];

	add_bar(out, view, state);
	add_time(out, view, state);
	buf_addf(out, "\n%.0f/s per arm   schedule lag p99 %s   ", rate_per_arm(state),
	    units_format_duration(lag, (double)state->lag_p99_ns));
	add_count(out, view, "\033[31m", (size_t)state->errors, "errors");
	for (int arm = 0; arm < N_ARMS; arm++) {
		struct latency_lately latency = lately(state, (enum arm)arm);

		buf_addf(out, "\n%-10s p50 %-10s p99 %-10s%s", arm_name((enum arm)arm), latency.p50,
		    latency.p99, arm == 0 ? " (last 10 s)" : "");
	}
	buf_addc(out, '\n');
	add_checks(out, view);
}

static void add_line(
    struct buf *out, const struct replay_view *view, const struct replay_state *state)
{
	struct latency_lately baseline = lately(state, ARM_BASELINE);
	struct latency_lately candidate = lately(state, ARM_CANDIDATE);
	char lag[32];

	add_time(out, view, state);
	buf_addf(out,
	    "; %.0f/s per arm, lag p99 %s, %" PRIu64 " errors; p99 baseline %s, candidate %s; ",
	    rate_per_arm(state), units_format_duration(lag, (double)state->lag_p99_ns), state->errors,
	    baseline.p99, candidate.p99);
	add_checks(out, view);
}

void replay_view(struct buf *out, const struct replay_view *view, const struct replay_state *state)
{
	if (view->live)
		add_lines(out, view, state);
	else
		add_line(out, view, state);
}
