#include "report/markdown_parts.h"

#include "base/mem.h"
#include "report/figures.h"
#include "report/plan_pair.h"
#include "report/spare_index.h"
#include "report/text.h"
#include "report/work_lines.h"

#include <math.h>
#include <string.h>

#define MAX_NAME    60
#define MAX_WHY     300
#define MAX_PLAN    6000
#define MAX_CHANGES 10

void markdown_outcome(struct buf *out, enum outcome outcome)
{
	static const char *const signs[] = {
	    [OUTCOME_PASS] = "✅",
	    [OUTCOME_FAIL] = "❌",
	    [OUTCOME_INCONCLUSIVE] = "❔",
	};

	buf_addf(out, "%s %s", signs[outcome], outcome_name(outcome));
}

void markdown_reasons(struct buf *out, const struct run *run)
{
	for (size_t i = 0; i < run->verdict.reasons.n; i++) {
		buf_adds(out, "- ");
		text_markdown(out, run->verdict.reasons.items[i], MAX_WHY);
		buf_addc(out, '\n');
	}
}

/* "4.14 ms → 312 µs (0.08×)" */
static void add_change(struct buf *out, struct figure base, struct figure cand, double ratio)
{
	buf_addf(out, "%s → %s (%s)", base.text, cand.text, figure_ratio(ratio).text);
}

static void add_latency_cell(struct buf *out, double base, double cand)
{
	add_change(out, figure_seconds(base), figure_seconds(cand), figure_quotient(base, cand));
	buf_adds(out, " | ");
}

static void add_blocks_cell(struct buf *out, const struct run_statement *s)
{
	double blocks[N_ARMS];

	for (enum arm arm = 0; arm < N_ARMS; arm++)
		blocks[arm] = work_per_call(&s->arms[arm].work, work_touched(&s->arms[arm].work));
	add_change(out, figure_count(blocks[ARM_BASELINE]), figure_count(blocks[ARM_CANDIDATE]),
	    figure_quotient(blocks[ARM_BASELINE], blocks[ARM_CANDIDATE]));
}

void markdown_statements(struct buf *out, const struct run *run, size_t max)
{
	if (run->n_replayed == 0) {
		buf_adds(out, "No statement was replayed.\n");
		return;
	}
	buf_adds(out, "| Statement | Time share | p50 | p95 | p99 | Blocks per call |\n"
	              "|---|--:|--:|--:|--:|--:|\n");
	for (size_t i = 0; i < run->n_replayed && i < max; i++) {
		const struct run_statement *s = &run->statements[i];
		const struct latency *base = &s->arms[ARM_BASELINE].service;
		const struct latency *cand = &s->arms[ARM_CANDIDATE].service;

		buf_adds(out, "| ");
		text_markdown(out, s->name, MAX_NAME);
		buf_addf(out, " | %s | ", figure_percent(s->share_time).text);
		add_latency_cell(out, base->p50, cand->p50);
		add_latency_cell(out, base->p95, cand->p95);
		add_latency_cell(out, base->p99, cand->p99);
		add_blocks_cell(out, s);
		buf_adds(out, " |\n");
	}
	if (run->n_replayed > max)
		buf_addf(out, "\nand %zu more statements\n", run->n_replayed - max);
}

static void add_check(struct buf *out, const struct check *check)
{
	buf_adds(out, "| ");
	markdown_outcome(out, check->outcome);
	buf_adds(out, " | ");
	text_markdown(out, check->id, MAX_NAME * 2);
	buf_addf(out, " | %s → %s | %s", figure_in(check->metric->unit, check->baseline).text,
	    figure_in(check->metric->unit, check->candidate).text,
	    check_figure(check, check->estimate).text);
	if (isfinite(check->lower) || isfinite(check->upper))
		buf_addf(out, " (%s to %s)", check_figure(check, check->lower).text,
		    check_figure(check, check->upper).text);
	buf_adds(out, " | ");
	check_add_limit(out, check);
	buf_adds(out, " | ");
	text_markdown(out, check->why, MAX_WHY);
	buf_adds(out, " |\n");
}

