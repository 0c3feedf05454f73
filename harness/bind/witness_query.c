/*
 * The text of a witness query:
 *
 *     SELECT <what each parameter stands against> FROM <the same FROM>
 *     WHERE <conjuncts without parameters> AND <anchor>.ctid = ANY ($1)
 */
#include "bind/told.h"
#include "bind/witness.h"
#include "bind/witness_expression.h"

#include "base/mem.h"

#include <stdlib.h>

#define UNANCHORED_ROWS 100000 /* of a view, to draw from */
#define JOINED_ROWS     10000  /* of one query, to take some of: a join gives many for one tid */

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

bool witness_must_have_value(const struct slot *slot)
{
	return slot->item->role != PARAM_INSERT && slot->item->role != PARAM_SET;
}

bool witness_links(const struct sql_scope *scope)
{
	return !scope->negated && !scope->correlated && !scope->scalar && scope->from &&
	       (scope->links.n > 0 || scope->link_outer);
}

/* The scope is a subquery whose names must not meet those of the others. */
bool witness_is_apart(const struct witness *w, int scope)
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
		if (!slot->pinned || slot->turn > 0 || !witness_in_scopes(w->request, slot) ||
		    witness_is_apart(w, slot->item->scope))
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
		if (witness_is_apart(w, s)) {
			if (scope->link_outer)
				buf_addf(sql, " AND (%s) = pgrehearse_%d.link", scope->link_outer, s);
			continue;
		}
		for (size_t c = 0; c < scope->plain_conjuncts.n; c++)
			buf_addf(sql, " AND (%s)", scope->plain_conjuncts.items[c]);
	}
	add_pins(w, sql);
	for (size_t i = 0; i < w->n_slots && !w->with_nulls; i++)
		if (witness_must_have_value(w->slots[i]))
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

	if (!witness_must_have_value(slot) && scope->target && scope->aliases.n > 0)
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
		if (witness_is_apart(w, w->request->scopes[i]))
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
		if (w->request->anchor_alone || !witness_is_apart(w, s))
			continue;
		free(expressions[i]);
		expressions[i] = xasprintf("pgrehearse_%d.v%zu", s, i);
	}
}

char *witness_query(struct witness *w, bool by_tid)
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
