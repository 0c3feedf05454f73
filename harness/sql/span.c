#include "sql/span.h"

#include "base/mem.h"
#include "sql/tree.h"

#include <string.h>

struct range {
	size_t low, high;
	bool type; /* the highest location is a type's */
};

static void collect(const json_t *value, bool type, struct range *range)
{
	size_t location, i;
	const char *key;
	json_t *inner;

	if (json_is_array(value)) {
		json_array_foreach (value, i, inner)
			collect(inner, type, range);
		return;
	}
	if (!json_is_object(value))
		return;
	location = node_location(value);
	if (location != NO_LOCATION) {
		range->low = location < range->low ? location : range->low;
		if (location >= range->high) {
			range->high = location;
			range->type = type;
		}
	}
	json_object_foreach ((json_t *)value, key, inner) {
		if (json_is_object(inner) || json_is_array(inner))
			collect(inner, type || strcmp(key, "typeName") == 0, range);
	}
}

size_t span_first_location(const json_t *node)
{
	struct range range = {.low = NO_LOCATION};

	collect(node, false, &range);
	return range.low;
}

/* CASE ... END nests as brackets do; after a dot both are names. */
static int opens(const struct lex *lex, size_t i)
{
	return lex_is_any(lex, i, "(\0[\0case\0") && !(i > 0 && lex_is(lex, i - 1, "."));
}

static int closes(const struct lex *lex, size_t i)
{
	return lex_is_any(lex, i, ")\0]\0end\0") && !(i > 0 && lex_is(lex, i - 1, "."));
}

/* Move first left until every bracket closed in [first, end) is opened there too. */
static size_t widen_left(const struct lex *lex, size_t first, size_t end)
{
	int depth = 0, lowest = 0;

	for (size_t i = first; i < end; i++) {
		depth += opens(lex, i) - closes(lex, i);
		lowest = depth < lowest ? depth : lowest;
	}
	while (lowest < 0 && first > 0) {
		first--;
		lowest += opens(lex, first) - closes(lex, first);
	}
	return first;
}

/* Move end right until every bracket opened in [first, end) is closed there too. */
static size_t widen_right(const struct lex *lex, size_t first, size_t end)
{
	int depth = 0;

	for (size_t i = first; i < end; i++)
		depth += opens(lex, i) - closes(lex, i);
	while (depth > 0 && end < lex->n) {
		depth += opens(lex, end) - closes(lex, end);
		end++;
	}
	return end;
}

/* What may follow the last located token of an expression and still belong to it; returns the
 * number of tokens, 0 when the expression is complete. last is its last token so far. */
static size_t tail(const struct lex *lex, size_t last, bool type)
{
	size_t next = last + 1;

	if (lex_is(lex, next, "."))
		return 2;
	if (lex_is(lex, next, "["))
		return lex_closing(lex, next) + 1 - next;
	if (lex_is(lex, next, "(") &&
	    (lex_token(lex, last).kind == LEX_WORD || lex_token(lex, last).kind == LEX_QUOTED))
		return lex_closing(lex, next) + 1 - next;
	if (lex_is_any(lex, last, "is\0not\0") &&
	    lex_is_any(lex, next, "not\0null\0true\0false\0unknown\0document\0normalized\0"))
		return 1;
	if (lex_is(lex, last, "collate"))
		return lex_name_end(lex, next) - next;
	if (lex_is_any(lex, last, "year\0month\0day\0hour\0minute\0") && lex_is(lex, next, "to"))
		return 2;
	if (!type)
		return 0;
	if (lex_is_any(lex, next, "precision\0varying\0array\0"))
		return 1;
	if (lex_is_any(lex, last, "national\0") && lex_is_any(lex, next, "character\0char\0"))
		return 1;
	if (lex_is_any(lex, next, "with\0without\0") && lex_is(lex, next + 1, "time"))
		return 3;
	return 0;
}

static size_t complete(const struct lex *lex, size_t first, size_t end, bool type)
{
	for (;;) {
		size_t more;

		end = widen_right(lex, first, end);
		more = end > first ? tail(lex, end - 1, type) : 0;
		if (!more || end + more > lex->n)
			return end;
		end += more;
	}
}

/* (row).field: the brackets are part of it although nothing located is outside them. */
static struct span include_indirection(const struct lex *lex, struct span span)
{
	while (span.first > 0 && lex_is(lex, span.first - 1, "(") && lex_is(lex, span.end, ")") &&
	       lex_is_any(lex, span.end + 1, ".\0[\0")) {
		span.first--;
		span.end = complete(lex, span.first, span.end + 1, false);
	}
	return span;
}

struct span span_node(const struct lex *lex, const json_t *node)
{
	struct range range = {.low = NO_LOCATION};
	struct span span;

	collect(node, false, &range);
	if (range.low == NO_LOCATION)
		return (struct span){0, 0};
	span.first = lex_at(lex, range.low);
	span.end = lex_at(lex, range.high) + 1;
	if (span.end > lex->n)
		return (struct span){0, 0};
	span.first = widen_left(lex, span.first, span.end);
	span.end = complete(lex, span.first, span.end, range.type);
	return include_indirection(lex, span);
}

struct span span_type(const struct lex *lex, const json_t *type)
{
	struct range range = {.low = NO_LOCATION};
	struct span span;

	collect(type, true, &range);
	if (range.low == NO_LOCATION)
		return (struct span){0, 0};
	span.first = lex_at(lex, range.low);
	span.end = complete(lex, span.first, lex_at(lex, range.high) + 1, true);
	return span;
}

struct span span_left(const struct lex *lex, const json_t *node, size_t operator_offset)
{
	size_t low = span_first_location(node), end = lex_at(lex, operator_offset);

	if (low == NO_LOCATION || operator_offset == NO_LOCATION || lex_at(lex, low) >= end)
		return (struct span){0, 0};
	return (struct span){widen_left(lex, lex_at(lex, low), end), end};
}

struct span span_right(const struct lex *lex, const json_t *node, size_t operator_offset)
{
	struct range range = {.low = NO_LOCATION};
	struct span span;

	collect(node, false, &range);
	if (range.low == NO_LOCATION || operator_offset == NO_LOCATION)
		return (struct span){0, 0};
	span.first = lex_at(lex, operator_offset) + 1;
	if (lex_is(lex, span.first - 1, "operator"))
		span.first = lex_closing(lex, span.first) + 1;
	span.end = lex_at(lex, range.high) + 1;
	if (span.end > lex->n || span.first >= span.end)
		return (struct span){0, 0};
	span.end = complete(lex, span.first, span.end, range.type);
	return span;
}

struct span span_until(const struct lex *lex, size_t from, const char *words)
{
	struct span span = {from, from};
	int depth = 0;

	for (; span.end < lex->n; span.end++) {
		depth += opens(lex, span.end) - closes(lex, span.end);
		if (depth < 0 || (depth == 0 && lex_is(lex, span.end, ";")))
			break;
		if (depth == 0 && lex_is_any(lex, span.end, words) && span.end > from &&
		    !lex_is(lex, span.end - 1, "."))
			break;
	}
	return span;
}

char *span_text(const struct lex *lex, struct span span)
{
	size_t start;

	if (span.first >= span.end || span.end > lex->n)
		return NULL;
	start = lex->tokens[span.first].start;
	return xstrndup(lex->text + start, lex->tokens[span.end - 1].end - start);
}

bool span_has_param(const struct lex *lex, struct span span)
{
	for (size_t i = span.first; i < span.end; i++)
		if (lex_token(lex, i).kind == LEX_PARAM)
			return true;
	return false;
}
