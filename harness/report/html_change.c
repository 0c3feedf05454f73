/* What was changed, the indexes, and what writing costs with them. */
#include "report/html_parts.h"
#include "report/spare_index.h"
#include "report/text.h"

#include <math.h>

#define MAX_SQL       50000
#define MAX_RELATIONS 200

static void add_changes(struct buf *out, const struct run *run)
{
	static const char *const columns[] = {
	    "Statement", "Kind", "Time", "WAL", "Temporary files", "Waited for locks", NULL};

	if (run->n_changes == 0)
		return;
	html_open_table(out, "t-changes", "sortable", "As it ran on the candidate", columns);
	for (size_t i = 0; i < run->n_changes; i++) {
		const struct run_change *change = &run->changes[i];

		buf_adds(out, "<tr><td class=\"sql\"><code>");
		html_text(out, change->sql, HTML_MAX_TEXT);
		buf_adds(out, "</code>");
		if (change->locks) {
			buf_adds(out, "<small>");
			html_text(out, change->locks, HTML_MAX_TEXT);
			buf_adds(out, "</small>");
		}
		if (change->error) {
			buf_adds(out, "<p class=\"error\">");
			html_text(out, change->error, HTML_MAX_TEXT);
			buf_adds(out, "</p>");
		}
		buf_adds(out, "</td><td>");
		html_text(out, change->kind, HTML_MAX_NAME);
		buf_adds(out, "</td>");
		html_figure_cell(out, figure_seconds(change->seconds), change->seconds);
		html_figure_cell(out, figure_bytes(change->wal_bytes), change->wal_bytes);
		html_figure_cell(out, figure_bytes(change->temp_bytes), change->temp_bytes);
		html_figure_cell(out, figure_seconds(change->lock_seconds), change->lock_seconds);
		buf_adds(out, "</tr>\n");
	}
	html_close_table(out);
}

static void add_phases(struct buf *out, const struct run *run)
{
	static const char *const columns[] = {
	    "Phase", "Ops", "Failed", "p50", "p95", "p99", "Longest", NULL};
	const struct run_build *build = &run->build;
	_cleanup_buf_ struct buf caption = BUF_INIT;

	if (!build->under_load || isnan(build->start_s))
		return;
	buf_addf(&caption, "Applied under load, from %s to %s of the replay: response time",
	    figure_seconds(build->start_s).text, figure_seconds(build->end_s).text);
	html_open_table(out, "t-build", "", caption.data, columns);
	for (enum build_phase phase = 0; phase < N_BUILD_PHASES; phase++) {
		const struct run_phase *base = &build->phases[phase][ARM_BASELINE];
		const struct run_phase *cand = &build->phases[phase][ARM_CANDIDATE];

		buf_addf(out, "<tr><th scope=\"row\">%s</th>", build_phase_name(phase));
		html_pair_cell(out, UNIT_NONE, NEITHER, base->ops, cand->ops);
		html_pair_cell(out, UNIT_NONE, MORE_IS_WORSE, base->errors, cand->errors);
		html_pair_cell(out, UNIT_SECONDS, MORE_IS_WORSE, base->p50, cand->p50);
		html_pair_cell(out, UNIT_SECONDS, MORE_IS_WORSE, base->p95, cand->p95);
		html_pair_cell(out, UNIT_SECONDS, MORE_IS_WORSE, base->p99, cand->p99);
		html_pair_cell(out, UNIT_SECONDS, MORE_IS_WORSE, base->max, cand->max);
		buf_adds(out, "</tr>\n");
	}
	html_close_table(out);
}

/* Which statements it serves, and what else could. */
static void add_index_use(struct buf *out, const struct run_index *index)
{
	_cleanup_buf_ struct buf users = BUF_INIT;

	index_add_users(&users, index);
	buf_adds(out, "<small>used by ");
	html_text(out, users.data, HTML_MAX_TEXT);
	buf_adds(out, "</small>");
	if (index->redundant_with) {
		buf_adds(out, "<small class=\"error\">can be spared: ");
		html_text(out, index->redundant_with, HTML_MAX_NAME);
		buf_adds(out, " does the same</small>");
	}
	if (isfinite(index->predicted_bytes))
		buf_addf(
		    out, "<small>HypoPG foretold %s</small>", figure_bytes(index->predicted_bytes).text);
}

