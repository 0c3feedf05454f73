/*
 * What a rule for PASS can have: how often it lets an unchanged candidate pass, one exactly at its
 * limit, and one that is 25% slower. Each imagined run gives T at the limit; a rule that passes what
 * is below some score trades one against the other. Beside that, what the judge does.
 *
 *     trade [RUNS] [FIRST_SEED]     // default 500 runs per effect, seed 1
 */
#include "synthetic.h"

#include "judge/estimates.h"
#include "judge/evidence.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT 1.10

enum effect { UNCHANGED, AT_LIMIT, SLOWER, N_EFFECTS };
static const double ratios[N_EFFECTS] = {1, LIMIT, 1.25};

struct runs {
	double *scores[N_EFFECTS]; /* T at the limit */
	int passes[N_EFFECTS];     /* as the judge has it */
};

static double score_at_limit(struct synthetic *s, double seconds, double quantile)
{
	struct estimand what = {quantile, HYPOTHESIS_RATIO};
	const size_t statement = 0;
	struct evidence evidence;
	struct series_pair pair;
	double score;

	evidence_init(&evidence, &s->samples, &s->run, seconds, 0, true, NULL);
	evidence_pair(&evidence, EVIDENCE_SERVICE, &statement, 1, &pair);
	score = block_test(&pair, what, LIMIT);
	series_pair_release(&pair);
	evidence_release(&evidence);
	return score;
}

static void run_all(const char *metric, double seconds, int n, uint64_t seed, struct runs *ret)
{
	*ret = (struct runs){0};
	for (int effect = 0; effect < N_EFFECTS; effect++) {
		ret->scores[effect] = xcalloc((size_t)n, sizeof(double));
		for (int i = 0; i < n; i++) {
			struct synthetic_plan plan = synthetic_unchanged;
			struct synthetic s;

			plan.seconds = seconds;
			plan.slow_ratio = ratios[effect];
			synthetic_make(&plan, seed + (uint64_t)(effect * n + i), &s);
			synthetic_add_threshold(&s, metric, SCOPE_ALL, BOUND_MAX_RATIO, LIMIT);
			synthetic_judge(&s, seconds, true);
			ret->passes[effect] += s.run.verdict.outcome == OUTCOME_PASS;
			ret->scores[effect][i] = score_at_limit(&s, seconds, metric_find(metric)->quantile);
			synthetic_release(&s);
		}
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double share_below(const double *scores, int n, double score)
{
	int below = 0;

	for (int i = 0; i < n; i++)
		below += scores[i] < score;
	return 100.0 * below / n;
}

static void print_line(const char *what, double unchanged, double at_limit, double slower)
{
	printf("  %-36s %9.1f%% %9.1f%% %9.1f%%\n", what, unchanged, at_limit, slower);
}

static void trade(const char *metric, double seconds, int n, uint64_t seed)
{
	static const double shares[] = {0.03, 0.05, 0.10, 0.20, 0.40};
	struct runs runs;

	run_all(metric, seconds, n, seed, &runs);
	printf("%s, %.0f s\n", metric, seconds);
	print_line("the judge", 100.0 * runs.passes[UNCHANGED] / n, 100.0 * runs.passes[AT_LIMIT] / n,
	    100.0 * runs.passes[SLOWER] / n);
	qsort(runs.scores[AT_LIMIT], (size_t)n, sizeof(double), by_value);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		double score = runs.scores[AT_LIMIT][(int)(shares[i] * n)];

		print_line(i ? "" : "any rule on T", share_below(runs.scores[UNCHANGED], n, score),
		    share_below(runs.scores[AT_LIMIT], n, score),
		    share_below(runs.scores[SLOWER], n, score));
	}
	for (int effect = 0; effect < N_EFFECTS; effect++)
		free(runs.scores[effect]);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 500;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	printf("%-38s %10s %10s %10s\n", "PASS; limit 1.10, 200 ops/s per arm", "unchanged", "at limit",
	    "+25%");
	trade("latency.p95", 20, n, seed);
	trade("latency.p99", 20, n, seed);
	trade("latency.p99", 60, n, seed);
	trade("latency.p99", 180, n, seed);
	return 0;
}
