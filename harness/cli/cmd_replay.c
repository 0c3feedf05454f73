/*
 * replay: one marked clone at a target rate, into a run record.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/units.h"
#include "cli/assemble.h"
#include "cli/commands.h"
#include "cli/replay_text.h"
#include "cli/results.h"
#include "measure/measure.h"
#include "replay/replay.h"
#include "stage/clone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LAG_LIMIT_S 0.010 /* of p99: beyond it the generator did not keep its schedule */

static const struct usage usage = {
    .command = "replay",
    .synopsis = "--vectors VECTORS.JSON [OPTIONS]",
    .about =
        "Replay bound statements against one database, open loop: the schedule decides when each\n"
        "request is due, and a slow answer delays none. The database must be marked as a clone\n"
        "(\"pgrehearse clone mark\"): a replay executes the workload's writes. Writes run.json,\n"
        "samples.bin and latency.hlog, and prints a summary.\n"
        "\n"
        "With --rate max each session sends its next request as soon as it has an answer (closed\n"
        "loop): the highest throughput with that many clients.",
    .examples = "  pgrehearse replay --vectors vectors.json -d clone -R 400/s -T 60s -c 8\n"
                "  pgrehearse replay --vectors vectors.json -d clone -R max -T 10s -c 16 -j 2",
};

static const char *const protocols[] = {"captured", "simple", "extended", "prepared", NULL};
static const char *const arms[] = {"baseline", "candidate", NULL};
static const char *const arrivals[] = {"poisson", "uniform", NULL};

struct replay_command {
	struct db_target connection;
	const char *vectors_path, *dir, *rate;
	int64_t clients, jobs, seed;
	int protocol, arm, arrivals;
	uint64_t duration_ns, timeout_ns, progress_ns, limit_ns;
	struct replay_options options;

	char *run_dir;
	struct vectors vectors;
	struct db *dbs[N_ARMS];
	struct measure *measure;
	struct replay_result result;
	struct run run;
	uint64_t next_progress_ns;
};

static int take_options(struct replay_command *c, struct err *err)
{
	struct replay_options *options = &c->options;

	if (!c->vectors_path) {
		err_set(err, ERR_USAGE, "no vectors were named");
		return err_hint(err, "\"pgrehearse bind\" makes them; then: --vectors vectors.json");
	}
	*options = replay_options_default;
	options->rate_per_s = 0;
	if (c->rate && strcmp(c->rate, "max") == 0)
		options->rate_per_s = INFINITY;
	else if (c->rate && units_parse_rate(c->rate, &options->rate_per_s, err) < 0)
		return err_wrap(err, "--rate");
	options->duration_ns = c->duration_ns;
	options->clients = (int)c->clients;
	options->jobs = (int)c->jobs;
	options->protocol = PROTOCOL_CAPTURED;
	protocol_parse(protocols[c->protocol], &options->protocol);
	options->arrivals = c->arrivals == 0 ? ARRIVALS_POISSON : ARRIVALS_UNIFORM;
	options->seed = (uint64_t)c->seed;
	options->statement_timeout_ns = c->timeout_ns;
	return 0;
}

/* An earlier result is evidence: it is not written over. */
static int make_dir(struct replay_command *c, struct err *err)
{
	_cleanup_free_ char *record = NULL;

	c->run_dir = c->dir ? xstrdup(c->dir) : xasprintf("results/%s", c->run.run_id);
	record = file_join(c->run_dir, "run.json");
	if (file_exists(record)) {
		err_set(err, ERR_USAGE, "%s holds a result already", c->run_dir);
		return err_hint(err, "name another directory with -o, or remove that one");
	}
	return file_mkdir_all(c->run_dir, 0755, err);
}

static int open_database(struct replay_command *c, struct err *err)
{
	if (db_connect(&c->connection, &c->dbs[c->arm], err) < 0)
		return err->code;
	return clone_require_mark(c->dbs[c->arm], err);
}

