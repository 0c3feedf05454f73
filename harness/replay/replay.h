/*
 * replay: the schedule, sent to the arms, open loop.
 *
 *     struct replay_target arms[2] = {{.target = baseline}, {.target = candidate}};
 *     struct replay_hooks hooks = {.on_second = judge_look, .ctx = gate};
 *     replay_run(&vectors, &options, arms, 2, "results/x/samples.bin.tmp", &hooks, progress, &ret,
 * &err);
 *
 * One event loop per job, each with its share of every arm's sessions; entries of the schedule go
 * round-robin to jobs. A slow answer never delays the next request: an op that finds no free
 * session queues, and its response time counts from its due time. Samples go to the file as they
 * complete; memory does not grow with the number of requests.
 *
 * When a server dies the replay ends early: what was measured is kept, ret->server_lost says so.
 * A connection that breaks is made again; the ops it had are UNFINISHED, none is lost.
 *
 * The rate: options.rate_per_s, or production's own when that is 0. INFINITY is a closed loop:
 * each session sends its next request when it has the answer, so that nothing is ever due, lag and
 * queueing are 0 and response time is service time; it measures capacity and this program.
 *
 * The time: options.duration_ns. With hooks.on_second the run goes on to options.max_duration_ns
 * where that is longer, and the hook decides when to stop.
 *
 * The last due time is followed by at most options.drain_timeout_ns of waiting for answers; then
 * what still runs is cancelled (UNFINISHED). A signal (base/stop.h) stops sending and cancels after
 * a moment.
 *
 * In a transaction of several ops the first one's service time includes BEGIN, the last one's
 * COMMIT (see dispatch.h).
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include "base/clock.h"
#include "base/err.h"
#include "base/progress.h"
#include "model/gate.h"
#include "model/run.h"
#include "model/sample.h"
#include "model/vectors.h"
#include "pg/db.h"

struct replay_target {
	struct db_target target;
	enum arm arm;
};

/* What a listener sees about once a second, from the calling thread. */
struct replay_state {
	uint64_t elapsed_ns;
	uint64_t duration_ns;
	uint64_t scheduled, completed, errors; /* ops over the arms */
	uint64_t lag_p99_ns;                   /* since the last call */
	uint64_t whole_lag_p99_ns;             /* since the start */
	double machine_busy;                   /* since the start, 0..1; NAN when unknown */
	const struct sample *samples;          /* a stable mapping of samples.bin so far */
	size_t n_samples;
};

struct replay_hooks {
	/* NULL to go on; to stop now, why ("verdict"), a string constant: no new op is sent, pairs
	 * complete. */
	const char *(*on_second)(void *ctx, const struct replay_state *state);
	void *ctx;
};

struct replay_error { /* the first message per statement, arm and SQLSTATE */
	uint16_t statement;
	uint8_t arm;
	char sqlstate[6];
	char message[200];
};

struct replay_result {
	struct run_generator generator;
	struct run_stall *stalls; /* of the machine, during the run */
	size_t n_stalls;
	const char *stopped_by; /* "time", "signal 2", "server lost", or the hook's word */
	bool server_lost;
	char lost_message[300];
	double sessions_lost[N_ARMS];
	struct replay_error *errors;
	size_t n_errors, cap_errors;
};

/* Returns 0 also when it ended early with samples kept; negative when it could not start or the
 * samples could not be written (disk full: what was written is kept, the message says so). */
int replay_run(const struct vectors *vectors, const struct replay_options *options,
    const struct replay_target *arms, int n_arms, const char *samples_path,
    const struct replay_hooks *hooks, const struct progress *progress, struct replay_result *ret,
    struct err *err);
void replay_result_release(struct replay_result *result);

#endif
