/*
 * work: what a statement cost a server, as pg_stat_statements counts it.
 *
 * All figures are totals over `calls`; they are doubles because a delta or a share of a count is
 * not always whole. A server that does not have a counter leaves it NAN (for instance WAL figures
 * where track_planning or a version lacks them): NAN means "not known", never zero.
 */
#ifndef MODEL_WORK_H
#define MODEL_WORK_H

#include <jansson.h>

struct json_reader;

struct work {
	double calls;
	double rows;
	double exec_ms; /* total_exec_time */
	double stddev_ms;
	double max_ms;
	double shared_hit, shared_read, shared_dirtied, shared_written; /* blocks */
	double local_hit, local_read;
	double temp_read, temp_written;
	double wal_records, wal_fpi, wal_bytes;
};

extern const struct work work_unknown; /* every figure NAN, calls 0 */

/* later - earlier, figure by figure; stddev and max are later's. */
struct work work_delta(const struct work *later, const struct work *earlier);
/* into += more (NAN only when both are). */
void work_add(struct work *into, const struct work *more);

/* Blocks touched: shared hit + read + local hit + read. */
double work_touched(const struct work *work);
/* figure / calls, NAN when there were no calls. */
double work_per_call(const struct work *work, double figure);

json_t *work_to_json(const struct work *work); /* only the known figures */
void work_from_json(struct json_reader *r, const json_t *object, struct work *ret);

#endif
