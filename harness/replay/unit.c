#include "replay/unit.h"

#include "base/mem.h"

#include <string.h>

void unit_queue_add(struct unit_queue *queue, struct unit *unit)
{
	unit->next = NULL;
	if (queue->tail)
		queue->tail->next = unit;
	else
		queue->head = unit;
	queue->tail = unit;
}

void unit_queue_add_first(struct unit_queue *queue, struct unit *unit)
{
	unit->next = queue->head;
	queue->head = unit;
	if (!queue->tail)
		queue->tail = unit;
}

struct unit *unit_queue_take(struct unit_queue *queue)
{
	struct unit *unit = queue->head;

	if (unit) {
		queue->head = unit->next;
		if (!queue->head)
			queue->tail = NULL;
	}
	return unit;
}

struct unit *unit_new(struct unit_pool *pool, const struct schedule_entry *entry,
    const struct transaction *transaction)
{
	struct unit *unit = pool->free;

	if (unit)
		pool->free = unit->next;
	else
		unit = xmalloc(sizeof(*unit) + pool->max_ops * sizeof(unit->ordinals[0]));
	*unit = (struct unit){
	    .transaction = transaction,
	    .due_ns = entry->due_ns,
	    .first_op = entry->first_op,
	};
	memcpy(unit->ordinals, entry->ordinals, transaction->n_statements * sizeof(unit->ordinals[0]));
	return unit;
}

void unit_done(struct unit_pool *pool, struct unit *unit)
{
	unit->next = pool->free;
	pool->free = unit;
}

void unit_pool_release(struct unit_pool *pool)
{
	while (pool->free) {
		struct unit *unit = pool->free;

		pool->free = unit->next;
		free(unit);
	}
}
