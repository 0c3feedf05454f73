#include "report/figures.h"
#include "report/spare_index.h"
#include "report/terminal.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

#define MAX_ROWS    8
#define MAX_INDEXES 40

static void add_row(const struct terminal *t, const char *name, const char *facts)
{
	text_left(t->out, name, t->name_columns);
	buf_adds(t->out, "  ");
	text_wrap(t->out, facts, t->name_columns + 2, t->width);
	buf_addc(t->out, '\n');
}

static void add_pair(struct buf *out, const char *label, struct figure base, struct figure cand)
{
	buf_addf(out, "%s%s %s → %s", out->len ? "; " : "", label, base.text, cand.text);
}

static void describe_index(struct buf *out, const struct run_index *index)
{
	const enum arm arm = index->role == INDEX_DROPPED ? ARM_BASELINE : ARM_CANDIDATE;
	const struct run_index_arm *facts = &index->arms[arm];

	if (index->role == INDEX_EXISTING)
		add_pair(out, "rebuilt; size", figure_bytes(index->arms[ARM_BASELINE].size_bytes),
		    figure_bytes(facts->size_bytes));
	else
		buf_addf(out, "%s; %s", index_role_name(index->role), figure_bytes(facts->size_bytes).text);
	if (index->role == INDEX_EXISTING && isfinite(facts->bloat))
		add_pair(out, "bloat", figure_percent(index->arms[ARM_BASELINE].bloat),
		    figure_percent(facts->bloat));
	buf_adds(out, "; ");
	if (facts->scans > 0)
		buf_addf(out, "%s scans, %s entries read", figure_count(facts->scans).text,
		    figure_count(facts->tuples_read).text);
	else
		buf_adds(out, "never scanned");
	if (index->role == INDEX_DROPPED)
		buf_adds(out, " on the baseline");
	buf_adds(out, "; used by ");
	index_add_users(out, index);
	if (isfinite(index->cost.wal_with))
		add_pair(out, "WAL per write without → with it", figure_bytes(index->cost.wal_without),
		    figure_bytes(index->cost.wal_with));
	if (isfinite(index->cost.hot_with))
		add_pair(out, "HOT", figure_percent(index->cost.hot_without),
		    figure_percent(index->cost.hot_with));
	if (isfinite(index->build_seconds))
		buf_addf(out, "; built in %s", figure_seconds(index->build_seconds).text);
	if (index->redundant_with)
		buf_addf(out, "; redundant with %s", index->redundant_with);
	if (facts->exists && !facts->valid)
		buf_adds(out, "; INVALID");
}

static void add_indexes(const struct terminal *t, const struct run *run)
{
	size_t shown = 0;

	for (size_t i = 0; i < run->n_indexes && shown < MAX_INDEXES; i++) {
		_cleanup_buf_ struct buf facts = BUF_INIT;

		if (!index_is_changed(&run->indexes[i]))
			continue;
		if (shown++ == 0)
			terminal_heading(t, "INDEXES OF THE CHANGE");
		describe_index(&facts, &run->indexes[i]);
		add_row(t, run->indexes[i].name, facts.data);
	}
}

/* Existing ones that no plan and no scan of the replay used, and that enforce nothing. */
static void add_spare_indexes(const struct terminal *t, const struct run *run)
{
	size_t shown = 0;

	for (size_t i = 0; i < run->n_indexes; i++) {
		const struct run_index *index = &run->indexes[i];
		_cleanup_buf_ struct buf facts = BUF_INIT;

		if (!index_is_spare(index) || ++shown > MAX_ROWS)
			continue;
		if (shown == 1)
			terminal_heading(t, "INDEXES THAT THE WORKLOAD DOES NOT NEED");
		index_add_saving(&facts, run, index);
		add_row(t, index->name, facts.data);
	}
	if (shown > MAX_ROWS)
		buf_addf(t->out, "  and %zu more in the report\n", shown - MAX_ROWS);
}

static void add_failed_changes(const struct terminal *t, const struct run *run)
{
	for (size_t i = 0; i < run->n_changes; i++) {
		_cleanup_buf_ struct buf line = BUF_INIT;

		if (!run->changes[i].error)
			continue;
		buf_addf(
		    &line, "the change failed at \"%s\": %s", run->changes[i].sql, run->changes[i].error);
		terminal_paragraph(t, 2, line.data);
	}
}

static void describe_build(struct buf *out, const struct run_change *change)
{
	buf_addf(out, "%s; WAL %s", figure_seconds(change->seconds).text,
	    figure_bytes(change->wal_bytes).text);
	if (change->temp_bytes > 0)
		buf_addf(out, "; temporary files %s", figure_bytes(change->temp_bytes).text);
	if (change->lock_seconds > 0)
		buf_addf(out, "; waited %s for locks", figure_seconds(change->lock_seconds).text);
	if (change->locks)
		buf_addf(out, "; %s", change->locks);
}

static void add_builds(const struct terminal *t, const struct run *run)
{
	for (size_t i = 0; i < run->n_changes && i < MAX_ROWS; i++) {
		_cleanup_buf_ struct buf facts = BUF_INIT;

		if (i == 0)
			terminal_heading(t, "APPLYING THE CHANGE");
		describe_build(&facts, &run->changes[i]);
		add_row(t, run->changes[i].kind ? run->changes[i].kind : "statement", facts.data);
	}
	if (run->n_changes > MAX_ROWS)
		buf_addf(t->out, "  and %zu more in the report\n", run->n_changes - MAX_ROWS);
}

