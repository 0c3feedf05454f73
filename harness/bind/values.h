/*
 * values: which rows of staging a statement's values come from, which of them its text names, and
 * under which settings they do production's work.
 */
#ifndef BIND_VALUES_H
#define BIND_VALUES_H

#include "bind/binding.h"

#define BIND_STATEMENT_TIMEOUT "5s"

/* From staging. Negative: no values work (ERR_USAGE), or the server failed. */
int values_draw(struct binding *b, struct err *err);
/* From the user's override. */
int values_given(struct binding *b, struct err *err);

#endif
