/*
 * recorder: the thread that writes samples.bin and keeps count.
 *
 *     recorder_start(path, n_statements, rings, n_jobs, &recorder, &err);
 *     recorder_figures(recorder, &figures);                  // any time
 *     const struct sample *s = recorder_samples(recorder, &n); // until the next call
 *     recorder_stop(recorder, &figures, &err);               // after the jobs have ended
 *
 * Jobs put samples into their rings; every 100 ms what is there goes to the file in large
 * appends, whole records only. When the file cannot be written any more, recording stops, later
 * samples are counted but lost, and recorder_failed() tells the run to end.
 */
#ifndef REPLAY_RECORDER_H
#define REPLAY_RECORDER_H

#include "base/err.h"
#include "replay/ring.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recorder;

struct recorder_figures {
	uint64_t n; /* samples recorded */
	uint64_t ok, errors, unfinished, skipped;
	uint64_t first_due_ns, last_done_ns;
	uint64_t lag_p50_ns, lag_p99_ns, lag_max_ns; /* of all that was sent */
	uint64_t queueing_p99_ns;
	uint64_t recent_lag_p99_ns; /* since the last recorder_figures */
};

int recorder_start(const char *path, size_t n_statements, struct ring *rings, size_t n_rings,
    struct recorder **ret, struct err *err);
void recorder_figures(struct recorder *recorder, struct recorder_figures *ret);
bool recorder_failed(const struct recorder *recorder);
/* A read-only view of the file so far; NULL and 0 when there is nothing or it cannot be mapped. */
const struct sample *recorder_samples(struct recorder *recorder, size_t *ret_n);
/* Write what is left, close, free. Negative when samples were lost; figures are filled anyway. */
int recorder_stop(struct recorder *recorder, struct recorder_figures *ret, struct err *err);

#endif
