/*
 * The judge on thousands of imagined runs: how often an unchanged candidate FAILs, how often a
 * planted slow-down is found or passes, when a clear case ends, and how right an open one is about
 * the time that it still needs. Prints a table with 95% confidence intervals (Wilson). No server,
 * no clock: the same seeds give the same table.
 *
 *     simulate [RUNS] [FIRST_SEED]     // default 200 runs per line, seed 1
 */
#include "synthetic.h"

#include <stdio.h>
#include <stdlib.h>

#define TOLD_MOST_S 500.0 /* what a run may ask for to be run again */

struct tally {
	int runs, fail, pass, inconclusive, cleared;
	double seconds;
};

static void wilson(int hits, int n, char out[32])
{
	double z = 1.96, p = (double)hits / n, d = 1 + z * z / n;
	double middle = (p + z * z / (2 * n)) / d;
	double half = z * sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) / d;

	snprintf(out, 32, "%5.1f%% (%.1f-%.1f)", 100 * p, 100 * fmax(middle - half, 0),
	    100 * fmin(middle + half, 1));
}

static void print_tally(const char *what, const struct tally *t)
{
	char fail[32], pass[32], open[32];

	wilson(t->fail, t->runs, fail);
	wilson(t->pass, t->runs, pass);
	wilson(t->inconclusive, t->runs, open);
	printf("%-52s %-20s %-20s %-20s", what, fail, pass, open);
	if (t->cleared)
		printf(" %5.1f s (%d%% ended early)", t->seconds / t->runs, 100 * t->cleared / t->runs);
	putchar('\n');
	fflush(stdout);
}

struct experiment {
	struct synthetic_plan plan;
	const char *metrics[3];
	enum scope_kind scope;
	double limit;
	bool watch;
};

static void count(struct tally *t, const struct run *run)
{
	t->runs++;
	t->fail += run->verdict.outcome == OUTCOME_FAIL;
	t->pass += run->verdict.outcome == OUTCOME_PASS;
	t->inconclusive += run->verdict.outcome == OUTCOME_INCONCLUSIVE;
}

static void simulate(const char *what, const struct experiment *e, int runs, uint64_t seed)
{
	struct tally tally = {0};

	for (int i = 0; i < runs; i++) {
		struct synthetic s;
		bool clear;

		synthetic_make(&e->plan, seed + (uint64_t)i, &s);
		for (int k = 0; k < 3 && e->metrics[k]; k++)
			synthetic_add_threshold(&s, e->metrics[k], e->scope, BOUND_MAX_RATIO, e->limit);
		if (e->watch) {
			tally.seconds += synthetic_watch(&s, e->plan.seconds, &clear);
			tally.cleared += clear;
		} else {
			synthetic_judge(&s, e->plan.seconds, true);
		}
		count(&tally, &s.run);
		synthetic_release(&s);
	}
	print_tally(what, &tally);
}

static void one_metric(int runs, uint64_t seed, double ratio, double limit, const char *what)
{
	static const char *const figures[] = {"latency.p50", "latency.p95", "latency.p99"};
	static const double seconds[] = {20, 60, 180};
	char label[96];

	for (int m = 0; m < 3; m++)
		for (int t = 0; t < 3; t++) {
			struct experiment e = {
			    .plan = synthetic_unchanged, .metrics = {figures[m]}, .limit = limit};

			e.plan.seconds = seconds[t];
			e.plan.slow_ratio = ratio;
			snprintf(label, sizeof(label), "%s, %s, %.0f s", what, figures[m], seconds[t]);
			simulate(label, &e, runs, seed);
		}
}

static void many_checks(int runs, uint64_t seed, double ratio, const char *what)
{
	static const double seconds[] = {20, 60, 180};
	char label[96];

	for (int t = 0; t < 3; t++) {
		struct experiment e = {
		    .plan = synthetic_unchanged,
		    .metrics = {"latency.p50", "latency.p95", "latency.p99"},
		    .scope = SCOPE_EACH,
		    .limit = 1.10,
		};

		e.plan.seconds = seconds[t];
		e.plan.rate_per_s = 1000;
		e.plan.n_statements = 20;
		e.plan.slow_ratio = ratio;
		snprintf(label, sizeof(label), "20 statements x 3, %s, %.0f s", what, seconds[t]);
		simulate(label, &e, runs / 2 + 1, seed);
	}
}

static void early_stops(int runs, uint64_t seed)
{
	static const char *const figures[] = {"latency.p50", "latency.p95"};
	static const double ratios[] = {1, 1.25, 2};
	char label[96];

	for (int m = 0; m < 2; m++)
		for (int r = 0; r < 3; r++) {
			struct experiment e = {
			    .plan = synthetic_unchanged, .metrics = {figures[m]}, .limit = 1.10, .watch = true};

			e.plan.seconds = 60;
			e.plan.slow_ratio = ratios[r];
			snprintf(
			    label, sizeof(label), "looks every second, x%.2f, %s, 60 s", ratios[r], figures[m]);
			simulate(label, &e, runs / 4 + 1, seed);
		}
}

/* "About N more seconds" aims at 80% power: how many of the open runs are decided when they get
 * what they ask for, in all, a half and twice of that. */
static void needs(int runs, uint64_t seed, double ratio, const char *metric, double seconds)
{
	struct synthetic_plan plan = synthetic_unchanged;
	static const double parts[] = {0.5, 1, 2};
	int open = 0, told = 0, decided[3] = {0};

	plan.slow_ratio = ratio;
	for (int i = 0; i < runs; i++) {
		double all_s = seconds + synthetic_needs(&plan, metric, seconds, seed + (uint64_t)i);

		open += all_s > seconds;
		if (!(all_s > seconds) || all_s > TOLD_MOST_S)
			continue;
		told++;
		for (int part = 0; part < 3; part++)
			decided[part] += synthetic_needs(&plan, metric, fmax(parts[part] * all_s, seconds),
			                     seed + (uint64_t)i) == 0;
	}
	printf("x%.2f, %s, %.0f s: %d of %d open", ratio, metric, seconds, open, runs);
	if (told)
		printf("; of %d that ask for %.0f s or less in all, decided with half %d%%, with it %d%%, "
		       "with twice %d%%",
		    told, TOLD_MOST_S, 100 * decided[0] / told, 100 * decided[1] / told,
		    100 * decided[2] / told);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 200;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	printf("%-52s %-20s %-20s %-20s\n", "limit 1.10 unless said; 200 ops/s per arm", "FAIL", "PASS",
	    "INCONCLUSIVE");
	one_metric(runs, seed, 1, 1.10, "unchanged");
	one_metric(runs, seed, 1.25, 1.10, "+25%");
	one_metric(runs, seed, 1.50, 1.10, "+50%");
	one_metric(runs, seed, 1.10, 1.10, "+10%, exactly at the limit");
	one_metric(runs, seed, 0.75, 0.80, "-25%, limit 0.80");
	one_metric(runs, seed, 0.85, 0.80, "-15%, limit 0.80");
	many_checks(runs, seed, 1, "unchanged");
	many_checks(runs, seed, 1.25, "+25% on one");
	early_stops(runs, seed);
	needs(runs, seed, 1, "latency.p95", 5);
	needs(runs, seed, 1, "latency.p99", 20);
	needs(runs, seed, 1.25, "latency.p95", 10);
	needs(runs, seed, 1.50, "latency.p99", 20);
	needs(runs, seed, 2, "latency.p99", 5);
	return 0;
}
