/*
 * What the candidate costs VACUUM: every table that the replay wrote, on both arms, one after the
 * other. Which arm goes first alternates, so that a warm cache favours neither over all tables.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "measure/measure_internal.h"

#include <math.h>

static bool was_written(const struct run_table *table)
{
	double rows = 0;

	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct run_table_arm *a = &table->arms[arm];

		rows = fmax(rows, a->inserted + a->updated + a->deleted);
	}
	return rows > 0;
}

/* INDEX_CLEANUP ON: otherwise VACUUM may skip the indexes of a table with few dead rows, and
 * the cost of one index more would not show. */
static double vacuum_seconds(struct db *db, const char *table, struct err *err)
{
	uint64_t start = clock_now_ns(&clock_monotonic);

	if (db_execf(db, err, "VACUUM (INDEX_CLEANUP ON) %s", table) < 0)
		return NAN;
	return (double)(clock_now_ns(&clock_monotonic) - start) / 1e9;
}

void measure_vacuum(struct db *const arms[N_ARMS], const struct progress *progress, struct run *run)
{
	int first = ARM_BASELINE;

	for (size_t i = 0; i < run->n_tables && !stop_requested(); i++) {
		struct run_table *table = &run->tables[i];

		if (!was_written(table))
			continue;
		progress_say(progress, PROGRESS_TICK, "timing VACUUM of %s", table->name);
		for (int turn = 0; turn < N_ARMS; turn++) {
			int arm = (first + turn) % N_ARMS;
			struct err problem = {0};

			if (!arms[arm] || isnan(table->arms[arm].size_bytes))
				continue;
			table->arms[arm].vacuum_seconds = vacuum_seconds(arms[arm], table->name, &problem);
			if (isnan(table->arms[arm].vacuum_seconds))
				run_add_disturbance(run, "vacuum", false, "VACUUM of %s on the %s arm failed: %s",
				    table->name, arm_name((enum arm)arm), problem.message);
		}
		first = (first + 1) % N_ARMS;
	}
}
