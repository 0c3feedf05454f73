/*
 * openmetrics: the run's figures as gauges, for a textfile collector or a push gateway.
 *
 * Gauges only: what is here is the state of one finished run, and Prometheus' own text parser
 * (promtool check metrics) knows neither `info` nor `stateset`. Figures that are not known have no
 * sample. The quantile label would make a linter see a summary: the label is `stat`.
 */
#include "report/figures.h"
#include "report/report_format.h"
#include "report/text.h"
#include "report/work_lines.h"

#include <math.h>
#include <string.h>

#define MAX_LABEL 500

struct label {
	const char *name, *value;
};

static void add_label_value(struct buf *out, const char *s)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	buf_adds(&line, "");
	text_line(&line, s, MAX_LABEL);
	for (const char *p = line.data; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
}

static void add_family(struct buf *out, const char *name, const char *help)
{
	buf_addf(out, "# TYPE %s gauge\n# HELP %s %s\n", name, name, help);
}

/* labels ends with a NULL name. */
static void add_sample(struct buf *out, const char *name, const struct label *labels, double value)
{
	if (!isfinite(value))
		return;
	buf_addf(out, "%s{", name);
	for (size_t i = 0; labels[i].name; i++) {
		buf_addf(out, "%s%s=\"", i ? "," : "", labels[i].name);
		add_label_value(out, labels[i].value);
		buf_addc(out, '"');
	}
	buf_adds(out, "} ");
	figure_number(out, value);
	buf_addc(out, '\n');
}

#define LABELS(...) ((const struct label[]){__VA_ARGS__, {NULL, NULL}})

static void add_run(struct buf *out, const struct run *run)
{
	const struct run_generator *g = &run->generator;

	add_family(out, "pgrehearse_run_info", "The run these figures belong to.");
	add_sample(out, "pgrehearse_run_info",
	    LABELS({"run", run->run_id}, {"gate", run->name}, {"candidate", run->candidate_name},
	        {"version", run->version}),
	    1);
	add_family(out, "pgrehearse_verdict", "1 for the verdict that was reached.");
	for (enum outcome o = OUTCOME_PASS; o <= OUTCOME_INCONCLUSIVE; o++)
		add_sample(out, "pgrehearse_verdict", LABELS({"outcome", outcome_name(o)}),
		    run->verdict.outcome == o);
	add_family(out, "pgrehearse_coverage_ratio", "Share of production that was replayed.");
	add_sample(out, "pgrehearse_coverage_ratio", LABELS({"of", "time"}), run->coverage_time);
	add_sample(out, "pgrehearse_coverage_ratio", LABELS({"of", "calls"}), run->coverage_calls);
	add_family(out, "pgrehearse_rate_per_second", "Operations per second and arm.");
	add_sample(out, "pgrehearse_rate_per_second", LABELS({"kind", "offered"}), g->offered_rate);
	add_sample(out, "pgrehearse_rate_per_second", LABELS({"kind", "achieved"}), g->achieved_rate);
	add_family(out, "pgrehearse_schedule_lag_seconds", "How late the generator was.");
	add_sample(out, "pgrehearse_schedule_lag_seconds", LABELS({"stat", "p50"}), g->lag_p50);
	add_sample(out, "pgrehearse_schedule_lag_seconds", LABELS({"stat", "p99"}), g->lag_p99);
	add_sample(out, "pgrehearse_schedule_lag_seconds", LABELS({"stat", "max"}), g->lag_max);
	add_family(out, "pgrehearse_replica_lag_bytes", "WAL that the slowest standby had to replay.");
	for (enum arm arm = 0; arm < N_ARMS; arm++) {
		add_sample(out, "pgrehearse_replica_lag_bytes",
		    LABELS({"arm", arm_name(arm)}, {"stat", "max"}), run->arms[arm].replica_lag_max);
		add_sample(out, "pgrehearse_replica_lag_bytes",
		    LABELS({"arm", arm_name(arm)}, {"stat", "mean"}), run->arms[arm].replica_lag_mean);
	}
}

static void add_checks(struct buf *out, const struct run *run)
{
	add_family(out, "pgrehearse_check_outcome", "1 for the outcome of each check.");
	for (size_t i = 0; i < run->n_checks; i++)
		add_sample(out, "pgrehearse_check_outcome",
		    LABELS({"check", run->checks[i].id}, {"outcome", outcome_name(run->checks[i].outcome)}),
		    1);
	add_family(out, "pgrehearse_check_estimate", "What is held against the limit.");
	for (size_t i = 0; i < run->n_checks; i++)
		add_sample(out, "pgrehearse_check_estimate",
		    LABELS({"check", run->checks[i].id}, {"bound", bound_kind_name(run->checks[i].bound)}),
		    run->checks[i].estimate);
	add_family(out, "pgrehearse_check_limit", "The limit of each check.");
	for (size_t i = 0; i < run->n_checks; i++)
		add_sample(out, "pgrehearse_check_limit",
		    LABELS({"check", run->checks[i].id}, {"bound", bound_kind_name(run->checks[i].bound)}),
		    run->checks[i].limit);
}

