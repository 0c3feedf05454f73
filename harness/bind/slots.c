/*
 * What each parameter wants: a rule, and the settings it starts with.
 */
#include "bind/binding.h"
#include "bind/literal.h"
#include "bind/types.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_WIDTH        0.01
#define DEFAULT_SHARE        0.1
#define DEFAULT_ELEMENTS     10
#define DEFAULT_PATTERN      5
#define DEFAULT_INTERVAL_S   86400.0
#define DEFAULT_NESTED_LIMIT 10

static double rows_per_call(const struct binding *b)
{
	return work_per_call(&b->statement->work, b->statement->work.rows);
}

static bool is_one_of(const char *op, const char *const *ops)
{
	for (; op && *ops; ops++)
		if (strcmp(op, *ops) == 0)
			return true;
	return false;
}

static enum slot_rule compare_rule(const struct sql_param *item)
{
	static const char *const above[] = {">", ">=", NULL};
	static const char *const below[] = {"<", "<=", NULL};
	static const char *const unlike[] = {"<>", "!=", NULL};
	static const char *const keys[] = {"->", "->>", "#>", "#>>", "?", NULL};
	static const char *const arithmetic[] = {"+", "-", "*", "/", "%", "||", "&", "|", NULL};
	static const char *const patterns[] = {"~~", "~~*", "!~~", "!~~*", "~", "~*", NULL};

	if (is_one_of(item->op, above))
		return RULE_ABOVE;
	if (is_one_of(item->op, below))
		return RULE_BELOW;
	if (is_one_of(item->op, unlike))
		return RULE_OTHER;
	if (is_one_of(item->op, keys))
		return RULE_KEY;
	if (is_one_of(item->op, arithmetic))
		return RULE_CONSTANT;
	if (is_one_of(item->op, patterns))
		return RULE_PATTERN;
	return RULE_ROW;
}

static enum slot_rule rule_of(const struct slot *slot)
{
	const struct sql_param *item = slot->item;

	if (!item)
		return RULE_CONSTANT;
	switch (item->role) {
	case PARAM_LIMIT:
		return RULE_LIMIT;
	case PARAM_OFFSET:
		return RULE_OFFSET;
	case PARAM_INTERVAL:
		return slot->type->base == TYPE_INTERVAL ? RULE_INTERVAL : RULE_CONSTANT;
	case PARAM_FIELD:
		return RULE_CONSTANT;
	case PARAM_OTHER:
		return item->partner && item->op && compare_rule(item) == RULE_KEY ? RULE_KEY
		                                                                   : RULE_CONSTANT;
	default:
		break;
	}
	if (!item->partner)
		return RULE_CONSTANT;
	if (item->aggregate)
		return slot->type->category == 'N' ? RULE_COUNT : RULE_CONSTANT;
	switch (item->role) {
	case PARAM_COMPARE:
		return compare_rule(item);
	case PARAM_BETWEEN_LOW:
		return RULE_ABOVE;
	case PARAM_BETWEEN_HIGH:
		return RULE_BELOW;
	case PARAM_ANY:
		return slot->type->element ? RULE_ARRAY : RULE_ROW;
	case PARAM_LIKE:
		return RULE_PATTERN;
	case PARAM_SET:
		return item->direct ? RULE_OTHER : RULE_CONSTANT;
	case PARAM_INSERT:
		return item->direct ? RULE_ROW : RULE_CONSTANT;
	default:
		return RULE_ROW;
	}
}

static double limit_setting(const struct binding *b, const struct slot *slot)
{
	double rows = rows_per_call(b);

	if (b->analysis.scopes[slot->item->scope].scalar ||
	    b->analysis.scopes[slot->item->scope].correlated) /* the latest of each */
		return 1;
	if (slot->item->scope > 0 && !(rows > 1))
		return DEFAULT_NESTED_LIMIT;
	if (rows > 1 && rows == floor(rows)) /* the same in every call: cut off */
		return rows;
	return literal_round_limit(rows);
}

static double first_setting(const struct binding *b, const struct slot *slot)
{
	double rows = rows_per_call(b);

	switch (slot->rule) {
	case RULE_LOW:
		return DEFAULT_WIDTH;
	case RULE_ABOVE:
	case RULE_BELOW:
		return DEFAULT_SHARE;
	case RULE_ARRAY:
		return rows >= 1 && rows <= 1000 && !b->analysis.has_limit ? round(rows) : DEFAULT_ELEMENTS;
	case RULE_PATTERN:
		return DEFAULT_PATTERN;
	case RULE_LIMIT:
		return limit_setting(b, slot);
	case RULE_COUNT:
		return 1;
	case RULE_INTERVAL:
		return DEFAULT_INTERVAL_S;
	default:
		return 0;
	}
}

/* partner >= $1 AND partner < $2, or BETWEEN: one range with two ends. */
static void pair_ranges(struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *low = &b->slots[i];
		for (size_t j = 0; low->rule == RULE_ABOVE && j < b->n_slots; j++) {
			struct slot *high = &b->slots[j];
			if (high->rule != RULE_BELOW || high->item->scope != low->item->scope ||
			    strcmp(high->item->partner, low->item->partner) != 0)
				continue;
			low->rule = RULE_LOW;
			high->rule = RULE_HIGH;
			low->mate = (int)j;
			high->mate = (int)i;
		}
	}
}

