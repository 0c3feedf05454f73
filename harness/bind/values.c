/*
 * One choice after another: the kind of source; a value for each literal beside parameters; how long the
 * lists are; whether the value that a partial index names is meant; then settings (calibrate.c). What
 * a choice leads to is measured, and the one whose work is nearest to production's stays.
 */
#include "bind/values.h"

#include "bind/filter.h"
#include "bind/form.h"
#include "bind/given.h"
#include "bind/lists.h"
#include "bind/logged.h"
#include "bind/pins.h"
#include "bind/probe.h"
#include "bind/schemas.h"
#include "bind/told.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHECK      3 /* vectors */
#define MAX_LITERAL_RANK 6
#define MAX_KEY_RANK     8
#define PIN_MUST_GAIN    0.05 /* as calibrate_distance() */
#define PIN_MAY_COST     0.02

static void forget_pools(struct binding *b)
{
	for (size_t i = 0; i < b->n_pools; i++)
		pool_release(&b->pools[i]);
	b->n_pools = 0;
}

/* Values from one kind of source, and whether they work. */
static int try_source(struct binding *b, enum value_source best, struct err *err)
{
	struct check_result result;
	char **values;
	int rc;

	b->best_source = best;
	b->plan = PLAN_UNKNOWN;
	forget_pools(b);
	slots_plan(b);
	rc = told_find(b, err);
	pins_apply(b);
	if (rc == 0)
		rc = writes_plan(b, err);
	filter_choose(b);
	if (rc == 0)
		rc = sources_fill(b, err);
	if (rc < 0)
		return rc;
	values = slots_generate(b, FIRST_CHECK);
	rc = check_vectors(b, values, FIRST_CHECK, &result, err);
	slots_values_free(b, values, FIRST_CHECK);
	if (rc == 0 && result.timed_out)
		binding_note(b, "took longer than " BIND_STATEMENT_TIMEOUT " on staging");
	return rc;
}

static bool has_key(const struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++)
		if (b->slots[i].item && b->slots[i].item->op && strpbrk(b->slots[i].item->op, "#>?") &&
		    b->slots[i].item->role == PARAM_OTHER)
			return true;
	return false;
}

/* (body ->> $1)::int = $2 works for some keys of the document only. */
static int try_other_keys(struct binding *b, struct err *err)
{
	int rc = err->code;

	for (b->key_rank = 1; b->key_rank <= MAX_KEY_RANK && rc < 0; b->key_rank++) {
		if (strncmp(err->sqlstate, "22", 2) != 0)
			break;
		*err = (struct err){0};
		rc = try_source(b, VALUES_WITNESS, err);
		if (bind_server_failed(b, err))
			break;
	}
	return rc;
}

static int choose_values(struct binding *b, struct err *err)
{
	static const enum value_source sources[] = {VALUES_WITNESS, VALUES_STATISTICS, VALUES_GUESS};
	struct err first = {0};
	int rc = 0;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		*err = (struct err){0};
		rc = try_source(b, sources[i], err);
		if (rc < 0 && i == 0 && has_key(b))
			rc = try_other_keys(b, err);
		if (rc < 0 && i == 0 &&
		    !bind_server_failed(b, err)) { /* one column may not fit: the rest */
			b->no_statistics = true;
			rc = try_source(b, sources[i], err);
			b->no_statistics = rc == 0;
		}
		if (rc == 0 || bind_server_failed(b, err))
			return rc;
		if (i == 0)
			first = *err;
	}
	*err = first;
	return rc;
}

/* What measure says; of a write, as far as a read tells. */
static double probed(struct binding *b, double (*measure)(struct binding *b))
{
	double found;

	if (b->analysis.writes || b->analysis.locks_rows)
		b->probe = probe_text(b);
	b->plan = PLAN_UNKNOWN;
	found = measure(b);
	free(b->probe);
	b->probe = NULL;
	return found;
}

/* Which status is it that the text names? The one with which the work is nearest to production's.
 * Pools are drawn anew for each, since settling on a value drops the other rows. */
static int choose_literals(struct binding *b, struct err *err)
{
	size_t best_rank = 0;
	double best = INFINITY;
	int rc = 0;

	if (!form_settles(b) ||
	    (b->analysis.writes && (b->analysis.kind != SQL_UPDATE || b->order == VECTOR_SEQUENTIAL))) {
		form_settle(b);
		return 0;
	}
	for (b->literal_rank = 0; b->literal_rank < MAX_LITERAL_RANK && rc == 0; b->literal_rank++) {
		double found;
		if (b->literal_rank > 0)
			rc = try_source(b, b->best_source, err);
		if (rc < 0 || !form_settle(b))
			break;
		found = probed(b, calibrate_distance);
		if (found < best - 0.05) {
			best = found;
			best_rank = b->literal_rank;
		}
		if (found < 0.1)
			break;
	}
	if (bind_server_failed(b, err))
		return rc;
	*err = (struct err){0};
	if (b->literal_rank != best_rank || rc < 0) {
		b->literal_rank = best_rank;
		rc = try_source(b, b->best_source, err);
		form_settle(b);
	}
	return rc;
}

/* How far from production's work, in a third of the time that is left. */
static double distance_now(struct binding *b)
{
	uint64_t now_ns = clock_now_ns(&clock_monotonic), deadline_ns = b->run->deadline_ns;
	double found;

	if (deadline_ns > now_ns)
		b->run->deadline_ns = now_ns + (deadline_ns - now_ns) / 3;
	found = probed(b, calibrate_best_distance);
	b->run->deadline_ns = deadline_ns;
	return found;
}

/* The blocks of a write are not known before it runs, so of equals the index's value is better. */
static bool is_preferred(const struct binding *b, double pinned, double other)
{
	return pinned <= other + (b->analysis.writes ? PIN_MAY_COST : -PIN_MUST_GAIN);
}

static int choose_pins(struct binding *b, struct err *err)
{
	double other, pinned;
	int rc;

	if (!pins_any(b, err))
		return err->code;
	other = distance_now(b);
	b->pinned = true;
	rc = try_source(b, b->best_source, err);
	form_settle(b);
	if (rc == 0) {
		pinned = distance_now(b);
		if (is_preferred(b, pinned, other))
			return 0;
	} else if (bind_server_failed(b, err)) {
		return rc;
	}
	*err = (struct err){0};
	b->pinned = false;
	rc = try_source(b, b->best_source, err);
	form_settle(b);
	return rc;
}

/* Reading rows is not calibrating. */
static void begin_calibrating(struct bind_run *run)
{
	run->calibrating_ns = clock_now_ns(&clock_monotonic);
	run->deadline_ns = run->calibrating_ns + (uint64_t)(run->share_s * 1e9);
}

int values_given(struct binding *b, struct err *err)
{
	slots_plan(b);
	b->order = VECTOR_SAMPLED;
	begin_calibrating(b->run);
	return given_fill(b, b->given, err);
}

/* For lists of another length. */
static int draw_again(struct binding *b, struct err *err)
{
	int rc = schemas_choose(b, err);

	if (rc == 0)
		rc = choose_values(b, err);
	return rc == 0 ? choose_literals(b, err) : rc;
}

int values_draw(struct binding *b, struct err *err)
{
	int rc = choose_values(b, err);

	begin_calibrating(b->run);
	if (rc == 0)
		rc = choose_literals(b, err);
	if (rc == 0)
		rc = lists_settle(b, draw_again, err);
	if (rc == 0)
		rc = choose_pins(b, err);
	if (rc == 0)
		rc = calibrate(b, err);
	if (rc == 0)
		rc = logged_use(b, err);
	return rc;
}
