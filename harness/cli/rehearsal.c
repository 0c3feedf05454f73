#include "cli/rehearsal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/units.h"
#include "bind/bind.h"
#include "cli/assemble.h"
#include "cli/cli.h"
#include "cli/replay_view.h"
#include "cli/result_dir.h"
#include "cli/results.h"
#include "judge/judge.h"
#include "judge/plans.h"
#include "measure/measure.h"
#include "measure/measure_plans.h"
#include "measure/measure_results.h"
#include "replay/replay.h"
#include "stage/candidate.h"
#include "stage/clone.h"
#include "stage/environment.h"
#include "stage/hypothetical.h"
#include "stage/lab.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct rehearsal {
	const struct gate *gate;
	const struct progress *progress;
	bool keep;
	bool hypothetical;
	struct hypothetical what_if;
	char *run_id;
	struct result_dir results;
	struct workload workload;
	struct lab lab;
	bool own_lab; /* started for this gate: stopped with it */
	struct db_target staging;
	struct clone_set *clones;
	struct db_target targets[N_ARMS];
	struct db *dbs[N_ARMS];
	struct vectors vectors;
	struct environment *before;
	struct measure *measure;
	struct replay_result replay;
	struct run *run;
	bool measured; /* there are samples worth keeping */
};

static int interrupted(struct err *err)
{
	return stop_requested() ? stop_error(err) : 0;
}

