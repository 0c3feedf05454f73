#include "bind/pins.h"

#include "bind/form.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool is_equal(const char *op)
{
	return strcmp(op, "=") == 0;
}

static bool is_unequal(const char *op)
{
	return strcmp(op, "<>") == 0 || strcmp(op, "!=") == 0;
}

static bool may_be_pinned(const struct slot *slot)
{
	return (slot->rule == RULE_ROW || slot->rule == RULE_OTHER) && slot->told.n == 0 &&
	       slot->item && slot->item->partner && slot->item->op && slot->selects &&
	       (is_equal(slot->item->op) || is_unequal(slot->item->op));
}

/* Of the index whose predicate says the same; for <> one that names the column at all. Elements of
 * a list take different ones. */
static const struct catalog_pin *pin_in(
    const struct catalog_table *table, const struct catalog_column *column, const struct slot *slot)
{
	const struct catalog_pin *any = NULL;
	size_t turn = slot->turn;

	for (size_t i = 0; i < table->n_pins; i++) {
		const struct catalog_pin *pin = &table->pins[i];
		bool same = is_equal(pin->op) == is_equal(slot->item->op);
		if (pin->column != column ||
		    !(same ? is_equal(pin->op) || is_unequal(pin->op) : is_equal(pin->op)))
			continue;
		if (same && turn-- == 0)
			return pin;
		any = any ? any : pin;
	}
	return slot->turn == 0 ? any : NULL;
}

static const struct catalog_pin *pin_of(struct binding *b, const struct slot *slot, struct err *err)
{
	struct catalog_column *column;
	struct catalog_table *table;

	if (!may_be_pinned(slot))
		return NULL;
	column = slot_column(b, slot, &table, err);
	if (!column || catalog_read_pins(b->run->catalog, table, err) < 0)
		return NULL;
	return pin_in(table, column, slot);
}

bool pins_any(struct binding *b, struct err *err)
{
	for (size_t i = 0; i < b->n_slots && !err->code; i++)
		if (pin_of(b, &b->slots[i], err))
			return true;
	return false;
}

void pins_apply(struct binding *b)
{
	struct err ignored = {0}; /* read before */

	for (size_t i = 0; i < b->n_slots && b->pinned; i++) {
		struct slot *slot = &b->slots[i];
		const struct catalog_pin *pin = pin_of(b, slot, &ignored);
		if (!pin)
			continue;
		free(slot->constant);
		slot->constant = xstrdup(pin->value);
		slot->rule = RULE_CONSTANT;
		slot->pinned = true;
		slot->source = VALUES_WITNESS;
	}
}
