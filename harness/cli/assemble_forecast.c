/* What HypoPG foretold about the candidate's indexes, in the run record. */
#include "base/mem.h"
#include "cli/assemble.h"

#include <math.h>
#include <string.h>

static bool is_called(const char *qualified, const char *name)
{
	const char *own = strrchr(qualified, '.');
	const char *wanted = strrchr(name, '.');

	return strcmp(own ? own + 1 : qualified, wanted ? wanted + 1 : name) == 0;
}

static struct run_index *find_index(struct run *run, const char *table, const char *name)
{
	for (size_t i = 0; i < run->n_indexes; i++)
		if (is_called(run->indexes[i].name, name) &&
		    (!table || (run->indexes[i].table && strcmp(run->indexes[i].table, table) == 0)))
			return &run->indexes[i];
	return NULL;
}

/* In a what-if without a build the index is as if it were there, of the size that is foretold. */
static void add_index(const struct hypothetical_index *from, struct run *run)
{
	size_t schema = strcspn(from->table, ".");
	struct run_index *index;

	GROW(run->indexes, run->n_indexes, run->cap_indexes);
	index = &run->indexes[run->n_indexes++];
	*index = (struct run_index){
	    .name = xasprintf("%.*s.%s", (int)schema, from->table, from->name),
	    .table = xstrdup(from->table),
	    .definition = xstrdup(from->definition),
	    .role = INDEX_CREATED,
	    .is_unique = strncmp(from->definition, "CREATE UNIQUE", 13) == 0,
	    .build_seconds = NAN,
	    .predicted_bytes = from->bytes,
	};
	for (int arm = 0; arm < N_ARMS; arm++)
		index->arms[arm] = (struct run_index_arm){
		    .exists = arm == ARM_CANDIDATE,
		    .valid = arm == ARM_CANDIDATE,
		    .size_bytes = arm == ARM_CANDIDATE ? from->bytes : NAN,
		    .growth_bytes = NAN,
		    .scans = NAN,
		    .tuples_read = NAN,
		    .tuples_fetched = NAN,
		};
}

void assemble_forecast(const struct hypothetical *what_if, bool nothing_built, struct run *run)
{
	for (size_t i = 0; i < what_if->n; i++) {
		struct run_index *index =
		    find_index(run, what_if->indexes[i].table, what_if->indexes[i].name);

		if (index)
			index->predicted_bytes = what_if->indexes[i].bytes;
		else if (nothing_built)
			add_index(&what_if->indexes[i], run);
	}
	for (size_t i = 0; nothing_built && i < what_if->dropped.n; i++) {
		struct run_index *index = find_index(run, NULL, what_if->dropped.items[i]);

		if (!index)
			continue;
		index->role = INDEX_DROPPED;
		index->arms[ARM_CANDIDATE].exists = index->arms[ARM_CANDIDATE].valid = false;
	}
}
