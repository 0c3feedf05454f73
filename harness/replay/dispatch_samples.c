#include "replay/dispatch_internal.h"

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

void dispatch_emit_rest(struct dispatch *d, const struct unit *unit, size_t op, uint64_t now_ns)
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

void dispatch_emit_op(struct dispatch *d, const struct slot *slot,
    const struct session_result *result, uint32_t rows, uint64_t now_ns)
{
	enum sample_status status = status_of(d, result);
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

void dispatch_emit_unsent(struct dispatch *d, struct unit *unit, uint64_t now_ns)
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
	dispatch_emit_rest(d, unit, 1, gave_up_ns);
	unit_done(&d->pool, unit);
}
