/*
 * result.mismatches: do both arms return the same?
 *
 * Of a rewritten statement, the vectors with which both texts were run over the same data before
 * the load (measure_results.h) and gave other rows. Of every read besides, the operations with
 * another number of rows on the candidate; a read of a table that the replay writes sees a state
 * that depends on the moment, so only reads of tables at rest count there.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "judge/judging.h"
#include "judge/sentence.h"

static bool reads_what_is_written(const struct run *run, const struct run_statement *statement)
{
	for (size_t i = 0; i < run->n_replayed; i++)
		for (size_t k = 0; run->statements[i].writes && k < statement->tables.n; k++)
			if (strv_contains(&run->statements[i].tables, statement->tables.items[k]))
				return true;
	return false;
}

/* Pairs of the target's reads, and those of them with another number of rows. */
static double count_pairs(
    const struct judging *j, const struct target *target, double *ret_mismatches)
{
	const struct samples *samples = j->input->samples;
	bool *compared = xcalloc(j->run->n_replayed + 1, sizeof(*compared));
	uint32_t last_op = 0, *rows;
	double pairs = 0;

	for (size_t i = 0; i < target->n_statements; i++) {
		const struct run_statement *statement = &j->run->statements[target->statements[i]];

		compared[target->statements[i]] =
		    !statement->writes && !reads_what_is_written(j->run, statement);
	}
	for (size_t i = 0; i < samples->n; i++)
		last_op = samples->items[i].op > last_op ? samples->items[i].op : last_op;
	rows = xcalloc((size_t)last_op + 1, sizeof(*rows)); /* of the arm seen first, plus one */
	for (size_t i = 0; i < samples->n; i++) {
		const struct sample *s = &samples->items[i];

		if (s->status != SAMPLE_OK || s->statement >= j->run->n_replayed || !compared[s->statement])
			continue;
		if (rows[s->op]) {
			pairs++;
			*ret_mismatches += rows[s->op] != s->rows + 1;
		}
		rows[s->op] = s->rows + 1;
	}
	free(rows);
	free(compared);
	return pairs;
}

/* What the rewritten statements of a target showed. */
struct rewrites {
	double n, compared, mismatches, reordered;
	const struct run_statement *worst; /* the first with a difference */
	const struct run_statement *open;  /* the first of which nothing is known */
};

static struct rewrites sum_rewrites(const struct run *run, const struct target *target)
{
	struct rewrites sum = {0};

	for (size_t i = 0; i < target->n_statements; i++) {
		const struct run_statement *statement = &run->statements[target->statements[i]];
		const struct run_rewrite *rewrite = &statement->rewrite;

		if (!rewrite->sql)
			continue;
		sum.n++;
		sum.compared += rewrite->compared;
		sum.mismatches += rewrite->mismatches;
		sum.reordered += rewrite->reordered;
		if (rewrite->mismatches > 0 && !sum.worst)
			sum.worst = statement;
		if (rewrite->compared - rewrite->unstable < 1 && !sum.open)
			sum.open = statement;
	}
	return sum;
}

static void say_rewrites(
    struct check *check, const struct rewrites *sum, double pairs, double differing_ops)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_free_ char *limit = limit_phrase(check);

	buf_addf(&text, "%.0f of %.0f vectors give other rows when they are rewritten", sum->mismatches,
	    sum->compared);
	if (sum->worst)
		buf_addf(&text, "; %s: %s", sum->worst->name, sum->worst->rewrite.difference);
	if (sum->reordered > 0)
		buf_addf(&text, "; %.0f give the same rows in another order", sum->reordered);
	if (pairs > 0)
		buf_addf(&text, "; %.0f of %.0f replayed operations return another number of rows",
		    differing_ops, pairs);
	if (check->proven && sum->open) {
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "the results of %s could not be compared: %.0f vectors took too long, were too large "
		    "or failed, %.0f changed from run to run",
		    sum->open->name, sum->open->rewrite.unknown, sum->open->rewrite.unstable);
		check->proven = false;
		return;
	}
	check_decide(check, check->proven ? OUTCOME_PASS : OUTCOME_FAIL, "%s; %s", text.data, limit);
}

void evaluate_results(struct judging *j, const struct target *target, struct check *check)
{
	struct rewrites sum = sum_rewrites(j->run, target);
	double differing_ops = 0, pairs = count_pairs(j, target, &differing_ops);

	check->baseline = 0;
	check->candidate = check->estimate = sum.mismatches + differing_ops;
	check->samples[ARM_BASELINE] = check->samples[ARM_CANDIDATE] = pairs + sum.compared;
	check->proven = bound_holds(check->bound, check->estimate, check->limit);
	if (sum.n > 0)
		say_rewrites(check, &sum, pairs, differing_ops);
	else if (pairs > 0)
		check_decide_exact(check, NULL);
	else
		check_decide(check, OUTCOME_INCONCLUSIVE,
		    "no result can be compared: every replayed read is of a table that the replay writes");
}
