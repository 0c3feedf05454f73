/*
 * Witness rows: let the server say which values occur together.
 *
 *     SELECT <what each parameter stands against> FROM <the same FROM>
 *     WHERE <conjuncts without parameters> AND <anchor>.ctid = ANY ($1)
 *
 * The anchor is one table of the FROM; its random tids make the sample random at a cost that does
 * not depend on the size of the table. What cannot be anchored (a view) gives rows drawn from its
 * first ones.
 */
#include "bind/witness.h"

#include "bind/tids.h"
#include "bind/told.h"
#include "bind/writes.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS     12
#define MAX_LEAVES     100
#define MIN_ROUND_TIDS 300
#define MAX_BATCH_TIDS 20000
#define READ_ROWS      1000 /* enough to know how a column is spread, and to meet rare values */
#define MAX_SAMPLE_NS  (1500 * NS_PER_MS)
#define MAX_ROWS       200000
#define STREAM_WITNESS 101

bool witness_in_scopes(const struct witness_request *request, const struct slot *slot)
{
	for (size_t i = 0; i < request->n_scopes; i++)
		if (slot->item->scope == request->scopes[i])
			return true;
	return false;
}

static bool in_request(const struct witness_request *request, const struct slot *slot)
{
	if (request->only)
		return slot == request->only;
	if (!slot->item || !slot->item->partner || slot->pool >= 0 || !slot_needs_rows(slot))
		return false;
	return witness_in_scopes(request, slot);
}

static bool same_expression(const struct slot *a, const struct slot *b)
{
	return a->turn != b->turn && a->item->scope == b->item->scope &&
	       a->item->role == b->item->role && a->rule == b->rule && a->type == b->type &&
	       strcmp(a->item->partner, b->item->partner) == 0;
}

static void collect(struct witness *w, struct slot *slot)
{
	for (size_t i = 0; i < w->n_slots && slot->turn > 0 && !w->request->only; i++) {
		if (same_expression(w->slots[i], slot)) {
			GROW(w->followers, w->n_followers, w->cap_followers);
			w->followers[w->n_followers++] = (struct follower){.slot = slot, .column = i};
			return;
		}
	}
	w->slots[w->n_slots++] = slot;
}

static void collect_slots(struct witness *w)
{
	struct binding *b = w->b;
	size_t stride = 1;

	w->slots = xcalloc(b->n_slots + 1, sizeof(*w->slots));
	for (size_t i = 0; i < b->n_slots; i++) {
		struct slot *slot = &b->slots[i];
		if (!in_request(w->request, slot))
			continue;
		collect(w, slot);
		if (slot->turn + 1 > stride)
			stride = slot->turn + 1;
		if (slot->rule == RULE_ARRAY && b->order == VECTOR_SEQUENTIAL)
			stride = (size_t)fmax((double)stride, slot->setting);
		if (slot->rule == RULE_LOW || slot->rule == RULE_ABOVE || slot->rule == RULE_BELOW)
			w->wanted = READ_ROWS;
	}
	w->pool.stride = stride;
	if (w->wanted < b->n_wanted * stride)
		w->wanted = b->n_wanted * stride;
	if (!b->analysis.writes && w->wanted < READ_ROWS)
		w->wanted = READ_ROWS;
	if (w->wanted > MAX_ROWS)
		w->wanted = MAX_ROWS;
}

/* 1 rows came, 0 the query does not work or finds nothing, negative the server failed. */
static int run_whole(struct witness *w)
{
	_cleanup_free_ char *sql = witness_query(w, false);
	struct err err = {0};
	struct db_rows *rows = db_queryv(w->b->run->db, sql, 0, NULL, &err);

	if (!rows)
		return bind_server_failed(w->b, &err) ? err.code : 0;
	witness_take_rows(w, rows);
	db_rows_free(rows);
	return w->pool.n_rows > 0;
}

