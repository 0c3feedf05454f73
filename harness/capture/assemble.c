#include "capture/assemble.h"

#include "base/mem.h"
#include "capture/naming.h"
#include "capture/redact.h"
#include "sql/sql.h"

#include <math.h>
#include <string.h>

static double known(double figure)
{
	return isnan(figure) ? 0 : figure;
}

static void count_dropped(
    struct workload *workload, const char *reason, double entries, double calls, double exec_ms)
{
	struct workload_dropped *dropped;

	for (size_t i = 0; i < workload->n_dropped; i++) {
		dropped = &workload->dropped[i];
		if (strcmp(dropped->reason, reason) == 0) {
			dropped->entries += entries;
			dropped->calls += calls;
			dropped->exec_ms += known(exec_ms);
			return;
		}
	}
	GROW(workload->dropped, workload->n_dropped, workload->cap_dropped);
	workload->dropped[workload->n_dropped++] = (struct workload_dropped){
	    .reason = xstrdup(reason),
	    .entries = entries,
	    .calls = calls,
	    .exec_ms = known(exec_ms),
	};
}

static void statement_free(struct statement *statement)
{
	free(statement->name);
	free(statement->queryid);
	free(statement->fingerprint);
	free(statement->text);
	free(statement->skip_reason);
	strv_release(&statement->tables);
}

/* The statistics keep the literals of a text whose entry was evicted while it ran. */
static const char *redact_entry(const char *text, struct statement *ret)
{
	if (text && sql_has_unsure_literal(text))
		return "text is not normalised and has backslashes: its literals cannot be told";
	return redact_statement(text, ret);
}

static void redact_entries(const struct window *window, struct workload *workload)
{
	for (size_t i = 0; i < window->n; i++) {
		const struct window_entry *entry = &window->entries[i];
		struct statement statement = {0};
		const char *why = redact_entry(entry->counter->text, &statement);

		if (why) {
			count_dropped(workload, why, 1, entry->work.calls, entry->work.exec_ms);
			continue;
		}
		statement.queryid = xstrdup(entry->counter->queryid);
		statement.work = entry->work;
		GROW(workload->statements, workload->n_statements, workload->cap_statements);
		workload->statements[workload->n_statements++] = statement;
	}
}

/* By text; among equals the costliest first. */
static int compare_text(const void *a, const void *b)
{
	const struct statement *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	if (order == 0)
		order =
		    (left->work.exec_ms < right->work.exec_ms) - (left->work.exec_ms > right->work.exec_ms);
	return order ? order : strcmp(left->queryid, right->queryid);
}

static int compare_cost(const void *a, const void *b)
{
	const struct statement *left = a, *right = b;
	double left_ms = known(left->work.exec_ms), right_ms = known(right->work.exec_ms);

	if (left_ms != right_ms)
		return left_ms < right_ms ? 1 : -1;
	return strcmp(left->text, right->text);
}

static void merge_equal_texts(struct workload *workload)
{
	struct statement *statements = workload->statements;
	size_t kept = 0;

	for (size_t i = 0; i < workload->n_statements; i++) {
		if (kept && strcmp(statements[kept - 1].text, statements[i].text) == 0) {
			work_add(&statements[kept - 1].work, &statements[i].work);
			statement_free(&statements[i]);
		} else {
			statements[kept++] = statements[i];
		}
	}
	workload->n_statements = kept;
}

/* Statements stand by cost: what is below a limit is at the end. */
static void drop_small(struct workload *workload, const struct capture_options *options)
{
	double total_ms = workload_total_ms(workload);

	while (workload->n_statements) {
		struct statement *last = &workload->statements[workload->n_statements - 1];
		const char *why = NULL;

		if (options->max_statements && workload->n_statements > options->max_statements)
			why = "beyond the number of statements asked for";
		else if (known(last->work.exec_ms) < options->min_share * total_ms)
			why = "below the share asked for";
		if (!why)
			return;
		count_dropped(workload, why, 1, last->work.calls, last->work.exec_ms);
		statement_free(last);
		workload->n_statements--;
	}
}

static int name_statements(struct workload *workload, const struct statement_names *names,
    const struct progress *progress, struct err *err)
{
	struct strv unmatched = {0};
	int rc = naming_assign(workload->statements, workload->n_statements, names, &unmatched, err);

	for (size_t i = 0; i < unmatched.n; i++)
		progress_say(progress, PROGRESS_WARNING,
		    "the names file has \"%s\", but no such statement was seen", unmatched.items[i]);
	strv_release(&unmatched);
	return rc;
}

int assemble_workload(const struct window *window, const struct capture_options *options,
    const struct statement_names *names, const struct progress *progress, struct workload *ret,
    struct err *err)
{
	double total_ms;

	redact_entries(window, ret);
	if (window->evicted_entries > 0)
		count_dropped(ret, "evicted from pg_stat_statements (estimate)", window->evicted_entries,
		    window->evicted_calls, window->evicted_ms);
	if (ret->n_statements)
		qsort(ret->statements, ret->n_statements, sizeof(ret->statements[0]), compare_text);
	merge_equal_texts(ret);
	if (ret->n_statements)
		qsort(ret->statements, ret->n_statements, sizeof(ret->statements[0]), compare_cost);
	drop_small(ret, options);
	total_ms = workload_total_ms(ret);
	ret->source.window_s = window->seconds;
	ret->source.dealloc = window->dealloc;
	ret->source.lost_time_share = total_ms > 0 ? window->evicted_ms / total_ms : 0;
	return name_statements(ret, names, progress, err);
}
