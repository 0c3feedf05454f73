#include "model/metric.h"

#include <math.h>
#include <string.h>

/* clang-format off */
/* The seven figures of a latency distribution, of service or of response time. */
#define DISTRIBUTION(prefix, family, what) \
	{prefix ".mean", family, UNIT_SECONDS, 0, true, true, "mean " what}, \
	{prefix ".p50", family, UNIT_SECONDS, 0.50, true, true, "median " what}, \
	{prefix ".p90", family, UNIT_SECONDS, 0.90, true, true, "90% of the " what "s are at most this"}, \
	{prefix ".p95", family, UNIT_SECONDS, 0.95, true, true, "95% of the " what "s are at most this"}, \
	{prefix ".p99", family, UNIT_SECONDS, 0.99, true, true, "99% of the " what "s are at most this"}, \
	{prefix ".p999", family, UNIT_SECONDS, 0.999, true, true, "99.9% of the " what "s are at most this"}, \
	{prefix ".max", family, UNIT_SECONDS, 1, true, true, "longest " what}

const struct metric metrics[] = {
	DISTRIBUTION("latency", METRIC_SERVICE, "service time"),
	DISTRIBUTION("response", METRIC_RESPONSE, "response time"),
	{"alone.mean", METRIC_ALONE, UNIT_SECONDS, 0, true, true, "mean service time while one arm ran alone"},
	{"alone.p50", METRIC_ALONE, UNIT_SECONDS, 0.50, true, true, "median service time while one arm ran alone"},
	{"alone.p95", METRIC_ALONE, UNIT_SECONDS, 0.95, true, true, "95% of the service times while one arm ran alone are at most this"},

	{"throughput", METRIC_OP, UNIT_RATE, NAN, false, true, "successful operations per second"},
	{"errors.rate", METRIC_OP, UNIT_FRACTION, NAN, true, true, "share of operations that failed or got no answer"},
	{"slow.count", METRIC_OP, UNIT_NONE, NAN, true, true, "operations with a response time over the threshold's `over:`"},
	{"connections.utilisation", METRIC_OP, UNIT_FRACTION, NAN, true, true, "share of the replay's sessions at work, on average over the busiest second"},
	{"result.mismatches", METRIC_OP, UNIT_NONE, NAN, true, false, "vectors of rewritten statements that give other rows, and operations whose number of rows differs between the arms"},

	{"buffers.touched_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, true, "blocks found in or read into cache, per call"},
	{"buffers.read_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, true, "blocks read from outside shared_buffers, per call"},
	{"buffers.dirtied_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, true, "blocks dirtied, per call"},
	{"buffers.temp_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, true, "temporary blocks read and written, per call"},
	{"cache.hit_ratio", METRIC_COUNTER, UNIT_FRACTION, NAN, false, true, "share of touched blocks found in shared_buffers"},
	{"rows_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, true, "rows returned or affected, per call"},
	{"wal.bytes_per_call", METRIC_COUNTER, UNIT_BYTES, NAN, true, true, "WAL written, without full-page images, per call"},
	{"wal.records_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, true, "WAL records, per call"},
	{"wal.fpi_per_call", METRIC_COUNTER, UNIT_NONE, NAN, true, true, "full-page images in WAL, per call"},

	{"plan.cost", METRIC_PLAN, UNIT_NONE, NAN, true, true, "the planner's total cost of the statement"},
	{"plan.regressions", METRIC_PLAN, UNIT_NONE, NAN, true, false, "statements whose plan changed for the worse"},

	{"index.size_bytes", METRIC_INDEX, UNIT_BYTES, NAN, true, true, "size at the end of the run"},
	{"index.build_seconds", METRIC_INDEX, UNIT_SECONDS, NAN, true, false, "time the candidate took to build it"},
	{"index.used", METRIC_INDEX, UNIT_NONE, NAN, false, true, "index scans during the replay"},
	{"index.redundant", METRIC_INDEX, UNIT_NONE, NAN, true, true, "1 when another index covers the same leading columns"},
	{"index.bloat", METRIC_INDEX, UNIT_FRACTION, NAN, true, true, "share of a B-tree that a fresh build would not need, at the end"},

	{"table.hot_ratio", METRIC_TABLE, UNIT_FRACTION, NAN, false, true, "share of updates that were heap-only (HOT)"},
	{"table.dead_tuples", METRIC_TABLE, UNIT_NONE, NAN, true, true, "dead rows at the end, before VACUUM"},
	{"table.size_bytes", METRIC_TABLE, UNIT_BYTES, NAN, true, true, "size of the heap at the end"},
	{"vacuum.seconds", METRIC_VACUUM, UNIT_SECONDS, NAN, true, true, "duration of a VACUUM of the written tables after the replay"},

	{"replica.lag_bytes", METRIC_RUN, UNIT_BYTES, NAN, true, true, "WAL that the slowest standby had yet to replay"},
	{"coverage.time", METRIC_RUN, UNIT_FRACTION, NAN, false, false, "share of production's execution time that was replayed"},
	{"coverage.calls", METRIC_RUN, UNIT_FRACTION, NAN, false, false, "share of production's calls that were replayed"},
	{"fidelity.rows", METRIC_RUN, UNIT_FRACTION, NAN, false, false, "share of replayed time in statements whose rows per call are near production's"},
	{"fidelity.blocks", METRIC_RUN, UNIT_FRACTION, NAN, false, false, "share of replayed time in statements whose blocks per call are near production's"},
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