static void describe_phases(struct buf *out, const struct run_build *build, enum arm arm)
{
	for (enum build_phase phase = 0; phase < N_BUILD_PHASES; phase++) {
		const struct run_phase *p = &build->phases[phase][arm];

		buf_addf(out, "%s%s p50 %s, p95 %s, p99 %s, longest %s", phase ? "; " : "",
		    build_phase_name(phase), figure_seconds(p->p50).text, figure_seconds(p->p95).text,
		    figure_seconds(p->p99).text, figure_seconds(p->max).text);
		if (p->errors > 0)
			buf_addf(
			    out, ", %s of %s failed", figure_count(p->errors).text, figure_count(p->ops).text);
	}
}

static void add_phases(const struct terminal *t, const struct run *run)
{
	const struct run_build *build = &run->build;
	_cleanup_buf_ struct buf heading = BUF_INIT;

	if (!build->under_load || isnan(build->start_s))
		return;
	buf_addf(&heading, "UNDER LOAD, APPLIED FROM %s TO %s (response time of all statements)",
	    figure_seconds(build->start_s).text, figure_seconds(build->end_s).text);
	terminal_heading(t, heading.data);
	for (enum arm arm = 0; arm < N_ARMS; arm++) {
		_cleanup_buf_ struct buf facts = BUF_INIT;

		describe_phases(&facts, build, arm);
		add_row(t, arm_name(arm), facts.data);
	}
}

static double hot_ratio(const struct run_table_arm *arm)
{
	return arm->updated > 0 ? arm->hot_updated / arm->updated : NAN;
}

static bool was_written(const struct run_table *table)
{
	for (enum arm arm = 0; arm < N_ARMS; arm++) {
		const struct run_table_arm *a = &table->arms[arm];

		if (a->inserted > 0 || a->updated > 0 || a->deleted > 0)
			return true;
	}
	return false;
}

static void describe_table(struct buf *out, const struct run_table *table)
{
	const struct run_table_arm *base = &table->arms[ARM_BASELINE];
	const struct run_table_arm *cand = &table->arms[ARM_CANDIDATE];

	if (isfinite(hot_ratio(base)) || isfinite(hot_ratio(cand)))
		add_pair(
		    out, "HOT updates", figure_percent(hot_ratio(base)), figure_percent(hot_ratio(cand)));
	add_pair(out, "dead tuples", figure_count(base->dead_tuples), figure_count(cand->dead_tuples));
	add_pair(out, "growth", figure_bytes(base->growth_bytes), figure_bytes(cand->growth_bytes));
	if (isfinite(base->vacuum_seconds) || isfinite(cand->vacuum_seconds))
		add_pair(out, "VACUUM", figure_seconds(base->vacuum_seconds),
		    figure_seconds(cand->vacuum_seconds));
}

static void add_tables(const struct terminal *t, const struct run *run)
{
	size_t shown = 0;

	for (size_t i = 0; i < run->n_tables && shown < MAX_ROWS; i++) {
		_cleanup_buf_ struct buf facts = BUF_INIT;

		if (!was_written(&run->tables[i]))
			continue;
		if (shown++ == 0)
			terminal_heading(t, "TABLES THAT WERE WRITTEN (baseline → candidate)");
		describe_table(&facts, &run->tables[i]);
		add_row(t, run->tables[i].name, facts.data);
	}
}

void terminal_cost(const struct terminal *t, const struct run *run)
{
	add_failed_changes(t, run);
	add_builds(t, run);
	add_phases(t, run);
	add_indexes(t, run);
	add_spare_indexes(t, run);
	add_tables(t, run);
}

static void add_skipped(const struct terminal *t, const struct run *run)
{
	for (size_t i = run->n_replayed; i < run->n_statements && i < run->n_replayed + MAX_ROWS; i++) {
		const struct run_statement *s = &run->statements[i];
		_cleanup_buf_ struct buf facts = BUF_INIT;

		if (i == run->n_replayed)
			terminal_heading(t, "NOT REPLAYED");
		buf_addf(&facts, "%s of time: %s", figure_percent(s->share_time).text,
		    s->skip_reason ? s->skip_reason : "no reason recorded");
		add_row(t, s->name, facts.data);
	}
	if (run->n_statements > run->n_replayed + MAX_ROWS)
		buf_addf(t->out, "  and %zu more in the report\n",
		    run->n_statements - run->n_replayed - MAX_ROWS);
}

void terminal_run(const struct terminal *t, const struct run *run)
{
	const struct run_generator *g = &run->generator;
	_cleanup_buf_ struct buf line = BUF_INIT;

	add_skipped(t, run);
	terminal_heading(t, "THE RUN");
	buf_addf(&line, "%s ops on both arms", figure_count(g->completed).text);
	buf_addf(&line, ", %s errors, %s unfinished", figure_count(g->errors).text,
	    figure_count(g->unfinished).text);
	buf_addf(&line, "; schedule lag p99 %s, longest %s", figure_seconds(g->lag_p99).text,
	    figure_seconds(g->lag_max).text);
	if (isfinite(g->machine_busy))
		buf_addf(&line, "; machine %s busy", figure_percent(g->machine_busy).text);
	if (run->stopped_by)
		buf_addf(&line, "; ended by %s", run->stopped_by);
	terminal_paragraph(t, 2, line.data);
	for (size_t i = 0; i < run->n_disturbances; i++) {
		buf_addf(t->out, "  %s ", run->disturbances[i].blocks_pass ? "!" : "•");
		text_wrap(t->out, run->disturbances[i].text, 4, t->width);
		buf_addc(t->out, '\n');
	}
}
