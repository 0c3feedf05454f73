#include "replay/replay.h"

#include "base/mem.h"
#include "base/stop.h"
#include "base/units.h"
#include "replay/heartbeat.h"
#include "replay/job.h"
#include "replay/recorder.h"
#include "replay/sessions.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define START_DELAY_NS (20 * NS_PER_MS) /* so that all jobs stand ready at time zero */

/* A closed loop takes entries as fast as it can: any finite rate that ends late enough will do. */
#define CLOSED_LOOP_RATE 1e6
#define CLOSED_LOOP_NS   (UINT64_C(4000) * NS_PER_S)

struct run_job {
	struct job *job; /* NULL when it did not start */
	struct schedule *schedule;
	struct session **sessions;
	size_t slots_per_arm;
};

struct run_state {
	const struct vectors *vectors;
	const struct replay_options *options;
	const struct replay_target *arms;
	int n_arms;
	bool closed_loop;
	double rate_per_s;
	uint64_t end_ns; /* of the schedule, as it stands */
	const struct replay_hooks *hooks;
	const struct progress *progress;

	struct requests requests[N_ARMS]; /* by position */
	struct vector_picker *picker;
	struct session_setup *setups[N_ARMS];
	struct run_job *jobs;
	struct ring *rings; /* one per job */
	size_t n_jobs;
	struct recorder *recorder;
	struct heartbeat *heartbeat;
	int done_fd;
	uint64_t origin_ns;
	double cpu_before_s;
	enum stop_manner manner;
	const char *stopped_by;
};

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static uint64_t run_time_ns(const struct run_state *run)
{
	uint64_t now_ns = clock_now_ns(&clock_monotonic);

	return now_ns > run->origin_ns ? now_ns - run->origin_ns : 0;
}

/* Preparing */

static int resolve_options(struct run_state *run, struct err *err)
{
	const struct replay_options *options = run->options;

	run->rate_per_s = options->rate_per_s > 0 ? options->rate_per_s : run->vectors->production_rate;
	run->closed_loop = isinf(run->rate_per_s);
	run->end_ns = options->duration_ns;
	if (run->hooks && run->hooks->on_second && options->max_duration_ns > run->end_ns)
		run->end_ns = options->max_duration_ns;
	if (options->clients < 1)
		return err_set(err, ERR_USAGE, "a replay needs at least one client");
	if (!(run->rate_per_s > 0)) {
		err_set(err, ERR_USAGE, "there is no rate: production's own is not known");
		return err_hint(err, "give one with --rate or replay.rate");
	}
	run->n_jobs = options->jobs > 1 ? (size_t)options->jobs : 1;
	if (run->n_jobs > (size_t)options->clients)
		run->n_jobs = (size_t)options->clients;
	return 0;
}

static struct schedule *make_schedule(const struct run_state *run, struct err *err)
{
	struct schedule_plan plan = {
	    .rate_per_s = run->closed_loop ? CLOSED_LOOP_RATE : run->rate_per_s,
	    .duration_ns = run->closed_loop ? CLOSED_LOOP_NS : run->end_ns,
	    .seed = run->options->seed,
	    .arrivals = run->closed_loop ? ARRIVALS_UNIFORM : run->options->arrivals,
	};

	/* Turns are taken by two, and in time. */
	if (run->n_arms == N_ARMS && !run->closed_loop)
		plan.turns = turns_of(run->options);

	return schedule_new(run->vectors, &plan, err);
}

static int prepare_job(struct run_state *run, size_t number, struct err *err)
{
	struct run_job *job = &run->jobs[number];
	size_t clients = (size_t)run->options->clients;

	ring_init(&run->rings[number]);
	job->slots_per_arm = clients / run->n_jobs + (number < clients % run->n_jobs);
	job->schedule = make_schedule(run, err);
	if (!job->schedule)
		return err->code;
	job->sessions = xcalloc((size_t)run->n_arms * job->slots_per_arm, sizeof(job->sessions[0]));
	for (int arm = 0; arm < run->n_arms; arm++) {
		int rc = sessions_open(run->setups[arm], &run->requests[arm],
		    job->sessions + (size_t)arm * job->slots_per_arm, job->slots_per_arm, clients, err);

		if (rc < 0)
			return rc == ERR_INTERRUPTED ? rc
			                             : err_wrap(err, "opening %zu connections to the %s arm",
			                                   clients, arm_name(run->arms[arm].arm));
	}
	return 0;
}

