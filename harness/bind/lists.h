/*
 * lists: how long were production's lists?
 *
 * PostgreSQL 18 writes IN ($1, $2, $3) as IN ($1 <mark>), whatever the length: a statement's entry
 * counts calls with short and with long lists, and its text says nothing. The length is chosen
 * by the work per call, and with it the text: its lists are written out, then bound like any.
 *
 *     lists_init(&lists, statement);       the first guess
 *     ... bind the text that lists_written_out() gives ...
 *     lists_settle(b, draw, err);          other lengths, by draw, where the work is not production's
 */
#ifndef BIND_LISTS_H
#define BIND_LISTS_H

#include "bind/binding.h"

struct lists {
	int *numbers, *lengths; /* in step: $n of production's text, ascending */
	size_t n;
	bool unidentified; /* no form had production's queryid, which length is no part of */
};

void lists_init(struct lists *ret, const struct statement *statement);
void lists_release(struct lists *lists);

/* text with its lists written out; caller frees. */
char *lists_written_out(const struct lists *lists, const char *text);
/* For the user: which lists, and how long they are. */
void lists_note(struct binding *b);
/* The parameter of the written-out text that number goes with: the first of its list, else itself. */
int lists_leader(const struct lists *lists, int number);

/* Choose the lengths of b->lists. draw binds b anew, with the lengths of the moment. */
int lists_settle(
    struct binding *b, int (*draw)(struct binding *b, struct err *err), struct err *err);

#endif
