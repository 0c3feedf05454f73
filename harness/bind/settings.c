/*
 * One setting at a time, each on a scale that goes from few rows to many: measure a few vectors
 * per step, stop where it is far too much, then halve the distance around the best step. Rows
 * per call decide; blocks per call decide where rows do not change (an aggregate returns one
 * row whatever it reads).
 */
#include "bind/settings.h"

#include "bind/literal.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

#define VECTORS_PER_STEP     8
#define REFINEMENTS          3
#define BLOCKS_WEIGHT        0.5
#define KEPT_WEIGHT          0.2
#define MOST_FOR_KEPT        0.2 /* rows and blocks come first */
#define FAR_TOO_MUCH         5.0
#define WORTH_CHANGING       0.03
#define LIMIT_WORTH_CHANGING 0.4
#define APPROACHES           6
#define INDEX_BLOCKS         3
#define NEAR                 0.15 /* a distance below which the scale is not walked */

struct scale {
	enum slot_rule rule;
	bool refine;
	double steps[20]; /* ends with a negative number */
};

#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0

static const struct scale scales[] = {
    {RULE_LOW, true, {1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, -1}},
    {RULE_ABOVE, true,
        {1e-5, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1, 3, 10, 30, -1}},
    {RULE_BELOW, true,
        {1e-5, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1, 3, 10, 30, -1}},
    {RULE_ARRAY, true, {1, 2, 3, 5, 10, 20, 50, 100, 200, 500, -1}},
    {RULE_PATTERN, false, {30, 24, 20, 18, 16, 15, 14, 13, 12, 10, 8, 7, 6, 5, 4, 3, 2, 1, -1}},
    {RULE_OFFSET, false, {0, 10, 20, 50, 100, 200, 500, 1000, 5000, -1}},
    {RULE_COUNT, false,
        {1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 3000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0, -1}},
    {RULE_LIMIT, false, {1, 2, 3, 5, 10, 20, 50, 100, -1}},
    {RULE_INTERVAL, true,
        {MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY,
            60 * DAY, 90 * DAY, 180 * DAY, 365 * DAY, 730 * DAY, 1825 * DAY, 3650 * DAY, -1}},
};

struct search {
	struct binding *b;
	struct slot *slot;
	const struct check_figures *target;
	double worth_changing; /* of the score: below it the earlier setting stays */
	double best_setting, best;
};

/* The rows that come back tell its LIMIT; a subquery's is found by trying. */
static bool is_outer_limit(const struct slot *slot)
{
	return slot->rule == RULE_LIMIT && (!slot->item || slot->item->scope == 0);
}

static bool is_scalar_limit(const struct binding *b, const struct slot *slot)
{
	return slot->rule == RULE_LIMIT && slot->item && b->analysis.scopes[slot->item->scope].scalar;
}

static const struct scale *scale_of(const struct binding *b, const struct slot *slot)
{
	if ((slot->pool < 0 && slot_needs_rows(slot)) || is_outer_limit(slot) ||
	    is_scalar_limit(b, slot))
		return NULL;
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
		if (scales[i].rule == slot->rule)
			return &scales[i];
	return NULL;
}

double figure_distance(double found, double target, double slack, double weight)
{
	if (isnan(found) || isnan(target))
		return 0;
	return weight * fabs(log((found + slack) / (target + slack)));
}

/* Of the share that a filter keeps. */
double filter_distance(double looked, double kept, const struct check_figures *target)
{
	return fmin(MOST_FOR_KEPT,
	    figure_distance(check_kept_share(looked, kept), target->kept, 0.0005, KEPT_WEIGHT));
}

static double score(const struct check_result *found, const struct check_figures *target)
{
	return figure_distance(found->rows, target->rows, 0.2, 1) +
	       figure_distance(found->blocks, target->blocks, 2, BLOCKS_WEIGHT) +
	       filter_distance(found->looked, found->kept, target);
}

/* The score of the settings as they are; INFINITY when they do not run in time. */
double settings_distance(
    struct binding *b, size_t n, const struct check_figures *target, struct check_result *found)
{
	char **values = slots_generate(b, n);
	struct err ignored = {0}; /* a value that does not work is a setting not to choose */
	int rc = check_in_time(b, values, n, found, &ignored);

	slots_values_free(b, values, n);
	return rc < 0 || found->timed_out || found->measured == 0 ? INFINITY : score(found, target);
}

