/*
 * dispatch: which op goes to which session when. No I/O and no waiting: the caller says what time
 * it is and what the sessions answered, dispatch calls back with what to send and what happened.
 *
 *     struct dispatch *d = dispatch_new(&config);
 *     for each session that is connected: dispatch_session_up(d, slot);
 *     until (dispatch_finished(d)):
 *         dispatch_due(d, now);                          // everything due by now
 *         wait until dispatch_next_due_ns(d) or an answer:
 *         dispatch_answer(d, slot, &result, now);        // or dispatch_session_lost(d, slot)
 *
 * A transaction on one arm is a unit: due at the entry's time on the first arm of its pair, and
 * pair_gap (or, where the arms take turns, a slice) later on the other. A unit whose time has come is picked, and goes to the session that
 * has been idle longest (round robin keeps all backends equally warm), or to the end of its arm's
 * queue. Its ops go out one after the other on that session, between BEGIN and COMMIT when there
 * is more than one. An op that fails skips the rest, and ROLLBACK replaces COMMIT.
 *
 * Nobody's time is dropped: the first op of a transaction is sent when its BEGIN is, and the last
 * is done when its COMMIT is (a COMMIT that fails is the last op's error), as the service time of
 * a single statement includes its own commit.
 *
 * Every unit that was picked yields one sample per op, whatever happens to its session.
 * A send that fails before anything of the unit was sent puts it back to the head of the queue.
 *
 * Closed loop: nothing is due; a pair is taken whenever every arm has an idle session.
 */
#ifndef REPLAY_DISPATCH_H
#define REPLAY_DISPATCH_H

#include "base/clock.h"
#include "model/sample.h"
#include "model/schedule.h"
#include "model/vectors.h"
#include "pg/session.h"

#include <stdbool.h>
#include <stdint.h>

#define DISPATCH_NEVER UINT64_MAX

enum control { CONTROL_BEGIN, CONTROL_COMMIT, CONTROL_ROLLBACK };

/* What dispatch needs from outside. The sends return 0, or negative when the session is gone;
 * the caller's dispatch_session_up brings its slot back. */
struct dispatch_ops {
	int (*send_op)(void *ctx, size_t slot, size_t statement, uint64_t ordinal);
	int (*send_control)(void *ctx, size_t slot, enum control control);
	void (*sample)(void *ctx, const struct sample *sample);
	void (*error)(void *ctx, const struct sample *sample, const struct session_result *result);
	void *ctx;
};

struct dispatch_config {
	const struct vectors *vectors;
	struct schedule *schedule; /* owned by the caller, consumed here */
	uint64_t end_ns;           /* entries due before it are sent */
	uint64_t pair_gap_ns;
	bool closed_loop;
	int n_arms;
	enum arm arms[N_ARMS];     /* n_arms of them, in the order of slots */
	size_t slots_per_arm;      /* slot s belongs to arms[s / slots_per_arm] */
	unsigned job, n_jobs;      /* this one takes the entries with index % n_jobs == job */
	const struct clock *clock; /* stamps picked and sent */
	uint64_t origin_ns;        /* the clock's time at the start of the run */
	struct dispatch_ops ops;
};

struct dispatch;
struct dispatch *dispatch_new(const struct dispatch_config *config);
void dispatch_free(struct dispatch *dispatch); /* NULL is fine */

/* All times from here on are nanoseconds since the start of the run. */
uint64_t dispatch_next_due_ns(const struct dispatch *dispatch); /* DISPATCH_NEVER for none */
void dispatch_due(struct dispatch *dispatch, uint64_t now_ns);

void dispatch_session_up(struct dispatch *dispatch, size_t slot);
void dispatch_session_lost(
    struct dispatch *dispatch, size_t slot, const struct session_result *result, uint64_t now_ns);
void dispatch_answer(
    struct dispatch *dispatch, size_t slot, const struct session_result *result, uint64_t now_ns);

/* Entries due at end_ns or later are not sent; pairs that were begun are completed. */
void dispatch_end_at(struct dispatch *dispatch, uint64_t end_ns);
/* Nothing is left to come, to queue or to be answered. */
bool dispatch_finished(const struct dispatch *dispatch);
/* Ops whose entries were taken, over the arms: the samples there are or will be. */
uint64_t dispatch_ops_scheduled(const struct dispatch *dispatch);
bool dispatch_slot_busy(const struct dispatch *dispatch, size_t slot);
/* From now on "canceling statement" (57014) is our doing: the op is UNFINISHED, not an error. What
 * has not been sent is given up. */
void dispatch_cancelling(struct dispatch *dispatch);
/* Give up everything that is picked and unanswered: UNFINISHED. */
void dispatch_give_up(struct dispatch *dispatch);

#endif
