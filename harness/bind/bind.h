/*
 * bind: a workload and a staging database in, executable statements with values out.
 *
 * Reads staging only (in read-only transactions), never writes. A statement that cannot be bound
 * ends in vectors.skipped with its reason; bind fails only when the server does.
 */
#ifndef BIND_BIND_H
#define BIND_BIND_H

#include "base/err.h"
#include "base/progress.h"
#include "model/vectors.h"
#include "model/workload.h"
#include "pg/db.h"

struct bind_options {
	uint64_t seed;
	size_t vectors_per_statement; /* rows to draw; default 200 */
	double expected_ops;          /* ops of the whole run and arm: how many rows a DELETE needs */
};

int bind_workload(struct db *staging, const struct workload *workload,
	const struct bind_options *options, const struct progress *progress, struct vectors *ret,
	struct err *err);

#endif
