/*
 * log_traffic: how the calls of a log arrive: over which time, from how many sessions, how many in
 * the busiest second. Constant memory: sessions are counted by linear counting (Whang et al.,
 * 1990), within a few percent up to some millions.
 */
#ifndef CAPTURE_LOG_TRAFFIC_H
#define CAPTURE_LOG_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#define TRAFFIC_BITS ((size_t)1 << 20)

struct log_traffic {
	uint64_t *seen; /* TRAFFIC_BITS bits; a session sets one */
	double first_s, last_s;
	double second, in_second, peak;
};

void log_traffic_init(struct log_traffic *traffic);
void log_traffic_release(struct log_traffic *traffic);
/* One call; time_s may be NAN, session a hash of its name, 0 when that is not known. */
void log_traffic_add(struct log_traffic *traffic, double time_s, uint64_t session);
double log_traffic_seconds(const struct log_traffic *traffic); /* 0 when unknown */
double log_traffic_sessions(const struct log_traffic *traffic);

#endif
