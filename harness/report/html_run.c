/* How far the figures can be trusted: fidelity, coverage, generator, disturbances, servers. */
#include "report/circumstances.h"
#include "report/html_parts.h"
#include "report/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_SKIPPED  200
#define MAX_SETTINGS 100
#define MAX_SQL      50000

void html_lag(const struct run *run, struct buf *out)
{
	const struct run_generator *g = &run->generator;

	buf_adds(out, "<dl class=\"tiles\">\n");
	html_tile(out, "Schedule lag p50", figure_seconds(g->lag_p50).text);
	html_tile(out, "Schedule lag p99", figure_seconds(g->lag_p99).text);
	html_tile(out, "Longest lag", figure_seconds(g->lag_max).text);
	html_tile(out, "Waiting for a session, p99", figure_seconds(g->queueing_p99).text);
	html_tile(out, "Offered per arm", figure_in(UNIT_RATE, g->offered_rate).text);
	html_tile(out, "Achieved per arm", figure_in(UNIT_RATE, g->achieved_rate).text);
	buf_adds(out, "</dl>\n");
}

static void add_fidelity_row(struct buf *out, const struct run_statement *s)
{
	const struct work *production = &s->production, *replay = &s->arms[ARM_BASELINE].work;

	buf_adds(out, "<tr><th scope=\"row\">");
	html_text(out, s->name, HTML_MAX_NAME);
	buf_adds(out, "</th>");
	html_figure_cell(out, figure_percent(s->share_time), s->share_time);
	html_figure_cell(out, figure_percent(s->share_calls), s->share_calls);
	html_pair_cell(out, UNIT_NONE, NEITHER, work_per_call(production, production->rows),
	    work_per_call(replay, replay->rows));
	html_pair_cell(out, UNIT_NONE, NEITHER, work_per_call(production, work_touched(production)),
	    work_per_call(replay, work_touched(replay)));
	html_pair_cell(out, UNIT_SECONDS, NEITHER, work_per_call(production, production->exec_ms) / 1e3,
	    work_per_call(replay, replay->exec_ms) / 1e3);
	buf_adds(out, "<td>");
	html_text(out, s->value_source, HTML_MAX_NAME);
	buf_adds(out, "</td></tr>\n");
}

static void add_fidelity_table(struct buf *out, const struct run *run)
{
	static const char *const columns[] = {"Statement", "Time share", "Call share", "Rows", "Blocks",
	    "Execution", "Values from", NULL};

	html_open_table(out, "t-fidelity", "sortable", NULL, columns);
	for (size_t i = 0; i < run->n_replayed && i < HTML_FIRST_ROWS; i++)
		add_fidelity_row(out, &run->statements[i]);
	html_close_table(out);
}

static void add_skipped(struct buf *out, const struct run *run)
{
	if (run->n_statements == run->n_replayed)
		return;
	buf_adds(out, "<h3>Not replayed</h3>\n<ul class=\"skipped\">\n");
	for (size_t i = run->n_replayed; i < run->n_statements && i < run->n_replayed + MAX_SKIPPED;
	     i++) {
		buf_adds(out, "<li><b>");
		html_text(out, run->statements[i].name, HTML_MAX_NAME);
		buf_addf(out, "</b> (%s of time): ", figure_percent(run->statements[i].share_time).text);
		html_text(out, run->statements[i].skip_reason, HTML_MAX_TEXT);
		buf_adds(out, "</li>\n");
	}
	buf_adds(out, "</ul>\n");
}

static void add_circumstances(struct buf *out, const struct run *run)
{
	char *sentence;

	for (size_t i = 0; (sentence = circumstance(run, i)); i++) {
		buf_adds(out, "<p>");
		html_text(out, sentence, HTML_MAX_TEXT);
		buf_adds(out, "</p>\n");
		free(sentence);
	}
}

