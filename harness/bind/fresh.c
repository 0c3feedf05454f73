/*
 * Values that are new in every op: past the largest there is, with room between, so that neither
 * staging's rows nor the sequence behind a default, running in the same clone, meet them.
 */
#include "bind/types.h"
#include "bind/writes.h"

#include "base/mem.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROOM            1000000 /* at least, where the type has that much */
#define TEXT_DIGITS     12
#define MAX_TEXT_PREFIX 24

static bool is_integer(const struct slot *slot)
{
	return number_kind_of(slot->type->base) == NUMBER_INTEGER || slot->type->base == TYPE_NUMERIC;
}

static int64_t type_max(uint32_t base)
{
	switch (base) {
	case TYPE_INT2:
		return INT16_MAX;
	case TYPE_INT4:
		return INT32_MAX;
	case TYPE_OID:
		return UINT32_MAX;
	case TYPE_INT8:
		return INT64_MAX;
	default:
		return INT64_C(1000000000000000); /* numeric: a double's worth */
	}
}

/* How many values a parameter gets to itself: twice the ops that were announced. */
static int64_t need(const struct binding *b)
{
	return (int64_t)(writes_expected_ops(b) * 2) + 1000;
}

static bool read_int(struct binding *b, const char *sql, int64_t *ret, struct err *err)
{
	struct db_rows *rows = db_queryv(b->run->db, sql, 0, NULL, err);
	bool there = rows && db_rows_count(rows) == 1 && !db_is_null(rows, 0, 0);

	if (there)
		*ret = (int64_t)db_double(rows, 0, 0);
	db_rows_free(rows);
	return there;
}

/* The largest value that is in the column or that its sequence has given out. */
static int64_t highest_taken(struct binding *b, const struct catalog_table *table,
    const struct catalog_column *column, struct err *err)
{
	_cleanup_free_ char *name = db_quote_ident(column->name);
	_cleanup_free_ char *sql = xasprintf("SELECT max(%s) FROM %s", name, table->name);
	int64_t in_table = 0, in_sequence = 0;

	read_int(b, sql, &in_table, err);
	if (column->sequence && !err->code) {
		_cleanup_free_ char *last = xasprintf("SELECT last_value FROM %s", column->sequence);
		struct err ignored = {0}; /* no permission on the sequence: the room has to do */
		read_int(b, last, &in_sequence, &ignored);
	}
	return in_table > in_sequence ? in_table : in_sequence;
}

static bool plan_integer(struct binding *b, struct slot *slot, const struct catalog_table *table,
    struct catalog_column *column, struct err *err)
{
	int64_t max = type_max(slot->type->base), span = need(b), taken, room;

	if (column->fresh_next == 0) {
		taken = highest_taken(b, table, column, err);
		if (err->code)
			return false;
		if (taken < 0)
			taken = 0;
		room = span > ROOM ? span : ROOM;
		if (room > (max - taken) / 4)
			room = (max - taken) / 4;
		column->fresh_next = taken + 1 + room;
	}
	if (max - column->fresh_next < span) {
		binding_note(b, "%s.%s has no room for new values", table->name, column->name);
		return false;
	}
	slot->fresh.fresh = FRESH_INTEGER;
	slot->fresh.fresh_base = column->fresh_next;
	column->fresh_next += span;
	return true;
}

/* What the values of this column begin with: "SKU-" of "SKU-00017", an address as a whole. */
static char *text_prefix(struct binding *b, const struct catalog_table *table,
    const struct catalog_column *column, struct err *err)
{
	_cleanup_free_ char *name = db_quote_ident(column->name);
	_cleanup_free_ char *sql =
	    xasprintf("SELECT %s::text FROM %s WHERE %s IS NOT NULL LIMIT 1", name, table->name, name);
	struct db_rows *rows = db_queryv(b->run->db, sql, 0, NULL, err);
	char *prefix;
	size_t len = 0;

	if (!rows)
		return NULL;
	prefix = xstrdup(db_rows_count(rows) ? db_text(rows, 0, 0) : "");
	db_rows_free(rows);
	if (strchr(prefix, '@'))
		return prefix;
	while (isascii(prefix[len]) && prefix[len] && !isdigit((unsigned char)prefix[len]) &&
	       len < MAX_TEXT_PREFIX)
		len++;
	prefix[len] = '\0';
	return prefix;
}

static bool plan_text(struct binding *b, struct slot *slot, const struct catalog_table *table,
    struct catalog_column *column, struct err *err)
{
	char *prefix = text_prefix(b, table, column, err);
	size_t digits = TEXT_DIGITS, longest = (size_t)column->max_length;
	double first;

	if (!prefix)
		return false;
	if (longest > 0 && strlen(prefix) + digits > longest) {
		if (longest < TEXT_DIGITS + 1)
			prefix[0] = '\0';
		else
			prefix[longest - TEXT_DIGITS] = '\0';
		digits = longest < TEXT_DIGITS ? longest : TEXT_DIGITS;
	}
	first = 9 * pow(10, (double)digits - 1);
	if (first / 9 < (double)need(b)) {
		binding_note(b, "%s.%s is too short for new values", table->name, column->name);
		free(prefix);
		return false;
	}
	if (column->fresh_next == 0)
		column->fresh_next = (int64_t)first;
	slot->fresh.fresh = FRESH_TEXT;
	slot->fresh.fresh_prefix = prefix;
	slot->fresh.fresh_base = column->fresh_next;
	column->fresh_next += need(b);
	return true;
}

static bool plan_uuid(struct binding *b, struct slot *slot, struct catalog_column *column)
{
	if (column->fresh_next == 0)
		column->fresh_next = INT64_C(1) << 40;
	slot->fresh.fresh = FRESH_UUID;
	slot->fresh.fresh_base = column->fresh_next;
	column->fresh_next += need(b);
	return true;
}

bool fresh_plan(struct binding *b, struct slot *slot, const struct catalog_table *table,
    struct catalog_column *column, struct err *err)
{
	bool planned = false;

	if (is_integer(slot))
		planned = plan_integer(b, slot, table, column, err);
	else if (slot->type->category == 'S')
		planned = plan_text(b, slot, table, column, err);
	else if (slot->type->base == TYPE_UUID)
		planned = plan_uuid(b, slot, column);
	if (planned) {
		slot->rule = RULE_FRESH;
		slot->source = VALUES_WITNESS;
	}
	return planned;
}

char *fresh_text(const struct slot *slot, int64_t ordinal)
{
	int64_t value = slot->fresh.fresh_base + ordinal;
	uint64_t high, low;

	switch (slot->fresh.fresh) {
	case FRESH_TEXT:
		return xasprintf("%s%" PRId64, slot->fresh.fresh_prefix, value);
	case FRESH_UUID: /* any that is well-formed and distinct does for a check */
		high = splitmix64((uint64_t)value);
		low = splitmix64(high);
		return xasprintf("%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(high >> 32),
		    (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff), (unsigned)(low >> 52),
		    low & UINT64_C(0xffffffffffff));
	default:
		return xasprintf("%" PRId64, value);
	}
}
