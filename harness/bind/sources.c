/*
 * Where the values come from, best first: whole rows of all scopes that belong together, of one
 * scope, of one expression; the parent's keys; the column's statistics; a guess by type.
 */
#include "bind/writes.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_READING_NS (2 * NS_PER_S) /* when the statement's time is over */

static bool unfilled(const struct slot *slot)
{
	return slot_needs_rows(slot) && slot->pool < 0;
}

static bool any_unfilled(const struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++)
		if (unfilled(&b->slots[i]))
			return true;
	return false;
}

static bool may_read(const struct binding *b)
{
	return clock_now_ns(&clock_monotonic) < b->run->read_until_ns;
}

static bool wants_rows(const struct binding *b, int scope)
{
	for (size_t i = 0; i < b->n_slots; i++)
		if (unfilled(&b->slots[i]) && b->slots[i].item && b->slots[i].item->scope == scope)
			return true;
	return false;
}

/* The rows of a subquery below EXISTS or IN go with those of the statement around it. */
static bool goes_with_parent(const struct binding *b, int s)
{
	const struct sql_scope *scope = &b->analysis.scopes[s];

	return scope->correlated || (witness_links(scope) && wants_rows(b, s));
}

/* A scope with the correlated and linked ones below it: their rows go together. */
static size_t family(const struct binding *b, int root, int *members)
{
	size_t n = 0;

	members[n++] = root;
	for (int s = root + 1; s < (int)b->analysis.n_scopes; s++) {
		const struct sql_scope *scope = &b->analysis.scopes[s];
		for (size_t i = 0; goes_with_parent(b, s) && scope->from && i < n; i++) {
			if (members[i] == scope->parent) {
				members[n++] = s;
				break;
			}
		}
	}
	return n;
}

static int fill_scopes(
    struct binding *b, const struct witness_request *kind, bool with_family, struct err *err)
{
	int n_scopes = (int)b->analysis.n_scopes;
	_cleanup_free_ int *members = xcalloc((size_t)n_scopes + 1, sizeof(*members));

	/* Inner ones first: an outer FROM may contain their parameters. */
	for (int s = n_scopes - 1; s >= 0 && may_read(b); s--) {
		struct witness_request request = *kind;
		int rc;
		if (with_family && goes_with_parent(b, s))
			continue;
		members[0] = s;
		request.scopes = members;
		request.n_scopes = with_family ? family(b, s, members) : 1;
		rc = witness_fill(b, &request, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int fill_one_by_one(struct binding *b, struct err *err)
{
	for (size_t i = 0; i < b->n_slots && may_read(b); i++) {
		struct slot *slot = &b->slots[i];
		struct witness_request request = {.n_scopes = 1, .only = slot};
		int rc = 0;
		if (!unfilled(slot) || !slot->item->partner)
			continue;
		request.scopes = &slot->item->scope;
		for (int bare = 0; bare <= 2 && rc == 0; bare++) {
			request.no_conjuncts = bare >= 1;
			request.anchor_alone = bare == 2;
			rc = witness_fill(b, &request, err);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

struct key_count {
	const char *key;
	size_t n;
};

static int by_count(const void *a, const void *b)
{
	const struct key_count *left = a, *right = b;

	if (left->n != right->n)
		return left->n < right->n ? 1 : -1;
	return strcmp(left->key, right->key);
}

static size_t count_keys(const struct pool *pool, struct key_count *counts)
{
	size_t n = 0;

	for (size_t i = 0; i < pool->n_rows; i++) {
		const char *key = pool->cells[i];
		size_t at = 0;
		while (key && at < n && strcmp(counts[at].key, key) != 0)
			at++;
		if (!key)
			continue;
		if (at == n)
			counts[n++] = (struct key_count){.key = key};
		counts[at].n++;
	}
	qsort(counts, n, sizeof(*counts), by_count);
	return n;
}

/* A common key becomes the constant: a name, or a path in the form that the rows gave. */
static void settle_key(struct binding *b, struct slot *slot)
{
	const struct pool *pool = &b->pools[slot->pool];
	struct key_count *counts = xcalloc(pool->n_rows + 1, sizeof(*counts));
	size_t n = count_keys(pool, counts);

	if (n > 0)
		slot->constant = xstrdup(counts[b->key_rank % n].key);
	free(counts);
}

/* The document comes through a CTE, perhaps one that writes: the column of that name is it. */
static int fill_key_by_name(struct binding *b, struct slot *slot, struct err *err)
{
	int rc = 0;

	for (int s = 0; s < (int)b->analysis.n_scopes && rc == 0; s++) {
		const struct sql_scope *scope = &b->analysis.scopes[s];
		struct witness_request request = {
		    .scopes = &s, .n_scopes = 1, .only = slot, .no_conjuncts = true, .anchor_alone = true};
		bool has_it = false;
		for (size_t t = 0; t < scope->tables.n && !has_it && !err->code; t++) {
			struct catalog_table *table =
			    catalog_table(b->run->catalog, scope->tables.items[t], err);
			has_it = table && catalog_column(table, slot->item->partner);
		}
		if (err->code)
			return err->code;
		if (has_it)
			rc = witness_fill(b, &request, err);
	}
	return rc;
}

static int fill_keys(struct binding *b, struct err *err)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		struct witness_request request = {.n_scopes = 1, .only = slot};
		if (slot->rule != RULE_KEY)
			continue;
		request.scopes = &slot->item->scope;
		if (slot->type->category != 'N' && b->best_source <= VALUES_WITNESS) {
			int rc = witness_fill(b, &request, err);
			if (rc == 0)
				rc = fill_key_by_name(b, slot, err);
			if (rc < 0)
				return rc;
			if (rc > 0)
				settle_key(b, slot);
		}
		slot->rule = RULE_CONSTANT;
		slot->pool = -1;
		if (!slot->constant) {
			slot->constant = slot->type->category == 'N' ? xstrdup("0") : guess_value(b, slot);
			slot->source = VALUES_GUESS;
		}
	}
	return 0;
}

/* An empty table has no rows to go by, but its foreign keys have parents. */
static int fill_from_parents(struct binding *b, struct err *err)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		struct catalog_table *table;
		struct catalog_column *column;
		if (!unfilled(slot) || !writes_target(b, slot, &table, &column, err)) {
			if (err->code)
				return err->code;
			continue;
		}
		if (parents_fill(b, slot, table, column, err) < 0)
			return err->code;
	}
	return 0;
}

static int fill_from_statistics(struct binding *b, struct err *err)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		struct pool pool;
		if (!unfilled(slot) || slot->rule == RULE_KEY)
			continue;
		if (statistics_pool(b, slot, &pool, err) < 0)
			return err->code;
		if (pool.n_rows == 0) {
			pool_release(&pool);
			continue;
		}
		slot->pool = pool_attach(b, &pool);
		slot->column = 0;
		slot->source = VALUES_STATISTICS;
	}
	return 0;
}

