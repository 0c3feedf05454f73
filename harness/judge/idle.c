#include "judge/idle.h"

#include "base/mem.h"
#include "base/units.h"

#include <math.h>

/* In mid-run nothing is counted yet, and the samples tell. */
static double calls_so_far(const struct judging *j, size_t statement)
{
	const struct run_statement *s = &j->run->statements[statement];
	double calls = 0;

	if (j->input->final)
		return s->arms[ARM_BASELINE].scheduled + s->arms[ARM_CANDIDATE].scheduled;
	for (int kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
		const size_t *start = j->evidence.start[kind];

		calls += (double)(start[(statement + 1) * N_ARMS] - start[statement * N_ARMS]);
	}
	return calls;
}

bool statement_is_idle(const struct judging *j, size_t statement)
{
	return calls_so_far(j, statement) < 1;
}

static bool is_about_statements(enum metric_family family)
{
	return evidence_kind_of(family) < N_EVIDENCE_KINDS || family == METRIC_COUNTER ||
	       family == METRIC_OP;
}

bool target_is_idle(const struct judging *j, const struct target *target, enum metric_family family)
{
	if (!is_about_statements(family) || target->named || !target->n_statements)
		return false;
	for (size_t i = 0; i < target->n_statements; i++)
		if (!statement_is_idle(j, target->statements[i]))
			return false;
	return true;
}

char *idle_reason(const struct judging *j)
{
	const struct run_statement *heaviest = NULL;
	double share = 0;
	size_t n = 0;
	char text[32];

	for (size_t i = 0; i < j->run->n_replayed; i++) {
		const struct run_statement *s = &j->run->statements[i];

		if (isnan(s->share_time) || !statement_is_idle(j, i))
			continue;
		n++;
		share += s->share_time;
		if (!heaviest || s->share_time > heaviest->share_time)
			heaviest = s;
	}
	if (!(share > IDLE_LIMIT))
		return NULL;
	units_format_percent(text, share);
	if (n == 1)
		return xasprintf("no call of %s fell into the replay, which is %s of production's "
		                 "execution time; replay longer, or at a higher rate",
		    heaviest->name, text);
	return xasprintf(
	    "no call of %zu statements fell into the replay (%s is the heaviest), which are "
	    "%s of production's execution time; replay longer, or at a higher rate",
	    n, heaviest->name, text);
}
