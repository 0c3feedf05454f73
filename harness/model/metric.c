#include "model/metric.h"

#include <math.h>
#include <string.h>

/* The seven figures of a latency distribution, of service or of response time. */
#define DISTRIBUTION(prefix, family, what)                                                         \
	{prefix ".mean", family, UNIT_SECONDS, 0, true, "mean " what},                                 \
	    {prefix ".p50", family, UNIT_SECONDS, 0.50, true, "median " what},                         \
	    {prefix ".p90", family, UNIT_SECONDS, 0.90, true,                                          \
	        "90% of the " what "s are at most this"},                                              \
	    {prefix ".p95", family, UNIT_SECONDS, 0.95, true,                                          \
	        "95% of the " what "s are at most this"},                                              \
	    {prefix ".p99", family, UNIT_SECONDS, 0.99, true,                                          \
	        "99% of the " what "s are at most this"},                                              \
	    {prefix ".p999", family, UNIT_SECONDS, 0.999, true,                                        \
	        "99.9% of the " what "s are at most this"},                                            \
	{                                                                                              \
		prefix ".max", family, UNIT_SECONDS, 1, true, "longest " what                              \
	}

/* clang-format off */
const struct metric metrics[] = {
	DISTRIBUTION("latency", METRIC_SERVICE, "service time"),
	DISTRIBUTION("response", METRIC_RESPONSE, "response time"),

	{"throughput", METRIC_OP, UNIT_RATE, NAN, false, "successful operations per second"},
	{"errors.rate", METRIC_OP, UNIT_FRACTION, NAN, true, "share of operations that failed or got no answer"},
	{"slow.count", METRIC_OP, UNIT_NONE, NAN, true, "operations with a response time over the threshold's `over:`"},
	{"result.mismatches", METRIC_OP, UNIT_NONE, NAN, true, "operations whose number of rows differs between the arms"},

	{"buffers.touched_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, "blocks found in or read into cache, per call"},
	{"buffers.read_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, "blocks read from outside shared_buffers, per call"},
	{"buffers.dirtied_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, "blocks dirtied, per call"},
	{"buffers.temp_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, "temporary blocks read and written, per call"},
	{"cache.hit_ratio", METRIC_COUNTER, UNIT_FRACTION, NAN, false, "share of touched blocks found in shared_buffers"},
	{"rows_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, "rows returned or affected, per call"},
	{"wal.bytes_per_call", METRIC_COUNTER, UNIT_BYTES, NAN, true, "WAL written, without full-page images, per call"},
	{"wal.records_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, "WAL records, per call"},
	{"wal.fpi_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, "full-page images in WAL, per call"},

	{"plan.cost", METRIC_PLAN, UNIT_NONE, NAN, true, "the planner's total cost of the statement"},
	{"plan.regressions", METRIC_PLAN, UNIT_NONE, NAN, true, "statements whose plan changed for the worse"},

	{"index.size_bytes", METRIC_INDEX, UNIT_BYTES, NAN, true, "size at the end of the run"},
	{"index.build_seconds", METRIC_INDEX, UNIT_SECONDS, NAN, true, "time the candidate took to build it"},
	{"index.used", METRIC_INDEX, UNIT_NONE, NAN, false, "index scans during the replay"},
	{"index.redundant", METRIC_INDEX, UNIT_NONE, NAN, true, "1 when another index covers the same leading columns"},
	{"index.bloat", METRIC_INDEX, UNIT_FRACTION, NAN, true, "growth during the replay as a share of the size before it"},

	{"table.hot_ratio", METRIC_TABLE, UNIT_FRACTION, NAN, false, "share of updates that were heap-only (HOT)"},
	{"table.dead_tuples", METRIC_TABLE, UNIT_NONE, NAN, true, "dead rows at the end, before VACUUM"},
	{"table.size_bytes", METRIC_TABLE, UNIT_BYTES, NAN, true, "size of the heap at the end"},
	{"vacuum.seconds", METRIC_VACUUM, UNIT_SECONDS, NAN, true, "duration of a VACUUM of the written tables after the replay"},

	{"replica.lag_bytes", METRIC_RUN, UNIT_BYTES, NAN, true, "WAL that the slowest standby had yet to replay"},
	{"coverage.time", METRIC_RUN, UNIT_FRACTION, NAN, false, "share of production's execution time that was replayed"},
	{"coverage.calls", METRIC_RUN, UNIT_FRACTION, NAN, false, "share of production's calls that were replayed"},
	{"fidelity.rows", METRIC_RUN, UNIT_FRACTION, NAN, false, "share of replayed time in statements whose rows per call are near production's"},
	{"fidelity.blocks", METRIC_RUN, UNIT_FRACTION, NAN, false, "share of replayed time in statements whose blocks per call are near production's"},
};
/* clang-format on */
const size_t n_metrics = sizeof(metrics) / sizeof(metrics[0]);

const struct metric *metric_find(const char *name)
{
	for (size_t i = 0; i < n_metrics; i++)
		if (strcmp(metrics[i].name, name) == 0)
			return &metrics[i];
	return NULL;
}
