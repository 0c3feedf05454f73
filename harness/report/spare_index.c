#include "report/spare_index.h"

#include "report/figures.h"

#include <math.h>
#include <string.h>

#define MAX_USERS     4
#define REBUILT_SHARE 0.10
#define REBUILT_BYTES (64 * 1024.0)

static bool is_used(const struct run_index *index)
{
	return index->used_by.n > 0 || index->arms[ARM_CANDIDATE].scans > 0 ||
	       index->arms[ARM_BASELINE].scans > 0;
}

bool index_is_spare(const struct run_index *index)
{
	if (index->role != INDEX_EXISTING || index->is_unique || index->is_constraint)
		return false;
	return !index->arms[ARM_BASELINE].valid || index->redundant_with || !is_used(index);
}

bool index_is_changed(const struct run_index *index)
{
	const double base = index->arms[ARM_BASELINE].size_bytes;
	const double cand = index->arms[ARM_CANDIDATE].size_bytes;

	return index->role != INDEX_EXISTING ||
	       fabs(base - cand) > fmax(REBUILT_SHARE * fmax(base, cand), REBUILT_BYTES);
}

/* Row versions that got an entry in every index: inserted ones, and updated ones that were not
 * heap-only. A partial index gets fewer. */
static double entries_written(const struct run *run, const struct run_index *index)
{
	for (size_t i = 0; index->table && i < run->n_tables; i++) {
		const struct run_table_arm *arm = &run->tables[i].arms[ARM_CANDIDATE];

		if (strcmp(run->tables[i].name, index->table) == 0)
			return arm->inserted + arm->updated - arm->hot_updated;
	}
	return NAN;
}

void index_add_saving(struct buf *out, const struct run *run, const struct run_index *index)
{
	double entries = entries_written(run, index);

	if (!index->arms[ARM_BASELINE].valid)
		buf_adds(out, "invalid, so that no query can use it");
	else if (index->redundant_with)
		buf_addf(out, "superfluous beside %s", index->redundant_with);
	else
		buf_adds(out, "used by no statement");
	buf_addf(
	    out, "; dropping it saves %s", figure_bytes(index->arms[ARM_CANDIDATE].size_bytes).text);
	if (entries > 0)
		buf_addf(
		    out, " and up to %s entries that the replay wrote to it", figure_count(entries).text);
}

void index_add_users(struct buf *out, const struct run_index *index)
{
	const size_t n = index->used_by.n;

	if (n == 0)
		buf_adds(out, "no statement");
	for (size_t i = 0; i < n && i < MAX_USERS; i++)
		buf_addf(out, "%s%s", i ? ", " : "", index->used_by.items[i]);
	if (n > MAX_USERS)
		buf_addf(out, " and %zu more", n - MAX_USERS);
}