static void add_index(struct buf *out, const struct run *run, const struct run_index *index)
{
	const struct run_index_arm *base = &index->arms[ARM_BASELINE];
	const struct run_index_arm *cand = &index->arms[ARM_CANDIDATE];

	buf_addf(out, "<tr class=\"%s\"><th scope=\"row\">", index_role_name(index->role));
	html_text(out, index->name, HTML_MAX_NAME);
	buf_adds(out, "<small><code>");
	html_text(out, index->definition, HTML_MAX_TEXT);
	buf_adds(out, "</code></small>");
	add_index_use(out, index);
	if (index_is_spare(index)) {
		_cleanup_buf_ struct buf saving = BUF_INIT;

		index_add_saving(&saving, run, index);
		buf_adds(out, "<small class=\"error\">");
		html_text(out, saving.data, HTML_MAX_TEXT);
		buf_adds(out, "</small>");
	}
	buf_adds(out, "</th><td>");
	buf_adds(out, index_role_name(index->role));
	if ((base->exists && !base->valid) || (cand->exists && !cand->valid))
		buf_adds(out, ", <b class=\"error\">invalid</b>");
	buf_adds(out, "</td>");
	html_pair_cell(out, UNIT_BYTES, MORE_IS_WORSE, base->size_bytes, cand->size_bytes);
	html_pair_cell(out, UNIT_BYTES, MORE_IS_WORSE, base->growth_bytes, cand->growth_bytes);
	html_pair_cell(out, UNIT_FRACTION, MORE_IS_WORSE, base->bloat, cand->bloat);
	html_pair_cell(out, UNIT_NONE, NEITHER, base->scans, cand->scans);
	html_pair_cell(out, UNIT_NONE, NEITHER, base->tuples_read, cand->tuples_read);
	html_figure_cell(out, figure_seconds(index->build_seconds), index->build_seconds);
	html_pair_cell(out, UNIT_BYTES, MORE_IS_WORSE, index->cost.wal_without, index->cost.wal_with);
	html_pair_cell(
	    out, UNIT_FRACTION, MORE_IS_BETTER, index->cost.hot_without, index->cost.hot_with);
	buf_adds(out, "</tr>\n");
}

static void add_indexes(struct buf *out, const struct run *run)
{
	static const char *const columns[] = {"Index", "Change", "Size", "Growth", "Bloat", "Scans",
	    "Entries read", "Build", "WAL per write, without → with it", "HOT, without → with it",
	    NULL};
	size_t shown = 0;

	if (run->n_indexes == 0)
		return;
	html_open_table(out, "t-indexes", "sortable", "Indexes", columns);
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < run->n_indexes && shown < MAX_RELATIONS; i++)
			if ((run->indexes[i].role == INDEX_EXISTING) == (pass == 1)) {
				add_index(out, run, &run->indexes[i]);
				shown++;
			}
	html_close_table(out);
	if (run->n_indexes > shown)
		buf_addf(out, "<p>and %zu more indexes in run.json</p>\n", run->n_indexes - shown);
}

static double hot_ratio(const struct run_table_arm *arm)
{
	return arm->updated > 0 ? arm->hot_updated / arm->updated : NAN;
}

static void add_table(struct buf *out, const struct run_table *table)
{
	const struct run_table_arm *base = &table->arms[ARM_BASELINE];
	const struct run_table_arm *cand = &table->arms[ARM_CANDIDATE];

	buf_adds(out, "<tr><th scope=\"row\">");
	html_text(out, table->name, HTML_MAX_NAME);
	buf_adds(out, "</th>");
	html_pair_cell(out, UNIT_NONE, NEITHER, base->inserted + base->updated + base->deleted,
	    cand->inserted + cand->updated + cand->deleted);
	html_pair_cell(out, UNIT_FRACTION, MORE_IS_BETTER, hot_ratio(base), hot_ratio(cand));
	html_pair_cell(out, UNIT_NONE, MORE_IS_WORSE, base->dead_tuples, cand->dead_tuples);
	html_pair_cell(out, UNIT_BYTES, MORE_IS_WORSE, base->size_bytes, cand->size_bytes);
	html_pair_cell(out, UNIT_BYTES, MORE_IS_WORSE, base->growth_bytes, cand->growth_bytes);
	html_pair_cell(out, UNIT_SECONDS, MORE_IS_WORSE, base->vacuum_seconds, cand->vacuum_seconds);
	buf_adds(out, "</tr>\n");
}

static void add_tables(struct buf *out, const struct run *run)
{
	static const char *const columns[] = {
	    "Table", "Rows written", "HOT updates", "Dead tuples", "Size", "Growth", "VACUUM", NULL};

	if (run->n_tables == 0)
		return;
	html_open_table(out, "t-tables", "sortable", "Write cost: tables", columns);
	for (size_t i = 0; i < run->n_tables && i < MAX_RELATIONS; i++)
		add_table(out, &run->tables[i]);
	html_close_table(out);
	if (run->n_tables > MAX_RELATIONS)
		buf_addf(out, "<p>and %zu more tables in run.json</p>\n", run->n_tables - MAX_RELATIONS);
}

void html_change(const struct run *run, struct buf *out)
{
	html_open_section(out, "change", "Change and cost", NULL);
	if (run->up_sql) {
		buf_adds(out, "<pre class=\"sql\">");
		html_text(out, run->up_sql, MAX_SQL);
		buf_adds(out, "</pre>\n");
	} else {
		buf_adds(out, "<p>Nothing was changed: both arms are equal.</p>\n");
	}
	add_changes(out, run);
	add_phases(out, run);
	add_indexes(out, run);
	add_tables(out, run);
	buf_adds(out, "</section>\n");
}
