/*
 * capture: production statistics in, a workload out.
 *
 *     struct capture_options options = {.window_ns = 60 * NS_PER_S};
 *     capture_pgss(db, &options, progress, &workload, &err);
 *
 * One connection, read-only (default_transaction_read_only and a statement timeout are set
 * first), top-level entries of the connected database. Literals, comments and utility
 * statements do not get into the workload; what is left out is counted in workload.dropped.
 *
 * A stop signal ends the window early: the result then covers the time until the signal, and the
 * caller asks stop_requested(). Without a finished statement there is no workload: ERR_INTERRUPTED
 * after a signal, ERR_ENV otherwise.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "base/err.h"
#include "base/progress.h"
#include "model/workload.h"
#include "pg/db.h"

struct capture_options {
	uint64_t window_ns;            /* 0: figures since the last reset, one snapshot */
	uint64_t statement_timeout_ns; /* of our own queries; 0 is 5 s */
	double min_share;      /* drop statements below this share of execution time; counted */
	size_t max_statements; /* keep at most this many, by execution time; 0 is no limit */
	const char *names_file; /* YAML (model/names.h): statements with those fingerprints get them */
};

int capture_pgss(struct db *db, const struct capture_options *options,
	const struct progress *progress, struct workload *ret, struct err *err);

#endif
