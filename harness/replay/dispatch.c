#include "replay/dispatch.h"

#include "base/mem.h"
#include "replay/unit.h"

#define NO_SLOT SIZE_MAX

enum slot_state {
	SLOT_DOWN, /* no connection */
	SLOT_IDLE,
	SLOT_BEGIN, /* what it waits for the answer to */
	SLOT_OP,
	SLOT_COMMIT,
	SLOT_ROLLBACK,
};

struct slot {
	enum slot_state state;
	size_t arm;       /* position */
	size_t next_idle; /* in its arm's list */
	struct unit *unit;
	size_t op;                           /* index within the unit's transaction */
	uint64_t due_ns, picked_ns, sent_ns; /* of that op */
	uint32_t rows;                       /* of the last op, while its COMMIT is under way */
};

struct arm_state {
	struct unit_queue waiting; /* picked, no session free */
	size_t first_idle, last_idle;
};

struct dispatch {
	struct dispatch_config config;
	struct schedule_entry next; /* peeked; its ordinals live until the next schedule_next() */
	bool exhausted;             /* next is not valid, and nothing comes after it */
	bool cancelling;
	struct unit_queue second; /* second halves of pairs, by due time */
	struct unit_pool pool;
	struct arm_state arms[N_ARMS];
	size_t position[N_ARMS]; /* of an arm among config.arms */
	struct slot *slots;
	size_t n_slots, n_busy;
	uint64_t ops_scheduled; /* over the arms */
};

static uint64_t run_time_ns(const struct dispatch *d)
{
	return clock_now_ns(d->config.clock) - d->config.origin_ns;
}

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

/* Idle sessions, the one that has been idle longest first */

static void idle_add(struct dispatch *d, size_t index)
{
	struct slot *slot = &d->slots[index];
	struct arm_state *arm = &d->arms[slot->arm];

	slot->state = SLOT_IDLE;
	slot->next_idle = NO_SLOT;
	if (arm->last_idle == NO_SLOT)
		arm->first_idle = index;
	else
		d->slots[arm->last_idle].next_idle = index;
	arm->last_idle = index;
}

static size_t idle_take(struct dispatch *d, size_t position)
{
	struct arm_state *arm = &d->arms[position];
	size_t index = arm->first_idle;

	if (index == NO_SLOT)
		return NO_SLOT;
	arm->first_idle = d->slots[index].next_idle;
	if (arm->first_idle == NO_SLOT)
		arm->last_idle = NO_SLOT;
	return index;
}

static void idle_remove(struct dispatch *d, size_t index)
{
	size_t position = d->slots[index].arm, last = d->arms[position].last_idle, taken;

	/* Once round: everything goes back to the end but the one that leaves. */
	do {
		taken = idle_take(d, position);
		if (taken != index)
			idle_add(d, taken);
	} while (taken != last);
}

/* Samples */

static void emit(struct dispatch *d, const struct unit *unit, size_t op, struct sample sample,
    const struct session_result *result)
{
	sample.op = (uint32_t)(unit->first_op + op);
	sample.statement = (uint16_t)unit->transaction->statements[op];
	sample.arm = (uint8_t)d->config.arms[unit->arm];
	d->config.ops.sample(d->config.ops.ctx, &sample);
	if (result && !result->ok && sample.status == SAMPLE_ERROR)
		d->config.ops.error(d->config.ops.ctx, &sample, result);
}

static void emit_rest(struct dispatch *d, const struct unit *unit, size_t op, uint64_t now_ns)
{
	for (; op < unit->transaction->n_statements; op++)
		emit(d, unit, op,
		    (struct sample){
		        .due_ns = now_ns,
		        .picked_ns = now_ns,
		        .sent_ns = now_ns,
		        .done_ns = now_ns,
		        .status = SAMPLE_SKIPPED,
		    },
		    NULL);
}

static void emit_op(struct dispatch *d, const struct slot *slot, enum sample_status status,
    const struct session_result *result, uint32_t rows, uint64_t now_ns)
{
	struct sample sample = {
	    .due_ns = slot->due_ns,
	    .picked_ns = slot->picked_ns,
	    .sent_ns = slot->sent_ns,
	    .done_ns = now_ns > slot->sent_ns ? now_ns : slot->sent_ns,
	    .status = (uint8_t)status,
	    .rows = rows,
	};

	if (status == SAMPLE_ERROR && result->sqlstate[0])
		sample.sqlstate = sqlstate_pack(result->sqlstate);
	emit(d, slot->unit, slot->op, sample, result);
}

