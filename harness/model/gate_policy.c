/*
 * The policy of a gate without thresholds. What it protects, in the order in which a reviewer
 * would ask: nothing breaks, what was asked is really rehearsed, reads do not get slower, plans do
 * not get worse, writes pay a bounded price, and a new index earns its keep.
 *
 * Single reads are held at p95 and not at p99: a minute of ordinary traffic cannot tell a change
 * of 10% at the p99 of one statement from noise. The tail of everything together is held wider.
 * Counters are nearly free of noise, so their limits are what a DBA would tolerate, not what can
 * be seen.
 */
#include "base/mem.h"
#include "model/gate.h"

#include <math.h>

static const struct {
	const char *metric;
	enum scope_kind scope;
	enum bound_kind bound;
	double limit;
} policy[] = {
    {"errors.rate", SCOPE_ALL, BOUND_MAX, 0.001},
    {"coverage.time", SCOPE_ALL, BOUND_MIN, 0.80},
    {"latency.p95", SCOPE_EACH_READ, BOUND_MAX_RATIO, 1.10},
    {"latency.p95", SCOPE_ALL_WRITES, BOUND_MAX_RATIO, 1.25},
    {"latency.p99", SCOPE_ALL, BOUND_MAX_RATIO, 1.25},
    {"buffers.touched_per_call", SCOPE_EACH_READ, BOUND_MAX_RATIO, 1.25},
    {"plan.regressions", SCOPE_ALL, BOUND_MAX, 0},
    {"wal.bytes_per_call", SCOPE_EACH_WRITE, BOUND_MAX_RATIO, 1.30},
    {"table.hot_ratio", SCOPE_EACH, BOUND_MIN_RATIO, 0.90},
    {"index.used", SCOPE_EACH, BOUND_MIN, 1},
};

void gate_add_default_thresholds(struct gate *gate)
{
	for (size_t i = 0; i < sizeof(policy) / sizeof(policy[0]); i++) {
		GROW(gate->thresholds, gate->n_thresholds, gate->cap_thresholds);
		gate->thresholds[gate->n_thresholds++] = (struct threshold){
		    .metric = metric_find(policy[i].metric),
		    .scope = {.kind = policy[i].scope},
		    .bound = policy[i].bound,
		    .limit = policy[i].limit,
		    .over = NAN,
		};
	}
}
