#include "bind/bind.h"

#include "bind/filter.h"
#include "bind/finish.h"
#include "bind/form.h"
#include "bind/given.h"
#include "bind/lists.h"
#include "bind/logged.h"
#include "bind/oracle.h"
#include "bind/pins.h"
#include "bind/probe.h"
#include "bind/schemas.h"
#include "bind/time_shift.h"
#include "bind/told.h"

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
#define STATEMENT_TIMEOUT   "5s"
#define READING_TIME_NS     (30 * NS_PER_S) /* for one statement, however many subqueries it has */
#define FIRST_CHECK         3               /* vectors */
#define MAX_LITERAL_RANK    6
#define MAX_KEY_RANK        8
#define PIN_MUST_GAIN       0.05 /* as calibrate_distance() */
#define PIN_MAY_COST        0.02

/* Read-only first: whatever a statement calls, staging stays as it is. */
static int prepare_connection(struct db *db, struct err *err)
{
	static const char *const settings = "SET default_transaction_read_only = on;"
	                                    "SET statement_timeout = '" STATEMENT_TIMEOUT "';"
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

static void forget_pools(struct binding *b)
{
	for (size_t i = 0; i < b->n_pools; i++)
		pool_release(&b->pools[i]);
	b->n_pools = 0;
}

/* Values from one kind of source, and whether they work. */
static int try_source(struct binding *b, enum value_source best, struct err *err)
{
	struct check_result result;
	char **values;
	int rc;

	b->best_source = best;
	b->plan = PLAN_UNKNOWN;
	forget_pools(b);
	slots_plan(b);
	rc = told_find(b, err);
	pins_apply(b);
	if (rc == 0)
		rc = writes_plan(b, err);
	filter_choose(b);
	if (rc == 0)
		rc = sources_fill(b, err);
	if (rc < 0)
		return rc;
	values = slots_generate(b, FIRST_CHECK);
	rc = check_vectors(b, values, FIRST_CHECK, &result, err);
	slots_values_free(b, values, FIRST_CHECK);
	if (rc == 0 && result.timed_out)
		binding_note(b, "took longer than " STATEMENT_TIMEOUT " on staging");
	return rc;
}

static bool has_key(const struct binding *b)
{
	for (size_t i = 0; i < b->n_slots; i++)
		if (b->slots[i].item && b->slots[i].item->op && strpbrk(b->slots[i].item->op, "#>?") &&
		    b->slots[i].item->role == PARAM_OTHER)
			return true;
	return false;
}

/* (body ->> $1)::int = $2 works for some keys of the document only. */
static int try_other_keys(struct binding *b, struct err *err)
{
	int rc = err->code;

	for (b->key_rank = 1; b->key_rank <= MAX_KEY_RANK && rc < 0; b->key_rank++) {
		if (strncmp(err->sqlstate, "22", 2) != 0)
			break;
		*err = (struct err){0};
		rc = try_source(b, VALUES_WITNESS, err);
		if (bind_server_failed(b, err))
			break;
	}
	return rc;
}

static int choose_values(struct binding *b, struct err *err)
{
	static const enum value_source sources[] = {VALUES_WITNESS, VALUES_STATISTICS, VALUES_GUESS};
	struct err first = {0};
	int rc = 0;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		*err = (struct err){0};
		rc = try_source(b, sources[i], err);
		if (rc < 0 && i == 0 && has_key(b))
			rc = try_other_keys(b, err);
		if (rc < 0 && i == 0 &&
		    !bind_server_failed(b, err)) { /* one column may not fit: the rest */
			b->no_statistics = true;
			rc = try_source(b, sources[i], err);
			b->no_statistics = rc == 0;
		}
		if (rc == 0 || bind_server_failed(b, err))
			return rc;
		if (i == 0)
			first = *err;
	}
	*err = first;
	return rc;
}

/* What measure says; of a write, as far as a read tells. */
static double probed(struct binding *b, double (*measure)(struct binding *b))
{
	double found;

	if (b->analysis.writes || b->analysis.locks_rows)
		b->probe = probe_text(b);
	b->plan = PLAN_UNKNOWN;
	found = measure(b);
	free(b->probe);
	b->probe = NULL;
	return found;
}