static void begin_record(struct replay_command *c)
{
	struct run *run = &c->run;
	char now[21];

	clock_wall_iso8601(now);
	run->run_id = assemble_run_id();
	run->name = xstrdup("replay");
	run->started_at = xstrdup(now);
	run->version = xstrdup(PGREHEARSE_VERSION);
	run->candidate_name = xstrdup("unchanged");
	run->clone_driver = xstrdup(clone_driver_name(CLONE_EXISTING));
	run->replay = c->options;
	if (run->replay.rate_per_s <= 0)
		run->replay.rate_per_s = c->vectors.production_rate;
	run->verdict.outcome = OUTCOME_INCONCLUSIVE;
	run->verdict.needs_seconds = NAN;
	strv_add(&run->verdict.reasons, "one arm alone is not judged");
	assemble_statements(&c->vectors, NULL, run);
}

/* With -P: a line every so many seconds, like pgbench's. */
static const char *tell(void *ctx, const struct replay_state *state)
{
	struct replay_command *c = ctx;
	char lag[32];

	if (!c->progress_ns || state->elapsed_ns < c->next_progress_ns)
		return NULL;
	c->next_progress_ns += c->progress_ns;
	progress_say(cli_progress(), PROGRESS_NOTE, "%.1f s: %.1f ops/s, %.0f errors, lag p99 %s",
	    (double)state->elapsed_ns / 1e9, (double)state->completed * 1e9 / (double)state->elapsed_ns,
	    (double)state->errors, units_format_duration(lag, (double)state->lag_p99_ns));
	return NULL;
}

static void note_result(struct replay_command *c, int rc)
{
	struct run_statement_arm *figures;

	c->run.generator = c->result.generator;
	c->run.stopped_by = xstrdup(rc < 0 ? "error" : c->result.stopped_by);
	c->run.arms[c->arm].sessions_lost = c->result.sessions_lost[c->arm];
	for (size_t i = 0; i < c->result.n_errors; i++) {
		const struct replay_error *from = &c->result.errors[i];

		figures = &c->run.statements[from->statement].arms[from->arm];
		GROW(figures->error_counts, figures->n_error_counts, figures->cap_error_counts);
		figures->error_counts[figures->n_error_counts] =
		    (struct error_count){.message = xstrdup(from->message)};
		memcpy(figures->error_counts[figures->n_error_counts++].sqlstate, from->sqlstate, 6);
	}
}

static int replay(struct replay_command *c, const char *samples_path, struct err *err)
{
	struct replay_target target = {.target = c->connection, .arm = (enum arm)c->arm};
	struct replay_hooks hooks = {.on_second = tell, .ctx = c};
	struct err problem = {0};
	int rc;

	if (measure_begin(c->dbs, &c->measure, err) < 0)
		return err->code;
	c->next_progress_ns = c->progress_ns;
	rc = replay_run(&c->vectors, &c->options, &target, 1, samples_path, &hooks, cli_progress(),
	    &c->result, err);
	cli_progress_finish();
	note_result(c, rc);
	if (rc == 0 && c->result.server_lost)
		rc = err_set(err, ERR_ENV, "the server was lost in mid-run: %s", c->result.lost_message);
	if (rc == 0 && stop_requested())
		rc = stop_error(err);
	if (file_exists(samples_path) &&
	    measure_end(c->measure, false, cli_progress(), &c->run, &problem) < 0)
		run_add_disturbance(&c->run, "server", true,
		    "the server's counters could not be read after the replay: %s", problem.message);
	return rc;
}

static int keep(struct replay_command *c, const char *partial, struct err *err)
{
	_cleanup_free_ char *path = file_join(c->run_dir, "samples.bin");
	_cleanup_(strv_release) struct strv formats = {0};
	struct buf text = BUF_INIT;
	struct samples samples = {0};
	char now[21];
	int rc;

	if (rename(partial, path) < 0)
		return err_errno(err, ERR_ENV, "cannot rename %s to %s", partial, path);
	if (samples_open(path, &samples, err) < 0)
		return err->code;
	measure_samples(&samples, &c->run);
	clock_wall_iso8601(now);
	c->run.finished_at = xstrdup(now);
	strv_add(&formats, "hlog");
	rc = results_write(&c->run, c->run_dir, &formats, err);
	replay_text(&text, &c->run, (enum arm)c->arm, &samples, c->limit_ns);
	samples_release(&samples);
	fputs(text.data, stdout);
	printf("\nresults: %s/\n", c->run_dir);
	buf_release(&text);
	return rc;
}