static int run_batch(struct witness *w, const char *sql, const struct catalog_leaf *leaf, size_t n)
{
	_cleanup_free_ char *tids = tids_draw(&w->rng, leaf, n);
	struct err err = {0};
	char oid[16];
	const char *values[] = {tids, oid};
	struct db_rows *rows;

	snprintf(oid, sizeof(oid), "%u", leaf->oid);
	rows = db_queryv(w->b->run->db, sql, 2, values, &err);
	if (!rows)
		return bind_server_failed(w->b, &err) ? err.code : 0;
	witness_take_rows(w, rows);
	db_rows_free(rows);
	return 1;
}

/* n tids, from every partition as many as it has a share of the blocks; of very many partitions,
 * from some. Rows of one month alone would not show how a year is spread. */
static int run_round(struct witness *w, const char *sql, double n)
{
	size_t n_leaves = w->table->n_leaves;
	double blocks = 0;
	int rc = 1;

	for (size_t i = 0; i < n_leaves; i++)
		blocks += w->table->leaves[i].blocks;
	for (size_t i = 0; i < n_leaves && i < MAX_LEAVES && rc > 0; i++) {
		const struct catalog_leaf *leaf = &w->table->leaves[i];
		double part = ceil(n * leaf->blocks / blocks);
		if (n_leaves > MAX_LEAVES) {
			leaf = tids_leaf(&w->rng, w->table);
			part = ceil(n / MAX_LEAVES);
		}
		rc = run_batch(w, sql, leaf, (size_t)fmin(part, MAX_BATCH_TIDS));
	}
	return rc;
}

/* Draw until there are enough rows, with rounds sized by what the last ones found. Where few rows
 * qualify, the whole table is read sooner. */
static int run_sample(struct witness *w)
{
	_cleanup_free_ char *sql = witness_query(w, true);
	uint64_t until_ns = clock_now_ns(&clock_monotonic) + MAX_SAMPLE_NS;
	double drawn = 0;

	for (int round = 0; round < MAX_ROUNDS && w->pool.n_rows < w->wanted &&
	                    drawn <= w->table->rows && clock_now_ns(&clock_monotonic) < until_ns;
	     round++) {
		double share =
		    drawn > 0 ? (double)w->pool.n_rows / drawn : tids_hit_share(&w->table->leaves[0]);
		double n = (double)(w->wanted - w->pool.n_rows) / fmax(share, 0.001) * 1.1;
		int rc;
		n = fmin(fmax(n, MIN_ROUND_TIDS), MAX_BATCH_TIDS);
		rc = run_round(w, sql, n);
		if (rc <= 0)
			return rc;
		drawn += n;
	}
	return w->pool.n_rows > 0;
}

static int run_one(struct witness *w)
{
	size_t enough = w->wanted / 10 + 1;
	int rc;

	/* A small table is read as a whole: every row is in. */
	if (w->table && w->table->rows > (double)w->wanted * 2) {
		rc = run_sample(w);
		if (rc < 0 || w->pool.n_rows >= enough)
			return rc;
	}
	return run_whole(w);
}

static bool any_told(const struct witness *w)
{
	for (size_t i = 0; i < w->n_slots; i++)
		if (w->slots[i]->told.n > 0)
			return true;
	return false;
}

static int run_anchored(struct witness *w)
{
	bool once = w->b->order == VECTOR_SEQUENTIAL;
	int rc = run_one(w);

	/* Where each call has a row of its own, the others have rows of other values, and find nothing. */
	if (any_told(w) && (rc == 0 || (rc > 0 && once && w->pool.n_rows < w->wanted))) {
		w->any_values = true;
		rc = run_one(w);
		w->any_values = false;
	}
	if (rc == 0 && !w->request->only && w->table) {
		w->with_nulls = true;
		rc = run_one(w);
		w->with_nulls = false;
	}
	return rc;
}