static double measure(
    struct binding *b, const struct check_figures *target, struct check_result *found)
{
	return settings_distance(b, VECTORS_PER_STEP, target, found);
}

static bool far_too_much(const struct check_result *found, const struct check_figures *target)
{
	bool rows = isnan(target->rows) || found->rows > target->rows * FAR_TOO_MUCH + 10;
	bool blocks = isnan(target->blocks) || found->blocks > target->blocks * FAR_TOO_MUCH + 50;

	return found->timed_out || (rows && blocks);
}

static void try_setting(struct search *s, double setting, struct check_result *found)
{
	double before = s->slot->setting, result;

	s->slot->setting = setting;
	result = measure(s->b, s->target, found);
	if (result < s->best - s->worth_changing) {
		s->best = result;
		s->best_setting = setting;
	} else {
		s->slot->setting = before;
	}
	s->slot->setting = s->best_setting;
}

/* Between the best step and its neighbours, on a logarithmic scale. */
static void refine(struct search *s, double below, double above)
{
	for (int i = 0; i < REFINEMENTS && s->best > SETTINGS_GOOD_ENOUGH && !check_is_late(s->b);
	     i++) {
		struct check_result found;
		double centre = s->best_setting;
		double lower = sqrt(below * centre), upper = sqrt(above * centre);
		try_setting(s, lower, &found);
		if (s->best_setting == lower) {
			above = centre;
			continue;
		}
		try_setting(s, upper, &found);
		if (s->best_setting == upper) {
			below = centre;
		} else {
			below = lower;
			above = upper;
		}
	}
}

/* How much more of it is wanted: by rows where they follow the setting, else by blocks beyond the
 * few that an index costs. */
double settings_wanted_ratio(const struct check_result *found, const struct check_figures *target)
{
	double rows = (target->rows + 0.01) / (found->rows + 0.01);
	double blocks =
	    fmax(target->blocks - INDEX_BLOCKS, 0.5) / fmax(found->blocks - INDEX_BLOCKS, 0.5);
	double kept = target->kept / check_kept_share(found->looked, found->kept);

	if (!isnan(target->rows) && fabs(log(rows)) > SETTINGS_GOOD_ENOUGH)
		return rows;
	if (!isnan(blocks) && (isnan(kept) || fabs(log(blocks)) > SETTINGS_GOOD_ENOUGH))
		return blocks;
	return isfinite(kept) ? kept : 1;
}

/* Work grows with the setting: a few steps in proportion mostly arrive. */
static void approach(struct search *s, const struct check_result *first)
{
	struct check_result found = *first;
	double setting = s->slot->setting;

	for (int i = 0; i < APPROACHES && s->best > SETTINGS_GOOD_ENOUGH && !check_is_late(s->b); i++) {
		double ratio = found.measured ? settings_wanted_ratio(&found, s->target) : 0.1;
		double next = setting * fmin(fmax(ratio, 1.0 / 50), 50);
		if (s->slot->rule != RULE_INTERVAL && s->slot->rule != RULE_ARRAY)
			next = fmin(next, 1);
		if (fabs(log(next / setting)) < 0.02)
			break;
		try_setting(s, next, &found);
		setting = next;
	}
}

/* Most applications append a % to a value and escape nothing: 'user_12%' then has a prefix that an
 * index helps with of four characters only. */
static void choose_wildcards(struct search *s)
{
	struct check_result found;
	double result;

	if (s->slot->rule != RULE_PATTERN || s->best <= NEAR || check_is_late(s->b))
		return;
	s->slot->setting = s->best_setting;
	s->slot->wild = !s->slot->wild;
	result = measure(s->b, s->target, &found);
	if (result < s->best - s->worth_changing)
		s->best = result;
	else
		s->slot->wild = !s->slot->wild;
}

