/*
 * unit: a transaction on its way to one arm, and the queues it waits in.
 *
 * Units come from a pool that grows with the longest queue there ever was, not with the number
 * of requests, and are linked through themselves.
 */
#ifndef REPLAY_UNIT_H
#define REPLAY_UNIT_H

#include "model/schedule.h"

#include <stddef.h>
#include <stdint.h>

struct unit {
	struct unit *next;
	const struct transaction *transaction;
	uint64_t due_ns, picked_ns;
	uint64_t first_op;
	size_t arm;          /* position among the run's arms */
	uint64_t ordinals[]; /* one per statement of the transaction */
};

/* First in, first out; all zero is empty. */
struct unit_queue {
	struct unit *head, *tail;
};
void unit_queue_add(struct unit_queue *queue, struct unit *unit);
void unit_queue_add_first(struct unit_queue *queue, struct unit *unit);
struct unit *unit_queue_take(struct unit_queue *queue); /* NULL when empty */

struct unit_pool {
	struct unit *free;
	size_t max_ops; /* of any transaction */
};
struct unit *unit_new(struct unit_pool *pool, const struct schedule_entry *entry,
    const struct transaction *transaction);
void unit_done(struct unit_pool *pool, struct unit *unit); /* back to the pool */
void unit_pool_release(struct unit_pool *pool);

#endif
