/*
 * sent: a statement as a client sent it, held against its normalised text. Needs no parser.
 *
 *     uint64_t shape[2];
 *     sql_shape(sent, shape);                       the same for texts that differ in constants only
 *     struct sent_values values;
 *     if (sent_match(normalised, sent, &values)) use(values.items[n - 1] of $n)
 *     sent_values_release(&values);
 *
 * For logs, which repeat few statements very often: a shape is found again without the parser, and
 * the constants of a text are told by where the normalised text has a parameter.
 */
#ifndef SQL_SENT_H
#define SQL_SENT_H

#include "base/strv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sent_kind {
	SENT_UNKNOWN, /* what the value is cannot be told: a bit string, a squashed list */
	SENT_TEXT,    /* a constant: text is its value, quotes and escapes undone */
	SENT_NULL,
	SENT_PARAM, /* the client sent a parameter: param is its n of $n */
};

struct sent_value {
	enum sent_kind kind;
	char *text; /* SENT_TEXT; else NULL */
	int param;
};

struct sent_values {
	struct sent_value *items; /* of $1, $2, ... of the normalised text */
	size_t n;
	int n_params; /* the highest $n of the text that was sent */
	bool exact;   /* token by token */
};

/* 128 bits that depend on the tokens, constants taken as equal; case, white space and comments do
 * not count. */
void sql_shape(const char *sent, uint64_t ret[2]);

/* The statements of one simple-protocol text, cut at its semicolons. CREATE is not cut: its bodies
 * have semicolons of their own. */
void sql_cut(const char *sent, struct strv *ret);

/* Token by token; where spellings differ (an alias, parentheses), by the order of the constants when
 * there are as many as parameters, and no TRUE, FALSE or NULL that may or may not be one. The caller has made sure that the statement is the same (by its
 * fingerprint). False when the texts cannot be lined up; *ret is then empty. */
bool sent_match(const char *normalised, const char *sent, struct sent_values *ret);
void sent_values_release(struct sent_values *values);

/* The value of a string constant as the server would read it; NULL for bit strings and broken
 * ones. Caller frees. */
char *sent_unquote(const char *token, size_t len);

#endif
