#include "bind/filter.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>

#define LEAST_EXECUTIONS 3

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static bool names(const char *expression, const char *column)
{
	size_t len = strlen(column);

	for (const char *at = expression; (at = strstr(at, column)) != NULL; at++)
		if ((at == expression || !is_name(at[-1])) && !is_name(at[len]))
			return true;
	return false;
}

/* pg_qualstats counts the rows of a node once for every element of a list in it. */
static bool has_list(const struct binding *b)
{
	for (size_t i = 0; i < b->analysis.n_param_items; i++)
		if (b->analysis.params[i].role == PARAM_IN || b->analysis.params[i].role == PARAM_ANY)
			return true;
	return false;
}

/* A parameter that it compares with; values that are told need no aim. */
static bool has_parameter(const struct binding *b, const struct statement_qual *qual)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		const struct slot *slot = &b->slots[i];
		if (slot->selects && slot->told.n == 0 && slot->item && slot->item->partner &&
		    slot->item->op && strcmp(slot->item->op, qual->op) == 0 &&
		    names(slot->item->partner, qual->column))
			return true;
	}
	return false;
}

/* Index condition in some calls and filter in others: the share then tells of plans. */
static bool is_indexed_too(const struct binding *b, const struct statement_qual *qual)
{
	for (size_t i = 0; i < b->statement->n_quals; i++) {
		const struct statement_qual *other = &b->statement->quals[i];
		if (other->by_index && strcmp(other->column, qual->column) == 0 &&
		    strcmp(other->relation, qual->relation) == 0)
			return true;
	}
	return false;
}

void filter_choose(struct binding *b)
{
	double most = 0;

	b->filter = NULL;
	for (size_t i = 0; i < b->statement->n_quals && !has_list(b); i++) {
		const struct statement_qual *qual = &b->statement->quals[i];
		if (qual->by_index || qual->executions < LEAST_EXECUTIONS || !(qual->evaluated > most) ||
		    !has_parameter(b, qual) || is_indexed_too(b, qual))
			continue;
		most = qual->evaluated;
		b->filter = qual->column;
		b->filter_kept = 1 - qual->filter_ratio;
	}
}

static double number(const json_t *plan, const char *key)
{
	const json_t *value = json_object_get(plan, key);

	return json_is_number(value) ? json_number_value(value) : 0;
}

void filter_measure(const json_t *plan, const char *column, double *ret_looked, double *ret_kept)
{
	const char *filter = json_string_value(json_object_get(plan, "Filter"));
	const json_t *children = json_object_get(plan, "Plans");

	if (filter && json_object_get(plan, "Relation Name") && names(filter, column)) {
		double loops = number(plan, "Actual Loops");
		double kept = number(plan, "Actual Rows") * loops;
		*ret_kept += kept;
		*ret_looked += kept + number(plan, "Rows Removed by Filter") * loops;
	}
	for (size_t i = 0; i < json_array_size(children); i++)
		filter_measure(json_array_get(children, i), column, ret_looked, ret_kept);
}