static void fill_by_guess(struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		bool ranged = slot->rule == RULE_ABOVE || slot->rule == RULE_BELOW;
		if (!unfilled(slot))
			continue;
		slot->source = VALUES_GUESS;
		if (ranged && slot->type->category == 'N') {
			slot->rule = RULE_COUNT;
			slot->setting = 1;
			continue;
		}
		if (slot->mate >= 0)
			b->slots[slot->mate].rule = RULE_CONSTANT;
		slot->rule = RULE_CONSTANT;
		if (!slot->constant)
			slot->constant = guess_value(b, slot);
		if (slot->mate >= 0 && !b->slots[slot->mate].constant)
			b->slots[slot->mate].constant = guess_value(b, &b->slots[slot->mate]);
	}
}

static int sort_ranges(struct binding *b, struct err *err)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		bool range = slot->rule == RULE_LOW || slot->rule == RULE_ABOVE || slot->rule == RULE_BELOW;
		if (range && slot->pool >= 0 && slot_sort(b, slot, err) < 0)
			return err->code;
		if (slot->rule == RULE_HIGH)
			slot->source = b->slots[slot->mate].source;
	}
	return 0;
}

/* A whole family of scopes first; then with less and less around the tables. */
static int fill_witness(struct binding *b, struct err *err)
{
	static const struct witness_request kinds[] = {{0}, {0}, {.no_conjuncts = true},
	    {.anchor_alone = true}, {.anchor_alone = true, .no_conjuncts = true}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && any_unfilled(b); i++)
		if (fill_scopes(b, &kinds[i], i == 0, err) < 0)
			return err->code;
	return any_unfilled(b) ? fill_one_by_one(b, err) : 0;
}

int sources_fill(struct binding *b, struct err *err)
{
	uint64_t least = clock_now_ns(&clock_monotonic) + LEAST_READING_NS;

	if (b->run->read_until_ns < least)
		b->run->read_until_ns = least;
	if (fill_keys(b, err) < 0)
		return err->code;
	if (b->best_source <= VALUES_WITNESS && any_unfilled(b) && fill_witness(b, err) < 0)
		return err->code;
	if (any_unfilled(b) && fill_from_parents(b, err) < 0)
		return err->code;
	if (b->best_source <= VALUES_STATISTICS && !b->no_statistics && any_unfilled(b) &&
	    fill_from_statistics(b, err) < 0)
		return err->code;
	fill_by_guess(b);
	if (tuples_fill(b, err) < 0 || conflicts_mix(b, err) < 0)
		return err->code;
	if (together_plan(b, err) < 0)
		return err->code;
	return sort_ranges(b, err);
}
