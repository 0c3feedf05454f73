/*
 * Rewrites: another text for a statement, with the same parameters.
 *
 * Both texts must keep the numbers of the workload's parameters, for they share the values. Where
 * making the statement executable merged parameters or wrote constants in their place, which
 * happens to few texts, there is nothing to number the rewrite's by: the statement is refused.
 */
#include "base/mem.h"
#include "bind/binding.h"
#include "bind/time_shift.h"

#include <stdlib.h>

static int check_text(const struct sql_analysis *rewritten, const struct sql_analysis *original,
    const char *where, struct err *err)
{
	if (rewritten->kind != SQL_SELECT || rewritten->writes || rewritten->locks_rows)
		return err_set(err, ERR_USAGE, "%s: the rewrite is no SELECT that only reads", where);
	if (rewritten->n_params > original->n_params)
		return err_set(err, ERR_USAGE, "%s: the rewrite has a parameter $%d, the statement has %d",
		    where, rewritten->n_params, original->n_params);
	for (size_t i = 0; i < original->n_param_items; i++)
		if (original->params[i].squashed)
			return err_set(err, ERR_USAGE,
			    "%s: the statement has a list whose length is not known, so a rewrite cannot be "
			    "held against it",
			    where);
	return 0;
}

static int check_one(const struct statement_name *rewrite, const struct statement *statement,
    const char *file, struct err *err)
{
	_cleanup_free_ char *where = xasprintf("%s:%d: %.60s", file, rewrite->line, rewrite->name);
	struct sql_analysis rewritten = {0}, original = {0};
	int rc = sql_analyze(rewrite->text, &rewritten, err);

	if (rc < 0) {
		err->code = ERR_USAGE;
		return err_wrap(err, "%s: the rewrite is not one SQL statement", where);
	}
	rc = sql_analyze(statement->text, &original, err);
	if (rc < 0)
		err_wrap(err, "%s", where);
	else
		rc = check_text(&rewritten, &original, where, err);
	sql_analysis_release(&rewritten);
	sql_analysis_release(&original);
	return rc;
}

int bind_check_rewrites(const struct statement_names *rewrites, const char *file,
    const struct workload *workload, struct err *err)
{
	for (size_t i = 0; i < rewrites->n; i++) {
		const struct statement *statement = workload_find(workload, rewrites->items[i].name);
		int rc = statement ? check_one(&rewrites->items[i], statement, file, err) : 0;

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int count_params(const char *text, struct err *err)
{
	struct sql_analysis analysis = {0};
	int rc = sql_analyze(text, &analysis, err);

	if (rc == 0)
		rc = analysis.n_params;
	sql_analysis_release(&analysis);
	return rc;
}

int rewrite_choose(struct binding *b, struct err *err)
{
	const struct statement_names *rewrites = b->run->options->rewrites;
	const char *text = rewrites ? statement_names_find(rewrites, b->statement->name) : NULL;
	_cleanup_free_ char *note = NULL;
	char *shifted;
	int n;

	if (!text)
		return 0;
	n = count_params(b->statement->text, err);
	if (n < 0)
		return n;
	if ((size_t)n != b->n_slots)
		return err_set(err, ERR_USAGE,
		    "it cannot be rewritten: to run at all it needs fewer parameters than its text shows");
	if (sql_executable(text, &b->rewrite, &note, err) < 0)
		return err->code;
	shifted = b->shifted ? time_shifted(b->run, b->rewrite) : NULL;
	if (shifted) {
		free(b->rewrite);
		b->rewrite = shifted;
	}
	return 0;
}
