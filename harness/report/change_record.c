/*
 * change_record: the text that a DBA attaches to a change ticket: description, evidence, EXPLAIN
 * before and after, risk, cost, checklist, rollback, sign-off. Facts are filled in; what only a
 * person can know is left as a field.
 */
#include "report/change_risk.h"
#include "report/figures.h"
#include "report/markdown_parts.h"
#include "report/report_format.h"
#include "report/text.h"

#include <math.h>

#define MAX_ROWS  50
#define MAX_PLANS 10
#define MAX_TEXT  400
#define MAX_SQL   20000

static void add_field(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "| %s | ", name);
	if (value)
		text_markdown(out, value, MAX_TEXT);
	buf_adds(out, " |\n");
}

static void add_description(struct buf *out, const struct run *run)
{
	buf_adds(out, "# Change record: ");
	text_markdown(out, run->name, MAX_TEXT);
	buf_adds(out, "\n\n| | |\n|---|---|\n");
	add_field(out, "Change", run->candidate_name);
	add_field(out, "Target database (of the statistics)", run->source.database);
	buf_adds(out, "| Rehearsal | ");
	markdown_outcome(out, run->verdict.outcome);
	buf_adds(out, " |\n");
	add_field(out, "Run", run->run_id);
	add_field(out, "Rehearsed", run->started_at);
	add_field(out, "Server of the rehearsal", run->arms[ARM_CANDIDATE].server_version);
	add_field(out, "Change ticket", NULL);
	add_field(out, "Planned window", NULL);
	buf_adds(out, "\n## 1. Description\n\n");
	if (run->up_sql)
		text_markdown_block(out, "sql", run->up_sql, MAX_SQL);
	else
		buf_adds(out, "No change: both arms were equal.\n");
}

static void add_evidence(struct buf *out, const struct run *run)
{
	_cleanup_buf_ struct buf plans = BUF_INIT;

	buf_adds(out, "\n## 2. Evidence\n\n");
	outcome_add_counts(out, run);
	buf_addf(out, "; %s of production's execution time and %s of its calls were replayed, ",
	    figure_percent(run->coverage_time).text, figure_percent(run->coverage_calls).text);
	buf_addf(out, "%s at %s operations per second on each of two clones.\n\n",
	    figure_seconds(run->generator.duration_s).text,
	    figure_count(run->generator.achieved_rate).text);
	markdown_reasons(out, run);
	buf_adds(out, "\n### Statements, baseline → candidate (service time)\n\n");
	markdown_statements(out, run, MAX_ROWS);
	if (run->n_checks > 0)
		buf_adds(out, "\n### Checks\n\n");
	markdown_checks(out, run, false, MAX_ROWS);
	buf_adds(out, "\n### EXPLAIN before and after\n\n");
	if (markdown_plans(&plans, run, "####", MAX_PLANS) == 0)
		buf_adds(&plans, "No recorded plan changed.\n");
	buf_add(out, plans.data, plans.len);
}

static double sum_of_writes(
    const struct run *run, enum arm arm, double (*figure)(const struct work *))
{
	double sum = 0;

	for (size_t i = 0; i < run->n_replayed; i++)
		if (run->statements[i].writes)
			sum += figure(&run->statements[i].arms[arm].work);
	return sum;
}

static double wal_bytes(const struct work *work)
{
	return work->wal_bytes;
}

static double wal_records(const struct work *work)
{
	return work->wal_records;
}

static void add_write_amplification(struct buf *out, const struct run *run)
{
	double records[N_ARMS];

	buf_adds(out, "- **Write amplification**: the replayed writes made ");
	for (enum arm arm = 0; arm < N_ARMS; arm++) {
		records[arm] = sum_of_writes(run, arm, wal_records);
		buf_addf(out, "%s WAL records (%s with full-page images) %s",
		    figure_count(records[arm]).text, figure_bytes(sum_of_writes(run, arm, wal_bytes)).text,
		    arm == ARM_BASELINE ? "without the change and " : "with it: ");
	}
	buf_addf(out, "%s the records, which replicas replay and archives keep.\n",
	    figure_ratio(figure_quotient(records[ARM_BASELINE], records[ARM_CANDIDATE])).text);
}

