/*
 * connections.utilisation: how much of an arm's sessions its work takes up.
 *
 * A session is at work from sending a request to its answer; of a second's sessions that is the
 * sum of those times divided by (sessions * 1 s), and the busiest second after the warm-up counts.
 * It is 1 where requests begin to queue for a session. By Little's law it is rate * service time
 * / sessions, so that it tells for other rates and pools, too: a pool of half the size is twice as
 * much in use.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "judge/judging.h"

#include <math.h>

static bool was_sent(const struct sample *s)
{
	return s->status != SAMPLE_SKIPPED && s->done_ns > s->sent_ns;
}

/* The seconds in which a session was busy with this op. */
static void add_time(double *busy_ns, const struct sample *s)
{
	for (uint64_t at = s->sent_ns; at < s->done_ns;) {
		uint64_t second = at / NS_PER_S, end = (second + 1) * NS_PER_S;

		end = end < s->done_ns ? end : s->done_ns;
		busy_ns[second] += (double)(end - at);
		at = end;
	}
}

static double busiest_ns(const struct judging *j, const struct target *target, int arm)
{
	const struct samples *samples = j->input->samples;
	size_t first = (size_t)ceil(j->evidence.warmup_s), n = 0;
	double *busy_ns, most = NAN;

	for (size_t i = 0; i < samples->n; i++)
		if (was_sent(&samples->items[i]) && samples->items[i].done_ns / NS_PER_S >= n)
			n = samples->items[i].done_ns / NS_PER_S + 1;
	busy_ns = xcalloc(n + 1, sizeof(*busy_ns));
	for (size_t i = 0; i < samples->n; i++)
		if (samples->items[i].arm == arm && was_sent(&samples->items[i]) &&
		    target_has(target, &samples->items[i]))
			add_time(busy_ns, &samples->items[i]);
	for (size_t i = first; i < n; i++)
		most = fmax(most, busy_ns[i]);
	free(busy_ns);
	return most;
}

void evaluate_sessions(struct judging *j, const struct target *target, struct check *check)
{
	double all_ns = (double)j->run->replay.clients * (double)NS_PER_S;

	check->baseline = busiest_ns(j, target, ARM_BASELINE) / all_ns;
	check->candidate = busiest_ns(j, target, ARM_CANDIDATE) / all_ns;
	check->estimate = bound_estimate(check->bound, check->baseline, check->candidate);
	check->timed = true;
	if (!isfinite(check->estimate)) {
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "how much of the sessions was in use is not known: no request was sent after the "
		    "warm-up");
		return;
	}
	check_decide_exact(check, NULL);
	/* One second on each arm: its ratio is chance. */
	if (check->outcome == OUTCOME_FAIL && bound_is_relative(check->bound))
		check_amend(check, OUTCOME_INCONCLUSIVE,
		    ". It is the busiest second of each arm and proves nothing about their difference; "
		    "limit the utilisation itself (max)");
}
