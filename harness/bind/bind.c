#include "bind/bind.h"

#include "bind/finish.h"
#include "bind/given.h"
#include "bind/lists.h"
#include "bind/oracle.h"
#include "bind/schemas.h"
#include "bind/time_shift.h"
#include "bind/values.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "model/time_shift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_VECTORS     200
#define DEFAULT_OPS         24000 /* a minute at 400/s */
#define DEFAULT_CALIBRATE_S 60
#define READING_TIME_NS     (30 * NS_PER_S) /* for one statement, however many subqueries it has */

/* Read-only first: whatever a statement calls, staging stays as it is. */
static int prepare_connection(struct db *db, struct err *err)
{
	static const char *const settings = "SET default_transaction_read_only = on;"
	                                    "SET statement_timeout = '" BIND_STATEMENT_TIMEOUT "';"
	                                    "SET lock_timeout = '2s';"
	                                    "SET idle_in_transaction_session_timeout = 0;"
	                                    "SET DateStyle = 'ISO, MDY';"
	                                    "SET TimeZone = 'UTC';"
	                                    "SET IntervalStyle = 'postgres';"
	                                    "SET bytea_output = 'hex';"
	                                    "SET plan_cache_mode = force_custom_plan";

	/* The statistics of the clone that this may be belong to the replay; only a superuser may. */
	db_exec(db, "SET pg_stat_statements.track = none", NULL);
	return db_exec(db, settings, err);
}