static void add_latency(struct buf *out, const char *statement, enum arm arm, const char *clock,
    const struct latency *latency)
{
	const struct {
		const char *stat;
		double value;
	} stats[] = {
	    {"mean", latency->mean},
	    {"p50", latency->p50},
	    {"p90", latency->p90},
	    {"p95", latency->p95},
	    {"p99", latency->p99},
	    {"p999", latency->p999},
	    {"max", latency->max},
	};

	for (size_t i = 0; latency->count > 0 && i < sizeof(stats) / sizeof(stats[0]); i++)
		add_sample(out, "pgrehearse_statement_latency_seconds",
		    LABELS({"statement", statement}, {"arm", arm_name(arm)}, {"clock", clock},
		        {"stat", stats[i].stat}),
		    stats[i].value);
}

static void add_statements(struct buf *out, const struct run *run)
{
	add_family(out, "pgrehearse_statement_latency_seconds",
	    "Latency of a statement: service time or response time.");
	for (size_t i = 0; i < run->n_replayed; i++) {
		const struct run_statement *s = &run->statements[i];

		for (enum arm arm = 0; arm < N_ARMS; arm++) {
			add_latency(out, s->name, arm, "service", &s->arms[arm].service);
			add_latency(out, s->name, arm, "response", &s->arms[arm].response);
		}
	}
	add_family(out, "pgrehearse_statement_operations", "Operations by what became of them.");
	for (size_t i = 0; i < run->n_replayed; i++) {
		const struct run_statement *s = &run->statements[i];

		for (enum arm arm = 0; arm < N_ARMS; arm++) {
			const struct run_statement_arm *a = &s->arms[arm];
			const char *name = "pgrehearse_statement_operations";

			add_sample(out, name,
			    LABELS({"statement", s->name}, {"arm", arm_name(arm)}, {"status", "ok"}), a->ok);
			add_sample(out, name,
			    LABELS({"statement", s->name}, {"arm", arm_name(arm)}, {"status", "error"}),
			    a->errors);
			add_sample(out, name,
			    LABELS({"statement", s->name}, {"arm", arm_name(arm)}, {"status", "unfinished"}),
			    a->unfinished);
		}
	}
	add_family(out, "pgrehearse_statement_work_per_call",
	    "Work of one call by the metric's name in gate.yaml, in its own unit.");
	for (size_t i = 0; i < run->n_replayed; i++) {
		struct work_line lines[WORK_LINES_MAX];
		const size_t n = work_lines(&run->statements[i], false, lines);

		for (size_t k = 0; k < n; k++)
			for (enum arm arm = 0; arm < N_ARMS; arm++)
				add_sample(out, "pgrehearse_statement_work_per_call",
				    LABELS({"statement", run->statements[i].name}, {"arm", arm_name(arm)},
				        {"metric", lines[k].metric}),
				    lines[k].per_call[arm]);
	}
}

/* One gauge over an array of things that have a name and arms. */
#define ADD_PER_ARM(out, metric, help, label, items, n, field)                                     \
	do {                                                                                           \
		add_family(out, metric, help);                                                             \
		for (size_t item_ = 0; item_ < (n); item_++)                                               \
			for (enum arm arm_ = 0; arm_ < N_ARMS; arm_++)                                         \
				add_sample(out, metric,                                                            \
				    LABELS({label, (items)[item_].name}, {"arm", arm_name(arm_)}),                 \
				    (items)[item_].arms[arm_].field);                                              \
	} while (0)

static void add_relations(struct buf *out, const struct run *run)
{
	ADD_PER_ARM(out, "pgrehearse_index_size_bytes", "Size of an index.", "index", run->indexes,
	    run->n_indexes, size_bytes);
	ADD_PER_ARM(out, "pgrehearse_index_scans", "Scans of an index during the replay.", "index",
	    run->indexes, run->n_indexes, scans);
	ADD_PER_ARM(out, "pgrehearse_table_size_bytes", "Size of a table's heap.", "table", run->tables,
	    run->n_tables, size_bytes);
	ADD_PER_ARM(out, "pgrehearse_table_updates", "Rows updated during the replay.", "table",
	    run->tables, run->n_tables, updated);
	ADD_PER_ARM(out, "pgrehearse_table_hot_updates", "Rows updated without touching an index.",
	    "table", run->tables, run->n_tables, hot_updated);
	ADD_PER_ARM(out, "pgrehearse_table_dead_tuples", "Dead tuples after the replay.", "table",
	    run->tables, run->n_tables, dead_tuples);
	ADD_PER_ARM(out, "pgrehearse_table_vacuum_seconds", "Time of a VACUUM after the replay.",
	    "table", run->tables, run->n_tables, vacuum_seconds);
}

void render_openmetrics(const struct run *run, struct buf *out)
{
	add_run(out, run);
	add_checks(out, run);
	add_statements(out, run);
	add_relations(out, run);
	buf_adds(out, "# EOF\n");
}
