/*
 * job: one generator thread: an event loop over its share of the sessions.
 *
 *     job_start(&config, &job, &err);          // sessions are connected already and pass over
 *     job_stop(job, now_ns, STOP_DRAIN);       // from another thread, any time, also again
 *     job_join(job, &result, &err);
 *
 * The loop waits with epoll for answers and for a timerfd that is set to the next due time: exact
 * to the nanosecond, where a timeout would have the kernel's timer slack (50 us by default) added.
 * A session whose connection broke is connected again with growing pauses; an arm that has no
 * session left for LOST_AFTER_NS is lost, which ends the job.
 */
#ifndef REPLAY_JOB_H
#define REPLAY_JOB_H

#include "base/clock.h"
#include "base/err.h"
#include "replay/dispatch.h"
#include "replay/replay.h"
#include "replay/request.h"
#include "replay/ring.h"

#include <stdatomic.h>

#define LOST_AFTER_NS (6 * NS_PER_S)

enum stop_manner {
	STOP_NOT,
	STOP_DRAIN,   /* wait for answers as at the regular end */
	STOP_HURRY,   /* a moment for answers, then cancel */
	STOP_ABANDON, /* nobody will answer */
};

struct job_config {
	struct dispatch_config dispatch;         /* ops are filled in by the job */
	const struct requests *requests[N_ARMS]; /* by position */
	const struct vector_picker *picker;
	const struct session_setup *setups[N_ARMS]; /* by position */
	struct session **sessions; /* one per slot, IDLE; owned by the job from job_start on */
	struct ring *ring;
	uint64_t drain_timeout_ns;
	int done_fd; /* an eventfd: written when the job has ended */
};

struct job_result {
	bool server_lost;
	char lost_message[300];
	uint64_t sessions_lost[N_ARMS]; /* by position */
	struct replay_error *errors;    /* owned by the caller */
	size_t n_errors, cap_errors;
};

struct job;
int job_start(const struct job_config *config, struct job **ret, struct err *err);
void job_stop(struct job *job, uint64_t end_ns, enum stop_manner manner);
bool job_ended(const struct job *job);
uint64_t job_ops_scheduled(const struct job *job); /* over the arms, so far */
bool job_lost_its_server(const struct job *job);
/* Waits for the end, frees the job. */
void job_join(struct job *job, struct job_result *ret);

#endif