/* A unit that no session ever took. */
static void emit_unsent(struct dispatch *d, struct unit *unit, uint64_t now_ns)
{
	uint64_t gave_up_ns = now_ns > unit->due_ns ? now_ns : unit->due_ns;

	emit(d, unit, 0,
	    (struct sample){
	        .due_ns = unit->due_ns,
	        .picked_ns = unit->picked_ns ? unit->picked_ns : gave_up_ns,
	        .sent_ns = gave_up_ns,
	        .done_ns = gave_up_ns,
	        .status = SAMPLE_UNFINISHED,
	    },
	    NULL);
	emit_rest(d, unit, 1, gave_up_ns);
	unit_done(&d->pool, unit);
}

static enum sample_status status_of(const struct dispatch *d, const struct session_result *result)
{
	if (result->ok && !result->connection_lost)
		return SAMPLE_OK;
	if (!result->sqlstate[0] && result->connection_lost)
		return SAMPLE_UNFINISHED;
	if (d->cancelling && sqlstate_pack(result->sqlstate) == sqlstate_pack("57014"))
		return SAMPLE_UNFINISHED;
	return SAMPLE_ERROR;
}

/* Sending */

static bool is_transaction(const struct unit *unit)
{
	return unit->transaction->n_statements > 1;
}

static int send_op(struct dispatch *d, size_t index)
{
	struct slot *slot = &d->slots[index];

	slot->state = SLOT_OP;
	return d->config.ops.send_op(d->config.ops.ctx, index,
	    slot->unit->transaction->statements[slot->op], slot->unit->ordinals[slot->op]);
}

static int send_control(
    struct dispatch *d, size_t index, enum slot_state state, enum control control)
{
	d->slots[index].state = state;
	return d->config.ops.send_control(d->config.ops.ctx, index, control);
}

/* Give a slot a unit. False when the connection was gone: the slot is down, the unit unsent. */
static bool start(struct dispatch *d, size_t index, struct unit *unit, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];
	int rc;

	slot->unit = unit;
	slot->op = 0;
	slot->due_ns = unit->due_ns;
	slot->picked_ns = unit->picked_ns;
	slot->sent_ns = now_ns;
	rc = is_transaction(unit) ? send_control(d, index, SLOT_BEGIN, CONTROL_BEGIN)
	                          : send_op(d, index);
	if (rc < 0) {
		slot->unit = NULL;
		slot->state = SLOT_DOWN;
		return false;
	}
	d->n_busy++;
	return true;
}

/* A unit that was just picked: to an idle session, or to the end of the queue. */
static void place(struct dispatch *d, struct unit *unit)
{
	size_t index;

	while ((index = idle_take(d, unit->arm)) != NO_SLOT)
		if (start(d, index, unit, unit->picked_ns))
			return;
	unit_queue_add(&d->arms[unit->arm].waiting, unit);
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
	uint64_t now_ns = run_time_ns(d);

	if (d->config.closed_loop)
		d->next.due_ns = now_ns;
	unit = make_unit(d, first, d->next.due_ns);
	if (d->config.n_arms == 2)
		other = make_unit(d, 1 - first,
		    d->next.due_ns + (d->next.apart_ns ? d->next.apart_ns : d->config.pair_gap_ns));
	unit->picked_ns = now_ns;
	place(d, unit);
	if (other && d->config.closed_loop) {
		other->due_ns = other->picked_ns = run_time_ns(d);
		place(d, other);
	} else if (other) {
		unit_queue_add(&d->second, other);
	}
	advance(d);
}

static void take_second(struct dispatch *d)
{
	struct unit *unit = unit_queue_take(&d->second);

	unit->picked_ns = run_time_ns(d);
	place(d, unit);
}

static bool all_arms_idle(const struct dispatch *d)
{
	for (int i = 0; i < d->config.n_arms; i++)
		if (d->arms[i].first_idle == NO_SLOT || d->arms[i].waiting.head)
			return false;
	return true;
}