void html_fidelity(const struct run *run, struct buf *out)
{
	html_open_section(out, "fidelity", "Fidelity and coverage",
	    "Per call, production → replay on the baseline: how like production the replay is.");
	buf_adds(out, "<dl class=\"tiles\">\n");
	html_tile(out, "Execution time covered", figure_percent(run->coverage_time).text);
	html_tile(out, "Calls covered", figure_percent(run->coverage_calls).text);
	html_tile(out, "Time of evicted entries", figure_percent(run->source.lost_time_share).text);
	buf_adds(out, "</dl>\n");
	if (run->n_replayed > 0)
		add_fidelity_table(out, run);
	if (run->n_replayed > HTML_FIRST_ROWS)
		buf_addf(out, "<p>The %d statements with the largest share; all are in run.json.</p>\n",
		    HTML_FIRST_ROWS);
	add_circumstances(out, run);
	add_skipped(out, run);
	buf_adds(out, "</section>\n");
}

static void add_standbys(struct buf *out, const struct run_arm *a)
{
	buf_adds(out, "<dt>Standbys</dt><dd>");
	if (a->replica_problem)
		html_text(out, a->replica_problem, HTML_MAX_TEXT);
	else if (a->standbys > 0)
		buf_addf(out, "%s, the slowest up to %s behind (mean %s)", figure_count(a->standbys).text,
		    figure_bytes(a->replica_lag_max).text, figure_bytes(a->replica_lag_mean).text);
	else
		buf_adds(out, isnan(a->standbys) ? "not looked at" : "none");
	if (a->standbys > 0 && a->replica_share < 1)
		buf_addf(out, "; of the WAL of both arms, which share the server, %s is this one's",
		    figure_percent(a->replica_share).text);
	buf_adds(out, "</dd>");
}

static void add_cache(struct buf *out, const struct run_arm *a)
{
	size_t half = a->n_cache / 2;

	buf_adds(out, "<dt>Blocks not in its cache</dt><dd>");
	if (a->n_cache > 0)
		buf_addf(out, "%s in the first half of the replay, %s in the second",
		    figure_percent(run_cache_read_share(a, 0, half)).text,
		    figure_percent(run_cache_read_share(a, half, a->n_cache)).text);
	else
		buf_adds(out, "not looked at");
	buf_adds(out, "</dd>");
}

static void add_arm(struct buf *out, const struct run *run, enum arm arm)
{
	const struct run_arm *a = &run->arms[arm];

	buf_addf(out, "<div class=\"arm\"><h3>%s</h3><dl class=\"facts\"><dt>PostgreSQL</dt><dd>",
	    arm_name(arm));
	html_text(out, a->server_version, HTML_MAX_NAME);
	buf_adds(out, "</dd><dt>Database</dt><dd>");
	html_text(out, a->database, HTML_MAX_NAME);
	buf_addf(out, ", %s → %s</dd><dt>Broken connections</dt><dd>%s</dd>",
	    figure_bytes(a->database_bytes_before).text, figure_bytes(a->database_bytes_after).text,
	    figure_count(a->sessions_lost).text);
	add_standbys(out, a);
	add_cache(out, a);
	for (size_t i = 0; i < a->n_settings && i < MAX_SETTINGS; i++) {
		buf_adds(out, "<dt><code>");
		html_text(out, a->settings[i].name, HTML_MAX_NAME);
		buf_adds(out, "</code></dt><dd>");
		html_text(out, a->settings[i].value, HTML_MAX_NAME);
		buf_adds(out, "</dd>");
	}
	buf_adds(out, "</dl></div>\n");
}

