/*
 * The column that a parameter is compared with, found as SQL finds it: among the tables of its FROM
 * by alias, then among those of the statements around it.
 */
#include "bind/binding.h"

#include "base/mem.h"

#include <string.h>

static bool may_belong(const char *qualifier, const char *alias)
{
	_cleanup_free_ char *name = qualifier ? catalog_identifier(alias) : NULL;

	return !qualifier || (name && strcmp(name, qualifier) == 0);
}

struct catalog_column *slot_column(const struct binding *b, const struct slot *slot,
    struct catalog_table **ret_table, struct err *err)
{
	const char *partner = slot->item->partner;
	_cleanup_free_ char *qualifier = catalog_qualifier(partner);

	for (int s = slot->item->scope; s >= 0; s = b->analysis.scopes[s].parent) {
		const struct sql_scope *scope = &b->analysis.scopes[s];
		for (size_t t = 0; t < scope->tables.n; t++) {
			struct catalog_column *column;
			if (!may_belong(qualifier, scope->aliases.items[t]))
				continue;
			*ret_table = catalog_table(b->run->catalog, scope->tables.items[t], err);
			if (err->code)
				return NULL;
			column = *ret_table ? catalog_column(*ret_table, partner) : NULL;
			if (column)
				return column;
		}
	}
	return NULL;
}