/* Which status is it that the text names? The one with which the work is nearest to production's.
 * Pools are drawn anew for each, since settling on a value drops the other rows. */
static int choose_literals(struct binding *b, struct err *err)
{
	size_t best_rank = 0;
	double best = INFINITY;
	int rc = 0;

	if (!form_settles(b) ||
	    (b->analysis.writes && (b->analysis.kind != SQL_UPDATE || b->order == VECTOR_SEQUENTIAL))) {
		form_settle(b);
		return 0;
	}
	for (b->literal_rank = 0; b->literal_rank < MAX_LITERAL_RANK && rc == 0; b->literal_rank++) {
		double found;
		if (b->literal_rank > 0)
			rc = try_source(b, b->best_source, err);
		if (rc < 0 || !form_settle(b))
			break;
		found = probed(b, calibrate_distance);
		if (found < best - 0.05) {
			best = found;
			best_rank = b->literal_rank;
		}
		if (found < 0.1)
			break;
	}
	if (bind_server_failed(b, err))
		return rc;
	*err = (struct err){0};
	if (b->literal_rank != best_rank || rc < 0) {
		b->literal_rank = best_rank;
		rc = try_source(b, b->best_source, err);
		form_settle(b);
	}
	return rc;
}

/* How far from production's work, in a third of the time that is left. */
static double distance_now(struct binding *b)
{
	uint64_t now_ns = clock_now_ns(&clock_monotonic), deadline_ns = b->run->deadline_ns;
	double found;

	if (deadline_ns > now_ns)
		b->run->deadline_ns = now_ns + (deadline_ns - now_ns) / 3;
	found = probed(b, calibrate_best_distance);
	b->run->deadline_ns = deadline_ns;
	return found;
}

/* The blocks of a write are not known before it runs, so of equals the index's value is better. */
static bool is_preferred(const struct binding *b, double pinned, double other)
{
	return pinned <= other + (b->analysis.writes ? PIN_MAY_COST : -PIN_MUST_GAIN);
}

static int choose_pins(struct binding *b, struct err *err)
{
	double other, pinned;
	int rc;

	if (!pins_any(b, err))
		return err->code;
	other = distance_now(b);
	b->pinned = true;
	rc = try_source(b, b->best_source, err);
	form_settle(b);
	if (rc == 0) {
		pinned = distance_now(b);
		if (is_preferred(b, pinned, other))
			return 0;
	} else if (bind_server_failed(b, err)) {
		return rc;
	}
	*err = (struct err){0};
	b->pinned = false;
	rc = try_source(b, b->best_source, err);
	form_settle(b);
	return rc;
}

/* Reading rows is not calibrating. */
static void begin_calibrating(struct bind_run *run)
{
	run->calibrating_ns = clock_now_ns(&clock_monotonic);
	run->deadline_ns = run->calibrating_ns + (uint64_t)(run->share_s * 1e9);
}

static int use_given(struct binding *b, struct err *err)
{
	slots_plan(b);
	b->order = VECTOR_SAMPLED;
	begin_calibrating(b->run);
	return given_fill(b, b->given, err);
}

/* For lists of another length. */
static int draw_again(struct binding *b, struct err *err)
{
	int rc = schemas_choose(b, err);

	if (rc == 0)
		rc = choose_values(b, err);
	return rc == 0 ? choose_literals(b, err) : rc;
}

static int draw_values(struct binding *b, struct err *err)
{
	int rc = choose_values(b, err);

	begin_calibrating(b->run);
	if (rc == 0)
		rc = choose_literals(b, err);
	if (rc == 0)
		rc = lists_settle(b, draw_again, err);
	if (rc == 0)
		rc = choose_pins(b, err);
	if (rc == 0)
		rc = calibrate(b, err);
	if (rc == 0)
		rc = logged_use(b, err);
	return rc;
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
		rc = b->given ? use_given(b, err) : draw_values(b, err);
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
