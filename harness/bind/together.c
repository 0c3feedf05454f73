/*
 * Lists of a composite key: of WHERE tenant_id = $1 AND id = ANY ($2), or id IN ($2, $3, ...), the
 * elements are rows of that tenant, as an application that was given the ids asks for them. Where
 * production found next to nothing per call, they were not.
 */
#include "bind/writes.h"

#include <math.h>
#include <string.h>

static bool is_list(const struct slot *slot)
{
	return slot->item && slot->item->partner && slot->pool >= 0 &&
	       (slot->rule == RULE_ARRAY || (slot->rule == RULE_ROW && slot->item->role == PARAM_IN));
}

static bool is_equality(const struct slot *slot)
{
	return slot->rule == RULE_ROW && slot->item && slot->item->role == PARAM_COMPARE &&
	       slot->item->partner && slot->item->op && strcmp(slot->item->op, "=") == 0;
}

static bool in_one_key(const struct catalog_table *table, const struct catalog_column *a,
    const struct catalog_column *b)
{
	for (size_t i = 0; i < table->n_uniques; i++) {
		const struct catalog_unique *unique = &table->uniques[i];
		bool has_a = false, has_b = false;
		for (size_t k = 0; k < unique->n_columns; k++) {
			has_a = has_a || &table->columns[unique->columns[k]] == a;
			has_b = has_b || &table->columns[unique->columns[k]] == b;
		}
		if (has_a && has_b)
			return true;
	}
	return false;
}

/* Elements that do not belong to the rest of the key find nothing. */
static bool mostly_found(const struct binding *b, const struct slot *list)
{
	double rows = work_per_call(&b->statement->work, b->statement->work.rows), n = 0;

	if (isnan(rows) || list->rule == RULE_ARRAY)
		return !(rows < 1);
	for (size_t i = 0; i < b->n_slots; i++)
		n += b->slots[i].item && b->slots[i].item->group == list->item->group;
	return rows >= n / 2;
}

int together_plan(struct binding *b, struct err *err)
{
	for (size_t i = 0; i < b->n_slots && b->order == VECTOR_SAMPLED; i++) {
		struct slot *list = &b->slots[i];
		struct catalog_column *element, *other;
		struct catalog_table *table, *others;
		if (!is_list(list) || !mostly_found(b, list))
			continue;
		element = slot_column(b, list, &table, err);
		for (size_t k = 0; element && k < b->n_slots; k++) {
			struct slot *slot = &b->slots[k];
			if (slot->pool != list->pool || slot->item == NULL || !is_equality(slot) ||
			    slot->item->scope != list->item->scope)
				continue;
			other = slot_column(b, slot, &others, err);
			if (!other || others != table || !in_one_key(table, element, other))
				continue;
			list->together = slot->together_with = true;
		}
		if (err->code)
			return err->code;
	}
	return 0;
}