/* The table whose column the first parameter is compared with comes first. */
static bool names_table(
    const struct slot *slot, const struct catalog_table *table, const char *alias)
{
	const char *partner = slot->item->partner;
	size_t len = strlen(alias);

	if (strncasecmp(partner, alias, len) == 0 && partner[len] == '.')
		return true;
	return !strchr(partner, '.') && catalog_column(table, partner);
}

static int try_anchors(struct witness *w, bool preferred, struct err *err)
{
	for (size_t s = 0; s < w->request->n_scopes; s++) {
		const struct sql_scope *scope = &w->b->analysis.scopes[w->request->scopes[s]];
		if (witness_is_apart(w, w->request->scopes[s]))
			continue;
		for (size_t t = 0; t < scope->tables.n; t++) {
			int rc;
			w->table = catalog_table(w->b->run->catalog, scope->tables.items[t], err);
			w->anchor = scope->tables.items[t];
			w->alias = scope->aliases.items[t];
			if (err->code)
				return err->code;
			if (!w->table || w->table->n_leaves == 0 ||
			    names_table(w->slots[0], w->table, w->alias) != preferred)
				continue;
			rc = run_anchored(w);
			if (rc != 0)
				return rc;
		}
	}
	w->table = NULL;
	w->anchor = w->alias = NULL;
	return 0;
}

/* Not where an outer join found nothing because its condition has the parameter itself: less around
 * the table will do. */
static bool has_value(const struct pool *pool, size_t column)
{
	for (size_t i = 0; i < pool->n_rows; i++)
		if (pool->cells[i * pool->n_columns + column])
			return true;
	return false;
}

static void read_column(struct witness *w, struct slot *slot, int pool, size_t column)
{
	if (witness_must_have_value(slot) && !has_value(&w->b->pools[pool], column))
		return;
	slot->pool = pool;
	slot->column = (int)column;
	slot->source = VALUES_WITNESS;
}

static void hand_over(struct witness *w)
{
	size_t n_pages = writes_pages(w->b);
	int pool;

	if (n_pages > 0 && w->alias && w->request->scopes[0] == 0)
		witness_keep_pages(w, n_pages);
	pool_shuffle(&w->pool, &w->rng);
	if (w->b->order == VECTOR_SAMPLED && !w->b->analysis.writes && w->pool.stride == 1)
		witness_spread(w);
	told_put(w->slots, w->n_slots, &w->pool);
	if (w->b->order == VECTOR_SAMPLED)
		told_repeat(w->slots, w->n_slots, &w->pool);
	w->pool.source = VALUES_WITNESS;
	pool = pool_attach(w->b, &w->pool);
	for (size_t i = 0; i < w->n_slots; i++)
		read_column(w, w->slots[i], pool, i);
	for (size_t i = 0; i < w->n_followers; i++)
		read_column(w, w->followers[i].slot, pool, w->followers[i].column);
}

int witness_fill(struct binding *b, const struct witness_request *request, struct err *err)
{
	struct witness w = {.b = b, .request = request};
	int rc = 0;

	for (size_t i = 0; i < request->n_scopes; i++)
		if (!b->analysis.scopes[request->scopes[i]].from)
			return 0;
	collect_slots(&w);
	w.pool.n_columns = w.n_slots;
	rng_init(&w.rng, b->run->options->seed ^ splitmix64(strtoull(b->statement->queryid, NULL, 10)),
	    STREAM_WITNESS + (uint64_t)request->scopes[0]);
	if (w.n_slots > 0) {
		rc = try_anchors(&w, true, err);
		if (rc == 0)
			rc = try_anchors(&w, false, err);
		if (rc == 0 && !request->anchor_alone)
			rc = run_anchored(&w);
	}
	if (rc > 0)
		hand_over(&w);
	if (rc < 0 && !err->code)
		err_set(err, ERR_ENV, "%s: the connection was lost while reading rows",
		    db_describe(b->run->db));
	pool_release(&w.pool);
	free(w.pages);
	free(w.seen);
	free(w.slots);
	free(w.followers);
	return rc;
}
