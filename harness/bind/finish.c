#include "bind/finish.h"

#include "bind/form.h"

#include "bind/chosen.h"
#include "bind/types.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAST_CHECK 16 /* vectors, for the fidelity table */

/* Where the values that decide what is found came from: the weakest of them. */
static enum value_source source_of(const struct binding *b, bool weighted)
{
	enum value_source weakest = VALUES_NONE;
	bool calibrated = weighted;

	for (size_t i = 0; i < b->n_slots; i++) {
		const struct slot *slot = &b->slots[i];
		calibrated = calibrated || slot->calibrated;
		if (slot->selects && slot->source > weakest)
			weakest = slot->source;
	}
	if (b->n_slots == 0)
		return VALUES_NONE;
	if (b->given)
		return VALUES_OVERRIDE;
	if (weakest == VALUES_NONE)
		weakest = calibrated ? VALUES_WITNESS : VALUES_GUESS;
	return weakest == VALUES_WITNESS && calibrated ? VALUES_CALIBRATED : weakest;
}

/* Vectors beyond the rows there are would be repetitions. */
static size_t vector_count(struct binding *b)
{
	size_t most = 0;
	bool varies = false;

	for (size_t i = 0; i < b->n_slots; i++) {
		const struct slot *slot = &b->slots[i];
		const struct pool *pool = slot->pool >= 0 ? &b->pools[slot->pool] : NULL;
		if (!pool || pool->n_rows == 0)
			continue;
		varies = true;
		if (pool->n_rows / pool->stride > most)
			most = pool->n_rows / pool->stride;
	}
	if (!varies)
		return 1;
	if (b->order == VECTOR_SAMPLED)
		return b->n_wanted;
	if (most < b->n_wanted)
		binding_note(b, "staging has %zu rows for it: later calls find them gone", most);
	return most < b->n_wanted ? (most ? most : 1) : b->n_wanted;
}

static void fill_param(const struct slot *slot, struct param *ret)
{
	*ret = (struct param){
	    .type_oid = slot->type->oid < TYPE_FIRST_USER ? slot->type->oid : 0,
	    .type_name = xstrdup(slot->type->name),
	    .literal = slot->literal ? slot->written : LITERAL_TYPED,
	};
	if (slot->rule != RULE_FRESH)
		return;
	ret->fresh = slot->fresh.fresh;
	ret->fresh_base = slot->fresh.fresh_base;
	ret->fresh_prefix = xstrdup(slot->fresh.fresh_prefix);
}

static enum statement_kind kind_of(enum sql_kind kind)
{
	switch (kind) {
	case SQL_SELECT:
		return STATEMENT_SELECT;
	case SQL_INSERT:
		return STATEMENT_INSERT;
	case SQL_UPDATE:
		return STATEMENT_UPDATE;
	case SQL_DELETE:
		return STATEMENT_DELETE;
	case SQL_MERGE:
		return STATEMENT_MERGE;
	default:
		return STATEMENT_OTHER;
	}
}

/* Literals beside parameters become part of the text; the rest are the replay's parameters. Takes
 * the values over. */
static void take_values(struct binding *b, char **values, size_t n, struct bound_statement *ret)
{
	bool mixed = b->n_literals > 0 && b->n_literals < b->n_slots;

	ret->sql = mixed ? form_final(b, values) : xstrdup(b->sql);
	if (b->rewrite)
		ret->candidate_sql = mixed ? form_final_of(b, b->rewrite, values) : xstrdup(b->rewrite);
	ret->n_params = b->n_slots - (mixed ? b->n_literals : 0);
	ret->params = xcalloc(ret->n_params + 1, sizeof(*ret->params));
	ret->values = xcalloc(n * ret->n_params + 1, sizeof(*ret->values));
	for (size_t s = 0, p = 0; s < b->n_slots; s++) {
		const struct slot *slot = &b->slots[s];
		bool dropped = mixed && slot->literal;
		for (size_t i = 0; i < n; i++) {
			char **value = &values[i * b->n_slots + s];
			if (dropped)
				free(*value);
			else
				ret->values[i * ret->n_params + p] = *value;
		}
		if (!dropped)
			fill_param(slot, &ret->params[p++]);
	}
	free(values);
}

static void note_form(struct binding *b)
{
	bool mixed = b->n_literals > 0 && b->n_literals < b->n_slots;

	if (b->protocol == PROTOCOL_SIMPLE)
		binding_note(b, "production sent literals");
	else if (mixed)
		binding_note(b, "%zu constant%s in the text, %s", b->n_literals,
		    b->n_literals == 1 ? "" : "s",
		    b->identified ? "as production sent it" : "which is nearer to production's work");
	else if (b->protocol == PROTOCOL_EXTENDED)
		binding_note(b, "planned in every call, as %s",
		    b->analysis.writes ? "production's literals were" : "suits production's work best");
}

static void note_told(struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++)
		if (b->slots[i].told.n > 0)
			binding_note(b, "values of %s as common as production's", b->slots[i].item->partner);
}

/* The statement, and not its probe: does it run? */
static int check_itself(
    struct binding *b, char *const *values, size_t n, struct check_result *ret, struct err *err)
{
	char *probe = b->probe;
	int rc;

	b->probe = NULL;
	rc = check_in_time(b, values, n, ret, err);
	b->probe = probe;
	return rc;
}

int finish_statement(
    struct binding *b, struct bound_statement *ret, struct bind_fidelity *fidelity, struct err *err)
{
	const struct statement *statement = b->statement;
	size_t n = vector_count(b), n_checked = n < LAST_CHECK ? n : LAST_CHECK;
	struct chosen chosen = {.values = slots_generate(b, n), .n = n};
	struct check_result result;

	if (check_itself(b, chosen.values, n_checked, &result, err) < 0) {
		slots_values_free(b, chosen.values, n);
		return err->code;
	}
	chosen.fidelity = (struct bind_fidelity){result.measured, result.rows, result.blocks};
	chosen_weigh(b, &chosen);
	chosen_improve(b, &chosen);
	*fidelity = chosen.fidelity;
	*ret = (struct bound_statement){
	    .name = xstrdup(statement->name),
	    .queryid = xstrdup(statement->queryid),
	    .kind = kind_of(b->analysis.kind),
	    .writes = b->analysis.writes,
	    .calls = statement->work.calls,
	    .exec_ms = statement->work.exec_ms,
	    .production = statement->work,
	    .source = source_of(b, chosen.weights != NULL),
	    .protocol = b->protocol,
	    .order = b->order,
	    .weights = chosen.weights,
	    .n_vectors = chosen.n,
	};
	for (size_t i = 0; i < statement->tables.n; i++)
		strv_add(&ret->tables, statement->tables.items[i]);
	take_values(b, chosen.values, chosen.n, ret);
	note_form(b);
	note_told(b);
	ret->note = b->note.len ? xstrdup(b->note.data) : NULL;
	return 0;
}
