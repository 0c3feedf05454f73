/*
 * log: statements, and if asked for their values, out of server logs.
 *
 *     struct log_options options = {.files = &files};
 *     capture_log(&options, progress, &workload, NULL, &err);
 *
 * workload is either what statistics gave, whose statements are then found again in the log, or
 * empty: then the log makes it, with call counts and, where durations were logged, execution times;
 * rows and blocks it does not know. Either way workload->log says what was read.
 *
 * No literal gets into the workload. With ret_samples the values of some calls are kept there: they
 * are production's data.
 */
#ifndef CAPTURE_LOG_H
#define CAPTURE_LOG_H

#include "base/err.h"
#include "base/progress.h"
#include "base/strv.h"
#include "model/logged_values.h"
#include "model/workload.h"

struct log_options {
	const struct strv *files;
	const char *prefix;     /* log_line_prefix of stderr logs; NULL: found by trying */
	const char *database;   /* entries that name another one are left out; NULL: all */
	const char *names_file; /* as in struct capture_options; for a workload made from the log */
	size_t most_rows;       /* of a statement's sample; 0 is 200 */
	uint64_t seed;          /* which calls are sampled */
};

int capture_log(const struct log_options *options, const struct progress *progress,
    struct workload *workload, struct logged_values *ret_samples, struct err *err);

#endif
