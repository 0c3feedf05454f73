/*
 * time_shift: how old is this copy of the database?
 *
 * A statement that reads the clock ("orders of the last seven days") does nothing like production's
 * work on a copy from last month. So its clock is moved back to the copy's time (sql/clock.h).
 *
 * The copy's time is the newest value of the columns that hold the present when a row is written
 * or that statements look back on: columns with the clock as their default, in the tables of the
 * workload, and those that sql_clock_columns() finds. A column with values in the future tells
 * nothing and is left out. Less than an hour is no age.
 */
#ifndef BIND_TIME_SHIFT_H
#define BIND_TIME_SHIFT_H

#include "bind/binding.h"

/* options->time_shift_s, or what staging tells where that is TIME_SHIFT_AUTO; into
 * run->time_shift_s. Needs run->catalog. Negative only when the server failed. */
int bind_time_shift(struct bind_run *run, const struct workload *workload,
    const struct progress *progress, struct err *err);

/* The statement with its clock moved back; NULL when there is nothing to move. Caller frees. */
char *time_shifted(const struct bind_run *run, const char *sql);

#endif
