#include "bind/form.h"

#include "bind/number.h"
#include "bind/types.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool form_possible(const struct sql_analysis *analysis, int n_params, int k)
{
	int next = k + 1;

	for (size_t i = 0; i < analysis->n_param_items; i++) {
		int number = analysis->params[i].number;
		if (number > k && number != next++)
			return false;
	}
	return next == n_params + 1;
}

static bool is_numeric(const struct slot *slot)
{
	return slot->type->category == 'N';
}

void form_set(struct binding *b, int k)
{
	b->n_literals = 0;
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		slot->literal = slot->number > k;
		slot->written = is_numeric(slot) ? LITERAL_NUMBER : LITERAL_STRING;
		b->n_literals += slot->literal;
	}
}

bool form_freezes(const struct binding *b, const struct slot *slot)
{
	return slot->literal && b->n_literals < b->n_slots;
}

static bool is_settled_by_row(const struct binding *b, const struct slot *slot)
{
	return form_freezes(b, slot) && slot->pool >= 0 && slot->rule == RULE_ROW;
}

static const char *cell(const struct pool *pool, size_t row, const struct slot *slot)
{
	return pool->cells[row * pool->n_columns + (size_t)slot->column];
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Do two rows of the pool agree in all the literals that read it? */
static bool same_literals(const struct binding *b, int pool, size_t row, size_t other)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		const struct slot *slot = &b->slots[i];
		if (slot->pool == pool && is_settled_by_row(b, slot) &&
		    !same_text(cell(&b->pools[pool], row, slot), cell(&b->pools[pool], other, slot)))
			return false;
	}
	return true;
}

static size_t count_like(const struct binding *b, int pool, size_t row, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += same_literals(b, pool, row, i);
	return count;
}

static bool is_first_of_its_kind(const struct binding *b, int pool, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (same_literals(b, pool, row, i))
			return false;
	return true;
}

/* The row whose literals are the literal_rank-th commonest among the first rows, which are drawn at
 * random; *ret_found is false when there are not so many. */
static size_t commonest(const struct binding *b, int pool, bool *ret_found)
{
	enum { LOOKED_AT = 400 };
	size_t n = b->pools[pool].n_rows < LOOKED_AT ? b->pools[pool].n_rows : LOOKED_AT;
	size_t below = SIZE_MAX, best = 0;

	*ret_found = true;
	for (size_t rank = 0; rank <= b->literal_rank; rank++) {
		size_t most = 0;
		for (size_t i = 0; i < n; i++) {
			size_t count;
			if (!is_first_of_its_kind(b, pool, i))
				continue;
			count = count_like(b, pool, i, n) * n + (n - 1 - i); /* ties: the first */
			if (count > most && count < below) {
				most = count;
				best = i;
			}
		}
		if (most == 0) {
			*ret_found = false;
			return best;
		}
		below = most;
	}
	return best;
}

static void keep_rows_like(struct binding *b, int index, size_t row)
{
	struct pool *pool = &b->pools[index];
	size_t kept = 1;

	pool_swap(pool, 0, row);
	for (size_t i = 1; i < pool->n_rows; i++)
		if (same_literals(b, index, 0, i))
			pool_swap(pool, kept++, i);
	for (size_t i = kept * pool->n_columns; i < pool->n_rows * pool->n_columns; i++)
		free(pool->cells[i]);
	pool->n_rows = kept;
}

static bool needs_own_value(const struct binding *b, const struct slot *slot)
{
	return slot->rule == RULE_FRESH ||
	       (b->order == VECTOR_SEQUENTIAL && slot->pool >= 0 && slot->selects);
}

bool form_settle(struct binding *b)
{
	bool all_found = true;

	for (size_t i = 0; i < b->n_slots; i++) {
		if (form_freezes(b, &b->slots[i]) && needs_own_value(b, &b->slots[i])) {
			form_set(b, (int)b->n_slots);
			if (b->analysis.kind != SQL_INSERT)
				b->protocol = PROTOCOL_EXTENDED;
			return b->literal_rank == 0;
		}
	}
	for (size_t p = 0; p < b->n_pools; p++) {
		bool any = false, found;
		size_t row;
		for (size_t i = 0; i < b->n_slots; i++)
			any = any || (b->slots[i].pool == (int)p && is_settled_by_row(b, &b->slots[i]));
		if (!any || b->pools[p].n_rows == 0 || b->pools[p].stride != 1) {
			all_found = all_found && (any ? b->literal_rank == 0 : true);
			continue;
		}
		row = commonest(b, (int)p, &found);
		all_found = all_found && found;
		keep_rows_like(b, (int)p, row);
	}
	return all_found;
}

bool form_settles(const struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++)
		if (is_settled_by_row(b, &b->slots[i]))
			return true;
	return false;
}

static bool is_plain_number(const char *value)
{
	size_t digits = strspn(value, "0123456789");

	return digits > 0 && (value[digits] == '\0' || (value[digits] == '.' && value[digits + 1] &&
	                                                   strspn(value + digits + 1, "0123456789") ==
	                                                       strlen(value + digits + 1)));
}

static char *literal(const struct slot *slot, const char *value)
{
	_cleanup_free_ char *quoted = NULL;

	if (!value)
		return xstrdup("NULL");
	if (slot->written == LITERAL_NUMBER && is_plain_number(value))
		return xstrdup(value);
	quoted = db_quote_literal(value);
	if (slot->written == LITERAL_STRING)
		return xstrdup(quoted);
	return xasprintf("%s::%s", quoted, slot->type->name);
}

static char *substitute(
    const struct binding *b, const char *sql, char *const *values, bool all, bool renumber)
{
	char **literals = xcalloc(b->n_slots + 1, sizeof(*literals));
	int next = 1;
	char *text;

	for (size_t i = 0; i < b->n_slots; i++) {
		if (all || b->slots[i].literal)
			literals[i] = literal(&b->slots[i], values[i]);
		else if (renumber)
			literals[i] = xasprintf("$%d", next++);
	}
	text = sql_substitute(sql, (const char *const *)literals, (int)b->n_slots);
	for (size_t i = 0; i < b->n_slots; i++)
		free(literals[i]);
	free(literals);
	return text;
}

char *form_text(const struct binding *b, char *const *values, bool all)
{
	return substitute(b, b->probe ? b->probe : b->sql, values, all, false);
}

char *form_final(const struct binding *b, char *const *values)
{
	return form_final_of(b, b->sql, values);
}

char *form_final_of(const struct binding *b, const char *sql, char *const *values)
{
	return substitute(b, sql, values, false, true);
}

/* A probe may lack what the type was inferred from; a literal's number has no use at all. */
static uint32_t type_to_declare(const struct binding *b, const struct slot *slot)
{
	if (slot->literal)
		return TYPE_TEXT;
	return b->probe ? slot->type->oid : slot->declared;
}

int form_prepare(struct binding *b, char *const *values, struct err *err)
{
	_cleanup_free_ char *text = form_text(b, values, false);
	_cleanup_free_ uint32_t *types = xcalloc(b->n_slots + 1, sizeof(*types));
	int rc;

	for (size_t i = 0; i < b->n_slots; i++)
		types[i] = type_to_declare(b, &b->slots[i]);
	if (b->prepared)
		db_exec(b->run->db, "DEALLOCATE " PREPARED_NAME, NULL);
	rc = db_prepare(b->run->db, PREPARED_NAME, text, (int)b->n_slots, types, NULL, NULL, err);
	b->prepared = rc == 0;
	return rc;
}
