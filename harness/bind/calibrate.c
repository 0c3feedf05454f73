/*
 * The form and the settings under which a statement does production's work per call; or the weights of
 * its vectors alone, where these suffice.
 */
#include "bind/form.h"
#include "bind/probe.h"
#include "bind/settings.h"
#include "bind/weights.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

#define FIRST_VECTORS       8
#define VECTORS_TO_WEIGH    24
#define WITHIN_REACH        1.0 /* of the logarithms */
#define MOST_WEIGHT         4.0 /* of one vector, where the mean is 1 */
#define FORM_WORTH_CHANGING 0.1
#define FORM_GOOD_ENOUGH    0.15 /* a distance below which no other form is tried */

/* A form that production may have used, with the settings that suit it best. */
struct attempt {
	int k;
	enum protocol protocol;
	double score;
	double *settings;
};

static void apply(struct binding *b, const struct attempt *a)
{
	if (!b->identified)
		form_set(b, a->k);
	b->protocol = a->protocol;
	b->plan = PLAN_UNKNOWN;
	settings_restore(b, a->settings);
}

static void attempt(struct binding *b, const struct check_figures *target, struct attempt *a)
{
	struct check_result found;

	apply(b, a);
	settings_choose(b, target);
	settings_copy(b, a->settings);
	b->plan = PLAN_UNKNOWN; /* other settings, another choice */
	a->score = settings_distance(b, VECTORS_PER_FORM, target, &found);
}

/* How many parameters are left when LIMIT and OFFSET are literals. */
static int count_without_limits(const struct binding *b)
{
	int k = (int)b->n_slots;

	while (k > 0 && (b->slots[k - 1].rule == RULE_LIMIT || b->slots[k - 1].rule == RULE_OFFSET))
		k--;
	return k;
}

/* Where the work is not production's, another form may be why: a LIMIT that the planner does not
 * know, a plan for all values where production had one for each. */
static size_t list_forms(const struct binding *b, struct attempt *ret)
{
	int n = (int)b->n_slots, k = count_without_limits(b);
	size_t count = 0;

	ret[count++] = (struct attempt){.k = n, .protocol = b->protocol};
	if (n == 0 || b->protocol != PROTOCOL_CAPTURED)
		return count;
	if (!b->identified && k > 0 && k < n && form_possible(&b->analysis, n, k))
		ret[count++] = (struct attempt){.k = k, .protocol = PROTOCOL_CAPTURED};
	ret[count++] = (struct attempt){.k = n, .protocol = PROTOCOL_EXTENDED};
	return count;
}

static void choose_form(struct binding *b, const struct check_figures *target)
{
	struct attempt forms[3];
	size_t n = list_forms(b, forms), best = 0;

	for (size_t i = 0; i < n; i++) {
		forms[i].settings = xcalloc(b->n_slots + 1, sizeof(double));
		settings_copy(b, forms[i].settings);
	}
	for (size_t i = 0; i < n && (i == 0 || !check_is_late(b)); i++) {
		attempt(b, target, &forms[i]);
		if (forms[i].score < forms[best].score - FORM_WORTH_CHANGING)
			best = i;
		if (forms[best].score < FORM_GOOD_ENOUGH)
			break;
	}
	apply(b, &forms[best]);
	for (size_t i = 0; i < n; i++)
		free(forms[i].settings);
}

/* Production's work lies between that of a few vectors, or next to it. */
static bool is_within_reach(
    const struct check_figures *figures, size_t n, const struct check_figures *target)
{
	struct check_figures mean = weights_mean(figures, NULL, n);

	return figure_distance(mean.rows, target->rows, 0.2, 1) +
	           figure_distance(mean.blocks, target->blocks, 2, 1) <
	       WITHIN_REACH;
}

