/*
 * want: what a parameter found right here would be; the walk over expressions carries it down.
 * Private to sql/.
 *
 * Expressions that hand a value through (casts, COALESCE) pass the want on; all others pass on
 * want_nothing() or want_computed().
 */
#ifndef SQL_WANT_H
#define SQL_WANT_H

#include "sql/span.h"
#include "sql/sql.h"

#include <jansson.h>

struct want {
	enum param_role role;
	int scope;
	struct span partner;
	const json_t *partner_node;
	const char *op;
	struct span base;
	const char *base_op;
	struct span type;
	bool typed_constant; /* type $n */
	bool direct, needs_type, aggregate;
	const char *likely_type; /* with needs_type: what fits mostly; NULL */
	int group;
	int position;
};

struct want want_nothing(int scope);
/* The same place, but what stands there is computed with. */
struct want want_computed(const struct want *want);
/* partner <op> $n; a partner of parameters only, or no operator, makes it PARAM_OTHER. */
struct want want_partner(
    int scope, enum param_role role, const char *op, const json_t *partner, struct span span);

/* Below casts and collations. */
const json_t *expr_bare(const json_t *node);
bool expr_is_param(const json_t *node);
/* The last name of the type of a cast, or "". */
const char *expr_cast_type(const json_t *node);
bool expr_is_interval(const json_t *node);
/* A point in time whatever the tables are: now(), CURRENT_DATE, x::timestamp, now() - y. */
bool expr_is_time(const json_t *node);
/* The type that moves a point in time: of a date it is a number of days. */
const char *expr_movement_type(const json_t *time);
/* $1 = $2, coalesce($1, $2) = $3: nothing there tells a value. */
bool expr_only_params(const json_t *node);
/* Every item of the list is a bare parameter. */
bool expr_all_params(const json_t *list);
/* The name of an A_Expr's operator. */
const char *expr_operator(const json_t *expression);

/* Is the word in the list "a\0b\0"? */
bool word_in(const char *word, const char *list);

#endif