static void add_disturbances(struct buf *out, const struct run *run)
{
	buf_adds(out, "<h3>Disturbances</h3>\n");
	if (run->n_disturbances == 0) {
		buf_adds(out, "<p>None was noticed.</p>\n");
		return;
	}
	buf_adds(out, "<ul class=\"disturbances\">\n");
	for (size_t i = 0; i < run->n_disturbances; i++) {
		const struct run_disturbance *d = &run->disturbances[i];

		buf_addf(out, "<li%s><b>", d->blocks_pass ? " class=\"error\"" : "");
		html_text(out, d->kind, HTML_MAX_NAME);
		buf_adds(out, "</b>: ");
		html_text(out, d->text, HTML_MAX_TEXT);
		if (d->blocks_pass)
			buf_adds(out, " (no check can be trusted because of it)");
		buf_adds(out, "</li>\n");
	}
	buf_adds(out, "</ul>\n");
}

void html_run(const struct run *run, struct buf *out)
{
	const struct run_generator *g = &run->generator;
	char text[128];

	html_open_section(out, "run", "The run", NULL);
	buf_adds(out, "<dl class=\"tiles\">\n");
	html_tile(out, "Operations, both arms", figure_count(g->completed).text);
	html_tile(out, "Failed", figure_count(g->errors).text);
	html_tile(out, "Unfinished", figure_count(g->unfinished).text);
	html_tile(out, "Warm-up cut", figure_seconds(g->warmup_s).text);
	html_tile(out, "Machine busy", figure_percent(g->machine_busy).text);
	snprintf(text, sizeof(text), "%s, longest %s", figure_count(g->machine_stalls).text,
	    figure_seconds(g->machine_stall_max).text);
	html_tile(out, "Machine stalls", text);
	html_tile(out, "Ended by", run->stopped_by ? run->stopped_by : FIGURE_UNKNOWN);
	buf_adds(out, "</dl>\n");
	add_disturbances(out, run);
	buf_adds(out, "<div class=\"columns\">\n");
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		add_arm(out, run, arm);
	buf_adds(out, "</div>\n</section>\n");
}

static void add_fact(struct buf *out, const char *label, const char *value)
{
	buf_addf(out, "<dt>%s</dt><dd>", label);
	html_text(out, value ? value : FIGURE_UNKNOWN, HTML_MAX_NAME);
	buf_adds(out, "</dd>\n");
}

void html_again(const struct run *run, struct buf *out)
{
	const struct replay_options *replay = &run->replay;
	char text[64];

	html_open_section(out, "again", "How to reproduce", NULL);
	buf_adds(out, "<pre class=\"sql\">");
	html_text(out, run->command, HTML_MAX_TEXT);
	buf_adds(out, "</pre>\n<dl class=\"facts\">\n");
	snprintf(text, sizeof(text), "%llu", (unsigned long long)replay->seed);
	add_fact(out, "Seed", text);
	add_fact(out, "Design", design_names[replay->design]);
	add_fact(out, "Rate per arm", figure_in(UNIT_RATE, replay->rate_per_s).text);
	add_fact(out, "Time", figure_seconds((double)replay->duration_ns / 1e9).text);
	snprintf(text, sizeof(text), "%d sessions per arm, %d generator thread%s", replay->clients,
	    replay->jobs, replay->jobs == 1 ? "" : "s");
	add_fact(out, "Clients", text);
	add_fact(out, "Protocol", protocol_name(replay->protocol));
	add_fact(out, "Clones made by", run->clone_driver);
	snprintf(text, sizeof(text), "%g %%, dead band %g %%, guard %g %%", 100 * run->alpha,
	    100 * run->dead_band, 100 * run->guard);
	add_fact(out, "Error of the gate", text);
	add_fact(out, "Workload from", run->source.kind);
	add_fact(out, "Captured", run->source.captured_at);
	add_fact(out, "Finished", run->finished_at);
	add_fact(out, "pgrehearse", run->version);
	buf_adds(out, "</dl>\n");
	if (run->down_sql) {
		buf_adds(out, "<h3>Rollback</h3>\n<pre class=\"sql\">");
		html_text(out, run->down_sql, MAX_SQL);
		buf_adds(out, "</pre>\n");
	}
	buf_adds(out, "</section>\n");
}
