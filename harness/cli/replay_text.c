#include "cli/replay_text.h"

#include "base/mem.h"
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void add_seconds(struct buf *out, int width, double seconds)
{
	char text[32] = "-";

	if (!isnan(seconds))
		units_format_duration(text, seconds * 1e9);
	buf_addf(out, " %*s", width, text);
}

static void add_line(struct buf *out, const char *what, double seconds)
{
	buf_addf(out, "  %-28s", what);
	add_seconds(out, 0, seconds);
	buf_addc(out, '\n');
}

static void add_totals(struct buf *out, const struct run *run, enum arm arm)
{
	const struct run_generator *g = &run->generator;
	char busy[32] = "unknown";

	if (!isnan(g->machine_busy))
		units_format_percent(busy, g->machine_busy);
	buf_addf(out,
	    "%s arm, %s protocol, %d clients, stopped by %s\n"
	    "  ops scheduled %.0f, completed %.0f, of these errors %.0f, unfinished %.0f\n"
	    "  rate %.1f/s scheduled, %.1f/s achieved, over %.1f s\n",
	    arm_name(arm), protocol_name(run->replay.protocol), run->replay.clients, run->stopped_by,
	    g->scheduled, g->completed, g->errors, g->unfinished, g->offered_rate, g->achieved_rate,
	    g->duration_s);
	add_line(out, "schedule lag p50", g->lag_p50);
	add_line(out, "schedule lag p99", g->lag_p99);
	add_line(out, "schedule lag max", g->lag_max);
	add_line(out, "waiting for a session p99", g->queueing_p99);
	buf_addf(out, "  %-28s %s busy, %.0f stalls above 5 ms\n", "machine", busy, g->machine_stalls);
	buf_addf(out, "  %-28s %.1f us per op, %.0f connections lost\n", "generator",
	    g->completed > 0 ? g->cpu_seconds / g->completed * 1e6 : 0.0, run->arms[arm].sessions_lost);
}

static void add_slow(struct buf *out, const struct samples *samples, uint64_t limit_ns)
{
	char limit[32];
	size_t slow = 0;

	for (size_t i = 0; i < samples->n; i++)
		slow += samples->items[i].status != SAMPLE_SKIPPED &&
		        sample_response_ns(&samples->items[i]) > limit_ns;
	buf_addf(out, "  %-28s %zu (%.3f%%)\n", "response above limit", slow,
	    samples->n ? 100.0 * (double)slow / (double)samples->n : 0.0);
	buf_addf(out, "  %-28s %s\n", "limit", units_format_duration(limit, (double)limit_ns));
}

static void add_statement(struct buf *out, const struct run_statement *statement, enum arm arm)
{
	const struct run_statement_arm *figures = &statement->arms[arm];

	buf_addf(out, "%-40.40s %9.0f", statement->name, figures->ok + figures->errors);
	add_seconds(out, 10, figures->service.p50);
	add_seconds(out, 10, figures->response.p50);
	add_seconds(out, 10, figures->response.p99);
	add_seconds(out, 10, figures->response.max);
	buf_addc(out, '\n');
	for (size_t i = 0; i < figures->n_error_counts; i++) {
		const struct error_count *error = &figures->error_counts[i];
		_cleanup_free_ char *text = error_count_text(error);

		if (error->count > 0)
			buf_addf(out, "    %.0f times %s\n", error->count, text);
	}
}

void replay_text(struct buf *out, const struct run *run, enum arm arm,
    const struct samples *samples, uint64_t limit_ns)
{
	add_totals(out, run, arm);
	if (limit_ns)
		add_slow(out, samples, limit_ns);
	buf_addf(out, "\n%-40s %9s %10s %10s %10s %10s\n", "statement", "ops", "service50", "resp50",
	    "resp99", "resp.max");
	for (size_t i = 0; i < run->n_replayed; i++)
		add_statement(out, &run->statements[i], arm);
}