void markdown_checks(struct buf *out, const struct run *run, bool open_only, size_t max)
{
	const struct outcome_counts counts = outcome_count(run);
	const size_t n = open_only ? run->n_checks - counts.of[OUTCOME_PASS] : run->n_checks;
	const struct check **sorted;

	if (n == 0)
		return;
	sorted = checks_by_urgency(run);
	buf_adds(out, "| Outcome | Check | Baseline → candidate | Estimate | Limit | Why |\n"
	              "|---|---|--:|--:|--:|---|\n");
	for (size_t i = 0; i < n && i < max; i++)
		add_check(out, sorted[i]);
	if (n > max)
		buf_addf(out, "\nand %zu more checks\n", n - max);
	free(sorted);
}

void markdown_builds(struct buf *out, const struct run *run, size_t max)
{
	for (size_t i = 0; i < run->n_changes && i < max; i++) {
		const struct run_change *change = &run->changes[i];

		if (i == 0)
			buf_adds(out, "| Statement | Time | WAL | Temporary files | Waited | Locks |\n"
			              "|---|--:|--:|--:|--:|---|\n");
		buf_adds(out, "| ");
		text_markdown(out, change->sql, MAX_NAME * 2);
		buf_addf(out, " | %s | %s", figure_seconds(change->seconds).text,
		    figure_bytes(change->wal_bytes).text);
		buf_addf(out, " | %s | %s | ", figure_bytes(change->temp_bytes).text,
		    figure_seconds(change->lock_seconds).text);
		text_markdown(out, change->locks, MAX_NAME * 4);
		buf_adds(out, " |\n");
	}
}

void markdown_phases(struct buf *out, const struct run *run)
{
	const struct run_build *build = &run->build;

	if (!build->under_load || isnan(build->start_s))
		return;
	buf_addf(out,
	    "\nApplied under load, from %s to %s of the replay; response time of all statements:\n\n"
	    "| Arm | Phase | Ops | Failed | p50 | p95 | p99 | Longest |\n"
	    "|---|---|--:|--:|--:|--:|--:|--:|\n",
	    figure_seconds(build->start_s).text, figure_seconds(build->end_s).text);
	for (enum arm arm = 0; arm < N_ARMS; arm++)
		for (enum build_phase phase = 0; phase < N_BUILD_PHASES; phase++) {
			const struct run_phase *p = &build->phases[phase][arm];

			buf_addf(out, "| %s | %s | %s | %s", arm_name(arm), build_phase_name(phase),
			    figure_count(p->ops).text, figure_count(p->errors).text);
			buf_addf(out, " | %s | %s | %s | %s |\n", figure_seconds(p->p50).text,
			    figure_seconds(p->p95).text, figure_seconds(p->p99).text,
			    figure_seconds(p->max).text);
		}
}

static void add_pair(struct buf *out, struct figure base, struct figure cand)
{
	buf_addf(out, " | %s → %s", base.text, cand.text);
}

void markdown_indexes(struct buf *out, const struct run *run, size_t max)
{
	size_t shown = 0;

	for (size_t i = 0; i < run->n_indexes && shown < max; i++) {
		const struct run_index *index = &run->indexes[i];
		const enum arm arm = index->role == INDEX_DROPPED ? ARM_BASELINE : ARM_CANDIDATE;
		const struct run_index_arm *facts = &index->arms[arm];
		_cleanup_buf_ struct buf users = BUF_INIT;

		if (!index_is_changed(index))
			continue;
		if (shown++ == 0)
			buf_adds(out, "| Index | Change | Size | Bloat | Build | Scans | Used by | WAL per "
			              "write, without → "
			              "with it | HOT, without → with it | Redundant with |\n"
			              "|---|---|--:|--:|--:|--:|---|--:|--:|---|\n");
		buf_adds(out, "| ");
		text_markdown(out, index->name, MAX_NAME * 2);
		buf_addf(out, " | %s%s",
		    index->role == INDEX_EXISTING ? "rebuilt" : index_role_name(index->role),
		    facts->exists && !facts->valid ? ", INVALID" : "");
		add_pair(out, figure_bytes(index->arms[ARM_BASELINE].size_bytes),
		    figure_bytes(index->arms[ARM_CANDIDATE].size_bytes));
		add_pair(out, figure_percent(index->arms[ARM_BASELINE].bloat),
		    figure_percent(index->arms[ARM_CANDIDATE].bloat));
		buf_addf(out, " | %s | %s | ", figure_seconds(index->build_seconds).text,
		    figure_count(facts->scans).text);
		index_add_users(&users, index);
		text_markdown(out, users.data, MAX_WHY);
		add_pair(out, figure_bytes(index->cost.wal_without), figure_bytes(index->cost.wal_with));
		add_pair(
		    out, figure_percent(index->cost.hot_without), figure_percent(index->cost.hot_with));
		buf_adds(out, " | ");
		text_markdown(out, index->redundant_with, MAX_NAME * 2);
		buf_adds(out, " |\n");
	}
}

