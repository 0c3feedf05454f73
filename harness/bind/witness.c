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
#include "bind/binding.h"
#include "bind/tids.h"
#include "bind/told.h"
#include "bind/witness_expression.h"
#include "bind/writes.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS      12
#define MAX_LEAVES      100
#define MIN_ROUND_TIDS  300
#define MAX_BATCH_TIDS  20000
#define READ_ROWS       1000 /* enough to know how a column is spread, and to meet rare values */
#define MAX_SAMPLE_NS   (1500 * NS_PER_MS)
#define MAX_ROWS        200000
#define UNANCHORED_ROWS 100000 /* of a view, to draw from */
#define JOINED_ROWS     10000  /* of one query, to take some of: a join gives many for one tid */
#define STREAM_WITNESS  101

/* Elements of a list and rows of VALUES have one expression, and different rows of one pool. */
struct follower {
	struct slot *slot;
	size_t column;
};

/* One query while it is being made and run. */
struct witness {
	struct binding *b;
	const struct witness_request *request;
	struct slot **slots; /* that it fills, a column for each */
	size_t n_slots;
	struct follower *followers; /* and those that read one of these columns in another row */
	size_t n_followers, cap_followers;
	size_t wanted;                     /* rows */
	const struct catalog_table *table; /* anchor; NULL for none */
	const char *anchor, *alias;        /* its name and alias in FROM */
	bool with_nulls;
	bool any_values; /* rows with the values that are told were not found */
	struct pool pool;
	uint32_t *pages; /* of the anchor's rows, in step with the pool */
	uint64_t *seen;  /* hashes of rows, an open table; only for rows that are used once */
	size_t seen_size;
	struct rng rng;
};

static bool in_scopes(const struct witness_request *request, const struct slot *slot)
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
	return in_scopes(request, slot);
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

/* A row that others refer to cannot be deleted. */
static void add_unreferenced(struct witness *w, struct buf *sql)
{
	const struct sql_scope *scope = &w->b->analysis.scopes[w->request->scopes[0]];
	bool deletes = w->b->analysis.kind == SQL_DELETE && w->request->scopes[0] == 0;
	const struct catalog_table *table =
	    deletes ? catalog_table(w->b->run->catalog, scope->target, NULL) : NULL;

	if (!table)
		return;
	for (size_t i = 0; i < table->n_referenced_by; i++) {
		const struct catalog_foreign_key *key = &table->referenced_by[i];
		if (!key->restricts)
			continue;
		buf_addf(sql, " AND NOT EXISTS (SELECT 1 FROM %s pgrehearse_child WHERE ", key->table);
		for (size_t c = 0; c < key->columns.n; c++) {
			_cleanup_free_ char *own = db_quote_ident(key->columns.items[c]);
			_cleanup_free_ char *other = db_quote_ident(key->other_columns.items[c]);
			buf_addf(sql, "%spgrehearse_child.%s = %s.%s", c ? " AND " : "", other,
			    scope->aliases.items[0], own);
		}
		buf_addc(sql, ')');
	}
}

static bool must_have_value(const struct slot *slot)
{
	return slot->item->role != PARAM_INSERT && slot->item->role != PARAM_SET;
}

bool witness_links(const struct sql_scope *scope)
{
	return !scope->negated && !scope->correlated && !scope->scalar && scope->from &&
	       (scope->links.n > 0 || scope->link_outer);
}

/* The scope is a subquery whose names must not meet those of the others. */
static bool is_apart(const struct witness *w, int scope)
{
	return scope != w->request->scopes[0] && witness_links(&w->b->analysis.scopes[scope]);
}

/* Rows that have what the statement's constants ask for. */
static void add_pins(const struct witness *w, struct buf *sql)
{
	const struct binding *b = w->b;

	for (size_t i = 0; i < b->n_slots && !w->request->no_conjuncts; i++) {
		const struct slot *slot = &b->slots[i];
		_cleanup_free_ char *value = NULL;
		if (!slot->pinned || slot->turn > 0 || !in_scopes(w->request, slot) ||
		    is_apart(w, slot->item->scope))
			continue;
		value = slot_literal(b, slot);
		buf_addf(sql, " AND %s %s %s", slot->item->partner, slot->item->op, value);
	}
}

