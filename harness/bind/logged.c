#include "bind/logged.h"

#include "bind/form.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_TIME_NS (NS_PER_S / 2) /* for trying the values, when calibration used up its own */
#define LEAST_ROWS    10
#define NEAR_ENOUGH   0.5  /* of calibrate_distance(): production's values are then preferred */
#define NOT_WORSE     0.25 /* by which drawn ones must be nearer to stay */
#define FINDS_ROWS    0.5 /* production's rows per call, above which a call that finds none is odd */

/* What the values replace, to be put back. */
struct before {
	struct slot *slots;
	enum protocol protocol;
	enum plan_choice plan;
	size_t n_literals, n_wanted;
	double miss_share, distance;
};

static const struct logged_statement *sample_of(const struct binding *b)
{
	return logged_values_find(b->run->options->logged, b->statement->text);
}

/* The slot's column in the sample. The text was repaired, but its parameters keep their order.
 * False when a slot has none. */
static bool map_columns(const struct binding *b, size_t n_values, size_t *columns)
{
	struct sql_analysis original = {0};
	struct err ignored = {0};
	bool mapped = sql_analyze(b->statement->text, &original, &ignored) == 0 &&
	              original.n_param_items == b->analysis.n_param_items;

	for (size_t s = 0; s < b->n_slots; s++)
		columns[s] = SIZE_MAX;
	for (size_t i = 0; mapped && i < original.n_param_items; i++) {
		int theirs = original.params[i].number, ours = b->analysis.params[i].number;
		if (theirs >= 1 && (size_t)theirs <= n_values && (size_t)ours <= b->n_slots)
			columns[ours - 1] = (size_t)theirs - 1;
	}
	for (size_t s = 0; s < b->n_slots; s++)
		mapped = mapped && columns[s] != SIZE_MAX;
	sql_analysis_release(&original);
	return mapped;
}

/* In an UPDATE only what selects the row: new values of keys are drawn to be valid on staging. */
static bool takes_logged(const struct binding *b, const struct slot *slot)
{
	if (slot->rule == RULE_FRESH)
		return false;
	return b->analysis.kind == SQL_SELECT || (slot->item && slot->item->role != PARAM_SET);
}

static void fill_pool(struct binding *b, const struct logged_statement *sample,
    const size_t *columns, struct pool *pool)
{
	_cleanup_free_ char **cells = xcalloc(b->n_slots + 1, sizeof(*cells));

	pool->n_columns = b->n_slots;
	for (size_t r = 0; r < sample->n_rows; r++) {
		for (size_t s = 0; s < b->n_slots; s++)
			cells[s] = xstrdup(sample->values[r * sample->n_values + columns[s]]);
		pool_add_row(pool, cells);
	}
}

static void read_pool(struct binding *b, int pool)
{
	for (size_t s = 0; s < b->n_slots; s++) {
		struct slot *slot = &b->slots[s];

		slot->selects = takes_logged(b, slot);
		if (!slot->selects)
			continue;
		slot->rule = RULE_GIVEN;
		slot->pool = pool;
		slot->column = (int)s;
		slot->turn = 0;
		slot->mate = -1;
		slot->calibrated = false;
		slot->source = VALUES_LOG;
	}
}

/* The log shows what was a parameter and what a literal. */
static void use_form(struct binding *b, const struct logged_statement *sample)
{
	if (b->identified || sample->n_sent < 0 || sample->n_values != b->n_slots ||
	    !form_possible(&b->analysis, (int)b->n_slots, sample->n_sent))
		return;
	form_set(b, sample->n_sent);
	b->protocol = sample->n_sent == 0              ? PROTOCOL_SIMPLE
	              : b->protocol == PROTOCOL_SIMPLE ? PROTOCOL_CAPTURED
	                                               : b->protocol;
}

static bool same_literals(const struct binding *b, const struct pool *pool, size_t x, size_t y)
{
	for (size_t s = 0; s < b->n_slots; s++) {
		const char *one = pool->cells[x * pool->n_columns + s];
		const char *other = pool->cells[y * pool->n_columns + s];
		if (form_freezes(b, &b->slots[s]) && one != other &&
		    (!one || !other || strcmp(one, other) != 0))
			return false;
	}
	return true;
}

static void drop_row(struct pool *pool, size_t row)
{
	pool_swap(pool, row, pool->n_rows - 1);
	pool->n_rows--;
	for (size_t c = 0; c < pool->n_columns; c++)
		free(pool->cells[pool->n_rows * pool->n_columns + c]);
}

/* Literals beside parameters are part of one text: keep the rows with the commonest. */
static void keep_commonest_literals(const struct binding *b, struct pool *pool)
{
	size_t best = 0, most = 0;

	for (size_t i = 0; i < pool->n_rows; i++) {
		size_t count = 0;
		for (size_t j = 0; j < pool->n_rows; j++)
			count += same_literals(b, pool, i, j);
		if (count > most) {
			most = count;
			best = i;
		}
	}
	if (pool->n_rows > 0)
		pool_swap(pool, 0, best);
	for (size_t i = pool->n_rows; i > 1; i--)
		if (!same_literals(b, pool, 0, i - 1))
			drop_row(pool, i - 1);
}

