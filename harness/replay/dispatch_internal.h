/*
 * What the files of dispatch share: dispatch.c takes entries from the schedule, dispatch_slots.c gives
 * them to sessions, dispatch_answer.c goes on with what sessions answer, dispatch_samples.c writes down
 * what became of every op.
 */
#ifndef REPLAY_DISPATCH_INTERNAL_H
#define REPLAY_DISPATCH_INTERNAL_H

#include "replay/dispatch.h"
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

static inline uint64_t dispatch_time_ns(const struct dispatch *d)
{
	return clock_now_ns(d->config.clock) - d->config.origin_ns;
}

static inline bool is_transaction(const struct unit *unit)
{
	return unit->transaction->n_statements > 1;
}

/* A unit that was just picked: to an idle session, or to the end of the queue. */
void dispatch_place(struct dispatch *d, struct unit *unit);
/* A slot that has nothing to do any more: the next unit that waits, or idle. */
void dispatch_free_slot(struct dispatch *d, size_t index);
/* The unit of a slot is done with. */
void dispatch_finish_unit(struct dispatch *d, size_t index);
/* What a busy slot leaves behind when no answer will come. */
void dispatch_abandon(
    struct dispatch *d, size_t index, const struct session_result *result, uint64_t now_ns);
int dispatch_send_op(struct dispatch *d, size_t index);
int dispatch_send_control(
    struct dispatch *d, size_t index, enum slot_state state, enum control control);
/* An idle pair of sessions, in a closed loop, takes the next entries. */
void dispatch_fill_idle(struct dispatch *d);

/* The op of a slot, ended as the answer says. */
void dispatch_emit_op(struct dispatch *d, const struct slot *slot,
    const struct session_result *result, uint32_t rows, uint64_t now_ns);
/* The ops of a unit from op on, which are not sent. */
void dispatch_emit_rest(struct dispatch *d, const struct unit *unit, size_t op, uint64_t now_ns);
/* A unit that no session ever took. */
void dispatch_emit_unsent(struct dispatch *d, struct unit *unit, uint64_t now_ns);

/* The answer of a connection that is gone. */
extern const struct session_result dispatch_no_answer;

#endif
