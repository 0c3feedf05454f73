#include "judge/evidence.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

#define BLOCK_S     0.5  /* the usual block */
#define MIN_BLOCKS  20.0 /* a shorter run gets shorter blocks, down to ... */
#define MIN_BLOCK_S 0.1
#define MAX_BLOCKS  1200.0 /* a longer run gets longer ones */

/* The cut of time into blocks, and what counts as now. */
struct cut {
	uint64_t from_ns, block_ns, now_ns;
	uint64_t last_due_ns;
	size_t n_blocks;
	bool final;
	struct turns turns;
};

enum evidence_kind evidence_kind_of(enum metric_family family)
{
	switch (family) {
	case METRIC_SERVICE:
		return EVIDENCE_SERVICE;
	case METRIC_RESPONSE:
		return EVIDENCE_RESPONSE;
	case METRIC_ALONE:
		return EVIDENCE_ALONE;
	default:
		return N_EVIDENCE_KINDS;
	}
}

/* What one pass over the samples tells about all of them. */
struct extent {
	uint64_t last_due_ns, last_done_ns;
	uint32_t last_op;
	uint8_t arms; /* bit 0 the baseline, bit 1 the candidate */
};

static struct extent extent_of(const struct samples *samples)
{
	struct extent extent = {0};

	for (size_t i = 0; i < samples->n; i++) {
		const struct sample *s = &samples->items[i];

		if (s->due_ns > extent.last_due_ns)
			extent.last_due_ns = s->due_ns;
		if (s->done_ns > extent.last_done_ns)
			extent.last_done_ns = s->done_ns;
		if (s->op > extent.last_op)
			extent.last_op = s->op;
		extent.arms |= (uint8_t)(1 << s->arm);
	}
	return extent;
}

double samples_end_seconds(const struct samples *samples)
{
	return (double)extent_of(samples).last_done_ns / 1e9;
}

/* The length depends on the planned time, not on the time so far: looks must agree on it. A run
 * that ended before it had enough blocks is cut finer. */
static double block_length(double planned_s, double span_s, bool final)
{
	double length = fmax(BLOCK_S, planned_s / MAX_BLOCKS);

	if (final && span_s < MIN_BLOCKS * length)
		length = fmax(span_s / MIN_BLOCKS, MIN_BLOCK_S);
	return length;
}

static struct cut cut_time(struct evidence *evidence, const struct extent *extent, double planned_s,
    double warmup_s, bool final)
{
	uint64_t end = extent->last_due_ns;
	struct cut cut = {.from_ns = (uint64_t)(warmup_s * 1e9), .final = final};
	double span_s;

	cut.now_ns = extent->last_done_ns;
	cut.last_due_ns = extent->last_due_ns;
	span_s = end > cut.from_ns ? (double)(end - cut.from_ns) / 1e9 : 0;
	evidence->block_s = block_length(planned_s, span_s, final);
	evidence->warmup_s = warmup_s;
	cut.block_ns = (uint64_t)(evidence->block_s * 1e9);
	/* The last block of a finished run takes the remainder; in mid-run it is left out. */
	cut.n_blocks = (size_t)((end > cut.from_ns ? end - cut.from_ns : 0) / cut.block_ns);
	if (final && cut.n_blocks == 0)
		cut.n_blocks = 1;
	if (cut.n_blocks > SERIES_MAX_BLOCKS - 1)
		cut.n_blocks = SERIES_MAX_BLOCKS - 1;
	evidence->n_blocks = cut.n_blocks;
	evidence->span_s = final ? span_s : (double)cut.n_blocks * evidence->block_s;
	evidence->planned_blocks =
	    fmax((planned_s - warmup_s) / evidence->block_s, (double)cut.n_blocks);
	return cut;
}

/* The block of an op, or SIZE_MAX when it does not count. */
static size_t block_of(const struct cut *cut, const struct sample *s)
{
	uint64_t at_ns = turns_folded_ns(&cut->turns, s->due_ns, s->arm);
	size_t block;

	if (at_ns < cut->from_ns)
		return SIZE_MAX;
	if (!cut->final && turns_alone(&cut->turns, s->due_ns) &&
	    turns_period_end_ns(&cut->turns, s->due_ns) > cut->last_due_ns)
		return SIZE_MAX;
	block = (size_t)((at_ns - cut->from_ns) / cut->block_ns);
	if (block < cut->n_blocks)
		return block;
	return cut->final && cut->n_blocks ? cut->n_blocks - 1 : SIZE_MAX;
}

