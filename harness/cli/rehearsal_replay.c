/*
 * The replay, looked at while it runs, and what was measured.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"
#include "cli/cli.h"
#include "cli/rehearsal_steps.h"
#include "cli/replay_view.h"
#include "judge/judge.h"
#include "judge/plans.h"
#include "measure/measure_bloat.h"
#include "measure/measure_build.h"
#include "measure/measure_untouched.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* From the start of the replay to the end of what is judged. */
static double planned_seconds(const struct rehearsal *r)
{
	double judged_s = (double)rehearsal_longest_ns(r->gate) / 1e9;

	return judged_s + (r->run->build.under_load ? fmax(r->run->build.end_s, 0) : 0);
}

/* A look sorts all samples so far, on a thread of its own but on the machine that is measured: it
 * may take a fiftieth of a CPU, so in a long run looks are fewer. The bounds hold at any of them. */
#define LOOK_PAUSE_PER_NS 50
#define LOOK_PAUSE_MAX_NS (10 * NS_PER_S)

static void judge_so_far(struct rehearsal *r, const struct judge_input *input)
{
	uint64_t start_ns = clock_now_ns(&clock_monotonic), end_ns, pause_ns;

	judge_run(input, r->run);
	end_ns = clock_now_ns(&clock_monotonic);
	pause_ns = (end_ns - start_ns) * LOOK_PAUSE_PER_NS;
	r->next_look_ns = end_ns + (pause_ns < LOOK_PAUSE_MAX_NS ? pause_ns : LOOK_PAUSE_MAX_NS);
}

/* After the planned time an open verdict is a reason to go on, as far as the gate allows. */
static const char *why_stop(const struct rehearsal *r, uint64_t elapsed_ns, uint64_t planned_ns)
{
	const struct run *run = r->run;

	if (elapsed_ns < planned_ns || run->replay.design == DESIGN_SEQUENTIAL)
		return r->gate->replay.early_stop && judge_is_clear(run) ? "verdict" : NULL;
	if (run->verdict.outcome != OUTCOME_INCONCLUSIVE)
		return "verdict";
	return (double)elapsed_ns >= planned_seconds(r) * 1e9 ? "time" : NULL;
}

/* Called about once a second while the replay runs: judge what there is, tell, decide. */
static const char *look(void *ctx, const struct replay_state *state)
{
	struct rehearsal *r = ctx;
	struct samples samples = {.items = state->samples, .n = state->n_samples};
	struct judge_input input = {
	    .samples = &samples,
	};
	enum build_state build = rehearsal_build_look(r, state->elapsed_ns);
	uint64_t planned_ns =
	    r->gate->replay.duration_ns +
	    (isfinite(r->run->build.end_s) ? (uint64_t)(r->run->build.end_s * 1e9) : 0);
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct replay_view view = {
	    .planned_ns = planned_ns,
	    .run = r->run,
	    .live = cli_progress_live(),
	    .colour = cli_colour(STDERR_FILENO),
	};

	r->run->generator.lag_p99 = (double)state->whole_lag_p99_ns / 1e9;
	r->run->generator.machine_busy = state->machine_busy;
	lockouts_look(r->lockouts, r->dbs, r->run);
	if (build != BUILD_OVER)
		return build == BUILD_GOES_ON ? NULL : "failed build";
	input.counted = measure_peek(r->measure, (double)state->elapsed_ns / 1e9, r->run);
	input.planned_seconds = planned_seconds(r);
	input.overtime = state->elapsed_ns >= planned_ns;
	if (input.overtime && !r->in_overtime)
		r->next_look_ns = 0; /* whether to go on is not decided by an old look */
	r->in_overtime = input.overtime;
	if (clock_now_ns(&clock_monotonic) >= r->next_look_ns)
		judge_so_far(r, &input);
	replay_view(&text, &view, state);
	progress_say(r->progress, PROGRESS_TICK, "%s", text.data);
	return why_stop(r, state->elapsed_ns, planned_ns);
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

	for (int arm = 0; arm < N_ARMS; arm++)
		db_exec(r->dbs[arm], "SET lock_timeout = '1s'", NULL); /* a look must not wait for ever */
	options.duration_ns = rehearsal_longest_ns(r->gate) + rehearsal_build_ns(r->gate);
	progress_say(r->progress, PROGRESS_STAGE, "replaying at %.6g/s per arm for %.6g s",
	    options.rate_per_s, (double)r->gate->replay.duration_ns / 1e9);
	if (power)
		progress_say(r->progress, PROGRESS_NOTE, "%s", power);
	rc = replay_run(
	    &r->vectors, &options, arms, N_ARMS, samples_path, &hooks, NULL, &r->replay, err);
	r->measured = file_exists(samples_path);
	r->run->generator = r->replay.generator;
	r->run->stalls = r->replay.stalls;
	r->run->n_stalls = r->replay.n_stalls;
	r->replay.stalls = NULL;
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
	measure_untouched(r->run);
	if (whole)
		measure_bloat(r->dbs, r->gate->staging == STAGING_LAB, r->run);
}

int rehearsal_judge(struct rehearsal *r, struct err *err)
{
	_cleanup_free_ char *samples_path = file_join(r->results.partial, "samples.bin");
	struct samples samples = {0};
	struct judge_input input = {
	    .samples = &samples,
	    .final = true,
	    .planned_seconds = planned_seconds(r),
	};
	double built_s = r->run->build.under_load ? r->run->build.end_s : 0;
	char now[21];

	if (samples_open(samples_path, &samples, err) < 0)
		return err->code;
	r->run->generator.warmup_s =
	    fmax(judge_warmup_seconds(&samples, r->run, r->run->generator.duration_s), built_s);
	measure_samples(&samples, r->run);
	measure_build(&samples, r->run);
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

int rehearsal_replay(struct rehearsal *r, struct err *err)
{
	int rc;

	progress_say(r->progress, PROGRESS_STAGE, "preparing both arms");
	if (environment_prepare(r->dbs, r->progress, r->run, err) < 0 ||
	    measure_begin(r->dbs, &r->measure, err) < 0)
		return err->code;
	r->before = environment_observe(r->dbs);
	r->lockouts = lockouts_new();
	rc = replay(r, err);
	lockouts_tell(r->lockouts, r->run);
	if (rehearsal_build_finish(r, rc == 0 ? err : NULL) < 0 && rc == 0)
		rc = err->code;
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
