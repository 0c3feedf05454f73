/*
 * logged: values that production's clients really sent, in place of drawn ones.
 *
 * They know what staging's rows cannot: which keys are asked for most, which values occur together.
 * They are used for what selects rows in a SELECT or UPDATE; keys that are inserted, and rows that
 * are deleted once, stay drawn. A value whose row staging does not have is sent all the same: how
 * many find theirs is told. Where they come farther from production's work than drawn values,
 * because staging holds other rows, the drawn ones stay, and that is told too.
 */
#ifndef BIND_LOGGED_H
#define BIND_LOGGED_H

#include "bind/binding.h"

/* After values were drawn and calibrated. Negative only when the server failed. */
int logged_use(struct binding *b, struct err *err);

#endif
