/*
 * Tables and indexes: differences of the statistics views on each arm, both arms side by side.
 */
#include "base/mem.h"
#include "measure/measure_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct table_counter *find_table(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; snapshot->has_relations && i < snapshot->relations.n_tables; i++)
		if (strcmp(snapshot->relations.tables[i].name, name) == 0)
			return &snapshot->relations.tables[i];
	return NULL;
}

static const struct index_counter *find_index(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; snapshot->has_relations && i < snapshot->relations.n_indexes; i++)
		if (strcmp(snapshot->relations.indexes[i].name, name) == 0)
			return &snapshot->relations.indexes[i];
	return NULL;
}

static struct run_table_arm table_arm(
    const struct table_counter *before, const struct table_counter *after)
{
	static const struct table_counter nothing = {0};
	struct run_table_arm arm = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};

	if (!after)
		return arm;
	if (!before)
		before = &nothing; /* made during the replay */
	arm.inserted = after->inserted - before->inserted;
	arm.updated = after->updated - before->updated;
	arm.hot_updated = after->hot_updated - before->hot_updated;
	arm.deleted = after->deleted - before->deleted;
	arm.dead_tuples = after->dead;
	arm.size_bytes = after->size_bytes;
	arm.growth_bytes = after->size_bytes - before->size_bytes;
	return arm;
}

static void add_table(const char *name, const struct snapshot before[N_ARMS],
    const struct snapshot after[N_ARMS], struct run *run)
{
	struct run_table table = {.name = xstrdup(name)};

	for (int arm = 0; arm < N_ARMS; arm++)
		table.arms[arm] = table_arm(find_table(&before[arm], name), find_table(&after[arm], name));
	GROW(run->tables, run->n_tables, run->cap_tables);
	run->tables[run->n_tables++] = table;
}

static struct run_index_arm index_arm(
    const struct index_counter *before, const struct index_counter *after)
{
	static const struct index_counter nothing = {0};
	struct run_index_arm arm = {.size_bytes = NAN,
	    .growth_bytes = NAN,
	    .scans = NAN,
	    .tuples_read = NAN,
	    .tuples_fetched = NAN,
	    .bloat = NAN};

	if (!after)
		return arm;
	if (!before)
		before = &nothing;
	arm.exists = true;
	arm.valid = after->is_valid;
	arm.size_bytes = after->size_bytes;
	arm.growth_bytes = after->size_bytes - before->size_bytes;
	arm.scans = after->scans - before->scans;
	arm.tuples_read = after->tuples_read - before->tuples_read;
	arm.tuples_fetched = after->tuples_fetched - before->tuples_fetched;
	return arm;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Does the text hold this name as a whole word? */
static bool names(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if ((at == text || !is_name_char(at[-1])) && !is_name_char(at[n]))
			return true;
	return false;
}

/* The time of the one CREATE INDEX that made this index. Its name is in the statement, or it
 * is the only one that was made. */
static double build_seconds(const char *index, size_t n_created, const struct run *run)
{
	const char *dot = strrchr(index, '.');
	double only = NAN;
	size_t n = 0;

	for (size_t i = 0; i < run->n_changes; i++) {
		const struct run_change *change = &run->changes[i];

		if (change->error || !change->kind || strcmp(change->kind, "create index") != 0)
			continue;
		if (names(change->sql, dot ? dot + 1 : index))
			return change->seconds;
		only = change->seconds;
		n++;
	}
	return n == 1 && n_created == 1 ? only : NAN;
}

static void add_index(const struct index_counter *known, const struct snapshot before[N_ARMS],
    const struct snapshot after[N_ARMS], struct run *run)
{
	struct run_index index = {
	    .name = xstrdup(known->name),
	    .table = xstrdup(known->table),
	    .definition = xstrdup(known->definition),
	    .is_unique = known->is_unique,
	    .is_primary = known->is_primary,
	    .is_constraint = known->is_constraint,
	    .build_seconds = NAN,
	    .predicted_bytes = NAN,
	    .cost = run_index_cost_unknown,
	};

	for (int arm = 0; arm < N_ARMS; arm++)
		index.arms[arm] =
		    index_arm(find_index(&before[arm], known->name), find_index(&after[arm], known->name));
	if (after[ARM_BASELINE].has_relations && after[ARM_CANDIDATE].has_relations)
		index.role = !index.arms[ARM_BASELINE].exists    ? INDEX_CREATED
		             : !index.arms[ARM_CANDIDATE].exists ? INDEX_DROPPED
		                                                 : INDEX_EXISTING;
	GROW(run->indexes, run->n_indexes, run->cap_indexes);
	run->indexes[run->n_indexes++] = index;
}

static void time_builds(struct run *run)
{
	size_t n_created = 0;

	for (size_t i = 0; i < run->n_indexes; i++)
		n_created += run->indexes[i].role == INDEX_CREATED;
	for (size_t i = 0; i < run->n_indexes; i++)
		if (run->indexes[i].role == INDEX_CREATED)
			run->indexes[i].build_seconds = build_seconds(run->indexes[i].name, n_created, run);
}

void measure_tables(
    const struct snapshot before[N_ARMS], const struct snapshot after[N_ARMS], struct run *run)
{
	for (size_t i = 0; i < run->n_tables; i++)
		free(run->tables[i].name);
	run->n_tables = 0;
	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct relation_counters *relations = &after[arm].relations;

		for (size_t i = 0; after[arm].has_relations && i < relations->n_tables; i++)
			if (arm == ARM_BASELINE || !find_table(&after[ARM_BASELINE], relations->tables[i].name))
				add_table(relations->tables[i].name, before, after, run);
	}
}

void measure_relations(
    const struct snapshot before[N_ARMS], const struct snapshot after[N_ARMS], struct run *run)
{
	measure_tables(before, after, run);
	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct relation_counters *relations = &after[arm].relations;

		if (!after[arm].has_relations)
			continue;
		for (size_t i = 0; i < relations->n_indexes; i++)
			if (arm == ARM_BASELINE ||
			    !find_index(&after[ARM_BASELINE], relations->indexes[i].name))
				add_index(&relations->indexes[i], before, after, run);
	}
	time_builds(run);
}