static void fill_idle(struct dispatch *d)
{
	while (!d->exhausted && all_arms_idle(d)) {
		if (run_time_ns(d) >= d->config.end_ns)
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
		fill_idle(d);
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

/* Sessions that have nothing to do any more */

static void free_slot(struct dispatch *d, size_t index)
{
	size_t position = d->slots[index].arm;
	struct unit *unit = unit_queue_take(&d->arms[position].waiting);

	if (!unit) {
		idle_add(d, index);
	} else if (!start(d, index, unit, run_time_ns(d))) {
		unit_queue_add_first(&d->arms[position].waiting, unit);
	}
}

static void finish_unit(struct dispatch *d, size_t index)
{
	unit_done(&d->pool, d->slots[index].unit);
	d->slots[index].unit = NULL;
	d->n_busy--;
}

void dispatch_session_up(struct dispatch *d, size_t slot)
{
	free_slot(d, slot);
}

/* What a busy slot leaves behind when no answer will come. */
static void abandon(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];

	if (slot->state != SLOT_ROLLBACK) {
		emit_op(d, slot, status_of(d, result), result, 0, now_ns);
		emit_rest(d, slot->unit, slot->op + 1, now_ns);
	}
	finish_unit(d, index);
	slot->state = SLOT_DOWN;
}

void dispatch_session_lost(
    struct dispatch *d, size_t slot, const struct session_result *result, uint64_t now_ns)
{
	if (d->slots[slot].state == SLOT_IDLE)
		idle_remove(d, slot);
	else if (d->slots[slot].state != SLOT_DOWN)
		abandon(d, slot, result, now_ns);
	d->slots[slot].state = SLOT_DOWN;
}

/* Answers, one function per state */

static const struct session_result no_answer = {.connection_lost = true};

static void op_failed(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];

	emit_op(d, slot, status_of(d, result), result, 0, now_ns);
	emit_rest(d, slot->unit, slot->op + 1, now_ns);
	slot->op = slot->unit->transaction->n_statements;
}

static void answer_begin(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	if (result->ok) {
		if (send_op(d, index) < 0)
			abandon(d, index, &no_answer, now_ns);
		return;
	}
	op_failed(d, index, result, now_ns);
	finish_unit(d, index);
	free_slot(d, index);
}

static void next_op(struct dispatch *d, size_t index, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];

	slot->op++;
	slot->due_ns = slot->picked_ns = now_ns;
	slot->sent_ns = run_time_ns(d);
	if (send_op(d, index) < 0)
		abandon(d, index, &no_answer, now_ns);
}

static void answer_op(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];
	bool last = slot->op + 1 == slot->unit->transaction->n_statements;

	if (!is_transaction(slot->unit)) {
		emit_op(d, slot, status_of(d, result), result, result->rows, now_ns);
		finish_unit(d, index);
		free_slot(d, index);
	} else if (!result->ok) {
		op_failed(d, index, result, now_ns);
		if (send_control(d, index, SLOT_ROLLBACK, CONTROL_ROLLBACK) < 0)
			abandon(d, index, &no_answer, now_ns);
	} else if (last) {
		slot->rows = result->rows;
		if (send_control(d, index, SLOT_COMMIT, CONTROL_COMMIT) < 0)
			abandon(d, index, &no_answer, now_ns);
	} else {
		emit_op(d, slot, SAMPLE_OK, result, result->rows, now_ns);
		next_op(d, index, now_ns);
	}
}

static void answer_commit(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];

	emit_op(d, slot, status_of(d, result), result, slot->rows, now_ns);
	finish_unit(d, index);
	free_slot(d, index);
}

static void answer_rollback(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	(void)result; /* the transaction is over either way */
	(void)now_ns;
	finish_unit(d, index);
	free_slot(d, index);
}

void dispatch_answer(
    struct dispatch *d, size_t slot, const struct session_result *result, uint64_t now_ns)
{
	static void (*const answers[])(
	    struct dispatch *, size_t, const struct session_result *, uint64_t) = {
	    [SLOT_BEGIN] = answer_begin,
	    [SLOT_OP] = answer_op,
	    [SLOT_COMMIT] = answer_commit,
	    [SLOT_ROLLBACK] = answer_rollback,
	};

	answers[d->slots[slot].state](d, slot, result, now_ns);
	if (d->config.closed_loop)
		fill_idle(d);
}

/* The end */

void dispatch_end_at(struct dispatch *d, uint64_t end_ns)
{
	if (end_ns >= d->config.end_ns)
		return;
	d->config.end_ns = end_ns;
	if (d->config.closed_loop ? run_time_ns(d) >= end_ns : d->next.due_ns >= end_ns)
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
	uint64_t now_ns = run_time_ns(d);
	struct unit *unit;

	d->cancelling = true;
	while ((unit = unit_queue_take(&d->second)))
		emit_unsent(d, unit, now_ns);
	for (int i = 0; i < d->config.n_arms; i++)
		while ((unit = unit_queue_take(&d->arms[i].waiting)))
			emit_unsent(d, unit, now_ns);
}

void dispatch_give_up(struct dispatch *d)
{
	uint64_t now_ns = run_time_ns(d);

	dispatch_cancelling(d);
	for (size_t i = 0; i < d->n_slots; i++)
		if (d->slots[i].unit)
			abandon(d, i, &no_answer, now_ns);
}
