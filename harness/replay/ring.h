/*
 * ring: samples on their way from one job to the recorder, without a lock.
 *
 * One thread puts, another takes. A put never blocks while there is room; a full ring (a disk
 * that stands still for seconds) makes the job wait, which then shows as schedule lag.
 */
#ifndef REPLAY_RING_H
#define REPLAY_RING_H

#include "model/sample.h"

#include <stdatomic.h>
#include <stddef.h>

#define RING_SAMPLES ((size_t)1 << 16)

struct ring {
	struct sample *items;
	_Atomic size_t head; /* put so far */
	char padding[64];    /* a cache line for each thread's counter */
	_Atomic size_t tail; /* taken so far */
};

void ring_init(struct ring *ring);
void ring_release(struct ring *ring);
void ring_put(struct ring *ring, const struct sample *sample);
/* The longest contiguous run of samples there is; ring_taken gives their places back. */
const struct sample *ring_peek(struct ring *ring, size_t *ret_n);
void ring_taken(struct ring *ring, size_t n);

#endif