static void add_told(const struct slot *slot, const char *expression, struct buf *sql)
{
	_cleanup_free_ char *array = slot->told.n ? told_array(&slot->told) : NULL;
	_cleanup_free_ char *quoted = array ? db_quote_literal(array) : NULL;

	if (quoted)
		buf_addf(sql, " AND (%s)::text = ANY (%s::text[])", expression, quoted);
}

static void add_where(struct witness *w, char **expressions, bool by_tid, struct buf *sql)
{
	buf_adds(sql, " WHERE true");
	for (size_t i = 0; i < w->request->n_scopes && !w->request->no_conjuncts; i++) {
		int s = w->request->scopes[i];
		const struct sql_scope *scope = &w->b->analysis.scopes[s];
		if (is_apart(w, s)) {
			if (scope->link_outer)
				buf_addf(sql, " AND (%s) = pgrehearse_%d.link", scope->link_outer, s);
			continue;
		}
		for (size_t c = 0; c < scope->plain_conjuncts.n; c++)
			buf_addf(sql, " AND (%s)", scope->plain_conjuncts.items[c]);
	}
	add_pins(w, sql);
	for (size_t i = 0; i < w->n_slots && !w->with_nulls; i++)
		if (must_have_value(w->slots[i]))
			buf_addf(sql, " AND (%s) IS NOT NULL", expressions[i]);
	for (size_t i = 0; i < w->n_slots && !w->any_values; i++)
		add_told(w->slots[i], expressions[i], sql);
	add_unreferenced(w, sql);
	if (by_tid)
		buf_addf(
		    sql, " AND %s.ctid = ANY ($1::tid[]) AND %s.tableoid = $2::oid", w->alias, w->alias);
}

/* The CTEs that the FROM names, with values in place of their parameters. */
static void add_with(struct witness *w, struct buf *sql)
{
	for (size_t i = 0; i < w->request->n_scopes && !w->request->anchor_alone; i++) {
		const char *with = w->b->analysis.scopes[w->request->scopes[i]].with;
		if (with) {
			_cleanup_free_ char *text = slots_substitute(w->b, with);
			buf_addf(sql, "%s ", text);
			return;
		}
	}
}

/* A written column belongs to the target, whatever else the FROM has under that name. */
static char *partner_text(const struct binding *b, const struct slot *slot)
{
	const struct sql_scope *scope = &b->analysis.scopes[slot->item->scope];

	if (!must_have_value(slot) && scope->target && scope->aliases.n > 0)
		return xasprintf("%s.%s", scope->aliases.items[0], slot->item->partner);
	return slots_substitute(b, slot->item->partner);
}

/* Which of the rows, depends on the outer one. */
static void add_any_one(const struct witness *w, int s, char **expressions, struct buf *sql)
{
	buf_adds(sql, " ORDER BY md5('1'");
	for (size_t i = 0; i < w->n_slots; i++)
		if (w->slots[i]->item->scope == s)
			buf_addf(sql, " || (%s)::text", expressions[i]);
	if (w->alias)
		buf_addf(sql, " || %s.ctid", w->alias);
	buf_adds(sql, ") LIMIT 1");
}

/* One row of EXISTS's subquery for each of the others, or IN's with what it is joined by; the values
 * of its slots as v<slot>. */
static void add_linked(const struct witness *w, int s, char **expressions, struct buf *sql)
{
	const struct sql_scope *scope = &w->b->analysis.scopes[s];
	_cleanup_free_ char *from = slots_substitute(w->b, scope->from);

	buf_adds(sql, ", LATERAL (SELECT ");
	for (size_t i = 0; i < w->n_slots; i++)
		if (w->slots[i]->item->scope == s)
			buf_addf(sql, "(%s) AS v%zu, ", expressions[i], i);
	buf_addf(
	    sql, "%s AS link FROM %s WHERE true", scope->link_inner ? scope->link_inner : "1", from);
	for (size_t i = 0; i < scope->plain_conjuncts.n; i++)
		buf_addf(sql, " AND (%s)", scope->plain_conjuncts.items[i]);
	for (size_t i = 0; i < scope->links.n; i++)
		buf_addf(sql, " AND (%s)", scope->links.items[i]);
	if (!scope->link_outer)
		add_any_one(w, s, expressions, sql);
	buf_addf(sql, ") AS pgrehearse_%d", s);
}