static void add_replication(struct buf *out, const struct run *run)
{
	const struct run_arm *a = &run->arms[ARM_CANDIDATE];

	buf_adds(out, "- **Replication**: ");
	if (!(a->standbys > 0)) {
		buf_adds(
		    out, "no standby was looked at; its lag in production follows from the WAL above.\n");
		return;
	}
	buf_addf(out, "the slowest standby was up to %s behind during the replay (mean %s)",
	    figure_bytes(a->replica_lag_max).text, figure_bytes(a->replica_lag_mean).text);
	if (a->replica_share < 1)
		buf_addf(out, "; it replayed both arms, and %s of their WAL is the candidate's",
		    figure_percent(a->replica_share).text);
	buf_adds(out, ".\n");
}

static void add_cost(struct buf *out, const struct run *run)
{
	double storage = 0, seconds = 0, change_wal = 0;

	for (size_t i = 0; i < run->n_indexes; i++) {
		if (run->indexes[i].role == INDEX_CREATED)
			storage += run->indexes[i].arms[ARM_CANDIDATE].size_bytes;
		else if (run->indexes[i].role == INDEX_DROPPED)
			storage -= run->indexes[i].arms[ARM_BASELINE].size_bytes;
	}
	for (size_t i = 0; i < run->n_changes; i++) {
		seconds += run->changes[i].seconds;
		change_wal += run->changes[i].wal_bytes;
	}
	buf_adds(out, "\n## 4. Cost\n\n");
	buf_addf(out, "- **Storage**: %s for indexes, net, at the size of the clone.\n",
	    figure_bytes(storage).text);
	buf_addf(out,
	    "- **Execution**: %s on the clone, writing %s of WAL that replicas must replay.\n",
	    figure_seconds(seconds).text, figure_bytes(change_wal).text);
	add_write_amplification(out, run);
	add_replication(out, run);
	buf_adds(out, "- **Vacuum and HOT**: per table below.\n\n");
	markdown_builds(out, run, MAX_ROWS);
	markdown_phases(out, run);
	buf_addc(out, '\n');
	markdown_indexes(out, run, MAX_ROWS);
	buf_addc(out, '\n');
	markdown_tables(out, run, MAX_ROWS);
}

static void add_rollback(struct buf *out, const struct run *run)
{
	buf_adds(out, "\n## 6. Rollback\n\n");
	if (run->down_sql) {
		text_markdown_block(out, "sql", run->down_sql, MAX_SQL);
		return;
	}
	buf_adds(out, "The gate names no `down` script.");
	if (change_add_derived_rollback(NULL, run)) {
		buf_adds(out, " From the indexes that the change made:\n\n");
		change_add_derived_rollback(out, run);
	} else {
		buf_adds(out, " Write the rollback before the change is approved.\n");
	}
}

static void add_sign_off(struct buf *out, const struct run *run)
{
	buf_adds(out, "\n## 7. Review\n\n| Role | Name | Decision | Date |\n|---|---|---|---|\n"
	              "| Author | | | |\n| DBA | | | |\n| Service owner | | | |\n");
	buf_adds(out, "\nReproduce: ");
	text_markdown_code(out, run->command ? run->command : "pgrehearse gate", MAX_TEXT);
	buf_addf(
	    out, " (pgrehearse %s, seed %llu)\n", run->version, (unsigned long long)run->replay.seed);
}

void render_change_record(const struct run *run, struct buf *out)
{
	add_description(out, run);
	add_evidence(out, run);
	change_add_risks(out, run);
	add_cost(out, run);
	change_add_checklist(out, run);
	add_rollback(out, run);
	add_sign_off(out, run);
}