/* Drop what staging does not take; *ret_found counts those with a row, *ret_tried those executed. */
static int try_rows(
    struct binding *b, struct pool *pool, size_t *ret_tried, size_t *ret_found, struct err *err)
{
	uint64_t least = clock_now_ns(&clock_monotonic) + LEAST_TIME_NS;
	uint64_t deadline = least > b->run->deadline_ns ? least : b->run->deadline_ns;
	size_t i = 0;

	for (*ret_tried = *ret_found = 0; i < pool->n_rows;) {
		struct check_result result;
		struct err refused = {0};
		char **values;
		int rc;

		if (clock_now_ns(&clock_monotonic) > deadline)
			break;
		pool_swap(pool, 0, i); /* vector 0 reads row 0 */
		values = slots_generate(b, 1);
		rc = check_vectors(b, values, 1, &result, &refused);
		slots_values_free(b, values, 1);
		pool_swap(pool, 0, i);
		if (rc < 0 && bind_server_failed(b, &refused)) {
			*err = refused;
			return rc;
		}
		if (rc < 0) {
			drop_row(pool, i);
			continue;
		}
		*ret_tried += result.measured;
		*ret_found += result.measured && result.rows > 0;
		i++;
	}
	return 0;
}

static struct before remember(struct binding *b)
{
	struct before before = {.slots = xcalloc(b->n_slots + 1, sizeof(struct slot)),
	    .protocol = b->protocol,
	    .plan = b->plan,
	    .n_literals = b->n_literals,
	    .n_wanted = b->n_wanted,
	    .miss_share = b->miss_share,
	    .distance = calibrate_distance(b)};

	memcpy(before.slots, b->slots, b->n_slots * sizeof(*b->slots));
	return before;
}

static void put_back(struct binding *b, const struct before *before)
{
	memcpy(b->slots, before->slots, b->n_slots * sizeof(*b->slots));
	b->protocol = before->protocol;
	b->plan = before->plan;
	b->n_literals = before->n_literals;
	b->n_wanted = before->n_wanted;
	b->miss_share = before->miss_share;
}

static bool is_better(struct binding *b, const struct before *before, size_t tried, size_t found)
{
	const struct work *work = &b->statement->work;
	double rows = work_per_call(work, work->rows), distance;

	if (tried > 0 && found == 0 && rows > FINDS_ROWS)
		return false;
	distance = calibrate_distance(b);
	return !(distance > before->distance + NOT_WORSE) || distance < NEAR_ENOUGH;
}

static int use_sample(struct binding *b, const struct logged_statement *sample,
    const size_t *columns, struct err *err)
{
	struct before before = remember(b);
	struct pool pool = {.stride = 1, .source = VALUES_LOG};
	size_t tried, found;
	int index, rc;

	fill_pool(b, sample, columns, &pool);
	index = pool_attach(b, &pool);
	use_form(b, sample);
	read_pool(b, index);
	keep_commonest_literals(b, &b->pools[index]);
	b->plan = PLAN_UNKNOWN;
	b->miss_share = 0;
	rc = try_rows(b, &b->pools[index], &tried, &found, err);
	b->n_wanted = b->pools[index].n_rows;
	if (rc == 0 && b->n_wanted > 0 && is_better(b, &before, tried, found)) {
		if (tried)
			binding_note(b, "%zu of %zu log samples find rows on staging", found, tried);
	} else if (rc == 0) {
		put_back(b, &before);
		binding_note(b, "%zu of %zu log samples find rows on staging: its own rows are nearer",
		    found, sample->n_rows);
	}
	free(before.slots);
	return rc;
}

/* Enough to stand for all calls, or most of the calls there were. */
static bool is_telling(const struct binding *b, const struct logged_statement *sample)
{
	return sample->n_rows >= LEAST_ROWS ||
	       (sample->n_rows > 0 && sample->seen >= b->statement->work.calls / 2);
}

int logged_use(struct binding *b, struct err *err)
{
	const struct logged_statement *sample = sample_of(b);
	_cleanup_free_ size_t *columns = xcalloc(b->n_slots + 1, sizeof(*columns));

	if (!sample || !is_telling(b, sample) || b->n_slots == 0 || b->order != VECTOR_SAMPLED)
		return 0;
	if (b->analysis.kind != SQL_SELECT && b->analysis.kind != SQL_UPDATE)
		return 0;
	if (!map_columns(b, sample->n_values, columns)) {
		binding_note(b, "the log's values do not fit the repaired text");
		return 0;
	}
	return use_sample(b, sample, columns, err);
}