void markdown_spare_indexes(struct buf *out, const struct run *run, size_t max)
{
	size_t shown = 0;

	for (size_t i = 0; i < run->n_indexes; i++) {
		_cleanup_buf_ struct buf saving = BUF_INIT;

		if (!index_is_spare(&run->indexes[i]) || ++shown > max)
			continue;
		if (shown == 1)
			buf_adds(out, "\nIndexes that the workload does not need:\n\n");
		index_add_saving(&saving, run, &run->indexes[i]);
		buf_adds(out, "- ");
		text_markdown(out, run->indexes[i].name, MAX_NAME * 2);
		buf_adds(out, ": ");
		text_markdown(out, saving.data, MAX_WHY);
		buf_addc(out, '\n');
	}
	if (shown > max)
		buf_addf(out, "- and %zu more\n", shown - max);
}

static double hot_ratio(const struct run_table_arm *arm)
{
	return arm->updated > 0 ? arm->hot_updated / arm->updated : NAN;
}

void markdown_tables(struct buf *out, const struct run *run, size_t max)
{
	size_t shown = 0;

	for (size_t i = 0; i < run->n_tables && shown < max; i++) {
		const struct run_table_arm *base = &run->tables[i].arms[ARM_BASELINE];
		const struct run_table_arm *cand = &run->tables[i].arms[ARM_CANDIDATE];

		if (!(base->inserted + base->updated + base->deleted > 0))
			continue;
		if (shown++ == 0)
			buf_adds(out, "| Table | HOT updates | Dead tuples | Growth | VACUUM |\n"
			              "|---|--:|--:|--:|--:|\n");
		buf_adds(out, "| ");
		text_markdown(out, run->tables[i].name, MAX_NAME * 2);
		add_pair(out, figure_percent(hot_ratio(base)), figure_percent(hot_ratio(cand)));
		add_pair(out, figure_count(base->dead_tuples), figure_count(cand->dead_tuples));
		add_pair(out, figure_bytes(base->growth_bytes), figure_bytes(cand->growth_bytes));
		add_pair(out, figure_seconds(base->vacuum_seconds), figure_seconds(cand->vacuum_seconds));
		buf_adds(out, " |\n");
	}
}

static void add_plan_pair(struct buf *out, const struct run_statement *s, const char *heading,
    const struct plan_pair *pair)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_addf(out, "%s ", heading);
	text_markdown(out, s->name, MAX_NAME * 2);
	buf_adds(out, "\n\n");
	for (size_t i = 0; i < s->plan_changes.n && i < MAX_CHANGES; i++) {
		const struct run_plan_change *change = &s->plan_changes.items[i];

		buf_addf(out, "- %s: ", plan_severity_name(change->severity));
		text_markdown(out, change->text, MAX_WHY);
		buf_addf(out, "%s\n", i + 1 == s->plan_changes.n || i + 1 == MAX_CHANGES ? "\n" : "");
	}
	buf_addf(
	    &text, "--- baseline, %s, cost %.2f\n", pair->where, pair->arms[ARM_BASELINE].total_cost);
	plan_add_text(&text, &pair->arms[ARM_BASELINE], '-');
	buf_addf(
	    &text, "+++ candidate, %s, cost %.2f\n", pair->where, pair->arms[ARM_CANDIDATE].total_cost);
	plan_add_text(&text, &pair->arms[ARM_CANDIDATE], '+');
	text_markdown_block(out, "diff", text.data, MAX_PLAN);
	buf_addc(out, '\n');
}

size_t markdown_plans(struct buf *out, const struct run *run, const char *heading, size_t max)
{
	size_t shown = 0;

	for (size_t i = 0; i < run->n_replayed && shown < max; i++) {
		struct plan_pair pair;

		if (!plan_pair_find(&run->statements[i], &pair))
			continue;
		add_plan_pair(out, &run->statements[i], heading, &pair);
		plan_pair_release(&pair);
		shown++;
	}
	return shown;
}