static int prepare(struct run_state *run, struct err *err)
{
	uint64_t timeout_ms = run->options->statement_timeout_ns / NS_PER_MS;
	int rc = 0;

	for (int i = 0; i < run->n_arms; i++)
		requests_init(&run->requests[i], run->vectors, run->arms[i].arm, run->options->protocol);
	run->picker = vector_picker_new(run->vectors, run->options->seed);
	for (int i = 0; i < run->n_arms; i++)
		run->setups[i] = session_setup_new(&run->arms[i].target, timeout_ms);
	run->jobs = xcalloc(run->n_jobs, sizeof(run->jobs[0]));
	run->rings = xcalloc(run->n_jobs, sizeof(run->rings[0]));
	for (size_t i = 0; rc == 0 && i < run->n_jobs; i++)
		rc = prepare_job(run, i, err);
	run->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rc == 0 && run->done_fd < 0)
		rc = err_errno(err, ERR_ENV, "cannot set up an event loop");
	return rc;
}

/* Starting */

static int start_job(struct run_state *run, size_t number, struct err *err)
{
	struct run_job *job = &run->jobs[number];
	struct job_config config = {
	    .dispatch =
	        {
	            .vectors = run->vectors,
	            .schedule = job->schedule,
	            .end_ns = run->end_ns,
	            .pair_gap_ns = run->options->pair_gap_ns,
	            .closed_loop = run->closed_loop,
	            .n_arms = run->n_arms,
	            .slots_per_arm = job->slots_per_arm,
	            .job = (unsigned)number,
	            .n_jobs = (unsigned)run->n_jobs,
	            .clock = &clock_monotonic,
	            .origin_ns = run->origin_ns,
	        },
	    .picker = run->picker,
	    .sessions = job->sessions,
	    .ring = &run->rings[number],
	    /* A run that ends early still owes the other arm the turn that one has had. */
	    .drain_timeout_ns = run->options->drain_timeout_ns + run->options->slice_ns,
	    .done_fd = run->done_fd,
	};

	for (int i = 0; i < run->n_arms; i++) {
		config.dispatch.arms[i] = run->arms[i].arm;
		config.requests[i] = &run->requests[i];
		config.setups[i] = run->setups[i];
	}
	return job_start(&config, &job->job, err);
}

static void stop_jobs(
    struct run_state *run, uint64_t end_ns, enum stop_manner manner, const char *why)
{
	if (manner <= run->manner)
		return;
	if (run->manner == STOP_NOT)
		run->stopped_by = why;
	run->manner = manner;
	for (size_t i = 0; i < run->n_jobs; i++)
		if (run->jobs[i].job)
			job_stop(run->jobs[i].job, end_ns, manner);
}

static int start(struct run_state *run, const char *samples_path, struct err *err)
{
	int rc = recorder_start(
	    samples_path, run->vectors->n_statements, run->rings, run->n_jobs, &run->recorder, err);

	if (rc < 0)
		return rc;
	run->heartbeat = heartbeat_start();
	run->cpu_before_s = cpu_seconds();
	run->origin_ns = clock_now_ns(&clock_monotonic) + START_DELAY_NS;
	for (size_t i = 0; rc == 0 && i < run->n_jobs; i++)
		rc = start_job(run, i, err);
	if (rc < 0)
		stop_jobs(run, 0, STOP_ABANDON, "error");
	return rc;
}

/* Waiting */

static bool all_jobs_ended(const struct run_state *run)
{
	for (size_t i = 0; i < run->n_jobs; i++)
		if (run->jobs[i].job && !job_ended(run->jobs[i].job))
			return false;
	return true;
}

static const char *signal_reason(void)
{
	switch (stop_signal()) {
	case 1:
		return "signal 1";
	case 2:
		return "signal 2";
	case 15:
		return "signal 15";
	default:
		return "signal";
	}
}

/* What ends a run before its time. */
static void check_stops(struct run_state *run)
{
	uint64_t now_ns = run_time_ns(run);

	if (stop_requested())
		stop_jobs(run, now_ns, STOP_HURRY, signal_reason());
	if (recorder_failed(run->recorder))
		stop_jobs(run, now_ns, STOP_HURRY, "samples lost");
	for (size_t i = 0; i < run->n_jobs; i++)
		if (job_lost_its_server(run->jobs[i].job))
			stop_jobs(run, now_ns, STOP_ABANDON, "server lost");
}

