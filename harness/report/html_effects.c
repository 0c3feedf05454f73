/* What the change does, in three tiles: who gains most, who pays most, and what it takes. */
#include "report/html_parts.h"

#include "base/mem.h"

#include <math.h>

/* On a busy machine the medians of two equal clones differ by a tenth. */
#define GAIN_RATIO    0.80
#define LOSS_RATIO    1.25
#define RECORDS_RATIO 1.02
#define ENOUGH_OPS    10.0

static bool is_told(const struct run_statement *s)
{
	return s->arms[ARM_BASELINE].service.count >= ENOUGH_OPS &&
	       s->arms[ARM_CANDIDATE].service.count >= ENOUGH_OPS;
}

static double p50_ratio(const struct run_statement *s)
{
	return figure_quotient(s->arms[ARM_BASELINE].service.p50, s->arms[ARM_CANDIDATE].service.p50);
}

/* Of production's execution time; negative when it takes longer. */
static double saved(const struct run_statement *s)
{
	return s->share_time * (1 - figure_quotient(s->arms[ARM_BASELINE].service.mean,
	                                s->arms[ARM_CANDIDATE].service.mean));
}

static double records_per_call(const struct run_statement *s, enum arm arm)
{
	const struct work *work = &s->arms[arm].work;

	return work_per_call(work, work->wal_records);
}

/* WAL records that all its calls write more. */
static double more_records(const struct run_statement *s)
{
	return s->arms[ARM_BASELINE].work.calls *
	       (records_per_call(s, ARM_CANDIDATE) - records_per_call(s, ARM_BASELINE));
}

static const struct run_statement *gains_most(const struct run *run)
{
	const struct run_statement *best = NULL;

	for (const struct run_statement *s = run->statements; s < run->statements + run->n_replayed;
	     s++)
		if (is_told(s) && p50_ratio(s) < GAIN_RATIO && (!best || saved(s) > saved(best)))
			best = s;
	return best;
}

static const struct run_statement *loses_most(const struct run *run)
{
	const struct run_statement *worst = NULL;

	for (const struct run_statement *s = run->statements; s < run->statements + run->n_replayed;
	     s++)
		if (is_told(s) && p50_ratio(s) > LOSS_RATIO && (!worst || saved(s) < saved(worst)))
			worst = s;
	return worst;
}

static const struct run_statement *writes_most(const struct run *run)
{
	const struct run_statement *worst = NULL;

	for (const struct run_statement *s = run->statements; s < run->statements + run->n_replayed;
	     s++) {
		const double ratio =
		    figure_quotient(records_per_call(s, ARM_BASELINE), records_per_call(s, ARM_CANDIDATE));

		if (s->writes && ratio > RECORDS_RATIO && (!worst || more_records(s) > more_records(worst)))
			worst = s;
	}
	return worst;
}

static void add_p50(struct buf *out, const struct run_statement *s)
{
	buf_addf(out, "%s: p50 %s → %s (%s)", s->name,
	    figure_seconds(s->arms[ARM_BASELINE].service.p50).text,
	    figure_seconds(s->arms[ARM_CANDIDATE].service.p50).text, figure_ratio(p50_ratio(s)).text);
}

static void add_gain(struct buf *out, const struct run *run)
{
	const struct run_statement *s = gains_most(run);
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (s)
		add_p50(&text, s);
	else
		buf_adds(&text, "no statement is clearly faster");
	html_tile(out, "Gains most", text.data);
}

static void add_loss(struct buf *out, const struct run *run)
{
	const struct run_statement *slower = loses_most(run), *writer = writes_most(run);
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (writer)
		buf_addf(&text, "%s: WAL records %s → %s per call (%s)", writer->name,
		    figure_count(records_per_call(writer, ARM_BASELINE)).text,
		    figure_count(records_per_call(writer, ARM_CANDIDATE)).text,
		    figure_ratio(figure_quotient(records_per_call(writer, ARM_BASELINE),
		                     records_per_call(writer, ARM_CANDIDATE)))
		        .text);
	if (slower) {
		buf_adds(&text, writer ? "; " : "");
		add_p50(&text, slower);
	}
	if (!writer && !slower)
		buf_adds(&text, "no statement is clearly slower, and no write makes more WAL records");
	html_tile(out, "Pays most", text.data);
}

static void add_change(struct buf *out, const struct run *run)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	double bytes = 0, seconds = 0;

	for (size_t i = 0; i < run->n_indexes; i++)
		for (enum arm arm = 0; arm < N_ARMS; arm++)
			if (run->indexes[i].role != INDEX_EXISTING && run->indexes[i].arms[arm].exists)
				bytes += arm == ARM_CANDIDATE ? run->indexes[i].arms[arm].size_bytes
				                              : -run->indexes[i].arms[arm].size_bytes;
	for (size_t i = 0; i < run->n_changes; i++)
		seconds += run->changes[i].seconds;
	if (bytes != 0)
		buf_addf(
		    &text, "%s%s of indexes, ", figure_bytes(fabs(bytes)).text, bytes < 0 ? " less" : "");
	buf_addf(&text, "%s to apply", figure_seconds(seconds).text);
	html_tile(out, "Takes", text.data);
}

void html_effects(const struct run *run, struct buf *out)
{
	if (run->n_replayed == 0)
		return;
	buf_adds(out, "<dl class=\"tiles effects\">\n");
	add_gain(out, run);
	add_loss(out, run);
	if (run->n_changes > 0)
		add_change(out, run);
	buf_adds(out, "</dl>\n");
}
