/*
 * synthetic: runs of an imagined machine, for judging the judge.
 *
 * Two arms answer the same ops as op pairs. What disturbs the machine disturbs both: a load that
 * drifts, stalls of some milliseconds, a heavy tail. What one arm alone has is the planted effect.
 * Everything follows from the seed.
 *
 *     struct synthetic_plan plan = synthetic_unchanged;
 *     plan.seconds = 20;
 *     plan.slow_ratio = 1.25;              // statement 0 on the candidate
 *     struct synthetic s;
 *     synthetic_make(&plan, seed, &s);
 *     synthetic_judge(&s, 20, true);       // s.run.verdict
 *     synthetic_release(&s);
 */
#ifndef TESTS_SYNTHETIC_H
#define TESTS_SYNTHETIC_H

#include "base/mem.h"
#include "base/random.h"
#include "judge/judge.h"
#include "model/metric.h"
#include "model/run.h"
#include "model/sample.h"

#include <math.h>
#include <string.h>

struct synthetic_plan {
	double seconds, rate_per_s;    /* ops per arm */
	size_t n_statements;           /* equal shares of the rate */
	double spread;                 /* standard deviation of ln(service) of one op */
	double tail_share, tail_index; /* ops that get a Pareto factor, and its index */
	double drift;                  /* standard deviation of the common load in ln(service) */
	double stalls_per_s, stall_s;
	double slow_ratio;           /* statement 0 on the candidate: every op */
	double sleep_share, sleep_s; /* statement 0 on the candidate: some ops sleep */
};

static const struct synthetic_plan synthetic_unchanged = {
    .seconds = 20,
    .rate_per_s = 200,
    .n_statements = 1,
    .spread = 0.30,
    .tail_share = 0.05,
    .tail_index = 2.2,
    .drift = 0.10,
    .stalls_per_s = 0.2,
    .stall_s = 0.02,
    .slow_ratio = 1,
};

struct synthetic {
	struct run run;
	struct samples samples;
	struct sample *items;
};

/* Load in ln(service) per tenth of a second: an AR(1) walk that both arms share. */
static inline double *synthetic_load(const struct synthetic_plan *plan, struct rng *rng, size_t n)
{
	double *load = xcalloc(n + 1, sizeof(*load)), memory = 0.98;

	for (size_t i = 1; i <= n; i++)
		load[i] = memory * load[i - 1] + sqrt(1 - memory * memory) * plan->drift * rng_normal(rng);
	return load;
}

static inline double synthetic_service(
    const struct synthetic_plan *plan, struct rng *rng, size_t statement, int arm, double load)
{
	double seconds =
	    0.001 * (1 + 0.3 * (double)statement) * exp(load + plan->spread * rng_normal(rng));

	if (rng_uniform(rng) < plan->tail_share)
		seconds *= pow(1 - rng_uniform(rng), -1 / plan->tail_index) * 1.5;
	if (arm == ARM_CANDIDATE && statement == 0) {
		seconds *= plan->slow_ratio;
		if (rng_uniform(rng) < plan->sleep_share)
			seconds += plan->sleep_s;
	}
	return seconds;
}

/* An op that is in flight when the machine stalls waits for the stall's end. */
static inline double synthetic_stalled(
    const double *stalls, size_t n, double stall_s, double start, double seconds)
{
	for (size_t i = 0; i < n; i++)
		if (stalls[i] < start + seconds && start < stalls[i] + stall_s)
			seconds += stalls[i] + stall_s - (start > stalls[i] ? start : stalls[i]);
	return seconds;
}

static inline void synthetic_add_threshold(struct synthetic *s, const char *metric,
    enum scope_kind scope, enum bound_kind bound, double limit)
{
	GROW(s->run.thresholds, s->run.n_thresholds, s->run.cap_thresholds);
	s->run.thresholds[s->run.n_thresholds++] = (struct threshold){.metric = metric_find(metric),
	    .scope = {.kind = scope},
	    .bound = bound,
	    .limit = limit,
	    .over = NAN,
	    .line = 1};
}

static inline void synthetic_make_run(const struct synthetic_plan *plan, struct synthetic *s)
{
	s->run.alpha = 0.01;
	s->run.dead_band = 0.02;
	s->run.guard = 0.25;
	s->run.replay.duration_ns = (uint64_t)(plan->seconds * 1e9);
	s->run.n_statements = s->run.n_replayed = plan->n_statements;
	s->run.statements = xcalloc(plan->n_statements, sizeof(*s->run.statements));
	for (size_t i = 0; i < plan->n_statements; i++)
		s->run.statements[i].name = xasprintf("s%zu", i);
}

