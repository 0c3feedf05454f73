#include "model/schedule.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "model/alias.h"

#include <math.h>

/* Streams of the plan's seed. Each decision has its own, so that a change of one (another mix,
 * uniform arrivals) leaves the others as they were. */
enum {
	STREAM_ARRIVALS,
	STREAM_TRANSACTIONS,
	STREAM_FIRST_ARM,
};

const char *const arrivals_names[N_ARRIVALS] = {
    [ARRIVALS_POISSON] = "poisson",
    [ARRIVALS_UNIFORM] = "uniform",
};

struct schedule {
	const struct vectors *vectors;
	struct schedule_plan plan;
	struct rng arrivals, transactions, first_arm;
	struct alias mix;
	double gap_ns;     /* mean time between two transactions */
	double elapsed_ns; /* Poisson: the last arrival */
	uint64_t index;
	uint64_t ops;
	uint64_t *counts;   /* ops so far, by statement */
	uint64_t *ordinals; /* of the current entry */
};

/* Ops per transaction over the mix, 0 when the mix is not a distribution. */
static double mean_transaction_ops(const struct vectors *vectors)
{
	double weight = 0, ops = 0;

	for (size_t i = 0; i < vectors->n_transactions; i++) {
		weight += vectors->transactions[i].weight;
		ops += vectors->transactions[i].weight * (double)vectors->transactions[i].n_statements;
	}
	return weight > 0 ? ops / weight : 0;
}

static bool init_mix(struct schedule *s)
{
	const struct vectors *vectors = s->vectors;
	_cleanup_free_ double *weights = xcalloc(vectors->n_transactions, sizeof(*weights));
	size_t longest = 0;

	for (size_t i = 0; i < vectors->n_transactions; i++) {
		weights[i] = vectors->transactions[i].weight;
		if (vectors->transactions[i].n_statements > longest)
			longest = vectors->transactions[i].n_statements;
	}
	s->counts = xcalloc(vectors->n_statements, sizeof(*s->counts));
	s->ordinals = xcalloc(longest, sizeof(*s->ordinals));
	return alias_init(&s->mix, weights, vectors->n_transactions);
}

static int check_plan(const struct schedule_plan *plan, struct err *err)
{
	double ops = plan->rate_per_s * (double)plan->duration_ns / (double)NS_PER_S;

	if (!(plan->rate_per_s > 0) || !isfinite(plan->rate_per_s))
		return err_set(
		    err, ERR_USAGE, "the target rate must be above 0 (it is %g/s)", plan->rate_per_s);
	/* struct sample numbers ops with 32 bits; a Poisson total may exceed its mean a little. */
	if (ops > 0.99 * UINT32_MAX)
		return err_set(err, ERR_USAGE,
		    "%.3g operations are too many for one run (the limit is 4.2 billion): lower the rate "
		    "or the time",
		    ops);
	return 0;
}

struct schedule *schedule_new(
    const struct vectors *vectors, const struct schedule_plan *plan, struct err *err)
{
	double per_transaction = mean_transaction_ops(vectors);
	struct schedule *s;

	if (check_plan(plan, err) < 0)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->vectors = vectors;
	s->plan = *plan;
	if (!init_mix(s) || !(per_transaction > 0)) {
		schedule_free(s);
		err_set(err, ERR_USAGE, "there is nothing to replay: no transaction has a positive weight");
		return NULL;
	}
	s->gap_ns = (double)NS_PER_S * per_transaction / plan->rate_per_s;
	rng_init(&s->arrivals, plan->seed, STREAM_ARRIVALS);
	rng_init(&s->transactions, plan->seed, STREAM_TRANSACTIONS);
	rng_init(&s->first_arm, plan->seed, STREAM_FIRST_ARM);
	return s;
}

static double next_due_ns(struct schedule *s)
{
	if (s->plan.arrivals == ARRIVALS_UNIFORM)
		return (double)s->index * s->gap_ns; /* not a sum: rounding must not add up */
	s->elapsed_ns += rng_exponential(&s->arrivals) * s->gap_ns;
	return s->elapsed_ns;
}

/* The order and the distance of the arms where they take turns. */
static void take_turns(const struct turns *turns, struct schedule_entry *entry)
{
	if (!turns_alone(turns, entry->due_ns))
		return;
	entry->first_arm = (uint8_t)turns_first_arm(turns, entry->due_ns);
	entry->apart_ns = turns->slice_ns;
}

/* One that is due when no whole turn of both arms is left does not come, nor does any after it. */
static bool is_over(const struct schedule *s, double due_ns)
{
	const struct turns *turns = &s->plan.turns;

	return !(due_ns < (double)s->plan.duration_ns) ||
	       ((uint64_t)due_ns >= turns->end_ns && turns_alone(turns, (uint64_t)due_ns));
}

bool schedule_next(struct schedule *s, struct schedule_entry *ret)
{
	double due_ns = next_due_ns(s);
	const struct transaction *transaction;

	if (s->plan.turns.period_ns)
		due_ns = (double)turns_due_ns(&s->plan.turns, (uint64_t)due_ns);
	if (is_over(s, due_ns))
		return false;
	*ret = (struct schedule_entry){
	    .index = s->index++,
	    .due_ns = (uint64_t)due_ns,
	    .transaction = (uint32_t)alias_draw(&s->mix, rng_next(&s->transactions)),
	    .first_arm = (uint8_t)(rng_next(&s->first_arm) >> 63),
	    .ordinals = s->ordinals,
	    .first_op = s->ops,
	};
	take_turns(&s->plan.turns, ret);
	transaction = &s->vectors->transactions[ret->transaction];
	for (size_t i = 0; i < transaction->n_statements; i++)
		s->ordinals[i] = s->counts[transaction->statements[i]]++;
	s->ops += transaction->n_statements;
	return true;
}

void schedule_free(struct schedule *s)
{
	if (!s)
		return;
	alias_release(&s->mix);
	free(s->counts);
	free(s->ordinals);
	free(s);
}