static void restore_connection(struct db *db)
{
	static const char *const names[] = {"default_transaction_read_only", "statement_timeout",
	    "lock_timeout", "idle_in_transaction_session_timeout", "DateStyle", "TimeZone",
	    "IntervalStyle", "bytea_output", "plan_cache_mode", "pg_stat_statements.track"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		db_execf(db, NULL, "RESET %s", names[i]);
	db_exec(db, "SELECT pg_advisory_unlock_all()", NULL);
}

bool bind_server_failed(const struct binding *b, const struct err *err)
{
	if (err->code == 0)
		return false;
	if (err->code == ERR_INTERRUPTED || err->code == ERR_BUG || !db_alive(b->run->db))
		return true;
	/* Shutdown, crash recovery, out of disk or memory, I/O errors. */
	return strncmp(err->sqlstate, "57P", 3) == 0 || strncmp(err->sqlstate, "53", 2) == 0 ||
	       strncmp(err->sqlstate, "58", 2) == 0;
}

static bool can_replay(enum sql_kind kind)
{
	return kind == SQL_SELECT || kind == SQL_INSERT || kind == SQL_UPDATE || kind == SQL_DELETE ||
	       kind == SQL_MERGE;
}

static int bind_statement(
    struct binding *b, struct bound_statement *ret, struct bind_fidelity *fidelity, struct err *err)
{
	int rc = schemas_choose(b, err);

	if (rc < 0)
		return rc;
	if (!can_replay(b->analysis.kind))
		return err_set(err, ERR_USAGE, "%s is not replayed", sql_kind_name(b->analysis.kind));
	rc = rewrite_choose(b, err);
	if (rc == 0)
		rc = b->given ? values_given(b, err) : values_draw(b, err);
	if (rc == 0)
		rc = finish_statement(b, ret, fidelity, err);
	return rc;
}

static void skip(struct vectors *vectors, const struct statement *statement, const char *reason)
{
	GROW(vectors->skipped, vectors->n_skipped, vectors->cap_skipped);
	vectors->skipped[vectors->n_skipped++] = (struct skipped_statement){
	    .name = xstrdup(statement->name),
	    .reason = xstrdup(reason),
	    .calls = statement->work.calls,
	    .exec_ms = statement->work.exec_ms,
	};
}

/* The reason without the server's address, which a skipped statement does not depend on. */
static char *reason_of(const struct bind_run *run, const struct err *err)
{
	const char *where = db_describe(run->db);
	const char *message = err->message;

	if (strncmp(message, where, strlen(where)) == 0 && message[strlen(where)] == ':')
		message += strlen(where) + 2;
	return err->hint[0] ? xasprintf("%s (%s)", message, err->hint) : xstrdup(message);
}

/* A statement of its own, as BEGIN ... COMMIT of one. */
static void add_transaction(struct vectors *vectors, size_t index)
{
	struct transaction *transaction;

	GROW(vectors->transactions, vectors->n_transactions, vectors->cap_transactions);
	transaction = &vectors->transactions[vectors->n_transactions++];
	*transaction = (struct transaction){.n_statements = 1,
	    .weight = vectors->statements[index].calls,
	    .statements = xcalloc(1, sizeof(size_t))};
	transaction->statements[0] = index;
}

static int bind_or_skip(struct bind_run *run, const struct statement *statement,
    struct vectors *vectors, struct bind_fidelity *fidelity, struct err *err)
{
	const struct override *given =
	    overrides_find(run->options->overrides, statement->name, statement->queryid);
	struct lists lists = {0};
	struct binding b = {.run = run, .statement = statement, .lists = &lists, .given = given};
	struct bound_statement bound = {0};
	int rc;

	if (given && given->kind == OVERRIDE_SKIP) {
		skip(vectors, statement, "skipped by an override");
		return 0;
	}
	lists_init(&lists, statement);
	run->read_until_ns = clock_now_ns(&clock_monotonic) + READING_TIME_NS;
	rc = bind_statement(&b, &bound, fidelity, err);
	if (b.prepared)
		db_exec(run->db, "DEALLOCATE " PREPARED_NAME, NULL);
	if (rc < 0 && !bind_server_failed(&b, err) && !given) {
		_cleanup_free_ char *reason = reason_of(run, err);
		skip(vectors, statement, reason);
		*err = (struct err){0};
		rc = 0;
	} else if (rc == 0) {
		GROW(vectors->statements, vectors->n_statements, vectors->cap_statements);
		vectors->statements[vectors->n_statements++] = bound;
		run->n_shifted += b.shifted;
		add_transaction(vectors, vectors->n_statements - 1);
	}
	binding_release(&b);
	lists_release(&lists);
	return rc < 0 ? err_wrap(err, "binding %s", statement->name) : 0;
}

/* Half by production's time, half evenly. */
static double time_share(const struct workload *workload, const struct statement *statement)
{
	double total = workload_total_ms(workload);
	double ms = statement->work.exec_ms; /* a log may not tell it */
	double share = total > 0 && !isnan(ms) ? ms / total : 0;

	return 0.5 * share + 0.5 / (double)workload->n_statements;
}

/* What earlier statements left over, the later ones have. */
static void give_share(struct bind_run *run, const struct workload *workload, size_t index)
{
	double left = 0;

	for (size_t i = index; i < workload->n_statements; i++)
		left += time_share(workload, &workload->statements[i]);
	run->share_s = run->calibrate_s * time_share(workload, &workload->statements[index]) / left;
	run->calibrating_ns = 0;
}

static void take_time(struct bind_run *run)
{
	uint64_t now_ns = clock_now_ns(&clock_monotonic);

	if (run->calibrating_ns)
		run->calibrate_s = fmax(0, run->calibrate_s - (double)(now_ns - run->calibrating_ns) / 1e9);
}

static int bind_all(struct bind_run *run, const struct workload *workload,
    const struct progress *progress, struct vectors *ret, struct bind_fidelity *fidelities,
    struct err *err)
{
	for (size_t i = 0; i < workload->n_statements; i++) {
		const struct statement *statement = &workload->statements[i];
		if (stop_requested())
			return stop_error(err);
		progress_say(progress, PROGRESS_TICK, "binding %zu of %zu: %s", i + 1,
		    workload->n_statements, statement->name);
		if (statement->skip_reason) {
			skip(ret, statement, statement->skip_reason);
			continue;
		}
		give_share(run, workload, i);
		if (bind_or_skip(run, statement, ret, &fidelities[ret->n_statements], err) < 0)
			return err->code;
		take_time(run);
	}
	return 0;
}

static void set_circumstances(const struct bind_run *run, struct vectors *ret)
{
	if (run->n_shifted > 0)
		ret->time_shift = time_shift_format(run->time_shift_s);
	oracle_conclude(run->oracle);
	ret->oracle_silence = xstrdup(oracle_silence(run->oracle));
}

static void set_totals(const struct workload *workload, struct vectors *ret)
{
	ret->total_ms = workload_total_ms(workload);
	ret->total_calls = workload_total_calls(workload);
	if (workload->source.window_s > 0)
		ret->production_rate = ret->total_calls / workload->source.window_s;
}

int bind_workload(struct db *staging, const struct workload *workload,
    const struct bind_options *options, const struct progress *progress, struct vectors *ret,
    struct err *err)
{
	struct bind_options effective = *options;
	struct bind_run run = {.db = staging, .options = &effective};
	struct bind_fidelity *fidelities;
	struct err local = {0};
	int rc;

	err = err ? err : &local;
	if (effective.vectors_per_statement == 0)
		effective.vectors_per_statement = DEFAULT_VECTORS;
	if (!(effective.expected_ops > 0))
		effective.expected_ops = DEFAULT_OPS;
	for (size_t i = 0; i < workload->n_statements; i++)
		if (!workload->statements[i].skip_reason)
			run.replayable_calls += workload->statements[i].work.calls;
	rc = given_check_names(options->overrides, workload, err);
	if (rc == 0)
		rc = prepare_connection(staging, err);
	if (rc < 0)
		return rc;
	fidelities = xcalloc(workload->n_statements + 1, sizeof(*fidelities));
	run.search_path = workload->source.search_path;
	run.catalog = catalog_new(staging);
	run.oracle = oracle_open(staging);
	run.calibrate_s = effective.calibrate_s > 0 ? effective.calibrate_s : DEFAULT_CALIBRATE_S;
	rc = bind_time_shift(&run, workload, progress, err);
	if (rc == 0)
		rc = bind_all(&run, workload, progress, ret, fidelities, err);
	set_totals(workload, ret);
	set_circumstances(&run, ret);
	if (rc == 0 && ret->oracle_silence)
		progress_say(progress, PROGRESS_NOTE,
		    "whether production sent parameters or literals is judged by the work per call: %s",
		    ret->oracle_silence);
	oracle_close(run.oracle);
	catalog_free(run.catalog);
	restore_connection(staging);
	if (rc == 0 && options->ret_fidelity)
		*options->ret_fidelity = fidelities;
	else
		free(fidelities);
	if (rc < 0)
		vectors_release(ret);
	return rc;
}