/* Where arms are paired most of the time, what they did alone is another question. */
bool evidence_counts(const struct turns *turns, const struct sample *s, enum evidence_kind kind)
{
	bool alone = turns->paired_ns && turns_alone(turns, s->due_ns);

	if (alone != (kind == EVIDENCE_ALONE))
		return false;
	if (kind != EVIDENCE_RESPONSE)
		return s->status == SAMPLE_OK && s->sent_ns >= s->due_ns && s->done_ns >= s->sent_ns;
	return s->status == SAMPLE_OK || s->status == SAMPLE_UNFINISHED;
}

uint64_t evidence_value_ns(const struct sample *s, enum evidence_kind kind)
{
	return kind == EVIDENCE_RESPONSE ? sample_response_ns(s) : sample_service_ns(s);
}

/* Which arms have an answer, by op number, as in extent.arms. NULL when nothing is pending: the run
 * is over, or it has one arm only. */
static uint8_t *answered_arms(
    const struct samples *samples, const struct extent *extent, bool final)
{
	uint8_t *answered;

	if (final || extent->arms != 3)
		return NULL;
	answered = xcalloc((size_t)extent->last_op + 1, 1);
	for (size_t i = 0; i < samples->n; i++)
		answered[samples->items[i].op] |= (uint8_t)(1 << samples->items[i].arm);
	return answered;
}

/* The sample of the arm that has not answered yet, made from the one that has. */
static struct sample pending_twin(const struct sample *s, const struct cut *cut)
{
	struct sample twin = *s;

	twin.arm = (uint8_t)(N_ARMS - 1 - s->arm);
	if (turns_alone(&cut->turns, s->due_ns))
		twin.due_ns = turns_twin_ns(&cut->turns, s->due_ns, s->arm);
	twin.status = SAMPLE_OK;
	twin.sent_ns = twin.due_ns;
	twin.done_ns = cut->now_ns > twin.due_ns ? cut->now_ns : twin.due_ns;
	return twin;
}

/* One pass over samples: count (next is NULL) or place the values that count. */
struct pass {
	struct evidence *evidence;
	const struct cut *cut;
	const bool *left_out;
	size_t *next[N_EVIDENCE_KINDS];
	bool placing;
};

static void take(struct pass *pass, const struct sample *s)
{
	struct evidence *evidence = pass->evidence;
	size_t block = block_of(pass->cut, s);
	size_t key = (size_t)s->statement * N_ARMS + s->arm;

	if (block == SIZE_MAX || s->statement >= evidence->n_statements || s->arm >= N_ARMS)
		return;
	for (int kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
		if (!evidence->wanted[kind] || !evidence_counts(&pass->cut->turns, s, kind))
			continue;
		if (pass->placing)
			evidence->packed[kind][pass->next[kind][key]++] =
			    series_pack(evidence_value_ns(s, kind), block);
		else
			evidence->start[kind][key + 1]++;
	}
}

static void take_all(struct pass *pass, const struct samples *samples, const uint8_t *answered)
{
	for (size_t i = 0; i < samples->n; i++) {
		const struct sample *s = &samples->items[i];

		if (pass->left_out && pass->left_out[s->op])
			continue;
		take(pass, s);
		if (answered && answered[s->op] != 3) {
			struct sample twin = pending_twin(s, pass->cut);

			take(pass, &twin);
		}
	}
}

static void make_room(struct pass *pass, size_t n_keys)
{
	struct evidence *evidence = pass->evidence;

	for (int kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
		size_t *start = evidence->start[kind];

		for (size_t key = 0; key < n_keys; key++)
			start[key + 1] += start[key];
		evidence->packed[kind] = xcalloc(start[n_keys] + 1, sizeof(uint64_t));
		evidence->sorted[kind] = xcalloc(n_keys + 1, sizeof(bool));
		pass->next[kind] = xmemdup(start, (n_keys + 1) * sizeof(*start));
		if (start[n_keys] > evidence->n_values)
			evidence->n_values = start[n_keys];
	}
	evidence->scratch = xcalloc(evidence->n_values + 1, sizeof(uint64_t));
	for (int arm = 0; arm < N_ARMS; arm++)
		evidence->merged[arm] = xcalloc(evidence->n_values + 1, sizeof(uint64_t));
	pass->placing = true;
}

