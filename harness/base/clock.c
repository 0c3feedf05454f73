#include "base/clock.h"

#include <errno.h>
#include <time.h>

static uint64_t monotonic_now_ns(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void monotonic_sleep_until_ns(void *ctx, uint64_t when_ns)
{
	struct timespec ts = {
	    .tv_sec = (time_t)(when_ns / NS_PER_S),
	    .tv_nsec = (long)(when_ns % NS_PER_S),
	};

	(void)ctx;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

const struct clock clock_monotonic = {
    .now_ns = monotonic_now_ns,
    .sleep_until_ns = monotonic_sleep_until_ns,
};

void clock_wall_iso8601(char out[21])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
