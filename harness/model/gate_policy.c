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
#include <string.h>

static const struct {
	const char *metric;
	enum scope_kind scope;
	enum bound_kind bound;
	double limit;
	const char *why;
} policy[] = {
    {"errors.rate", SCOPE_ALL, BOUND_MAX, 0.001,
        "nothing breaks; one in a thousand leaves room for a deadlock or a timeout"},
    {"coverage.time", SCOPE_ALL, BOUND_MIN, 0.80,
        "what is not replayed is not judged: most of production's time has to be"},
    {"latency.p95", SCOPE_EACH_READ, BOUND_MAX_RATIO, 1.10,
        "no read pays for the change; p95, because a minute of traffic cannot tell 10% at "
        "one statement's p99 from noise"},
    {"latency.p95", SCOPE_ALL_WRITES, BOUND_MAX_RATIO, 1.25,
        "writes may pay for an index, within bounds"},
    {"latency.p99", SCOPE_ALL, BOUND_MAX_RATIO, 1.25, "the tail of everything together"},
    {"buffers.touched_per_call", SCOPE_EACH_READ, BOUND_MAX_RATIO, 1.25,
        "work hardly varies between runs, so it finds what timing cannot"},
    {"plan.regressions", SCOPE_ALL, BOUND_MAX, 0, "no statement gets a worse plan"},
    {"wal.bytes_per_call", SCOPE_EACH_WRITE, BOUND_MAX_RATIO, 1.30,
        "what standbys and archives have to take"},
    {"table.hot_ratio", SCOPE_EACH, BOUND_MIN_RATIO, 0.90,
        "an index on a column that changes ends heap-only updates, and bloat follows"},
    {"index.used", SCOPE_EACH, BOUND_MIN, 1, "an index that nothing scans only costs"},
};

const char *gate_default_reason(size_t i)
{
	return i < sizeof(policy) / sizeof(policy[0]) ? policy[i].why : NULL;
}

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

static bool judges(const struct gate *gate, enum metric_family family, const char *metric)
{
	for (size_t i = 0; i < gate->n_thresholds; i++)
		if (gate->thresholds[i].metric->family == family &&
		    (!metric || strcmp(gate->thresholds[i].metric->name, metric) == 0))
			return true;
	return false;
}

void gate_add_rewrite_thresholds(struct gate *gate)
{
	if (judges(gate, METRIC_OP, "result.mismatches"))
		return;
	for (size_t i = 0; i < gate->rewrites.n; i++) {
		GROW(gate->thresholds, gate->n_thresholds, gate->cap_thresholds);
		gate->thresholds[gate->n_thresholds++] = (struct threshold){
		    .metric = metric_find("result.mismatches"),
		    .scope = {.kind = SCOPE_NAME, .argument = xstrdup(gate->rewrites.items[i].name)},
		    .bound = BOUND_MAX,
		    .over = NAN,
		};
	}
}

void gate_add_alone_threshold(struct gate *gate)
{
	if (!(gate->replay.alone > 0) || judges(gate, METRIC_ALONE, NULL))
		return;
	GROW(gate->thresholds, gate->n_thresholds, gate->cap_thresholds);
	gate->thresholds[gate->n_thresholds++] = (struct threshold){
	    .metric = metric_find("alone.p50"),
	    .scope = {.kind = SCOPE_ALL},
	    .bound = BOUND_MAX_RATIO,
	    .limit = 1.10,
	    .over = NAN,
	};
}
