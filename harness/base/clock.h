/*
 * clock: time as an argument.
 *
 * Whoever waits or stamps takes a struct clock, so that a test can run an hour of schedule in
 * a millisecond. clock_monotonic is CLOCK_MONOTONIC; wall-clock times appear only in run
 * records, through clock_wall_iso8601.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

struct clock {
	uint64_t (*now_ns)(void *ctx);
	void (*sleep_until_ns)(void *ctx, uint64_t when_ns);
	void *ctx;
};

extern const struct clock clock_monotonic;

static inline uint64_t clock_now_ns(const struct clock *clock)
{
	return clock->now_ns(clock->ctx);
}

/* "2026-05-04T09:30:12Z"; out holds at least 21 bytes. */
void clock_wall_iso8601(char out[21]);

#endif
