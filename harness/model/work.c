#include "model/work.h"

#include "base/json.h"

#include <math.h>
#include <stddef.h>

/* Every figure with its key in JSON. Plain figures are sums and subtract; the others do not. */
static const struct figure {
	const char *key;
	size_t offset;
	bool sums;
} figures[] = {
    {"calls", offsetof(struct work, calls), true},
    {"rows", offsetof(struct work, rows), true},
    {"exec_ms", offsetof(struct work, exec_ms), true},
    {"stddev_ms", offsetof(struct work, stddev_ms), false},
    {"max_ms", offsetof(struct work, max_ms), false},
    {"shared_hit", offsetof(struct work, shared_hit), true},
    {"shared_read", offsetof(struct work, shared_read), true},
    {"shared_dirtied", offsetof(struct work, shared_dirtied), true},
    {"shared_written", offsetof(struct work, shared_written), true},
    {"local_hit", offsetof(struct work, local_hit), true},
    {"local_read", offsetof(struct work, local_read), true},
    {"temp_read", offsetof(struct work, temp_read), true},
    {"temp_written", offsetof(struct work, temp_written), true},
    {"wal_records", offsetof(struct work, wal_records), true},
    {"wal_fpi", offsetof(struct work, wal_fpi), true},
    {"wal_bytes", offsetof(struct work, wal_bytes), true},
};
#define N_FIGURES (sizeof(figures) / sizeof(figures[0]))

const struct work work_unknown = {
    .calls = 0,
    .rows = NAN,
    .exec_ms = NAN,
    .stddev_ms = NAN,
    .max_ms = NAN,
    .shared_hit = NAN,
    .shared_read = NAN,
    .shared_dirtied = NAN,
    .shared_written = NAN,
    .local_hit = NAN,
    .local_read = NAN,
    .temp_read = NAN,
    .temp_written = NAN,
    .wal_records = NAN,
    .wal_fpi = NAN,
    .wal_bytes = NAN,
};

static double *figure_of(struct work *work, const struct figure *figure)
{
	return (double *)((char *)work + figure->offset);
}

static double value_of(const struct work *work, const struct figure *figure)
{
	return *(const double *)((const char *)work + figure->offset);
}

struct work work_delta(const struct work *later, const struct work *earlier)
{
	struct work delta = *later;

	for (size_t i = 0; i < N_FIGURES; i++)
		if (figures[i].sums)
			*figure_of(&delta, &figures[i]) -= value_of(earlier, &figures[i]);
	return delta;
}

/* Standard deviation of both sets of calls together, from each set's size, mean and deviation. */
static double pooled_stddev(const struct work *a, const struct work *b)
{
	double n = a->calls + b->calls;
	double mean, sum_of_squares;

	if (isnan(a->stddev_ms) || a->calls <= 0)
		return b->stddev_ms;
	if (isnan(b->stddev_ms) || b->calls <= 0)
		return a->stddev_ms;
	mean = (a->exec_ms + b->exec_ms) / n;
	sum_of_squares =
	    a->calls * (a->stddev_ms * a->stddev_ms + pow(a->exec_ms / a->calls - mean, 2)) +
	    b->calls * (b->stddev_ms * b->stddev_ms + pow(b->exec_ms / b->calls - mean, 2));
	return sqrt(sum_of_squares / n);
}

void work_add(struct work *into, const struct work *more)
{
	double stddev_ms = pooled_stddev(into, more);
	double max_ms = fmax(into->max_ms, more->max_ms);

	for (size_t i = 0; i < N_FIGURES; i++) {
		double *sum = figure_of(into, &figures[i]);
		double value = value_of(more, &figures[i]);

		if (isnan(*sum))
			*sum = value;
		else if (!isnan(value))
			*sum += value;
	}
	into->stddev_ms = stddev_ms;
	into->max_ms = max_ms;
}

double work_touched(const struct work *work)
{
	return work->shared_hit + work->shared_read + work->local_hit + work->local_read;
}

double work_per_call(const struct work *work, double figure)
{
	return work->calls > 0 ? figure / work->calls : NAN;
}

json_t *work_to_json(const struct work *work)
{
	json_t *object = json_object();

	for (size_t i = 0; i < N_FIGURES; i++)
		json_set_known(object, figures[i].key, json_number(value_of(work, &figures[i])));
	return object;
}

void work_from_json(struct json_reader *r, const json_t *object, struct work *ret)
{
	*ret = work_unknown;
	for (size_t i = 0; i < N_FIGURES; i++)
		*figure_of(ret, &figures[i]) =
		    json_get_amount(r, object, figures[i].key, value_of(&work_unknown, &figures[i]));
}