static void tell(const struct run_state *run, const struct replay_state *state)
{
	char lag[32];

	progress_say(run->progress, PROGRESS_TICK,
	    "replaying: %" PRIu64 " of %" PRIu64 " s, %" PRIu64 " ops, %" PRIu64
	    " errors, schedule lag p99 %s",
	    state->elapsed_ns / NS_PER_S, run->end_ns / NS_PER_S, state->completed, state->errors,
	    units_format_duration(lag, (double)state->lag_p99_ns));
}

static void tick(struct run_state *run)
{
	struct recorder_figures figures;
	struct replay_state state = {
	    .elapsed_ns = run_time_ns(run),
	    .duration_ns = run->options->duration_ns,
	};
	const char *why;

	recorder_figures(run->recorder, &figures);
	state.completed = figures.ok + figures.errors;
	state.errors = figures.errors;
	state.lag_p99_ns = figures.recent_lag_p99_ns;
	state.whole_lag_p99_ns = figures.lag_p99_ns;
	state.machine_busy = heartbeat_machine_busy(run->heartbeat);
	for (size_t i = 0; i < run->n_jobs; i++)
		state.scheduled += job_ops_scheduled(run->jobs[i].job);
	tell(run, &state);
	if (!run->hooks || !run->hooks->on_second || run->manner != STOP_NOT)
		return;
	state.samples = recorder_samples(run->recorder, &state.n_samples);
	why = run->hooks->on_second(run->hooks->ctx, &state);
	if (why)
		stop_jobs(run, run_time_ns(run), STOP_DRAIN, why);
}

static void wait_until(struct run_state *run, uint64_t wake_ns)
{
	uint64_t now_ns = clock_now_ns(&clock_monotonic), count;
	struct pollfd fds[] = {
	    {.fd = run->done_fd, .events = POLLIN},
	    {.fd = stop_requested() ? -1 : stop_fd(), .events = POLLIN}, /* stays readable */
	};

	if (wake_ns > now_ns && poll(fds, 2, (int)((wake_ns - now_ns) / NS_PER_MS) + 1) > 0 &&
	    fds[0].revents && read(run->done_fd, &count, sizeof(count)) < 0) {
		/* Another wakeup took it. */
	}
}

static void wait_for_jobs(struct run_state *run)
{
	uint64_t next_tick_ns = run->origin_ns + NS_PER_S;

	while (!all_jobs_ended(run)) {
		wait_until(run, next_tick_ns);
		check_stops(run);
		if (clock_now_ns(&clock_monotonic) >= next_tick_ns) {
			tick(run);
			next_tick_ns += NS_PER_S;
		}
	}
	check_stops(run);
}

/* Results */

static void add_errors(struct replay_result *ret, const struct job_result *job)
{
	for (size_t i = 0; i < job->n_errors; i++) {
		const struct replay_error *error = &job->errors[i];
		bool known = false;

		for (size_t j = 0; j < ret->n_errors; j++)
			known = known || (ret->errors[j].statement == error->statement &&
			                     ret->errors[j].arm == error->arm &&
			                     strcmp(ret->errors[j].sqlstate, error->sqlstate) == 0);
		if (known)
			continue;
		GROW(ret->errors, ret->n_errors, ret->cap_errors);
		ret->errors[ret->n_errors++] = *error;
	}
}

static void join_jobs(struct run_state *run, struct replay_result *ret)
{
	for (size_t i = 0; i < run->n_jobs; i++) {
		struct job_result result;

		if (!run->jobs[i].job)
			continue;
		job_join(run->jobs[i].job, &result);
		run->jobs[i].job = NULL;
		if (result.server_lost && !ret->server_lost) {
			ret->server_lost = true;
			memcpy(ret->lost_message, result.lost_message, sizeof(ret->lost_message));
		}
		for (int arm = 0; arm < run->n_arms; arm++)
			ret->sessions_lost[run->arms[arm].arm] += (double)result.sessions_lost[arm];
		add_errors(ret, &result);
		free(result.errors);
	}
}

