#include "replay/dispatch_internal.h"

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

/* Units to sessions, and sessions that have nothing to do any more */

int dispatch_send_op(struct dispatch *d, size_t index)
{
	struct slot *slot = &d->slots[index];

	slot->state = SLOT_OP;
	return d->config.ops.send_op(d->config.ops.ctx, index,
	    slot->unit->transaction->statements[slot->op], slot->unit->ordinals[slot->op]);
}

int dispatch_send_control(
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
	rc = is_transaction(unit) ? dispatch_send_control(d, index, SLOT_BEGIN, CONTROL_BEGIN)
	                          : dispatch_send_op(d, index);
	if (rc < 0) {
		slot->unit = NULL;
		slot->state = SLOT_DOWN;
		return false;
	}
	d->n_busy++;
	return true;
}

void dispatch_place(struct dispatch *d, struct unit *unit)
{
	size_t index;

	while ((index = idle_take(d, unit->arm)) != NO_SLOT)
		if (start(d, index, unit, unit->picked_ns))
			return;
	unit_queue_add(&d->arms[unit->arm].waiting, unit);
}

void dispatch_free_slot(struct dispatch *d, size_t index)
{
	size_t position = d->slots[index].arm;
	struct unit *unit = unit_queue_take(&d->arms[position].waiting);

	if (!unit) {
		idle_add(d, index);
	} else if (!start(d, index, unit, dispatch_time_ns(d))) {
		unit_queue_add_first(&d->arms[position].waiting, unit);
	}
}

void dispatch_finish_unit(struct dispatch *d, size_t index)
{
	unit_done(&d->pool, d->slots[index].unit);
	d->slots[index].unit = NULL;
	d->n_busy--;
}

void dispatch_session_up(struct dispatch *d, size_t slot)
{
	dispatch_free_slot(d, slot);
}

void dispatch_abandon(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];

	if (slot->state != SLOT_ROLLBACK) {
		dispatch_emit_op(d, slot, result, 0, now_ns);
		dispatch_emit_rest(d, slot->unit, slot->op + 1, now_ns);
	}
	dispatch_finish_unit(d, index);
	slot->state = SLOT_DOWN;
}

void dispatch_session_lost(
    struct dispatch *d, size_t slot, const struct session_result *result, uint64_t now_ns)
{
	if (d->slots[slot].state == SLOT_IDLE)
		idle_remove(d, slot);
	else if (d->slots[slot].state != SLOT_DOWN)
		dispatch_abandon(d, slot, result, now_ns);
	d->slots[slot].state = SLOT_DOWN;
}
