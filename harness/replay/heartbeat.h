/*
 * heartbeat: is the machine itself in the way?
 *
 * A thread that wants to wake every 10 ms notes how late it wakes: later than 5 ms is a stall of
 * the machine (or of its virtual machine's host), not of a server. When the stalls were is kept, up
 * to HEARTBEAT_MAX_STALLS of them; a machine with more is stalled all the time. The share of CPU time in
 * use comes from /proc/stat: time stolen by the host counts as used.
 */
#ifndef REPLAY_HEARTBEAT_H
#define REPLAY_HEARTBEAT_H

#include <stddef.h>
#include <stdint.h>

#define HEARTBEAT_MAX_STALLS 20000

struct heartbeat;
struct heartbeat_stall {
	uint64_t from_ns, to_ns; /* of clock_monotonic */
};
struct heartbeat_figures {
	uint64_t stalls; /* longer than 5 ms */
	uint64_t longest_ns;
	double machine_busy;          /* 0..1; NAN when /proc/stat cannot be read */
	struct heartbeat_stall *kept; /* in the order of time; owned by the caller */
	size_t n_kept;
};

struct heartbeat *heartbeat_start(void); /* NULL when there is no thread to be had */
/* So far; NAN when unknown or without a heartbeat. */
double heartbeat_machine_busy(const struct heartbeat *heartbeat);
/* Stops the thread and frees; NULL gives unknown figures. */
void heartbeat_stop(struct heartbeat *heartbeat, struct heartbeat_figures *ret);

#endif
