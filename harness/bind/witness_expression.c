#include "bind/witness_expression.h"

#include "bind/types.h"

#include "base/mem.h"

#include <string.h>

static bool contains(const struct slot *slot)
{
	const char *op = slot->item->op;

	return op && (strcmp(op, "@>") == 0 || strcmp(op, "&&") == 0);
}

static bool searches(const struct slot *slot)
{
	return slot->item->op && strcmp(slot->item->op, "@@") == 0;
}

/* What a calendar asks for is mostly wider than what is in it: an hour, a day, a week, a month. */
static const char *widths(const struct catalog_type *type)
{
	switch (type->base) {
	case TYPE_TSRANGE:
	case TYPE_TSTZRANGE:
		return "ARRAY['0', '1 hour', '1 day', '7 days', '31 days']::interval[]";
	case TYPE_DATERANGE:
		return "ARRAY[0, 1, 7, 31, 365]";
	case TYPE_INT4RANGE:
	case TYPE_INT8RANGE:
	case TYPE_NUMRANGE:
		return "ARRAY[0, 1, 10, 100, 1000]";
	default:
		return NULL;
	}
}

static bool overlaps(const struct slot *slot)
{
	return slot->item->op && strcmp(slot->item->op, "&&") == 0;
}

char *witness_expression(
    const struct binding *b, const struct slot *slot, const char *p, const char *alias)
{
	_cleanup_free_ char *salt = alias ? xasprintf("%s.ctid::text", alias) : xstrdup("''");
	const struct catalog_type *type = slot->type;

	if (slot->rule == RULE_KEY && type->category == 'A') /* a path, one step or two */
		return xasprintf(
		    "SELECT CASE jsonb_typeof(v) WHEN 'object' THEN ARRAY[k, (SELECT i FROM "
		    "jsonb_object_keys(v) AS i ORDER BY md5(i || %s) LIMIT 1)] ELSE ARRAY[k] END"
		    " FROM jsonb_each(CASE jsonb_typeof((%s)::jsonb) WHEN 'object' THEN"
		    " (%s)::jsonb END) AS e(k, v) ORDER BY md5(k || %s) LIMIT 1",
		    salt, p, p, salt);
	if (slot->rule == RULE_KEY)
		return xasprintf("SELECT k FROM jsonb_each(CASE jsonb_typeof((%s)::jsonb)"
		                 " WHEN 'object' THEN (%s)::jsonb END) AS e(k, v)"
		                 " ORDER BY jsonb_typeof(v) IN ('object', 'array'), md5(k || %s) LIMIT 1",
		    p, p, salt);
	if (slot->rule == RULE_PATTERN)
		return xasprintf("(%s)::text", p);
	if (slot->item->role == PARAM_ELEMENT)
		return xasprintf(
		    "(%s)[1 + (%d + abs(hashtext(%s)::bigint)) %% greatest(cardinality(%s), 1)]", p,
		    slot->number, salt, p);
	if (contains(slot) && type->category == 'A')
		return xasprintf("CASE WHEN cardinality(%s) > 0 THEN CAST(ARRAY[(%s)[1 + "
		                 "abs(hashtext(%s)::bigint) %% cardinality(%s)]] AS %s) END",
		    p, p, salt, p, type->name);
	if (overlaps(slot) && widths(type))
		return xasprintf("%s(lower(%s), greatest(upper(%s), lower(%s) + "
		                 "(%s)[1 + abs(hashtext(%s)::bigint) %% 5]))",
		    type->name, p, p, p, widths(type), salt);
	if (contains(slot) && (type->category == 'D' || type->category == 'N')) /* a point of a range */
		return xasprintf("CAST(coalesce(lower(%s), upper(%s)) AS %s)", p, p, type->name);
	if (contains(slot) && type->base == TYPE_JSONB)
		return xasprintf(
		    "COALESCE((SELECT jsonb_object_agg(k, v) FROM (SELECT k, v,"
		    " row_number() OVER (ORDER BY md5(k || %s)) AS n FROM jsonb_each("
		    "CASE jsonb_typeof(%s) WHEN 'object' THEN %s END) AS e(k, v)) AS e"
		    " WHERE n <= (ARRAY[1, 1, 2, 100])[1 + abs(hashtext(%s)::bigint) %% 4]), %s)",
		    salt, p, p, salt, p);
	if (type->base == TYPE_JSONPATH)
		return xasprintf("SELECT ('$.' || to_json(k))::jsonpath FROM jsonb_object_keys("
		                 "CASE jsonb_typeof(%s) WHEN 'object' THEN %s END) AS k"
		                 " ORDER BY md5(k || %s) LIMIT 1",
		    p, p, salt);
	if (type->base == TYPE_TSQUERY)
		return xasprintf("SELECT quote_literal(l.lexeme)::tsquery FROM unnest(%s) AS l"
		                 " ORDER BY md5(l.lexeme || %s) LIMIT 1",
		    p, salt);
	if (searches(slot) && type->category == 'S')
		return xasprintf("SELECT l.lexeme FROM unnest(%s) AS l"
		                 " ORDER BY md5(l.lexeme || %s) LIMIT 1",
		    p, salt);
	if (slot->rule == RULE_ARRAY) {
		type = catalog_type(b->run->catalog, type->element, NULL);
		if (!type)
			type = slot->type;
	}
	return xasprintf("CAST((%s) AS %s)", p, type->name);
}
