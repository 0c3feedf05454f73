/*
 * settings: the numbers that rules need beside a row (how wide a range, how long a list, a prefix or an
 * interval, which LIMIT), chosen so that a statement does production's work per call.
 *
 * A distance is a sum of logarithms of found by wanted, 0 where the work is production's; a target's
 * figure that is NAN does not count. All of it ends at the statement's deadline (binding.h).
 */
#ifndef BIND_SETTINGS_H
#define BIND_SETTINGS_H

#include "bind/binding.h"

#define SETTINGS_GOOD_ENOUGH 0.05 /* a distance below which nothing is looked for */
#define VECTORS_PER_FORM     16   /* to compare two ways to replay a statement */

/* Choose all settings of the statement's slots. */
void settings_choose(struct binding *b, const struct check_figures *target);
/* How many of its slots have a setting that can be chosen. */
int settings_count(const struct binding *b);
/* One number for each slot. */
void settings_copy(const struct binding *b, double *ret);
void settings_restore(struct binding *b, const double *settings);

/* Of the settings as they are, by n vectors; INFINITY when they do not run in time. */
double settings_distance(
    struct binding *b, size_t n, const struct check_figures *target, struct check_result *ret);
/* How much more of it is wanted: by rows where they follow the setting, else by blocks beyond the
 * few that an index costs. */
double settings_wanted_ratio(const struct check_result *found, const struct check_figures *target);

/* Parts of a distance: of one figure, slack being how much of it is nothing; of the share that a
 * filter keeps of the rows it looked at. */
double figure_distance(double found, double target, double slack, double weight);
double filter_distance(double looked, double kept, const struct check_figures *target);

#endif
