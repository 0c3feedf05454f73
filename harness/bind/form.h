/*
 * form: how production wrote a statement: which $n of the normalised text were parameters, and
 * which were literals.
 *
 * pg_stat_statements numbers the constants it replaces after the statement's own parameters, in
 * the order of the text. So a form is one number: how many parameters there were. A literal is
 * planned for its value in every call that has another one; a parameter of a prepared statement
 * may get a plan that serves all values.
 *
 * Three ways to replay a form:
 *   all parameters       the text, prepared
 *   all literals         values in the text, by the simple protocol
 *   some literals        those become part of the text, with one value for all calls
 */
#ifndef BIND_FORM_H
#define BIND_FORM_H

#include "bind/binding.h"

/* Can the parameters after the first k have been literals? */
bool form_possible(const struct sql_analysis *analysis, int n_params, int k);

/* The slots with a number above k are literals. */
void form_set(struct binding *b, int k);
/* Literals that share a text with parameters have one value, the literal_rank-th commonest in
 * staging: keep the rows that go with it. Gives up on literals where each call needs its own (a key
 * that must be new). False when there are not so many values. */
bool form_settle(struct binding *b);
/* Is there a value to settle, and so a choice? */
bool form_settles(const struct binding *b);
/* The slot's value is the same in every vector. */
bool form_freezes(const struct binding *b, const struct slot *slot);

/* The statement with the vector's literals in place; caller frees. With all, parameters too. */
char *form_text(const struct binding *b, char *const *values, bool all);
/* The same, the parameters that are left numbered without gaps: the replay's text. */
char *form_final(const struct binding *b, char *const *values);
/* The same of another text with this statement's parameters. */
char *form_final_of(const struct binding *b, const char *sql, char *const *values);
/* Make it PREPARED_NAME, with this vector's literals. */
int form_prepare(struct binding *b, char *const *values, struct err *err);

#endif
