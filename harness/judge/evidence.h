/*
 * evidence: the samples of a run, cut into blocks and sorted, ready for tests.
 *
 *     struct evidence evidence;
 *     evidence_init(&evidence, samples, run, &options);
 *     evidence_pair(&evidence, EVIDENCE_SERVICE, statements, n, &pair);   // borrows evidence
 *     ... block_test(&pair, ...) ...
 *     series_pair_release(&pair);
 *     evidence_release(&evidence);
 *
 * What counts: answered ops for service time; answered and given-up ops (with the time at which
 * they were given up, a lower bound) for response time. Ops due in the warm-up count in neither.
 * Errors are fast for the wrong reason and are judged by errors.rate.
 *
 * In mid-run, the block in progress is left out, and an op of which only one arm has answered
 * counts on the other with the time it has waited so far: otherwise the slowest ops would be
 * missing from every look.
 *
 * Where the arms take turns (model/turns.h), ops are put into the block that their twins on the
 * first arm are in, so that a block still compares the same ops; a look leaves out the period in
 * progress.
 */
#ifndef JUDGE_EVIDENCE_H
#define JUDGE_EVIDENCE_H

#include "judge/series.h"
#include "model/run.h"
#include "model/sample.h"

#include <stdbool.h>
#include <stddef.h>

/* ALONE is the service time of ops that were due while one arm ran alone, in the design that has both;
 * the other two then leave these ops out. */
enum evidence_kind { EVIDENCE_SERVICE, EVIDENCE_RESPONSE, EVIDENCE_ALONE, N_EVIDENCE_KINDS };
/* N_EVIDENCE_KINDS for a family that is not timed. */
enum evidence_kind evidence_kind_of(enum metric_family family);

struct evidence {
	size_t n_statements;
	size_t n_blocks;
	double block_s;          /* length of a block */
	double planned_blocks;   /* the most blocks the planned time can give */
	double warmup_s, span_s; /* judged: from warmup_s on, span_s long */
	/* Per kind: values of statement s on arm a are packed[start[2s + a] .. start[2s + a + 1]). */
	uint64_t *packed[N_EVIDENCE_KINDS];
	size_t *start[N_EVIDENCE_KINDS];
	bool *sorted[N_EVIDENCE_KINDS]; /* by 2s + a */
	bool wanted[N_EVIDENCE_KINDS];  /* some threshold needs it */
	/* The arrays of the last pair over several statements, and which they were. */
	uint64_t *merged[N_ARMS];
	size_t n_merged[N_ARMS];
	enum evidence_kind merged_kind;
	size_t *merged_statements, n_merged_statements;
	uint64_t *scratch;
	size_t n_values; /* room in merged and scratch */
};

/* left_out, by op number, tells which ops do not count on either arm; NULL: all count. */
void evidence_init(struct evidence *evidence, const struct samples *samples, const struct run *run,
    double planned_seconds, double warmup_s, bool final, const bool *left_out);
void evidence_release(struct evidence *evidence);

/* The two arms of a set of statements. Valid until the next call: larger sets share memory. */
void evidence_pair(struct evidence *evidence, enum evidence_kind kind, const size_t *statements,
    size_t n, struct series_pair *ret);

/* Does the sample count, wherever it was due; and what it says. */
struct turns;
bool evidence_counts(const struct turns *turns, const struct sample *s, enum evidence_kind kind);
uint64_t evidence_value_ns(const struct sample *s, enum evidence_kind kind);

/* The ops that were under way on some arm when the machine stalled, by op number; NULL when there
 * are none. Caller frees. */
bool *samples_stalled(const struct samples *samples, const struct run *run);
/* The end of the run so far: the latest answer in seconds from its start. */
double samples_end_seconds(const struct samples *samples);

#endif