static double seconds(uint64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* In the time of the run. */
static void take_stalls(
    const struct run_state *run, struct heartbeat_figures *machine, struct replay_result *ret)
{
	ret->stalls = xcalloc(machine->n_kept + 1, sizeof(*ret->stalls));
	for (size_t i = 0; i < machine->n_kept; i++) {
		const struct heartbeat_stall *stall = &machine->kept[i];

		if (stall->from_ns < run->origin_ns)
			continue;
		ret->stalls[ret->n_stalls++] = (struct run_stall){
		    .start_s = seconds(stall->from_ns - run->origin_ns),
		    .length_s = seconds(stall->to_ns - stall->from_ns),
		};
	}
	free(machine->kept);
}

static void fill_generator(struct run_state *run, const struct recorder_figures *figures,
    double elapsed_s, struct replay_result *result)
{
	struct run_generator *ret = &result->generator;
	struct heartbeat_figures machine;
	double arms = run->n_arms, offered;

	ret->cpu_seconds = cpu_seconds() - run->cpu_before_s;
	heartbeat_stop(run->heartbeat, &machine);
	run->heartbeat = NULL;
	take_stalls(run, &machine, result);
	ret->completed = (double)(figures->ok + figures->errors);
	ret->errors = (double)figures->errors;
	ret->unfinished = (double)(figures->unfinished + figures->skipped);
	ret->scheduled = ret->completed + ret->unfinished;
	ret->lag_p50 = seconds(figures->lag_p50_ns);
	ret->lag_p99 = seconds(figures->lag_p99_ns);
	ret->lag_max = seconds(figures->lag_max_ns);
	ret->queueing_p99 = seconds(figures->queueing_p99_ns);
	ret->machine_busy = machine.machine_busy;
	ret->machine_stalls = (double)machine.stalls;
	ret->machine_stall_max = seconds(machine.longest_ns);
	if (figures->last_done_ns > figures->first_due_ns)
		ret->duration_s = seconds(figures->last_done_ns - figures->first_due_ns);
	offered = elapsed_s < seconds(run->end_ns) ? elapsed_s : seconds(run->end_ns);
	ret->offered_rate = offered > 0 ? ret->scheduled / arms / offered : 0;
	ret->achieved_rate = ret->duration_s > 0 ? ret->completed / arms / ret->duration_s : 0;
}

static int finish(
    struct run_state *run, double elapsed_s, struct replay_result *ret, struct err *err)
{
	struct recorder_figures figures;
	int rc;

	join_jobs(run, ret);
	rc = recorder_stop(run->recorder, &figures, err);
	run->recorder = NULL;
	fill_generator(run, &figures, elapsed_s, ret);
	ret->stopped_by = run->stopped_by ? run->stopped_by : "time";
	return rc;
}

static void release(struct run_state *run)
{
	for (size_t i = 0; run->jobs && i < run->n_jobs; i++) {
		struct run_job *job = &run->jobs[i];

		for (size_t s = 0; job->sessions && s < (size_t)run->n_arms * job->slots_per_arm; s++)
			session_free(job->sessions[s]);
		free(job->sessions);
		schedule_free(job->schedule);
		ring_release(&run->rings[i]);
	}
	free(run->jobs);
	free(run->rings);
	for (int i = 0; i < run->n_arms; i++)
		session_setup_free(run->setups[i]);
	vector_picker_free(run->picker);
	for (int i = 0; i < N_ARMS; i++)
		requests_release(&run->requests[i]);
	if (run->done_fd >= 0)
		close(run->done_fd);
}

int replay_run(const struct vectors *vectors, const struct replay_options *options,
    const struct replay_target *arms, int n_arms, const char *samples_path,
    const struct replay_hooks *hooks, const struct progress *progress, struct replay_result *ret,
    struct err *err)
{
	struct run_state run = {
	    .vectors = vectors,
	    .options = options,
	    .arms = arms,
	    .n_arms = n_arms,
	    .hooks = hooks,
	    .progress = progress,
	    .done_fd = -1,
	};
	double elapsed_s;
	int rc;

	*ret = (struct replay_result){0};
	rc = resolve_options(&run, err);
	if (rc == 0)
		rc = prepare(&run, err);
	if (rc == 0)
		rc = start(&run, samples_path, err);
	if (rc == 0)
		wait_for_jobs(&run);
	elapsed_s = run.manner == STOP_NOT ? seconds(run.end_ns) : seconds(run_time_ns(&run));
	if (run.recorder) {
		struct err finish_err = {0};
		int finish_rc = finish(&run, elapsed_s, ret, &finish_err);

		if (rc == 0 && finish_rc < 0) {
			*err = finish_err;
			rc = finish_rc;
		}
	}
	release(&run);
	return rc;
}

void replay_result_release(struct replay_result *result)
{
	free(result->errors);
	free(result->stalls);
	*result = (struct replay_result){0};
}
