#include "model/turns.h"

#include "base/clock.h"
#include "model/gate.h"

const char *const design_names[N_DESIGNS] = {
    [DESIGN_PAIRS] = "pairs",
    [DESIGN_SLICES] = "slices",
    [DESIGN_SEQUENTIAL] = "sequential",
};

struct turns turns_of(const struct replay_options *options)
{
	uint64_t longest_ns = options->max_duration_ns > options->duration_ns ? options->max_duration_ns
	                                                                      : options->duration_ns;
	struct turns turns = {.slice_ns = options->slice_ns};

	switch (options->design) {
	case DESIGN_SEQUENTIAL:
		turns.slice_ns = longest_ns / 2;
		break;
	case DESIGN_PAIRS:
		if (!(options->alone > 0))
			return (struct turns){0};
		turns.paired_ns = (uint64_t)(2 * (double)turns.slice_ns * (1 / options->alone - 1));
		break;
	default:
		break;
	}
	turns.period_ns = turns.paired_ns + 2 * turns.slice_ns;
	if (turns.period_ns)
		turns.end_ns = longest_ns / turns.period_ns * turns.period_ns;
	return turns;
}

int turns_check(const struct replay_options *options, struct err *err)
{
	struct turns turns = turns_of(options);
	double periods = turns.period_ns ? (double)(turns.end_ns / turns.period_ns) : 0;

	if (options->alone > 0 && options->design != DESIGN_PAIRS)
		return err_set(err, ERR_USAGE,
		    "alone: a part in which one arm runs alone is for design: pairs; with %s one always "
		    "does",
		    design_names[options->design]);
	if (!turns.period_ns || options->design == DESIGN_SEQUENTIAL)
		return 0;
	/* What was due earlier is sent earlier: the queue of second arms relies on it. */
	if (options->alone > 0 && options->pair_gap_ns > turns.slice_ns)
		return err_set(err, ERR_USAGE, "slice: it must not be shorter than pair_gap");
	if (periods < TURNS_MIN_PERIODS)
		return err_set(err, ERR_USAGE,
		    "%s: each arm would run alone %.0f times, and it takes %d to judge: replay for %.3g s "
		    "or more, or make the slice shorter",
		    options->alone > 0 ? "alone" : "design", periods, TURNS_MIN_PERIODS,
		    TURNS_MIN_PERIODS * (double)turns.period_ns / (double)NS_PER_S);
	return 0;
}

uint64_t turns_due_ns(const struct turns *turns, uint64_t sending_ns)
{
	if (!turns->period_ns)
		return sending_ns;
	return sending_ns + sending_ns / (turns->period_ns - turns->slice_ns) * turns->slice_ns;
}

bool turns_alone(const struct turns *turns, uint64_t due_ns)
{
	return turns->period_ns && due_ns % turns->period_ns >= turns->paired_ns;
}

unsigned turns_first_arm(const struct turns *turns, uint64_t due_ns)
{
	return turns->period_ns ? due_ns / turns->period_ns & 1 : 0;
}

uint64_t turns_twin_ns(const struct turns *turns, uint64_t due_ns, unsigned arm)
{
	return arm == turns_first_arm(turns, due_ns) ? due_ns + turns->slice_ns
	                                             : due_ns - turns->slice_ns;
}

/* An op of a transaction that outlasts its arm's turn is due after it: it counts at the turn's end. */
uint64_t turns_folded_ns(const struct turns *turns, uint64_t due_ns, unsigned arm)
{
	uint64_t from_ns = due_ns - due_ns % (turns->period_ns ? turns->period_ns : 1);
	uint64_t start_ns = from_ns + turns->paired_ns, within_ns;

	if (!turns_alone(turns, due_ns))
		return due_ns;
	if (arm != turns_first_arm(turns, due_ns))
		start_ns += turns->slice_ns;
	within_ns = due_ns > start_ns ? due_ns - start_ns : 0;
	return from_ns + turns->paired_ns +
	       (within_ns < turns->slice_ns ? within_ns : turns->slice_ns - 1);
}

uint64_t turns_period_end_ns(const struct turns *turns, uint64_t due_ns)
{
	return turns->period_ns ? (due_ns / turns->period_ns + 1) * turns->period_ns : due_ns;
}

double turns_sending_share(const struct turns *turns)
{
	return turns->period_ns ? 1 - (double)turns->slice_ns / (double)turns->period_ns : 1;
}

double turns_paired_share(const struct turns *turns)
{
	return turns->period_ns ? (double)turns->paired_ns / (double)turns->period_ns : 1;
}
