#include "replay/dispatch_internal.h"

#include "base/mem.h"

/* The schedule */

static void advance(struct dispatch *d)
{
	do {
		d->exhausted = d->exhausted || !schedule_next(d->config.schedule, &d->next) ||
		               (!d->config.closed_loop && d->next.due_ns >= d->config.end_ns);
	} while (!d->exhausted && d->next.index % d->config.n_jobs != d->config.job);
}

struct dispatch *dispatch_new(const struct dispatch_config *config)
{
	struct dispatch *d = xcalloc(1, sizeof(*d));

	d->config = *config;
	for (size_t i = 0; i < config->vectors->n_transactions; i++)
		if (config->vectors->transactions[i].n_statements > d->pool.max_ops)
			d->pool.max_ops = config->vectors->transactions[i].n_statements;
	d->n_slots = (size_t)config->n_arms * config->slots_per_arm;
	d->slots = xcalloc(d->n_slots, sizeof(d->slots[0]));
	for (size_t i = 0; i < d->n_slots; i++)
		d->slots[i].arm = i / config->slots_per_arm;
	for (size_t i = 0; i < (size_t)config->n_arms; i++) {
		d->arms[i].first_idle = d->arms[i].last_idle = NO_SLOT;
		d->position[config->arms[i]] = i;
	}
	advance(d);
	return d;
}

static void free_queue(struct dispatch *d, struct unit_queue *queue)
{
	struct unit *unit;

	while ((unit = unit_queue_take(queue)))
		unit_done(&d->pool, unit);
}

void dispatch_free(struct dispatch *d)
{
	if (!d)
		return;
	free_queue(d, &d->second);
	for (size_t i = 0; i < N_ARMS; i++)
		free_queue(d, &d->arms[i].waiting);
	for (size_t i = 0; i < d->n_slots; i++)
		if (d->slots[i].unit)
			unit_done(&d->pool, d->slots[i].unit);
	unit_pool_release(&d->pool);
	free(d->slots);
	free(d);
}

/* What is due */

static struct unit *make_unit(struct dispatch *d, size_t position, uint64_t due_ns)
{
	struct unit *unit =
	    unit_new(&d->pool, &d->next, &d->config.vectors->transactions[d->next.transaction]);

	unit->arm = position;
	unit->due_ns = due_ns;
	d->ops_scheduled += unit->transaction->n_statements;
	return unit;
}

/* Turn the next entry into its units: the first one is placed, the second waits for the gap. */
static void take_entry(struct dispatch *d)
{
	size_t first = d->config.n_arms == 2 ? d->position[d->next.first_arm] : 0;
	struct unit *unit, *other = NULL;
	uint64_t now_ns = dispatch_time_ns(d);

	if (d->config.closed_loop)
		d->next.due_ns = now_ns;
	unit = make_unit(d, first, d->next.due_ns);
	if (d->config.n_arms == 2)
		other = make_unit(d, 1 - first,
		    d->next.due_ns + (d->next.apart_ns ? d->next.apart_ns : d->config.pair_gap_ns));
	unit->picked_ns = now_ns;
	dispatch_place(d, unit);
	if (other && d->config.closed_loop) {
		other->due_ns = other->picked_ns = dispatch_time_ns(d);
		dispatch_place(d, other);
	} else if (other) {
		unit_queue_add(&d->second, other);
	}
	advance(d);
}

static void take_second(struct dispatch *d)
{
	struct unit *unit = unit_queue_take(&d->second);

	unit->picked_ns = dispatch_time_ns(d);
	dispatch_place(d, unit);
}

static bool all_arms_idle(const struct dispatch *d)
{
	for (int i = 0; i < d->config.n_arms; i++)
		if (d->arms[i].first_idle == NO_SLOT || d->arms[i].waiting.head)
			return false;
	return true;
}

void dispatch_fill_idle(struct dispatch *d)
{
	while (!d->exhausted && all_arms_idle(d)) {
		if (dispatch_time_ns(d) >= d->config.end_ns)
			d->exhausted = true;
		else
			take_entry(d);
	}
}

uint64_t dispatch_next_due_ns(const struct dispatch *d)
{
	uint64_t due_ns = DISPATCH_NEVER;

	if (!d->exhausted)
		due_ns = d->config.closed_loop ? d->config.end_ns : d->next.due_ns;
	if (d->second.head && d->second.head->due_ns < due_ns)
		due_ns = d->second.head->due_ns;
	return due_ns;
}

void dispatch_due(struct dispatch *d, uint64_t now_ns)
{
	if (d->config.closed_loop) {
		dispatch_fill_idle(d);
		d->exhausted = d->exhausted || now_ns >= d->config.end_ns;
		return;
	}
	while (dispatch_next_due_ns(d) <= now_ns) {
		if (d->second.head && (d->exhausted || d->second.head->due_ns <= d->next.due_ns))
			take_second(d);
		else
			take_entry(d);
	}
}

/* The end */

void dispatch_end_at(struct dispatch *d, uint64_t end_ns)
{
	if (end_ns >= d->config.end_ns)
		return;
	d->config.end_ns = end_ns;
	if (d->config.closed_loop ? dispatch_time_ns(d) >= end_ns : d->next.due_ns >= end_ns)
		d->exhausted = true;
}

uint64_t dispatch_ops_scheduled(const struct dispatch *d)
{
	return d->ops_scheduled;
}

bool dispatch_slot_busy(const struct dispatch *d, size_t slot)
{
	return d->slots[slot].unit != NULL;
}

bool dispatch_finished(const struct dispatch *d)
{
	if (!d->exhausted || d->second.head || d->n_busy)
		return false;
	for (int i = 0; i < d->config.n_arms; i++)
		if (d->arms[i].waiting.head)
			return false;
	return true;
}

void dispatch_cancelling(struct dispatch *d)
{
	uint64_t now_ns = dispatch_time_ns(d);
	struct unit *unit;

	d->cancelling = true;
	while ((unit = unit_queue_take(&d->second)))
		dispatch_emit_unsent(d, unit, now_ns);
	for (int i = 0; i < d->config.n_arms; i++)
		while ((unit = unit_queue_take(&d->arms[i].waiting)))
			dispatch_emit_unsent(d, unit, now_ns);
}

void dispatch_give_up(struct dispatch *d)
{
	uint64_t now_ns = dispatch_time_ns(d);

	dispatch_cancelling(d);
	for (size_t i = 0; i < d->n_slots; i++)
		if (d->slots[i].unit)
			dispatch_abandon(d, i, &dispatch_no_answer, now_ns);
}
