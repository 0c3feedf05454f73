#include "replay/dispatch_internal.h"

/* One function per state */

const struct session_result dispatch_no_answer = {.connection_lost = true};

static void op_failed(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];

	dispatch_emit_op(d, slot, result, 0, now_ns);
	dispatch_emit_rest(d, slot->unit, slot->op + 1, now_ns);
	slot->op = slot->unit->transaction->n_statements;
}

static void answer_begin(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	if (result->ok) {
		if (dispatch_send_op(d, index) < 0)
			dispatch_abandon(d, index, &dispatch_no_answer, now_ns);
		return;
	}
	op_failed(d, index, result, now_ns);
	dispatch_finish_unit(d, index);
	dispatch_free_slot(d, index);
}

static void next_op(struct dispatch *d, size_t index, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];

	slot->op++;
	slot->due_ns = slot->picked_ns = now_ns;
	slot->sent_ns = dispatch_time_ns(d);
	if (dispatch_send_op(d, index) < 0)
		dispatch_abandon(d, index, &dispatch_no_answer, now_ns);
}

static void answer_op(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];
	bool last = slot->op + 1 == slot->unit->transaction->n_statements;

	if (!is_transaction(slot->unit)) {
		dispatch_emit_op(d, slot, result, result->rows, now_ns);
		dispatch_finish_unit(d, index);
		dispatch_free_slot(d, index);
	} else if (!result->ok) {
		op_failed(d, index, result, now_ns);
		if (dispatch_send_control(d, index, SLOT_ROLLBACK, CONTROL_ROLLBACK) < 0)
			dispatch_abandon(d, index, &dispatch_no_answer, now_ns);
	} else if (last) {
		slot->rows = result->rows;
		if (dispatch_send_control(d, index, SLOT_COMMIT, CONTROL_COMMIT) < 0)
			dispatch_abandon(d, index, &dispatch_no_answer, now_ns);
	} else {
		dispatch_emit_op(d, slot, result, result->rows, now_ns);
		next_op(d, index, now_ns);
	}
}

static void answer_commit(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	struct slot *slot = &d->slots[index];

	dispatch_emit_op(d, slot, result, slot->rows, now_ns);
	dispatch_finish_unit(d, index);
	dispatch_free_slot(d, index);
}

static void answer_rollback(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns)
{
	(void)result; /* the transaction is over either way */
	(void)now_ns;
	dispatch_finish_unit(d, index);
	dispatch_free_slot(d, index);
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
		dispatch_fill_idle(d);
}