/* Elements of one IN list and rows of one VALUES come from different rows of the pool. */
static void take_turns(struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		int last_group = -1;
		if (!slot->item || slot->item->group < 0)
			continue;
		for (size_t j = 0; j < i; j++) {
			const struct sql_param *other = b->slots[j].item;
			if (!other || other->role != slot->item->role || other->scope != slot->item->scope)
				continue;
			if (slot->item->role == PARAM_IN) {
				slot->turn += other->group == slot->item->group;
			} else if (other->group != slot->item->group && other->group != last_group &&
			           other->group >= 0) {
				slot->turn++;
				last_group = other->group;
			}
		}
	}
}

/* The next item after i that what stands there is joined to by ||, in the same comparison. */
static bool joins_next(const struct binding *b, size_t i)
{
	const struct sql_param *item = &b->analysis.params[i], *next = item + 1;
	const char *from = b->sql + item->offset + item->length;
	_cleanup_free_ char *between = NULL;

	if (i + 1 >= b->analysis.n_param_items || item->role != PARAM_LIKE || item->direct ||
	    next->role != PARAM_LIKE || next->direct || next->scope != item->scope || !item->partner ||
	    !next->partner || strcmp(item->partner, next->partner) != 0)
		return false;
	between = xstrndup(from, next->offset - item->offset - item->length);
	return strstr(between, "||") && !strchr(between, '(') && !strcasestr(between, " and ") &&
	       !strcasestr(between, " or ");
}

static void settle_wildcard(struct binding *b, size_t i)
{
	size_t number = (size_t)b->analysis.params[i].number;
	struct slot *slot = &b->slots[number - 1];

	if (number > b->n_slots || slot->rule != RULE_PATTERN)
		return;
	slot->rule = RULE_CONSTANT;
	slot->constant = xstrdup("%");
}

/* name LIKE $1 || $2 || $3 was '%' || 'ada' || '%', and with two of them 'ada' || '%'. */
static void settle_wildcards(struct binding *b)
{
	for (size_t i = 0; i < b->analysis.n_param_items; i++) {
		size_t last = i;
		while (joins_next(b, last))
			last++;
		if (last == i)
			continue;
		settle_wildcard(b, last);
		if (last > i + 1)
			settle_wildcard(b, i);
		i = last;
	}
}

void slots_plan(struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++)
		slot_reset(&b->slots[i]);
	for (size_t i = 0; i < b->n_slots; i++)
		b->slots[i].rule = rule_of(&b->slots[i]);
	settle_wildcards(b);
	pair_ranges(b);
	take_turns(b);
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		slot->setting = first_setting(b, slot);
		slot->source = VALUES_GUESS;
		slot->selects = slot_needs_rows(slot) || slot->rule == RULE_HIGH;
		if (slot->rule == RULE_CONSTANT && !slot->constant)
			slot->constant = guess_value(b, slot);
	}
}

bool slot_needs_rows(const struct slot *slot)
{
	switch (slot->rule) {
	case RULE_ROW:
	case RULE_OTHER:
	case RULE_LOW:
	case RULE_ABOVE:
	case RULE_BELOW:
	case RULE_ARRAY:
	case RULE_PATTERN:
	case RULE_KEY:
		return true;
	default:
		return false;
	}
}

/* Of a pool that is there already: its first row with a value. */
static const char *typical_cell(const struct binding *b, const struct slot *slot)
{
	const struct pool *pool = slot->pool >= 0 ? &b->pools[slot->pool] : NULL;

	for (size_t i = 0; pool && i < pool->n_rows; i++) {
		const char *cell = pool->cells[i * pool->n_columns + (size_t)slot->column];
		if (cell)
			return cell;
	}
	return NULL;
}

char *slot_literal(const struct binding *b, const struct slot *slot)
{
	const char *cell = slot->constant ? slot->constant : typical_cell(b, slot);
	_cleanup_free_ char *made = NULL;
	_cleanup_free_ char *quoted = NULL;

	if (!cell && slot->rule == RULE_INTERVAL)
		cell = made = literal_interval(slot->setting);
	else if (!cell && (slot->rule == RULE_LIMIT || slot->rule == RULE_OFFSET))
		cell = made = xasprintf("%.0f", fmax(slot->setting, slot->rule == RULE_LIMIT));
	else if (!cell)
		return xstrdup("NULL");
	quoted = db_quote_literal(cell);
	return xasprintf("CAST(%s AS %s)", quoted, slot->type->name);
}

char *slots_substitute(const struct binding *b, const char *text)
{
	char **literals = xcalloc(b->n_slots + 1, sizeof(*literals));
	char *result;

	if (!strchr(text, '$')) {
		free(literals);
		return xstrdup(text);
	}
	for (size_t i = 0; i < b->n_slots; i++)
		literals[i] = slot_literal(b, &b->slots[i]);
	result = sql_substitute(text, (const char *const *)literals, (int)b->n_slots);
	for (size_t i = 0; i < b->n_slots; i++)
		free(literals[i]);
	free(literals);
	return result;
}
