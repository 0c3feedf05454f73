/*
 * log_sampler: a bounded, uniform sample of the values that each statement was called with
 * (reservoir sampling, Vitter's algorithm R), the same for the same log and seed.
 */
#ifndef CAPTURE_LOG_SAMPLER_H
#define CAPTURE_LOG_SAMPLER_H

#include "base/random.h"
#include "capture/log_message.h"
#include "model/logged_values.h"
#include "model/workload.h"

struct log_sampler {
	const struct workload *workload;
	struct logged_values *samples; /* its statements are in step with the workload's */
	size_t most_rows;
	struct rng rng;
	double without_values; /* calls looked at whose values could not be told */
};

/* One call of a statement of the workload; parameters may be NULL. */
void log_sampler_add(struct log_sampler *sampler, size_t statement, const char *text,
    const struct log_parameters *parameters);
/* When all calls are in: the names. Statements of the workload must not have moved. */
void log_sampler_finish(struct log_sampler *sampler);

#endif
