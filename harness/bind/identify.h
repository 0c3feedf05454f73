/*
 * identify: find the form in which production sent a statement, with the oracle's help.
 */
#ifndef BIND_IDENTIFY_H
#define BIND_IDENTIFY_H

#include "bind/binding.h"

/* After executable_choose(). Sets literals and declared types of the slots, b->identified and
 * b->protocol; leaves everything as it is when no form has production's queryid. */
int identify(struct binding *b, struct err *err);

#endif