static void add_from(const struct witness *w, char **expressions, struct buf *sql)
{
	if (w->request->anchor_alone) {
		buf_addf(sql, "%s AS %s", w->anchor, w->alias);
		return;
	}
	for (size_t i = 0; i < w->request->n_scopes; i++) {
		const char *from = w->b->analysis.scopes[w->request->scopes[i]].from;
		_cleanup_free_ char *text = slots_substitute(w->b, from);
		if (is_apart(w, w->request->scopes[i]))
			add_linked(w, w->request->scopes[i], expressions, sql);
		else
			buf_addf(sql, "%s%s", i ? ", " : "", text);
	}
}

/* From here on the values of subqueries are those that add_linked() names. */
static void name_linked(const struct witness *w, char **expressions)
{
	for (size_t i = 0; i < w->n_slots; i++) {
		int s = w->slots[i]->item->scope;
		if (w->request->anchor_alone || !is_apart(w, s))
			continue;
		free(expressions[i]);
		expressions[i] = xasprintf("pgrehearse_%d.v%zu", s, i);
	}
}

static char *build_query(struct witness *w, bool by_tid)
{
	struct buf sql = BUF_INIT, from = BUF_INIT;
	char **expressions = xcalloc(w->n_slots, sizeof(*expressions));
	size_t most;

	for (size_t i = 0; i < w->n_slots; i++) {
		_cleanup_free_ char *partner = partner_text(w->b, w->slots[i]);
		expressions[i] = witness_expression(w->b, w->slots[i], partner, w->alias);
	}
	add_from(w, expressions, &from);
	name_linked(w, expressions);
	add_with(w, &sql);
	buf_adds(&sql, "SELECT ");
	for (size_t i = 0; i < w->n_slots; i++)
		buf_addf(&sql, "(%s)::text, ", expressions[i]);
	/* The tid of the anchor also keeps an aggregate from turning the query into one row. */
	buf_addf(&sql, "%s%s FROM %s", w->alias ? w->alias : "1", w->alias ? ".ctid" : "", from.data);
	add_where(w, expressions, by_tid, &sql);
	most = w->wanted * 2 > JOINED_ROWS ? w->wanted * 2 : JOINED_ROWS;
	buf_addf(&sql, " LIMIT %zu", w->alias ? most : (size_t)UNANCHORED_ROWS);
	if (!w->alias) { /* no tids to draw: a view */
		_cleanup_free_ char *inner = buf_detach(&sql);
		sql = (struct buf)BUF_INIT;
		buf_addf(&sql, "SELECT * FROM (%s) AS pgrehearse_rows ORDER BY %s LIMIT %zu", inner,
		    "hashtext(pgrehearse_rows::text)", w->wanted * 2);
	}
	for (size_t i = 0; i < w->n_slots; i++)
		free(expressions[i]);
	free(expressions);
	buf_release(&from);
	return buf_detach(&sql);
}

/* True when the row was not there before. */
static bool remember(struct witness *w, char *const *cells)
{
	uint64_t hash = 1;

	if (!w->seen) {
		for (w->seen_size = 1024; w->seen_size < w->wanted * 4;)
			w->seen_size *= 2;
		w->seen = xcalloc(w->seen_size, sizeof(*w->seen));
	}
	for (size_t i = 0; i < w->n_slots; i++)
		for (const char *p = cells[i] ? cells[i] : "\1";; p++) {
			hash = splitmix64(hash ^ (unsigned char)*p);
			if (!*p)
				break;
		}
	hash |= 1;
	for (size_t at = hash & (w->seen_size - 1);; at = (at + 1) & (w->seen_size - 1)) {
		if (w->seen[at] == hash)
			return false;
		if (w->seen[at] == 0) {
			w->seen[at] = hash;
			return true;
		}
	}
}

