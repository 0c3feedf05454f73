#include "cli/plan_text.h"

#include "base/mem.h"
#include "base/units.h"
#include "judge/plans.h"

#include <math.h>
#include <string.h>

#define MAX_CHANGES 12

static void add_ratio(struct buf *out, const char *what, double ratio)
{
	if (isfinite(ratio))
		buf_addf(out, ", %s %.3g times", what, ratio);
}

/* The values of a place, and how much work its plan is. */
static void add_place(struct buf *out, const struct run_plan_change *change)
{
	_cleanup_free_ char *where = run_plan_where(change->rank, change->of);

	buf_addf(out, "  %-8s %s", plan_severity_name(change->severity), where);
	if (isfinite(change->share))
		buf_addf(out, ", like %.3g%% of its calls", 100 * change->share);
	add_ratio(out, "cost", change->cost_ratio);
	add_ratio(out, "blocks", change->buffers_ratio);
	buf_addc(out, '\n');
}

static bool same_place(const struct run_plan_change *a, const struct run_plan_change *b)
{
	return a->rank == b->rank && a->of == b->of;
}

static void add_changes(struct buf *out, const struct run_plan_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		if (i == 0 || !same_place(&changes->items[i], &changes->items[i - 1])) {
			if (i >= MAX_CHANGES) {
				buf_addf(out, "  and %zu more\n", changes->n - i);
				return;
			}
			add_place(out, &changes->items[i]);
		}
		buf_addf(out, "             %s: %s\n", changes->items[i].kind, changes->items[i].text);
	}
}

static const char *error_of(const struct run_statement *statement)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		for (size_t i = 0; i < statement->arms[arm].plans.n; i++)
			if (statement->arms[arm].plans.items[i].error)
				return statement->arms[arm].plans.items[i].error;
	return NULL;
}

/* Where HypoPG and the real index led to other plans or other costs. */
static void add_prediction(struct buf *out, const struct run_statement *statement)
{
	const struct run_plans *real = &statement->arms[ARM_CANDIDATE].plans;
	const struct run_plans *foretold = &statement->predicted;
	size_t n = real->n < foretold->n ? real->n : foretold->n, compared = 0, same = 0;
	double worst = 0;

	for (size_t i = 0; i < n; i++) {
		const struct run_plan *a = &foretold->items[i], *b = &real->items[i];

		if (!a->hash || !b->hash)
			continue;
		compared++;
		same += strcmp(a->hash, b->hash) == 0;
		if (b->cost > 0 && fabs(a->cost / b->cost - 1) > fabs(worst))
			worst = a->cost / b->cost - 1;
	}
	if (compared > 0)
		buf_addf(out, "  foretold: %zu of %zu plans as built, cost off by %+.1f%% at most\n", same,
		    compared, 100 * worst);
}

static bool add_statement(struct buf *out, const struct run_statement *statement)
{
	const struct run_plan_changes *changes = &statement->plan_changes;
	const char *error = error_of(statement);

	if (changes->n == 0 && !error)
		return false;
	buf_addf(out, "%s\n", statement->name);
	add_changes(out, changes);
	if (error)
		buf_addf(out, "  not compared: %s\n", error);
	add_prediction(out, statement);
	return true;
}

static void add_names(struct buf *out, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		buf_addf(out, "%s%s", i ? ", " : "", names->items[i]);
	if (names->n == 0)
		buf_adds(out, "no statement");
}

static void add_size(struct buf *out, const char *what, double bytes)
{
	char text[32];

	if (isfinite(bytes))
		buf_addf(out, ", %s%s", what, units_format_bytes(text, bytes));
}

static void add_cost(struct buf *out, const struct run_index_cost *cost)
{
	char without[32], with[32];

	if (isnan(cost->wal_with))
		return;
	buf_addf(out, "\n         WAL per write %s without it, %s with it",
	    units_format_bytes(without, cost->wal_without), units_format_bytes(with, cost->wal_with));
	if (isfinite(cost->hot_with))
		buf_addf(out, "; HOT %s, %s", units_format_percent(without, cost->hot_without),
		    units_format_percent(with, cost->hot_with));
}

static void add_index(struct buf *out, const struct run_index *index, bool hypothetical)
{
	const struct run_index_arm *arm =
	    &index->arms[index->role == INDEX_DROPPED ? ARM_BASELINE : ARM_CANDIDATE];

	buf_addf(out, "%-8s %s", index_role_name(index->role), index->name);
	if (!hypothetical || index->role != INDEX_CREATED)
		add_size(out, "", arm->size_bytes);
	add_size(out, "foretold ", index->predicted_bytes);
	if (!hypothetical && index->predicted_bytes > 0 && arm->size_bytes > 0)
		buf_addf(out, " (%+.1f%%)", 100 * (index->predicted_bytes / arm->size_bytes - 1));
	buf_adds(out, "\n         used by ");
	add_names(out, &index->used_by);
	add_cost(out, &index->cost);
	if (index->redundant_with)
		buf_addf(out, "\n         superfluous beside %s", index->redundant_with);
	if (arm->exists && !arm->valid)
		buf_adds(out, "\n         invalid: no query can use it");
	buf_addc(out, '\n');
}

static bool is_notable(const struct run_index *index)
{
	bool enforces = index->is_unique || index->is_constraint;

	return index->role != INDEX_EXISTING || index->redundant_with ||
	       (index->used_by.n == 0 && !enforces);
}

/* The indexes that the candidate makes or drops, and of the others those that could go. */
static void add_indexes(struct buf *out, const struct run *run, bool hypothetical)
{
	static const enum index_role order[] = {INDEX_CREATED, INDEX_DROPPED, INDEX_EXISTING};

	buf_adds(out, "\nindexes\n");
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < run->n_indexes; i++)
			if (run->indexes[i].role == order[k] && is_notable(&run->indexes[i]))
				add_index(out, &run->indexes[i], hypothetical);
}

void plan_text(struct buf *out, const struct run *run, bool hypothetical)
{
	size_t changed = 0, harmed = 0;

	for (size_t i = 0; i < run->n_replayed; i++) {
		const struct run_plan_change *worst = judge_worst_plan_change(&run->statements[i]);

		changed += add_statement(out, &run->statements[i]);
		harmed += worst && worst->severity == PLAN_HARMFUL;
	}
	buf_addf(out, "%s%zu of %zu statements have another plan, %zu for the worse\n",
	    changed ? "\n" : "", changed, run->n_replayed, harmed);
	add_indexes(out, run, hypothetical);
}
