/*
 * Are the planner's statistics the same on both arms? ANALYZE samples at random, so two equal
 * databases that were analysed one by one may get different plans.
 */
#include "base/mem.h"
#include "base/strv.h"
#include "measure/measure.h"

#include <string.h>

#define MAX_NAMED 3

/* One row per table: its name, and a digest of all that is known of its columns. */
static struct db_rows *read_digests(struct db *db)
{
	struct err problem = {0};

	return db_query(db, &problem,
	    "SELECT schemaname || '.' || tablename,"
	    " md5(string_agg(s::text, ' ' ORDER BY attname, inherited))"
	    " FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_namespace n ON n.nspname = schemaname"
	    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = tablename"
	    " WHERE c.relkind IN ('r', 'p', 'm')"
	    " AND schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1 ORDER BY 1");
}

static const char *digest_of(const struct db_rows *rows, const char *table)
{
	for (int i = 0; i < db_rows_count(rows); i++)
		if (strcmp(db_text(rows, i, 0), table) == 0)
			return db_text(rows, i, 1);
	return NULL;
}

/* Tables that both arms have, with different statistics. */
static void find_different(
    const struct db_rows *baseline, const struct db_rows *candidate, struct strv *ret)
{
	for (int i = 0; i < db_rows_count(baseline); i++) {
		const char *table = db_text(baseline, i, 0), *other = digest_of(candidate, table);

		if (other && strcmp(other, db_text(baseline, i, 1)) != 0)
			strv_add(ret, table);
	}
}

static void disclose(const struct strv *tables, struct run *run)
{
	_cleanup_buf_ struct buf names = BUF_INIT;

	for (size_t i = 0; i < tables->n && i < MAX_NAMED; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", tables->items[i]);
	if (tables->n > MAX_NAMED)
		buf_addf(&names, " and %zu more", tables->n - MAX_NAMED);
	run_add_disturbance(run, RUN_STATISTICS_DIFFER, false,
	    "the arms have different planner statistics of %s, so plans may differ without any doing "
	    "of "
	    "the candidate's: analyse before cloning, not each clone",
	    names.data);
}

void measure_statistics(struct db *const arms[N_ARMS], struct run *run)
{
	struct db_rows *rows[N_ARMS] = {NULL};
	_cleanup_(strv_release) struct strv different = {0};

	for (int arm = 0; arm < N_ARMS; arm++)
		rows[arm] = read_digests(arms[arm]);
	if (rows[ARM_BASELINE] && rows[ARM_CANDIDATE])
		find_different(rows[ARM_BASELINE], rows[ARM_CANDIDATE], &different);
	if (different.n)
		disclose(&different, run);
	for (int arm = 0; arm < N_ARMS; arm++)
		db_rows_free(rows[arm]);
}