/* Before anything is made: everything that can be wrong with the files. */
static int check_files(struct rehearsal *r, struct err *err)
{
	const struct gate *gate = r->gate;

	if (candidate_check(
	        gate->up ? gate->up : gate->file, gate->up_sql, gate->allow_migration, err) < 0)
		return err->code;
	if (workload_load(gate->workload, &r->workload, err) < 0)
		return err->code;
	if (gate->overrides)
		return err_set(err, ERR_USAGE,
		    "%s: overrides: this version of pgrehearse binds without them", gate->file);
	if (r->workload.n_statements == 0)
		return err_set(err, ERR_USAGE, "%s holds no statement", gate->workload);
	/* First: a rewrite's check has the name that is wrong. */
	if (gate_check_rewrites(gate, &r->workload, err) < 0 ||
	    gate_check_scopes(gate, &r->workload, err) < 0)
		return err->code;
	return bind_check_rewrites(&gate->rewrites, gate->rewrites_file, &r->workload, err);
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *candidate_name(const struct gate *gate)
{
	if (gate->up && gate->rewrites_file)
		return xasprintf("%s and %s", file_name(gate->up), file_name(gate->rewrites_file));
	if (gate->rewrites_file)
		return xstrdup(file_name(gate->rewrites_file));
	return xstrdup(gate->up ? file_name(gate->up) : "unchanged");
}

static void begin_record(struct rehearsal *r, const char *command)
{
	struct run *run = r->run;
	const struct gate *gate = r->gate;
	char now[21];

	clock_wall_iso8601(now);
	run->run_id = xstrdup(r->run_id);
	run->name = xstrdup(gate->name);
	run->started_at = xstrdup(now);
	run->version = xstrdup(PGREHEARSE_VERSION);
	run->command = xstrdup(command);
	run->candidate_name = candidate_name(gate);
	run->up_sql = xstrdup(gate->up_sql);
	run->down_sql = xstrdup(gate->down_sql);
	run->replay = gate->replay;
	run->clone_driver = xstrdup(clone_driver_name(gate->driver));
	assemble_source(&r->workload.source, &run->source);
	assemble_thresholds(gate, run);
}

/* The name of the lab database of a fixture: the last part of its directory. */
static char *fixture_database(const char *fixture)
{
	_cleanup_free_ char *copy = xstrdup(fixture);
	char *slash;

	while (copy[0] && copy[strlen(copy) - 1] == '/')
		copy[strlen(copy) - 1] = '\0';
	slash = strrchr(copy, '/');
	return xstrdup(slash ? slash + 1 : copy);
}

/* It runs, and on the programs that the gate asks for. */
static bool lab_serves(const struct lab *lab, const char *bindir)
{
	_cleanup_free_ char *wanted = bindir ? realpath(bindir, NULL) : NULL;

	return lab->running && (!bindir || (wanted && strcmp(wanted, lab->bindir) == 0));
}

/* The running lab if it serves, else one that ends with us. */
static int open_lab(struct rehearsal *r, struct err *err)
{
	_cleanup_free_ char *database = fixture_database(r->gate->fixture);
	_cleanup_free_ char *usual = lab_default_dir();
	_cleanup_free_ char *own = xasprintf("%s-%ld", usual, (long)getpid());
	struct lab_options options = {.dir = own, .bindir = r->gate->bindir, .ephemeral = true};

	if (lab_find(NULL, &r->lab, err) < 0)
		return err->code;
	if (!lab_serves(&r->lab, r->gate->bindir)) {
		lab_release(&r->lab);
		if (lab_start(&options, r->progress, &r->lab, err) < 0)
			return err->code;
		r->own_lab = true;
	}
	return lab_load_fixture(&r->lab, r->gate->fixture, database, r->progress, &r->staging, err);
}

static int open_staging(struct rehearsal *r, struct err *err)
{
	progress_say(r->progress, PROGRESS_STAGE, "staging");
	if (r->gate->staging == STAGING_LAB)
		return open_lab(r, err);
	r->staging = (struct db_target){.conninfo = xstrdup(r->gate->dsn)};
	return 0;
}

static int make_baseline(struct rehearsal *r, struct err *err)
{
	struct clone_spec spec = {
	    .driver = r->gate->driver,
	    .staging = r->staging,
	    .create_command = r->gate->clone_create,
	    .drop_command = r->gate->clone_drop,
	};

	progress_say(r->progress, PROGRESS_STAGE, "cloning");
	for (int arm = 0; arm < N_ARMS; arm++)
		spec.existing[arm].conninfo = r->gate->existing_dsn[arm];
	if (clone_set_open(&spec, r->run_id, r->progress, &r->clones, err) < 0 ||
	    clone_set_baseline(r->clones, &r->targets[ARM_BASELINE], err) < 0)
		return err->code;
	return db_connect(&r->targets[ARM_BASELINE], &r->dbs[ARM_BASELINE], err);
}

static double rate_of(const struct rehearsal *r)
{
	if (r->gate->replay.rate_per_s > 0)
		return r->gate->replay.rate_per_s;
	return r->vectors.production_rate;
}

static uint64_t longest_ns(const struct gate *gate)
{
	const struct replay_options *replay = &gate->replay;

	return replay->max_duration_ns > replay->duration_ns ? replay->max_duration_ns
	                                                     : replay->duration_ns;
}

static double workload_rate(const struct workload *workload)
{
	double calls = 0;

	for (size_t i = 0; i < workload->n_statements; i++)
		calls += workload->statements[i].work.calls;
	return workload->source.window_s > 0 ? calls / workload->source.window_s : 0;
}

/* A rewrite of a statement that is not replayed would be judged by nothing. */
static int check_rewrites_bound(const struct rehearsal *r, struct err *err)
{
	for (size_t i = 0; i < r->vectors.n_skipped; i++) {
		const struct skipped_statement *skipped = &r->vectors.skipped[i];

		if (statement_names_find(&r->gate->rewrites, skipped->name))
			return err_set(err, ERR_USAGE, "%s: \"%s\" is rewritten but cannot be replayed: %s",
			    r->gate->rewrites_file, skipped->name, skipped->reason);
	}
	return 0;
}

/* Values come from the baseline while it is still the only copy: what reading it leaves in its
 * pages (hint bits) is then in the candidate too. */
static int bind(struct rehearsal *r, struct err *err)
{
	double rate =
	    r->gate->replay.rate_per_s > 0 ? r->gate->replay.rate_per_s : workload_rate(&r->workload);
	struct bind_options options = {
	    .seed = r->gate->replay.seed,
	    .expected_ops = rate * (double)longest_ns(r->gate) / 1e9,
	    .rewrites = &r->gate->rewrites,
	};
	struct overrides overrides = {0};
	char share[32];
	int rc;

	if (r->gate->overrides && overrides_load(r->gate->overrides, &overrides, err) < 0)
		return err->code;
	options.overrides = &overrides;
	progress_say(r->progress, PROGRESS_STAGE, "binding %zu statements", r->workload.n_statements);
	rc = bind_workload(
	    r->dbs[ARM_BASELINE], &r->workload, &options, r->progress, &r->vectors, err);
	overrides_release(&overrides);
	if (rc < 0)
		return rc;
	if (r->vectors.n_statements == 0) {
		err_set(err, ERR_ENV,
		    "no statement of %s can be replayed on this staging database (%s: %s)",
		    r->gate->workload, r->vectors.n_skipped ? r->vectors.skipped[0].name : "none",
		    r->vectors.n_skipped ? r->vectors.skipped[0].reason : "the workload is empty");
		return err_hint(
		    err, "is staging the same schema as the production database of the capture?");
	}
	if (!(rate_of(r) > 0))
		return err_set(err, ERR_USAGE, "%s says no replay rate and %s does not know production's",
		    r->gate->file, r->gate->workload);
	if (check_rewrites_bound(r, err) < 0)
		return err->code;
	assemble_markers(&r->vectors);
	assemble_statements(&r->vectors, &r->workload, r->run);
	r->run->replay.rate_per_s = rate_of(r);
	progress_say(r->progress, PROGRESS_NOTE,
	    "%zu of %zu statements: %s of production's execution time", r->vectors.n_statements,
	    r->workload.n_statements, units_format_percent(share, r->run->coverage_time));
	return 0;
}

static int make_candidate(struct rehearsal *r, struct err *err)
{
	/* CREATE DATABASE ... TEMPLATE wants the template to itself. */
	db_close(r->dbs[ARM_BASELINE]);
	r->dbs[ARM_BASELINE] = NULL;
	progress_say(r->progress, PROGRESS_STAGE, "candidate: %s", r->run->candidate_name);
	if (clone_set_candidate(r->clones, &r->targets[ARM_CANDIDATE], err) < 0)
		return err->code;
	for (int arm = 0; arm < N_ARMS; arm++)
		if (db_connect(&r->targets[arm], &r->dbs[arm], err) < 0)
			return err->code;
	if (clone_require_mark(r->dbs[ARM_BASELINE], err) < 0 ||
	    clone_require_mark(r->dbs[ARM_CANDIDATE], err) < 0)
		return err->code;
	if (candidate_apply(r->dbs[ARM_CANDIDATE], r->gate->up ? r->gate->up : r->gate->file,
	        r->gate->up_sql, r->progress, r->run, err) < 0)
		return err->code;
	return candidate_settle(r->dbs[ARM_BASELINE], r->dbs[ARM_CANDIDATE], r->progress, err);
}

/* What HypoPG foretells, beside what the build made of it. Without HypoPG there is no forecast. */
static int foretell(struct rehearsal *r, struct err *err)
{
	struct err problem = {0};

	if (!r->gate->up_sql)
		return 0;
	if (hypothetical_open(r->dbs[ARM_BASELINE], r->gate->up_sql, &r->what_if, &problem) < 0) {
		if (problem.code == ERR_INTERRUPTED || !db_alive(r->dbs[ARM_BASELINE])) {
			*err = problem;
			return err->code;
		}
		progress_say(r->progress, PROGRESS_DETAIL, "no forecast: %s", problem.message);
		return 0;
	}
	if (r->what_if.n == 0 && r->what_if.dropped.n == 0)
		return 0;
	return measure_predictions(r->what_if.db, &r->what_if.names, &r->vectors, r->run, err);
}

static int compare_results(struct rehearsal *r, struct err *err)
{
	if (r->gate->rewrites.n == 0)
		return 0;
	progress_say(r->progress, PROGRESS_STAGE, "comparing results");
	if (measure_results(r->dbs[ARM_CANDIDATE], &r->vectors, r->progress, r->run, err) < 0)
		return err_wrap(err, "%s", r->gate->rewrites_file);
	return 0;
}

static int compare_plans(struct rehearsal *r, struct err *err)
{
	struct plan_options options = PLAN_OPTIONS_DEFAULT;
	int rc;

	progress_say(r->progress, PROGRESS_STAGE, "comparing plans");
	measure_statistics(r->dbs, r->run);
	rc = measure_plans(r->dbs, &r->vectors, &options, r->progress, r->run, err);
	judge_plan_changes(r->run);
	if (rc == 0)
		rc = foretell(r, err);
	hypothetical_end(&r->what_if);
	return rc;
}

/* The candidate arm is the baseline as HypoPG shows it to the planner. */
static int compare_hypothetical_plans(struct rehearsal *r, struct err *err)
{
	struct plan_options options = PLAN_OPTIONS_DEFAULT;
	struct db *arms[N_ARMS] = {[ARM_BASELINE] = r->dbs[ARM_BASELINE]};

	progress_say(r->progress, PROGRESS_STAGE, "what if: %s", r->run->candidate_name);
	if (hypothetical_open(arms[ARM_BASELINE], r->gate->up_sql, &r->what_if, err) < 0)
		return err->code;
	for (size_t i = 0; i < r->what_if.left_out.n; i++)
		progress_say(r->progress, PROGRESS_WARNING, "left out: %s", r->what_if.left_out.items[i]);
	arms[ARM_CANDIDATE] = r->what_if.db;
	options.measure = false;
	options.what_if_names = &r->what_if.names;
	return measure_plans(arms, &r->vectors, &options, r->progress, r->run, err);
}

/* Index sizes and definitions, in place of a replay. */
static int look_at_indexes(struct rehearsal *r, struct err *err)
{
	struct db *arms[N_ARMS] = {r->dbs[ARM_BASELINE], r->dbs[ARM_CANDIDATE]};

	if (r->hypothetical)
		arms[ARM_CANDIDATE] = arms[ARM_BASELINE];
	if (measure_begin(arms, &r->measure, err) < 0)
		return err->code;
	return measure_end(r->measure, false, r->progress, r->run, err);
}

/* Called about once a second while the replay runs: judge what there is, tell, decide. */
static bool look(void *ctx, const struct replay_state *state)
{
	struct rehearsal *r = ctx;
	struct samples samples = {.items = state->samples, .n = state->n_samples};
	struct judge_input input = {
	    .samples = &samples,
	    .counted = measure_peek(r->measure, r->run),
	    .planned_seconds = (double)longest_ns(r->gate) / 1e9,
	};
	bool planned_time_is_over = state->elapsed_ns >= r->gate->replay.duration_ns;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct replay_view view = {
	    .planned_ns = r->gate->replay.duration_ns,
	    .run = r->run,
	    .live = cli_progress_live(),
	    .colour = cli_colour(STDERR_FILENO),
	};

	judge_run(&input, r->run);
	replay_view(&text, &view, state);
	progress_say(r->progress, PROGRESS_TICK, "%s", text.data);
	if (planned_time_is_over)
		return r->run->verdict.outcome == OUTCOME_INCONCLUSIVE;
	return !(r->gate->replay.early_stop && judge_is_clear(r->run));
}

static void note_errors(struct rehearsal *r)
{
	for (size_t i = 0; i < r->replay.n_errors; i++) {
		const struct replay_error *from = &r->replay.errors[i];
		struct run_statement_arm *arm = &r->run->statements[from->statement].arms[from->arm];

		GROW(arm->error_counts, arm->n_error_counts, arm->cap_error_counts);
		arm->error_counts[arm->n_error_counts] =
		    (struct error_count){.message = xstrdup(from->message)};
		memcpy(arm->error_counts[arm->n_error_counts++].sqlstate, from->sqlstate, 6);
	}
}

static int replay(struct rehearsal *r, struct err *err)
{
	_cleanup_free_ char *samples_path = file_join(r->results.partial, "samples.bin");
	struct replay_target arms[N_ARMS] = {
	    {.target = r->targets[ARM_BASELINE], .arm = ARM_BASELINE},
	    {.target = r->targets[ARM_CANDIDATE], .arm = ARM_CANDIDATE},
	};
	struct replay_hooks hooks = {.on_second = look, .ctx = r};
	struct replay_options options = r->run->replay;
	_cleanup_free_ char *power = judge_power_statement(&r->vectors, r->gate);
	int rc;

	options.duration_ns = longest_ns(r->gate);
	progress_say(r->progress, PROGRESS_STAGE, "replaying at %.6g/s per arm for %.6g s",
	    options.rate_per_s, (double)r->gate->replay.duration_ns / 1e9);
	if (power)
		progress_say(r->progress, PROGRESS_NOTE, "%s", power);
	rc = replay_run(
	    &r->vectors, &options, arms, N_ARMS, samples_path, &hooks, NULL, &r->replay, err);
	r->measured = file_exists(samples_path);
	r->run->generator = r->replay.generator;
	r->run->stopped_by = xstrdup(rc < 0 ? "error" : r->replay.stopped_by);
	for (int arm = 0; arm < N_ARMS; arm++)
		r->run->arms[arm].sessions_lost = r->replay.sessions_lost[arm];
	note_errors(r);
	return rc;
}

/* Figures that need the servers; when one is gone the samples still count. */
static void read_counters(struct rehearsal *r, bool whole)
{
	struct err problem = {0};

	environment_compare(r->before, r->dbs, r->run);
	if (measure_end(r->measure, whole, r->progress, r->run, &problem) < 0 &&
	    problem.code != ERR_INTERRUPTED)
		run_add_disturbance(r->run, "server", true,
		    "the servers' counters could not be read after the replay: %s", problem.message);
}

static int judge(struct rehearsal *r, struct err *err)
{
	_cleanup_free_ char *samples_path = file_join(r->results.partial, "samples.bin");
	struct samples samples = {0};
	struct judge_input input = {
	    .samples = &samples,
	    .final = true,
	    .planned_seconds = (double)longest_ns(r->gate) / 1e9,
	};
	char now[21];

	if (samples_open(samples_path, &samples, err) < 0)
		return err->code;
	r->run->generator.warmup_s = judge_warmup_seconds(&samples, r->run->generator.duration_s);
	measure_samples(&samples, r->run);
	judge_run(&input, r->run);
	samples_release(&samples);
	clock_wall_iso8601(now);
	r->run->finished_at = xstrdup(now);
	return 0;
}

/* A server that comes back has begun to count anew, with an empty cache. */
static void note_restarts(struct rehearsal *r)
{
	for (int arm = 0; arm < N_ARMS; arm++)
		if (r->replay.sessions_lost[arm] > 0)
			run_add_disturbance(r->run, "server", true,
			    "%.0f sessions of the %s arm were lost in mid-run and opened again: its server was "
			    "restarted or crashed; look into its log",
			    r->replay.sessions_lost[arm], arm_name((enum arm)arm));
}

static int measured_replay(struct rehearsal *r, struct err *err)
{
	int rc;

	progress_say(r->progress, PROGRESS_STAGE, "preparing both arms");
	if (environment_prepare(r->dbs, r->progress, r->run, err) < 0 ||
	    measure_begin(r->dbs, &r->measure, err) < 0)
		return err->code;
	r->before = environment_observe(r->dbs);
	rc = replay(r, err);
	if (!r->measured)
		return rc;
	progress_say(r->progress, PROGRESS_STAGE, "measuring");
	if (r->replay.server_lost) {
		run_add_disturbance(
		    r->run, "server", true, "a server was lost in mid-run: %s", r->replay.lost_message);
		rc = err_set(err, ERR_ENV, "a server was lost in mid-run: %s", r->replay.lost_message);
	} else {
		note_restarts(r);
	}
	if (stop_requested()) {
		run_add_disturbance(
		    r->run, "signal", true, "stopped by signal %d before the planned time", stop_signal());
		rc = stop_error(err);
	}
	read_counters(r, rc == 0);
	return rc;
}

typedef int step(struct rehearsal *r, struct err *err);

/* The steps up to a verdict; what they make is undone by tear_down(). */
static step *const gate_steps[] = {
    open_staging,
    make_baseline,
    bind,
    make_candidate,
    compare_results,
    compare_plans,
    measured_replay,
    NULL,
};
static step *const plan_steps[] = {
    open_staging,
    make_baseline,
    bind,
    make_candidate,
    compare_results,
    compare_plans,
    look_at_indexes,
    NULL,
};
static step *const hypothetical_steps[] = {
    open_staging,
    make_baseline,
    bind,
    compare_hypothetical_plans,
    look_at_indexes,
    NULL,
};

static int go(struct rehearsal *r, step *const *steps, struct err *err)
{
	for (size_t i = 0; steps[i]; i++) {
		int rc = interrupted(err);

		if (rc == 0)
			rc = steps[i](r, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Drop what was made. Trouble here is a warning: the verdict stands, and it says what is left. */
static void tear_down(struct rehearsal *r)
{
	struct err problem = {0};

	hypothetical_end(&r->what_if);
	measure_free(r->measure);
	environment_free(r->before);
	for (int arm = 0; arm < N_ARMS; arm++)
		db_close(r->dbs[arm]);
	if (clone_set_close(r->clones, r->keep, r->progress, &problem) < 0)
		progress_say(r->progress, PROGRESS_WARNING, "%s%s%s", problem.message,
		    problem.hint[0] ? "; " : "", problem.hint);
	if (r->own_lab && !r->keep && lab_stop(r->lab.dir, r->progress, &problem) < 0)
		progress_say(r->progress, PROGRESS_WARNING, "%s", problem.message);
	lab_release(&r->lab);
}

static void release(struct rehearsal *r)
{
	hypothetical_release(&r->what_if);
	result_dir_close(&r->results);
	workload_release(&r->workload);
	vectors_release(&r->vectors);
	replay_result_release(&r->replay);
	db_target_release(&r->staging);
	for (int arm = 0; arm < N_ARMS; arm++)
		db_target_release(&r->targets[arm]);
	free(r->run_id);
}

/* Judge, write and publish what was measured, also after a signal or a lost server. */
static int keep_results(struct rehearsal *r, char **ret_dir, struct err *err)
{
	if (judge(r, err) < 0 ||
	    results_write(r->run, r->results.partial, &r->gate->formats, err) < 0) {
		err_hint(err, "what was measured so far is in %s", r->results.final);
		result_dir_publish(&r->results, NULL);
		return err->code;
	}
	if (result_dir_publish(&r->results, err) < 0)
		return err->code;
	*ret_dir = xstrdup(r->results.final);
	return 0;
}

int rehearse(const struct rehearsal_options *options, const struct progress *progress,
    struct rehearsal_result *ret, struct err *err)
{
	struct rehearsal r = {
	    .gate = options->gate,
	    .progress = progress,
	    .keep = options->keep_clones,
	    .hypothetical = options->hypothetical,
	    .run_id = assemble_run_id(),
	    .results = {.lock_fd = -1},
	    .run = &ret->run,
	};
	struct err late = {0};
	int rc = check_files(&r, err);

	if (rc == 0)
		rc = result_dir_open(options->gate->results_dir, r.run_id, &r.results, err);
	if (rc == 0) {
		begin_record(&r, options->command);
		rc = go(&r,
		    options->hypothetical ? hypothetical_steps
		    : options->plans_only ? plan_steps
		                          : gate_steps,
		    err);
		assemble_forecast(&r.what_if, options->hypothetical, r.run);
		if (options->plans_only) {
			judge_plan_changes(r.run);
			judge_index_facts(r.run);
		}
	}
	tear_down(&r);
	if (r.measured && keep_results(&r, &ret->dir, &late) < 0 && rc == 0) {
		*err = late;
		rc = late.code;
	}
	release(&r);
	return rc;
}

void rehearsal_result_release(struct rehearsal_result *result)
{
	run_release(&result->run);
	free(result->dir);
	*result = (struct rehearsal_result){0};
}