void evidence_init(struct evidence *evidence, const struct samples *samples, const struct run *run,
    double planned_seconds, double warmup_s, bool final, const bool *left_out)
{
	size_t n_keys = run->n_replayed * N_ARMS;
	struct extent extent = extent_of(samples);
	_cleanup_free_ uint8_t *answered = answered_arms(samples, &extent, final);
	struct pass pass = {.evidence = evidence, .left_out = left_out};
	struct cut cut;

	*evidence = (struct evidence){.n_statements = run->n_replayed};
	for (size_t i = 0; i < run->n_thresholds; i++) {
		enum metric_family family = run->thresholds[i].metric->family;

		if (evidence_kind_of(family) < N_EVIDENCE_KINDS)
			evidence->wanted[evidence_kind_of(family)] = true;
	}
	cut = cut_time(evidence, &extent, planned_seconds, warmup_s, final);
	cut.turns = turns_of(&run->replay);
	pass.cut = &cut;
	for (int kind = 0; kind < N_EVIDENCE_KINDS; kind++)
		evidence->start[kind] = xcalloc(n_keys + 1, sizeof(size_t));
	take_all(&pass, samples, answered);
	make_room(&pass, n_keys);
	take_all(&pass, samples, answered);
	for (int kind = 0; kind < N_EVIDENCE_KINDS; kind++)
		free(pass.next[kind]);
}

void evidence_release(struct evidence *evidence)
{
	for (int kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
		free(evidence->packed[kind]);
		free(evidence->start[kind]);
		free(evidence->sorted[kind]);
	}
	for (int arm = 0; arm < N_ARMS; arm++)
		free(evidence->merged[arm]);
	free(evidence->scratch);
	free(evidence->merged_statements);
	*evidence = (struct evidence){0};
}

static const uint64_t *sorted_values(
    struct evidence *evidence, enum evidence_kind kind, size_t key, size_t *ret_n)
{
	size_t first = evidence->start[kind][key];
	uint64_t *values = evidence->packed[kind] + first;

	*ret_n = evidence->start[kind][key + 1] - first;
	if (!evidence->sorted[kind][key])
		series_sort(values, evidence->scratch, *ret_n);
	evidence->sorted[kind][key] = true;
	return values;
}

static size_t gather(
    struct evidence *evidence, enum evidence_kind kind, const size_t *statements, size_t n, int arm)
{
	uint64_t *values = evidence->merged[arm];
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		size_t key = statements[i] * N_ARMS + (size_t)arm;
		size_t count = evidence->start[kind][key + 1] - evidence->start[kind][key];

		memcpy(values + total, evidence->packed[kind] + evidence->start[kind][key],
		    count * sizeof(*values));
		total += count;
	}
	series_sort(values, evidence->scratch, total);
	return total;
}

/* Several quantiles of one set follow each other, so the last set is kept. */
static void merge(
    struct evidence *evidence, enum evidence_kind kind, const size_t *statements, size_t n)
{
	if (n == evidence->n_merged_statements && kind == evidence->merged_kind &&
	    memcmp(statements, evidence->merged_statements, n * sizeof(*statements)) == 0)
		return;
	for (int arm = 0; arm < N_ARMS; arm++)
		evidence->n_merged[arm] = gather(evidence, kind, statements, n, arm);
	free(evidence->merged_statements);
	evidence->merged_statements = xmemdup(statements, n * sizeof(*statements));
	evidence->n_merged_statements = n;
	evidence->merged_kind = kind;
}

void evidence_pair(struct evidence *evidence, enum evidence_kind kind, const size_t *statements,
    size_t n, struct series_pair *ret)
{
	const uint64_t *sorted[N_ARMS] = {NULL};
	size_t counts_of[N_ARMS] = {0};

	if (n > 1)
		merge(evidence, kind, statements, n);
	for (int arm = 0; arm < N_ARMS && n > 0; arm++) {
		size_t key = statements[0] * N_ARMS + (size_t)arm;

		sorted[arm] =
		    n > 1 ? evidence->merged[arm] : sorted_values(evidence, kind, key, &counts_of[arm]);
		if (n > 1)
			counts_of[arm] = evidence->n_merged[arm];
	}
	series_pair_init(ret, sorted, counts_of, evidence->n_blocks);
}