static void choose_setting(struct binding *b, struct slot *slot, const struct check_figures *target)
{
	const struct scale *scale = scale_of(b, slot);
	struct search search = {.b = b,
	    .slot = slot,
	    .target = target,
	    .best_setting = slot->setting,
	    .worth_changing = WORTH_CHANGING};
	struct check_result found;
	int last = -1;

	search.best = measure(b, target, &found);
	if (scale->refine && slot->setting > 0)
		approach(&search, &found);
	for (int i = 0; search.best > NEAR && scale->steps[i] >= 0 &&
	                search.best > SETTINGS_GOOD_ENOUGH && !check_is_late(b);
	     i++) {
		try_setting(&search, scale->steps[i], &found);
		if (search.best_setting == scale->steps[i])
			last = i;
		if (found.measured > 0 && far_too_much(&found, target))
			break;
		if (found.timed_out)
			break;
	}
	if (search.best > NEAR && scale->refine && last >= 0 && scale->steps[last] > 0)
		refine(&search, scale->steps[last > 0 ? last - 1 : 0],
		    scale->steps[last + 1] > 0 ? scale->steps[last + 1] : scale->steps[last]);
	choose_wildcards(&search);
	slot->setting = search.best_setting;
	slot->calibrated = isfinite(search.best);
}

/* The round number next above the rows per call is likely, and weights reach its mean; a much
 * better one is needed to prefer it. */
static void choose_limit(struct binding *b, struct slot *slot, const struct check_figures *target)
{
	struct search search = {.b = b,
	    .slot = slot,
	    .target = target,
	    .best_setting = slot->setting,
	    .worth_changing = LIMIT_WORTH_CHANGING};
	struct check_result found;
	double setting = slot->setting;

	search.best = measure(b, target, &found);
	for (int i = 0; i < 8 && search.best > SETTINGS_GOOD_ENOUGH && !check_is_late(b); i++) {
		setting = literal_round_limit(setting + 0.5);
		try_setting(&search, setting, &found);
		if (found.timed_out || far_too_much(&found, target))
			break;
	}
	slot->setting = search.best_setting;
	slot->calibrated = isfinite(search.best);
}

int settings_count(const struct binding *b)
{
	int n = 0;

	for (size_t i = 0; i < b->n_slots; i++)
		n += scale_of(b, &b->slots[i]) != NULL;
	return n;
}

/* One after another, but for the one that stays as it is (NULL for none). */
static void choose_in_turn(
    struct binding *b, const struct slot *stays, const struct check_figures *target)
{
	for (int pass = 0; pass < (settings_count(b) > 1 ? 2 : 1); pass++) {
		for (size_t i = 0; i < b->n_slots; i++) {
			struct slot *slot = &b->slots[i];
			if (slot == stays)
				continue;
			if (scale_of(b, slot) && !check_is_late(b))
				choose_setting(b, slot, target);
			else if (is_outer_limit(slot) && !check_is_late(b))
				choose_limit(b, slot, target);
		}
	}
}

void settings_copy(const struct binding *b, double *ret)
{
	for (size_t i = 0; i < b->n_slots; i++)
		ret[i] = b->slots[i].setting;
}

void settings_restore(struct binding *b, const double *settings)
{
	for (size_t i = 0; i < b->n_slots; i++)
		b->slots[i].setting = settings[i];
}

/* A subquery's LIMIT times how often it runs are the rows: one row for each of ten customers, or ten
 * for one. Each step away from such a pair looks worse, so other LIMITs are tried with settings of
 * their own beside them. */
static void choose_nested_limit(
    struct binding *b, struct slot *limit, const double *first, const struct check_figures *target)
{
	const struct scale *scale = scale_of(b, limit);
	_cleanup_free_ double *best_settings = xcalloc(b->n_slots, sizeof(double));
	struct check_result found;
	double best = settings_distance(b, VECTORS_PER_FORM, target, &found);

	settings_copy(b, best_settings);
	for (int i = 0; best > NEAR && scale->steps[i] >= 0 && !check_is_late(b); i++) {
		double score;
		settings_restore(b, first);
		limit->setting = scale->steps[i];
		choose_in_turn(b, limit, target);
		score = settings_distance(b, VECTORS_PER_FORM, target, &found);
		if (score < best - WORTH_CHANGING) {
			best = score;
			settings_copy(b, best_settings);
		}
	}
	settings_restore(b, best_settings);
}

void settings_choose(struct binding *b, const struct check_figures *target)
{
	_cleanup_free_ double *first = xcalloc(b->n_slots + 1, sizeof(double));

	settings_copy(b, first);
	choose_in_turn(b, NULL, target);
	for (size_t i = 0; i < b->n_slots && settings_count(b) > 1; i++) {
		struct slot *slot = &b->slots[i];
		if (slot->rule == RULE_LIMIT && scale_of(b, slot)) {
			choose_nested_limit(b, slot, first, target);
			return;
		}
	}
}