/* Of the anchor's tid, "(page,line)". */
static void take_page(struct witness *w, const struct db_rows *rows, int r)
{
	size_t i = w->pool.n_rows;

	if (!w->pages)
		w->pages = xcalloc(w->wanted * 2 + 1, sizeof(*w->pages));
	if (w->alias)
		w->pages[i] = (uint32_t)strtoul(db_text(rows, r, (int)w->n_slots) + 1, NULL, 10);
}

/* The server reads tids in their order, so where there are too many rows the first ones would all be
 * of the table's first pages: take some of all. */
static void take_rows(struct witness *w, const struct db_rows *rows)
{
	bool once = w->b->order == VECTOR_SEQUENTIAL;
	size_t n_rows = (size_t)db_rows_count(rows), room = w->wanted * 2 - w->pool.n_rows;
	size_t n = n_rows < room ? n_rows : room;

	for (size_t k = 0; k < n; k++) {
		int r = (int)(k * n_rows / n);
		char **cells = xcalloc(w->n_slots, sizeof(*cells));
		for (size_t i = 0; i < w->n_slots; i++)
			cells[i] = db_is_null(rows, r, (int)i) ? NULL : xstrdup(db_text(rows, r, (int)i));
		if (!once || remember(w, cells)) {
			take_page(w, rows, r);
			pool_add_row(&w->pool, cells);
		} else {
			for (size_t i = 0; i < w->n_slots; i++)
				free(cells[i]);
		}
		free(cells);
	}
}

/* 1 rows came, 0 the query does not work or finds nothing, negative the server failed. */
static int run_whole(struct witness *w)
{
	_cleanup_free_ char *sql = build_query(w, false);
	struct err err = {0};
	struct db_rows *rows = db_queryv(w->b->run->db, sql, 0, NULL, &err);

	if (!rows)
		return bind_server_failed(w->b, &err) ? err.code : 0;
	take_rows(w, rows);
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
	take_rows(w, rows);
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
	_cleanup_free_ char *sql = build_query(w, true);
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
		if (is_apart(w, w->request->scopes[s]))
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

/* Rows as they come mimic skew: what many rows share is drawn often. An application may as well
 * ask for each value equally often, so every third row is one that was not there before; weights
 * then have both kinds to choose from. */
static void spread(struct witness *w)
{
	struct pool *pool = &w->pool;
	size_t n = pool->n_rows, columns = pool->n_columns, n_new = 0, next = 0;
	size_t *new_rows = xcalloc(n + 1, sizeof(*new_rows));

	for (size_t i = 0; i < n; i++)
		if (remember(w, pool->cells + i * columns))
			new_rows[n_new++] = i;
	for (size_t i = 2; i < n && n_new < n; i += 3) {
		while (next < n_new && new_rows[next] < i)
			next++;
		if (next == n_new)
			break;
		pool_swap(pool, i, new_rows[next++]);
	}
	free(new_rows);
}

/* The rows of the last pages, where the newest rows mostly are. */
static void keep_pages(struct witness *w, size_t n_pages)
{
	struct pool *pool = &w->pool;
	uint32_t page = UINT32_MAX;
	size_t kept = 0, pages = 0;

	for (;;) {
		uint32_t next = 0;
		bool any = false;
		for (size_t i = kept; i < pool->n_rows; i++) {
			if (w->pages[i] < page && w->pages[i] >= next) {
				next = w->pages[i];
				any = true;
			}
		}
		if (!any || pages++ == n_pages)
			break;
		page = next;
		for (size_t i = kept; i < pool->n_rows; i++) {
			uint32_t other = w->pages[kept];
			if (w->pages[i] != page)
				continue;
			pool_swap(pool, i, kept);
			w->pages[kept++] = page;
			w->pages[i] = other;
		}
	}
	for (size_t i = kept * pool->n_columns; i < pool->n_rows * pool->n_columns; i++)
		free(pool->cells[i]);
	pool->n_rows = kept;
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
	if (must_have_value(slot) && !has_value(&w->b->pools[pool], column))
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
		keep_pages(w, n_pages);
	pool_shuffle(&w->pool, &w->rng);
	if (w->b->order == VECTOR_SAMPLED && !w->b->analysis.writes && w->pool.stride == 1)
		spread(w);
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
