/*
 * bind: a workload and a staging database in, executable statements with values out.
 *
 * Reads staging only (in read-only transactions), never writes. A statement that cannot be bound
 * ends in vectors.skipped with its reason; bind fails only when the server does. The connection
 * gets settings of bind's for the while (read-only, DateStyle, TimeZone, a statement timeout); they
 * are RESET at the end.
 *
 * A rewritten statement gets the rewrite as the candidate arm's text, with the statement's
 * parameters; what becomes a constant in one text becomes the same constant in the other.
 *
 * The same workload, staging contents and seed give the same vectors, as long as time cuts nothing
 * short: calibrate_s, and the second or so that drawing rows of one table may take.
 */
#ifndef BIND_BIND_H
#define BIND_BIND_H

#include "base/err.h"
#include "base/progress.h"
#include "model/logged_values.h"
#include "model/names.h"
#include "model/overrides.h"
#include "model/vectors.h"
#include "model/workload.h"
#include "pg/db.h"

/* What a bound statement did on staging, vector by vector, with EXPLAIN ANALYZE. */
struct bind_fidelity {
	size_t measured;     /* vectors executed; 0 for writes, which are only planned */
	double rows, blocks; /* per call; NAN when not measured */
};

struct bind_options {
	uint64_t seed;
	size_t vectors_per_statement; /* rows to draw; default 200 */
	double expected_ops;          /* ops of the whole run and arm: how many rows a DELETE needs */
	double calibrate_s;           /* time for choosing settings, all statements; 0 means 60 */
	double time_shift_s;          /* the clock of statements is moved back; or TIME_SHIFT_AUTO */
	const struct statement_names *rewrites; /* checked by bind_check_rewrites; NULL for none */
	const struct overrides *overrides;      /* NULL: none */
	const struct logged_values *logged;     /* NULL: none */
	struct bind_fidelity **ret_fidelity;    /* NULL, or gets an array in step with ret->statements;
	                                      * caller frees */
};

/* Before anything is made: is each rewrite of the file one SELECT that only reads, with no other
 * parameters than the statement's? Errors name file and line. */
int bind_check_rewrites(const struct statement_names *rewrites, const char *file,
    const struct workload *workload, struct err *err);

int bind_workload(struct db *staging, const struct workload *workload,
    const struct bind_options *options, const struct progress *progress, struct vectors *ret,
    struct err *err);

#endif