static inline void synthetic_make(
    const struct synthetic_plan *plan, uint64_t seed, struct synthetic *s)
{
	size_t n_loads = (size_t)(plan->seconds * 10) + 1, n_stalls = 0, n = 0, cap = 0;
	struct rng arrivals, world, noise[N_ARMS];
	double *load, *stalls, at = 0;

	*s = (struct synthetic){0};
	synthetic_make_run(plan, s);
	rng_init(&arrivals, seed, 0);
	rng_init(&world, seed, 1);
	rng_init(&noise[0], seed, 2);
	rng_init(&noise[1], seed, 3);
	load = synthetic_load(plan, &world, n_loads);
	stalls = xcalloc((size_t)(plan->stalls_per_s * plan->seconds * 4) + 64, sizeof(*stalls));
	while (
	    plan->stalls_per_s > 0 && n_stalls < (size_t)(plan->stalls_per_s * plan->seconds * 4) + 60)
		if ((stalls[n_stalls++] = at += rng_exponential(&world) / plan->stalls_per_s) >
		    plan->seconds)
			break;
	at = 0;
	for (uint32_t op = 0;; op++) {
		size_t statement = rng_below(&arrivals, plan->n_statements);
		int first = (int)rng_below(&arrivals, 2);

		at += rng_exponential(&arrivals) / plan->rate_per_s;
		if (at >= plan->seconds)
			break;
		for (int arm = 0; arm < N_ARMS; arm++) {
			double due = at + (arm == first ? 0 : 0.001);
			double service =
			    synthetic_service(plan, &noise[arm], statement, arm, load[(size_t)(due * 10)]);
			uint64_t due_ns = (uint64_t)(due * 1e9);

			s->run.statements[statement].arms[arm].scheduled++;
			service = synthetic_stalled(stalls, n_stalls, plan->stall_s, due, service);
			GROW(s->items, n, cap);
			s->items[n++] = (struct sample){.due_ns = due_ns,
			    .picked_ns = due_ns,
			    .sent_ns = due_ns,
			    .done_ns = due_ns + (uint64_t)(service * 1e9),
			    .op = op,
			    .statement = (uint16_t)statement,
			    .arm = (uint8_t)arm,
			    .status = SAMPLE_OK,
			    .rows = 1};
		}
	}
	free(load);
	free(stalls);
	s->samples = (struct samples){.items = s->items, .n = n};
}

/* The end of the run, judged with nothing cut: the imagined machine has no warm-up. */
static inline void synthetic_judge(struct synthetic *s, double planned_s, bool final)
{
	struct judge_input input = {
	    .samples = &s->samples, .final = final, .planned_seconds = planned_s};

	judge_run(&input, &s->run);
}

/* A run of so many seconds with a limit of 1.10 on one figure: the further seconds that it asks for
 * when it is INCONCLUSIVE (INFINITY when it cannot tell), else 0. */
static inline double synthetic_needs(
    const struct synthetic_plan *plan, const char *metric, double seconds, uint64_t seed)
{
	struct synthetic_plan longer = *plan;
	struct synthetic s;
	double needs = 0;

	longer.seconds = seconds;
	synthetic_make(&longer, seed, &s);
	synthetic_add_threshold(&s, metric, SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	synthetic_judge(&s, seconds, true);
	if (s.run.verdict.outcome == OUTCOME_INCONCLUSIVE)
		needs = isfinite(s.run.verdict.needs_seconds) ? s.run.verdict.needs_seconds : INFINITY;
	run_release(&s.run);
	free(s.items);
	return needs;
}

/* Look every second as the replay does; the second it stopped at, or the planned time. The look
 * sees what was answered by then. ret_clear: stopped by the verdict. */
static inline double synthetic_watch(struct synthetic *s, double planned_s, bool *ret_clear)
{
	struct sample *all = s->items, *seen = xcalloc(s->samples.n, sizeof(*seen));
	size_t n_all = s->samples.n;
	struct samples whole = s->samples;

	*ret_clear = false;
	s->run.replay.early_stop = true;
	for (double now = 5; now < planned_s && !*ret_clear; now += 1) {
		size_t n = 0;

		for (size_t i = 0; i < n_all; i++)
			if ((double)all[i].done_ns <= now * 1e9)
				seen[n++] = all[i];
		s->samples = (struct samples){.items = seen, .n = n};
		synthetic_judge(s, planned_s, false);
		*ret_clear = judge_is_clear(&s->run);
		if (*ret_clear) {
			synthetic_judge(s, planned_s, true);
			free(seen);
			s->samples = whole;
			return now;
		}
	}
	free(seen);
	s->samples = whole;
	synthetic_judge(s, planned_s, true);
	return planned_s;
}

static inline void synthetic_release(struct synthetic *s)
{
	free(s->items);
	run_release(&s->run);
}

#endif
