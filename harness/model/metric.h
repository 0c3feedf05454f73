/*
 * metric: the names of what can be measured and limited, in one table.
 *
 * Adding a metric: one row in metrics[] (metric.c) and one evaluator in judge/.
 */
#ifndef MODEL_METRIC_H
#define MODEL_METRIC_H

#include <stdbool.h>
#include <stddef.h>

enum metric_family {
	METRIC_SERVICE,  /* latency.*: quantile or mean of service time, tested by JUDGE section 2 */
	METRIC_RESPONSE, /* response.*: the same of response time */
	METRIC_ALONE,    /* alone.*: service time while one arm ran alone (replay: alone) */
	METRIC_COUNTER,  /* from pg_stat_statements: nearly noise-free, judged first */
	METRIC_OP,       /* counted by the replay: errors.rate, slow.count, throughput, result.* */
	METRIC_TABLE,    /* table.*: statistics views and sizes */
	METRIC_INDEX,    /* index.* */
	METRIC_PLAN,     /* plan.* */
	METRIC_VACUUM,   /* vacuum.seconds */
	METRIC_RUN,      /* one figure for the run: coverage.*, fidelity.*, replica.* */
};

enum metric_unit {
	UNIT_NONE,
	UNIT_SECONDS, /* thresholds are durations: "50ms"; figures in seconds */
	UNIT_BYTES,
	UNIT_FRACTION, /* "90%" */
	UNIT_RATE,     /* per second */
};

struct metric {
	const char *name; /* "latency.p95" */
	enum metric_family family;
	enum metric_unit unit;
	double quantile; /* 0.95; 0 for mean and 1 for max; NAN where it has no meaning */
	bool higher_is_worse;
	bool has_baseline; /* false: one figure for both arms, so ratios and increases mean nothing */
	const char *help;  /* one line for `gate.yaml(5)` and --help */
};

extern const struct metric metrics[];
extern const size_t n_metrics;

const struct metric *metric_find(const char *name); /* NULL when unknown */

#endif
