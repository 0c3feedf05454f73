/*
 * log_workload: what the calls of a log add up to, and the workload that is made of them.
 */
#ifndef CAPTURE_LOG_WORKLOAD_H
#define CAPTURE_LOG_WORKLOAD_H

#include "base/err.h"
#include "base/progress.h"
#include "model/workload.h"

struct log_tally {
	double calls, timed_calls, timed_ms, max_ms;
	char queryid[24]; /* "" until the log tells */
};

struct log_tallies {
	struct log_tally *items; /* in step with the workload's statements */
	size_t n, cap;
	struct log_dropped {
		const char *why; /* static */
		struct log_tally tally;
	} dropped[8];
	size_t n_dropped;
};

/* duration_ms NAN: not told. */
void log_tallies_add(struct log_tallies *tallies, size_t statement, double duration_ms);
/* The duration of a call that was added without. */
void log_tallies_duration(struct log_tallies *tallies, size_t statement, double duration_ms);
void log_tallies_queryid(struct log_tallies *tallies, size_t statement, const char *queryid);
void log_tallies_leave_out(struct log_tallies *tallies, const char *why, double duration_ms);
void log_tallies_release(struct log_tallies *tallies);

/* Another format that was read; format may be NULL. */
void log_workload_add_format(struct workload *workload, const char *format);

/* Sets workload->log. With made_here, the workload came from the log: figures, names and source are
 * set too; statements keep their places. */
int log_workload_fill(struct workload *workload, const struct log_tallies *tallies, bool made_here,
    const char *names_file, const struct progress *progress, struct err *err);
/* By execution time, then by calls. */
void log_workload_sort(struct workload *workload);

#endif
