#include "measure/measure.h"

#include "base/mem.h"
#include "base/stop.h"
#include "measure/measure_internal.h"

void snapshot_take(struct db *db, bool with_text, struct snapshot *ret)
{
	*ret = (struct snapshot){0};
	ret->has_statements =
	    statement_counters_read(db, with_text, &ret->statements, &ret->statements_problem) == 0;
	ret->has_relations = relation_counters_read(db, &ret->relations, &ret->relations_problem) == 0;
}

void snapshot_release(struct snapshot *snapshot)
{
	if (snapshot->has_statements)
		statement_counters_release(&snapshot->statements);
	if (snapshot->has_relations)
		relation_counters_release(&snapshot->relations);
	*snapshot = (struct snapshot){0};
}

int measure_begin(struct db *const arms[N_ARMS], struct measure **ret, struct err *err)
{
	struct measure *measure = xcalloc(1, sizeof(*measure));

	for (int arm = 0; arm < N_ARMS; arm++) {
		if (!arms[arm])
			continue;
		measure->arms[arm] = arms[arm];
		snapshot_take(arms[arm], false, &measure->before[arm]);
		if (!db_alive(arms[arm])) {
			*err = measure->before[arm].relations_problem;
			measure_free(measure);
			return err_wrap(err, "reading the counters before the replay");
		}
	}
	replica_watch_begin(measure->arms, &measure->replicas);
	cache_watch_begin(measure->arms, measure->caches);
	*ret = measure;
	return 0;
}

void measure_free(struct measure *measure)
{
	if (!measure)
		return;
	for (int arm = 0; arm < N_ARMS; arm++) {
		snapshot_release(&measure->before[arm]);
		statement_counters_release(&measure->marked[arm]);
	}
	replica_watch_release(&measure->replicas);
	free(measure);
}

/* What could not be read, once per cause: the checks that need it will say so as well. */
static void note_problems(
    const struct snapshot *before, const struct snapshot *after, enum arm arm, struct run *run)
{
	if (!before->has_statements || !after->has_statements)
		run_add_disturbance(run, "counters", false,
		    "the %s arm has no statement counters, so buffers, WAL and rows are not measured: %s",
		    arm_name(arm), (before->has_statements ? after : before)->statements_problem.message);
	if (!before->has_relations || !after->has_relations)
		run_add_disturbance(run, "counters", false,
		    "table and index figures of the %s arm are not measured: %s", arm_name(arm),
		    (before->has_relations ? after : before)->relations_problem.message);
	if (before->has_statements && after->has_statements &&
	    after->statements.dealloc > before->statements.dealloc)
		run_add_disturbance(run, "counters", false,
		    "pg_stat_statements of the %s arm evicted entries during the replay: raise "
		    "pg_stat_statements.max",
		    arm_name(arm));
}

static void note_database_sizes(
    const struct snapshot *before, const struct snapshot *after, struct run_arm *arm)
{
	if (before->has_relations)
		arm->database_bytes_before = before->relations.database_bytes;
	if (after->has_relations)
		arm->database_bytes_after = after->relations.database_bytes;
}

int measure_end(struct measure *measure, bool vacuum, const struct progress *progress,
    struct run *run, struct err *err)
{
	struct snapshot after[N_ARMS] = {0};

	replica_watch_look(&measure->replicas, measure->arms);
	for (int arm = 0; arm < N_ARMS; arm++) {
		if (!measure->arms[arm])
			continue;
		snapshot_take(measure->arms[arm], true, &after[arm]);
		note_problems(&measure->before[arm], &after[arm], (enum arm)arm, run);
		note_database_sizes(&measure->before[arm], &after[arm], &run->arms[arm]);
	}
	measure_statement_work(measure->before, after, run);
	replica_watch_end(&measure->replicas, measure->arms, run);
	cache_watch_tell(run);
	measure_relations(measure->before, after, run);
	for (int arm = 0; arm < N_ARMS; arm++)
		snapshot_release(&after[arm]);
	if (vacuum)
		measure_vacuum(measure->arms, progress, run);
	return stop_requested() ? stop_error(err) : 0;
}