static int go(struct replay_command *c, struct err *err)
{
	_cleanup_free_ char *partial = NULL;
	struct err late = {0};
	int rc;

	if (take_options(c, err) < 0 || vectors_load(c->vectors_path, &c->vectors, err) < 0)
		return err->code;
	begin_record(c);
	assemble_markers(&c->vectors);
	if (open_database(c, err) < 0 || make_dir(c, err) < 0)
		return err->code;
	partial = file_join(c->run_dir, "samples.bin.tmp");
	rc = replay(c, partial, err);
	if (file_exists(partial) && keep(c, partial, &late) < 0 && rc == 0) {
		*err = late;
		rc = late.code;
	}
	if (rc == 0 && c->run.generator.lag_p99 > LAG_LIMIT_S) {
		progress_say(cli_progress(), PROGRESS_WARNING,
		    "the generator could not keep its schedule: the figures tell about this machine");
		rc = EXIT_INCONCLUSIVE;
	}
	return rc;
}

static void release(struct replay_command *c)
{
	measure_free(c->measure);
	for (int arm = 0; arm < N_ARMS; arm++)
		db_close(c->dbs[arm]);
	replay_result_release(&c->result);
	vectors_release(&c->vectors);
	run_release(&c->run);
	free(c->run_dir);
}

int cmd_replay(int argc, char **argv, struct err *err)
{
	struct replay_command c = {
	    .clients = 8,
	    .jobs = 1,
	    .seed = 1,
	    .duration_ns = 60 * NS_PER_S,
	    .timeout_ns = 30 * NS_PER_S,
	};
	const struct option_spec options[] = {
	    {"vectors", 0, OPTION_STRING, "FILE", "statements and values, from \"pgrehearse bind\"",
	        &c.vectors_path},
	    {"output", 'o', OPTION_STRING, "DIR", "write the result to DIR (default: results/<run-id>)",
	        &c.dir},
	    {"arm", 0, OPTION_CHOICE, "ARM", "record it as baseline (default) or candidate", &c.arm,
	        arms},
	    {"rate", 'R', OPTION_STRING, "RATE",
	        "statements per second, e.g. 400/s, or max (default: production's)", &c.rate},
	    {"time", 'T', OPTION_DURATION, "TIME", "replay for TIME (default: 60s)", &c.duration_ns},
	    {"client", 'c', OPTION_INT, "N", "sessions (default: 8)", &c.clients, NULL, 1, 10000},
	    {"jobs", 'j', OPTION_INT, "N", "threads of the generator (default: 1)", &c.jobs, NULL, 1,
	        64},
	    {"protocol", 'M', OPTION_CHOICE, "PROTOCOL",
	        "captured (default), simple, extended or prepared", &c.protocol, protocols},
	    {"arrivals", 0, OPTION_CHOICE, "KIND", "poisson (default) or uniform", &c.arrivals,
	        arrivals},
	    {"random-seed", 0, OPTION_INT, "N", "seed of the schedule and the values (default: 1)",
	        &c.seed, NULL, 0, INT64_MAX},
	    {"statement-timeout", 0, OPTION_DURATION, "TIME", "of every session (default: 30s)",
	        &c.timeout_ns},
	    {"progress", 'P', OPTION_DURATION, "TIME", "a line of progress every TIME", &c.progress_ns},
	    {"latency-limit", 'L', OPTION_DURATION, "TIME", "count responses that took longer",
	        &c.limit_ns},
	    CONNECTION_OPTIONS(c.connection),
	    OPTIONS_END,
	};
	_cleanup_(strv_release) struct strv args = {0};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc == 0 && args.n > 0)
		rc = err_set(err, ERR_USAGE, "\"%s\" is one argument too many", args.items[0]);
	else if (rc == 0)
		rc = go(&c, err);
	else if (rc == 1)
		rc = 0;
	release(&c);
	return rc;
}