/* Weights alone do it, and no few vectors have to stand for all: then no setting is looked for. */
static bool reached_by_weights(struct binding *b, const struct check_figures *target)
{
	char **values = slots_generate(b, VECTORS_TO_WEIGH);
	struct check_figures figures[VECTORS_TO_WEIGH], mean;
	double weights[VECTORS_TO_WEIGH], heaviest = 0;
	size_t n = check_each(b, values, FIRST_VECTORS, figures);
	bool tilted;

	if (n == FIRST_VECTORS && is_within_reach(figures, n, target))
		n += check_each(b, values + n * b->n_slots, VECTORS_TO_WEIGH - n, figures + n);
	slots_values_free(b, values, VECTORS_TO_WEIGH);
	if (n < VECTORS_TO_WEIGH)
		return false;
	tilted = weights_tilt(figures, n, target, weights);
	for (size_t i = 0; tilted && i < n; i++)
		heaviest = fmax(heaviest, weights[i]);
	mean = weights_mean(figures, tilted ? weights : NULL, n);
	return heaviest < MOST_WEIGHT && figure_distance(mean.rows, target->rows, 0.2, 1) +
	                                         figure_distance(mean.blocks, target->blocks, 2, 1) +
	                                         filter_distance(mean.looked, mean.kept, target) <
	                                     SETTINGS_GOOD_ENOUGH;
}

struct check_figures calibrate_target(const struct binding *b)
{
	const struct work *work = &b->statement->work;
	double rows = work_per_call(work, work->rows);
	bool writes = b->analysis.writes && !(rows < NO_ROWS);

	return (struct check_figures){
	    .rows = rows,
	    .blocks = writes ? NAN : work_per_call(work, work_touched(work)),
	    .looked = 1,
	    .kept = b->filter ? b->filter_kept : NAN,
	};
}

double calibrate_found(struct binding *b, struct check_result *ret)
{
	struct check_figures target = calibrate_target(b);

	*ret = (struct check_result){0};
	return settings_distance(b, VECTORS_PER_FORM, &target, ret);
}

double calibrate_distance(struct binding *b)
{
	struct check_result found;

	return calibrate_found(b, &found);
}

double calibrate_wanted_ratio(const struct binding *b, const struct check_result *found)
{
	struct check_figures target = calibrate_target(b);

	return settings_wanted_ratio(found, &target);
}

double calibrate_best_distance(struct binding *b)
{
	struct check_figures target = calibrate_target(b);
	struct check_result found;

	settings_choose(b, &target);
	return settings_distance(b, VECTORS_PER_FORM, &target, &found);
}

/* A write that finds nothing takes no row away: its vectors may be repeated and weighed. */
static void draw_as_a_read(struct binding *b)
{
	b->order = VECTOR_SAMPLED;
	if (b->n_wanted > b->run->options->vectors_per_statement)
		b->n_wanted = b->run->options->vectors_per_statement;
}

/* Where no setting tells how many rows there are, calls that find none make the mean; unless such
 * calls look at many rows all the same, which a key that is not there does not. */
static void choose_misses(struct binding *b, const struct check_figures *target)
{
	struct check_result found;
	double score = settings_distance(b, VECTORS_PER_FORM, target, &found);

	if (settings_count(b) > 0)
		return;
	if (!isfinite(score) || !(found.rows > 0) || !(target->rows < 0.9 * found.rows))
		return;
	b->miss_share = 1 - target->rows / found.rows;
	if (settings_distance(b, VECTORS_PER_FORM, target, &found) >=
	    score) /* it found nothing at some cost */
		b->miss_share = 0;
}

static void calibrate_by_probe(struct binding *b, const struct check_figures *target)
{
	b->probe = probe_text(b);
	b->plan = PLAN_UNKNOWN;
	if (!b->probe)
		return;
	if (b->analysis.writes && !isnan(target->blocks)) {
		/* A range so narrow that it holds no row would find nothing, and look at nothing. */
		struct check_figures looked_at = {
		    .rows = NAN, .blocks = target->blocks, .looked = 1, .kept = NAN};
		draw_as_a_read(b);
		settings_choose(b, &looked_at);
	} else {
		settings_choose(b, target);
	}
	if (b->analysis.kind == SQL_UPDATE || b->analysis.kind == SQL_DELETE)
		choose_misses(b, target);
}

int calibrate(struct binding *b, struct err *err)
{
	struct check_figures target = calibrate_target(b);

	if (b->analysis.writes || b->analysis.locks_rows)
		calibrate_by_probe(b, &target);
	else if ((!isnan(target.rows) || !isnan(target.blocks)) && !reached_by_weights(b, &target))
		choose_form(b, &target);
	return db_alive(b->run->db)
	           ? 0
	           : err_set(err, ERR_ENV, "%s: the connection was lost while calibrating",
	                 db_describe(b->run->db));
}
