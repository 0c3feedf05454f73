/*
 * The source pg_stat_statements: check, snapshot, wait, snapshot; then everything else is done
 * from the two snapshots.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "capture/assemble.h"
#include "capture/capture.h"
#include "capture/facts.h"
#include "capture/naming.h"
#include "capture/qualstats.h"
#include "capture/window.h"
#include "pg/counters.h"

#include <math.h>
#include <poll.h>
#include <string.h>

#define STATEMENT_TIMEOUT_NS (5 * NS_PER_S)
#define LOCK_TIMEOUT_MS      1000

/* One query, so that it is ours by its mark: SET would be a utility statement in the statistics. */
static int be_harmless(struct db *db, const struct capture_options *options, struct err *err)
{
	uint64_t timeout_ns =
	    options->statement_timeout_ns ? options->statement_timeout_ns : STATEMENT_TIMEOUT_NS;

	return db_execf(db, err,
	    "SELECT " COUNTERS_MARK
	    " pg_catalog.set_config('default_transaction_read_only', 'on', false),"
	    " pg_catalog.set_config('statement_timeout', '%llums', false),"
	    " pg_catalog.set_config('lock_timeout', '%dms', false)",
	    (unsigned long long)(timeout_ns / NS_PER_MS), LOCK_TIMEOUT_MS);
}

static int check_hidden(struct db *db, const struct statement_counters *snapshot, struct err *err)
{
	if (snapshot->hidden <= 0)
		return 0;
	err_set(err, ERR_ENV, "%s: %s may not see %.0f statements of other users in pg_stat_statements",
	    db_describe(db), db_user(db), snapshot->hidden);
	return err_hint(err, "as a superuser: GRANT pg_read_all_stats TO %s", db_user(db));
}

static int warn_about_settings(struct db *db, const struct progress *progress, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT " COUNTERS_MARK " pg_catalog.current_setting('pg_stat_statements.track', true),"
	    " pg_catalog.current_setting('compute_query_id', true) = 'off'");
	const char *track;

	if (!rows)
		return err->code;
	track = db_text(rows, 0, 0);
	if (strcmp(track, "none") == 0)
		progress_say(progress, PROGRESS_WARNING,
		    "pg_stat_statements.track is none: the server counts nothing now");
	if (db_bool(rows, 0, 1))
		progress_say(progress, PROGRESS_WARNING,
		    "compute_query_id is off: the server counts nothing now, unless another module "
		    "computes queryids");
	if (strcmp(track, "all") == 0 && db_server_version(db) < 140000)
		progress_say(progress, PROGRESS_WARNING,
		    "pg_stat_statements.track is all: before PostgreSQL 14 statements inside functions "
		    "cannot be told from top-level ones and count twice");
	db_rows_free(rows);
	return 0;
}

/* Until the window is over or a signal comes. */
static void wait_for_window(uint64_t window_ns, const struct progress *progress)
{
	uint64_t began = clock_now_ns(&clock_monotonic), elapsed = 0;

	while (elapsed < window_ns && !stop_requested()) {
		struct pollfd fd = {.fd = stop_fd(), .events = POLLIN};
		uint64_t left_ms = (window_ns - elapsed + NS_PER_MS - 1) / NS_PER_MS;

		progress_say(progress, PROGRESS_TICK, "%.0f of %.0f s", (double)elapsed / 1e9,
		    (double)window_ns / 1e9);
		poll(&fd, 1, left_ms < 1000 ? (int)left_ms : 1000);
		elapsed = clock_now_ns(&clock_monotonic) - began;
	}
}

static void warn_about_window(
    const struct window *window, double lost_share, const struct progress *progress)
{
	if (window->was_reset)
		progress_say(progress, PROGRESS_WARNING,
		    "the statistics were reset in the window: the figures cover the %.0f s since",
		    window->seconds);
	if (window->seconds <= 0)
		progress_say(progress, PROGRESS_WARNING,
		    "before PostgreSQL 14 the server does not tell when its statistics were reset: there "
		    "are no rates");
	if (window->dealloc > 0)
		progress_say(progress, PROGRESS_WARNING,
		    "pg_stat_statements evicted entries %.0f times: about %.1f%% of the execution time is "
		    "lost; raise pg_stat_statements.max",
		    window->dealloc, 100 * lost_share);
}

