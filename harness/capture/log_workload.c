#include "capture/log_workload.h"

#include "base/clock.h"
#include "base/mem.h"
#include "capture/log_book.h"
#include "capture/naming.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of the calls: below it, the timed ones are the slow ones, and no time of all is made of them. */
#define LEAST_TIMED 0.9

static void add_duration(struct log_tally *tally, double duration_ms)
{
	if (isnan(duration_ms))
		return;
	tally->timed_calls++;
	tally->timed_ms += duration_ms;
	tally->max_ms = fmax(tally->max_ms, duration_ms);
}

static struct log_tally *tally_of(struct log_tallies *tallies, size_t statement)
{
	while (tallies->n <= statement) {
		GROW(tallies->items, tallies->n, tallies->cap);
		tallies->items[tallies->n++] = (struct log_tally){0};
	}
	return &tallies->items[statement];
}

void log_tallies_add(struct log_tallies *tallies, size_t statement, double duration_ms)
{
	struct log_tally *tally = tally_of(tallies, statement);

	tally->calls++;
	add_duration(tally, duration_ms);
}

void log_tallies_duration(struct log_tallies *tallies, size_t statement, double duration_ms)
{
	add_duration(tally_of(tallies, statement), duration_ms);
}

void log_tallies_queryid(struct log_tallies *tallies, size_t statement, const char *queryid)
{
	struct log_tally *tally = tally_of(tallies, statement);
	const char *digits = queryid + (*queryid == '-');
	size_t n = strspn(digits, "0123456789");

	if (tally->queryid[0] || n == 0 || n > 20 || digits[n] || strcmp(queryid, "0") == 0)
		return;
	snprintf(tally->queryid, sizeof(tally->queryid), "%s", queryid);
}

void log_tallies_leave_out(struct log_tallies *tallies, const char *why, double duration_ms)
{
	size_t i = 0;

	while (i < tallies->n_dropped && strcmp(tallies->dropped[i].why, why) != 0)
		i++;
	if (i == sizeof(tallies->dropped) / sizeof(tallies->dropped[0]))
		i--;
	else if (i == tallies->n_dropped)
		tallies->dropped[tallies->n_dropped++] = (struct log_dropped){.why = why};
	tallies->dropped[i].tally.calls++;
	add_duration(&tallies->dropped[i].tally, duration_ms);
}

void log_tallies_release(struct log_tallies *tallies)
{
	free(tallies->items);
	*tallies = (struct log_tallies){0};
}

void log_workload_add_format(struct workload *workload, const char *format)
{
	struct workload_log *log = &workload->log;
	char *before = log->formats;

	if (!format || (before && strstr(before, format)))
		return;
	log->formats = before ? xasprintf("%s, %s", before, format) : xstrdup(format);
	free(before);
}

static double total_ms(const struct log_tally *tally)
{
	return tally->timed_calls > 0 && tally->timed_calls >= LEAST_TIMED * tally->calls
	           ? tally->timed_ms * tally->calls / tally->timed_calls
	           : NAN;
}

static void set_work(struct statement *statement, const struct log_tally *tally)
{
	statement->work = work_unknown;
	statement->work.calls = tally->calls;
	statement->work.exec_ms = total_ms(tally);
	if (!isnan(statement->work.exec_ms))
		statement->work.max_ms = tally->max_ms;
	if (tally->queryid[0]) {
		free(statement->queryid);
		statement->queryid = xstrdup(tally->queryid);
	}
}

static void set_dropped(struct workload *workload, const struct log_tallies *tallies)
{
	for (size_t i = 0; i < tallies->n_dropped; i++) {
		const struct log_dropped *dropped = &tallies->dropped[i];
		double ms = total_ms(&dropped->tally);

		GROW(workload->dropped, workload->n_dropped, workload->cap_dropped);
		workload->dropped[workload->n_dropped++] = (struct workload_dropped){
		    .reason = xstrdup(dropped->why),
		    .entries = dropped->tally.calls,
		    .calls = dropped->tally.calls,
		    .exec_ms = isnan(ms) ? 0 : ms,
		};
	}
}

static void set_source(struct workload *workload)
{
	char now[21];

	clock_wall_iso8601(now);
	workload->source.kind = xstrdup("log");
	workload->source.captured_at = xstrdup(now);
	workload->source.window_s = workload->log.seconds;
	workload->source.dealloc = NAN;
}

static int set_names(struct workload *workload, const char *names_file,
    const struct progress *progress, struct err *err)
{
	struct statement_names names = {0};
	struct strv unmatched = {0};
	int rc = names_file ? statement_names_load(names_file, &names, err) : 0;

	if (rc == 0)
		rc = naming_assign(workload->statements, workload->n_statements, &names, &unmatched, err);
	for (size_t i = 0; i < unmatched.n; i++)
		progress_say(progress, PROGRESS_WARNING,
		    "the names file has \"%s\", but no such statement was seen", unmatched.items[i]);
	strv_release(&unmatched);
	statement_names_release(&names);
	return rc;
}

static void warn_about_times(const struct workload *workload, const struct progress *progress)
{
	size_t unknown = 0;

	for (size_t i = 0; i < workload->n_statements; i++)
		unknown += isnan(workload->statements[i].work.exec_ms);
	if (unknown)
		progress_say(progress, PROGRESS_WARNING,
		    "the log does not tell how long %zu of %zu statements took: log_min_duration_statement "
		    "= "
		    "0 does",
		    unknown, workload->n_statements);
}

int log_workload_fill(struct workload *workload, const struct log_tallies *tallies, bool made_here,
    const char *names_file, const struct progress *progress, struct err *err)
{
	struct workload_log *log = &workload->log;

	for (size_t i = 0; i < tallies->n; i++)
		log->matched += tallies->items[i].calls;
	for (size_t i = 0; i < tallies->n_dropped; i++)
		if (tallies->dropped[i].why == log_book_unparsed)
			log->unparsed = tallies->dropped[i].tally.calls;
	if (!made_here)
		return 0;
	for (size_t i = 0; i < workload->n_statements; i++)
		set_work(&workload->statements[i], &tallies->items[i]);
	set_dropped(workload, tallies);
	set_source(workload);
	warn_about_times(workload, progress);
	return set_names(workload, names_file, progress, err);
}

static double known(double figure)
{
	return isnan(figure) ? 0 : figure;
}

static int compare_cost(const void *a, const void *b)
{
	const struct work *left = &((const struct statement *)a)->work;
	const struct work *right = &((const struct statement *)b)->work;
	double ms = known(right->exec_ms) - known(left->exec_ms);

	if (ms != 0)
		return ms > 0 ? 1 : -1;
	if (left->calls != right->calls)
		return left->calls < right->calls ? 1 : -1;
	return strcmp(((const struct statement *)a)->text, ((const struct statement *)b)->text);
}

void log_workload_sort(struct workload *workload)
{
	if (workload->n_statements)
		qsort(workload->statements, workload->n_statements, sizeof(*workload->statements),
		    compare_cost);
}
