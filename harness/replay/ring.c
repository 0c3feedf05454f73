#include "replay/ring.h"

#include "base/clock.h"
#include "base/mem.h"

void ring_init(struct ring *ring)
{
	ring->items = xmalloc(RING_SAMPLES * sizeof(ring->items[0]));
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
}

void ring_release(struct ring *ring)
{
	free(ring->items);
	ring->items = NULL;
}

static void wait_for_room(struct ring *ring, size_t head)
{
	while (head - atomic_load_explicit(&ring->tail, memory_order_acquire) >= RING_SAMPLES)
		clock_monotonic.sleep_until_ns(NULL, clock_now_ns(&clock_monotonic) + NS_PER_MS);
}

void ring_put(struct ring *ring, const struct sample *sample)
{
	size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	wait_for_room(ring, head);
	ring->items[head % RING_SAMPLES] = *sample;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

const struct sample *ring_peek(struct ring *ring, size_t *ret_n)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	size_t n = atomic_load_explicit(&ring->head, memory_order_acquire) - tail;
	size_t until_wrap = RING_SAMPLES - tail % RING_SAMPLES;

	*ret_n = n < until_wrap ? n : until_wrap;
	return &ring->items[tail % RING_SAMPLES];
}

void ring_taken(struct ring *ring, size_t n)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	atomic_store_explicit(&ring->tail, tail + n, memory_order_release);
}