static int nothing_ran(struct db *db, const struct capture_options *options, struct err *err)
{
	if (stop_requested())
		return stop_error(err);
	err_set(err, ERR_ENV, "%s: pg_stat_statements has no statement of this database %s",
	    db_describe(db), options->window_ns ? "that finished in the window" : "");
	return err_hint(err, options->window_ns
	                         ? "take a longer --window, at a time when the application is busy, or "
	                           "--since-reset"
	                         : "is it the right database, and is pg_stat_statements.track on?");
}

/* earlier is NULL with --since-reset. */
static int finish(struct db *db, const struct capture_options *options,
    const struct statement_names *names, const struct statement_counters *earlier,
    const struct progress *progress, struct workload *ret, struct err *err)
{
	struct statement_counters later = {0};
	struct strv tables = {0};
	struct window window;
	int rc = statement_counters_read(db, true, &later, err);

	if (rc == 0)
		rc = check_hidden(db, &later, err);
	if (rc < 0) {
		statement_counters_release(&later);
		return rc;
	}
	window_between(earlier, &later, &window);
	rc = window.n ? facts_read_server(db, &ret->source, err) : nothing_ran(db, options, err);
	if (rc == 0) {
		ret->source.kind = xstrdup("pg_stat_statements");
		ret->source.since_reset = earlier == NULL;
		progress_say(progress, PROGRESS_STAGE, "reading %zu statements", window.n);
		rc = assemble_workload(&window, options, names, progress, ret, err);
	}
	if (rc == 0) {
		warn_about_window(&window, ret->source.lost_time_share, progress);
		for (size_t i = 0; i < ret->n_statements; i++)
			for (size_t j = 0; j < ret->statements[i].tables.n; j++)
				if (!strv_contains(&tables, ret->statements[i].tables.items[j]))
					strv_add(&tables, ret->statements[i].tables.items[j]);
		rc = facts_read_relations(db, &tables, &ret->source, err);
		if (rc == 0)
			rc = qualstats_read(db, ret, progress, err);
	}
	strv_release(&tables);
	window_release(&window);
	statement_counters_release(&later);
	return rc;
}

static int prepare(struct db *db, const struct capture_options *options,
    struct statement_names *ret_names, const struct progress *progress, struct err *err)
{
	int rc = be_harmless(db, options, err);

	if (rc == 0 && options->names_file) {
		rc = statement_names_load(options->names_file, ret_names, err);
		if (rc == 0 && (rc = naming_check(ret_names, err)) < 0)
			err_wrap(err, "%s", options->names_file);
	}
	return rc < 0 ? rc : warn_about_settings(db, progress, err);
}

static int watch(struct db *db, const struct capture_options *options,
    struct statement_counters *ret_earlier, const struct progress *progress, struct err *err)
{
	int rc = statement_counters_read(db, false, ret_earlier, err);

	if (rc == 0)
		rc = check_hidden(db, ret_earlier, err);
	if (rc < 0)
		return rc;
	progress_say(progress, PROGRESS_STAGE, "watching %s for %.0f s", db_describe(db),
	    (double)options->window_ns / 1e9);
	wait_for_window(options->window_ns, progress);
	return 0;
}

int capture_pgss(struct db *db, const struct capture_options *options,
    const struct progress *progress, struct workload *ret, struct err *err)
{
	struct statement_counters earlier = {0};
	struct statement_names names = {0};
	struct workload workload = {0};
	struct err local = {0};
	bool is_window = options->window_ns > 0;
	int rc;

	err = err ? err : &local;
	rc = prepare(db, options, &names, progress, err);
	if (rc == 0 && is_window)
		rc = watch(db, options, &earlier, progress, err);
	/* From here on everything is short and bounded, and worth finishing. */
	db_ignore_stop(db, true);
	if (rc == 0)
		rc = finish(db, options, &names, is_window ? &earlier : NULL, progress, &workload, err);
	db_ignore_stop(db, false);
	statement_counters_release(&earlier);
	statement_names_release(&names);
	if (rc < 0) {
		if (strcmp(err->sqlstate, "57014") == 0)
			err_hint(err, "raise the statement timeout of our own queries (--statement-timeout)");
		workload_release(&workload);
		return rc;
	}
	*ret = workload;
	return 0;
}
