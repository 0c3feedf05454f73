#include "replay/job.h"

#include "base/mem.h"
#include "replay/link.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MAX_EVENTS     64
#define MAX_ERRORS     1000 /* different (statement, arm, SQLSTATE) whose message is kept */
#define HURRY_DRAIN_NS (200 * NS_PER_MS)
#define CANCEL_WAIT_NS (1 * NS_PER_S)
#define SPIN_NS        (3 * NS_PER_US) /* sleeping and waking up costs more than that */
#define NEVER          UINT64_MAX

struct job {
	struct job_config config;
	struct dispatch *dispatch;
	pthread_t thread;
	int epoll_fd, wake_fd, timer_fd;
	uint64_t armed_ns;  /* what timer_fd is set to */
	struct link *links; /* one per slot */
	size_t n_links, n_down;
	uint64_t link_timer_ns; /* the earliest of links that are not up */

	struct buf scratch, text; /* reused by every request */
	const char **values;

	size_t n_up[N_ARMS]; /* by position */
	uint64_t down_since_ns[N_ARMS];
	struct err connect_err[N_ARMS]; /* the last failure */

	uint64_t drain_until_ns, cancelled_ns; /* NEVER until known */
	bool gave_up;
	struct job_result result;

	_Atomic uint64_t end_ns; /* what job_stop asks for */
	_Atomic int manner;      /* enum stop_manner */
	_Atomic bool ended, lost;
	_Atomic uint64_t ops_scheduled;
};

static uint64_t run_time_ns(const struct job *job)
{
	return clock_now_ns(job->config.dispatch.clock) - job->config.dispatch.origin_ns;
}

/* Links going down and coming up */

static void update_link_timer(struct job *job)
{
	job->link_timer_ns = NEVER;
	for (size_t i = 0; job->n_down && i < job->n_links; i++)
		if (job->links[i].state != LINK_UP && job->links[i].timer_ns < job->link_timer_ns)
			job->link_timer_ns = job->links[i].timer_ns;
}

static void link_lost(struct job *job, struct link *link, const char *message)
{
	uint64_t now_ns = run_time_ns(job);

	if (message && !job->connect_err[link->arm].message[0])
		err_set(&job->connect_err[link->arm], ERR_ENV, "%s", message);
	link_break(link, now_ns);
	job->n_down++;
	job->result.sessions_lost[link->arm]++;
	if (--job->n_up[link->arm] == 0)
		job->down_since_ns[link->arm] = now_ns;
	update_link_timer(job);
}

static void reconnect(struct job *job, struct link *link, uint64_t now_ns)
{
	struct err err = {0};

	if (link_connect(link, now_ns, &err)) {
		job->n_down--;
		job->n_up[link->arm]++;
		job->connect_err[link->arm] = (struct err){0};
		dispatch_session_up(job->dispatch, link->slot);
	} else if (err.code) {
		job->connect_err[link->arm] = err;
	}
	update_link_timer(job);
}

static void run_link_timers(struct job *job, uint64_t now_ns)
{
	for (size_t i = 0; i < job->n_links; i++)
		if (job->links[i].state != LINK_UP && job->links[i].timer_ns <= now_ns)
			reconnect(job, &job->links[i], now_ns);
}

/* What dispatch asks for */

static int after_send(struct job *job, struct link *link, int rc)
{
	if (rc < 0)
		link_lost(job, link, "the connection broke while sending");
	else
		link_update_events(link);
	return rc;
}

static int send_op(void *ctx, size_t slot, size_t statement, uint64_t ordinal)
{
	struct job *job = ctx;
	struct link *link = &job->links[slot];
	const struct request *request = &job->config.requests[link->arm]->items[statement];
	int rc;

	vector_pick(job->config.picker, statement, ordinal, &job->scratch, job->values);
	switch (request->protocol) {
	case PROTOCOL_SIMPLE:
		rc = session_send_simple(link->session, request_text(request, job->values, &job->text));
		break;
	case PROTOCOL_EXTENDED:
		rc = session_send_extended(link->session, &request->statement, job->values);
		break;
	default:
		rc = session_send_prepared(link->session, &request->statement, job->values);
		break;
	}
	return after_send(job, link, rc);
}

static int send_control(void *ctx, size_t slot, enum control control)
{
	static const char *const texts[] = {
	    [CONTROL_BEGIN] = "BEGIN",
	    [CONTROL_COMMIT] = "COMMIT",
	    [CONTROL_ROLLBACK] = "ROLLBACK",
	};
	struct job *job = ctx;
	struct link *link = &job->links[slot];

	return after_send(job, link, session_send_simple(link->session, texts[control]));
}

static void put_sample(void *ctx, const struct sample *sample)
{
	struct job *job = ctx;

	ring_put(job->config.ring, sample);
}

static void note_error(void *ctx, const struct sample *sample, const struct session_result *result)
{
	struct job *job = ctx;
	struct job_result *out = &job->result;
	struct replay_error *error;

	for (size_t i = 0; i < out->n_errors; i++)
		if (out->errors[i].statement == sample->statement && out->errors[i].arm == sample->arm &&
		    strcmp(out->errors[i].sqlstate, result->sqlstate) == 0)
			return;
	if (out->n_errors >= MAX_ERRORS)
		return;
	GROW(out->errors, out->n_errors, out->cap_errors);
	error = &out->errors[out->n_errors++];
	*error = (struct replay_error){.statement = sample->statement, .arm = sample->arm};
	memcpy(error->sqlstate, result->sqlstate, sizeof(error->sqlstate));
	memcpy(error->message, result->message, sizeof(error->message));
}

/* Events, one function per state of a link; each returns the time, which it had to ask for */

static uint64_t link_is_ready_up(struct job *job, struct link *link)
{
	struct session_result result;
	uint64_t now_ns;

	if (!session_receive(link->session, &result)) {
		link_expect_more(link);
		return run_time_ns(job);
	}
	now_ns = run_time_ns(job);
	if (result.connection_lost) {
		link_lost(job, link, result.message);
		dispatch_session_lost(job->dispatch, link->slot, &result, now_ns);
	} else {
		dispatch_answer(job->dispatch, link->slot, &result, now_ns);
	}
	return now_ns;
}

static uint64_t link_is_ready_connecting(struct job *job, struct link *link)
{
	uint64_t now_ns = run_time_ns(job);

	reconnect(job, link, now_ns);
	return now_ns;
}

/* An event of a connection that was closed while the same batch was worked off. */
static uint64_t link_is_ready_waiting(struct job *job, struct link *link)
{
	(void)link;
	return run_time_ns(job);
}

static uint64_t handle_event(struct job *job, const struct epoll_event *event)
{
	static uint64_t (*const handlers[])(struct job *, struct link *) = {
	    [LINK_UP] = link_is_ready_up,
	    [LINK_CONNECTING] = link_is_ready_connecting,
	    [LINK_WAITING] = link_is_ready_waiting,
	};
	struct link *link = event->data.ptr;
	uint64_t now_ns = handlers[link->state](job, link);

	/* The server hung up after its last answer; this event is the only sign of it. */
	if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) && link->state == LINK_UP)
		link_expect_more(link);
	return now_ns;
}

/* Ending */

static void give_up(struct job *job)
{
	dispatch_give_up(job->dispatch);
	job->gave_up = true;
}

static void cancel_all(struct job *job, uint64_t now_ns)
{
	job->cancelled_ns = now_ns;
	dispatch_cancelling(job->dispatch);
	for (size_t i = 0; i < job->n_links; i++)
		if (job->links[i].state == LINK_UP && dispatch_slot_busy(job->dispatch, i))
			session_cancel(job->links[i].session);
}

static void take_stop(struct job *job, uint64_t now_ns)
{
	uint64_t end_ns = atomic_load(&job->end_ns), count;

	if (read(job->wake_fd, &count, sizeof(count)) < 0)
		return;
	/* What fell due before the end is picked first: it has a sample, sent or not. */
	dispatch_end_at(job->dispatch, end_ns);
	dispatch_due(job->dispatch, now_ns);
	switch ((enum stop_manner)atomic_load(&job->manner)) {
	case STOP_NOT:
		break;
	case STOP_DRAIN:
		job->drain_until_ns = end_ns + job->config.drain_timeout_ns;
		break;
	case STOP_HURRY:
		job->drain_until_ns = now_ns + HURRY_DRAIN_NS;
		break;
	case STOP_ABANDON:
		give_up(job);
		break;
	}
}

static void check_server(struct job *job, size_t position, uint64_t now_ns)
{
	const char *why = job->connect_err[position].message;

	if (job->n_up[position] > 0 || now_ns < job->down_since_ns[position] + LOST_AFTER_NS)
		return;
	snprintf(job->result.lost_message, sizeof(job->result.lost_message),
	    "the %s server is gone: %s", arm_name(job->config.dispatch.arms[position]),
	    why[0] ? why : "no connection");
	job->result.server_lost = true;
	dispatch_end_at(job->dispatch, now_ns);
	dispatch_due(job->dispatch, now_ns);
	give_up(job);
	atomic_store(&job->lost, true);
}

static void run_timers(struct job *job, uint64_t now_ns)
{
	if (now_ns >= job->link_timer_ns)
		run_link_timers(job, now_ns);
	for (size_t i = 0; job->n_down && i < (size_t)job->config.dispatch.n_arms; i++)
		if (!job->gave_up)
			check_server(job, i, now_ns);
	if (job->gave_up)
		return;
	if (job->cancelled_ns == NEVER && now_ns >= job->drain_until_ns)
		cancel_all(job, now_ns);
	else if (job->cancelled_ns != NEVER && now_ns >= job->cancelled_ns + CANCEL_WAIT_NS)
		give_up(job);
}

/* The loop */

static uint64_t min_ns(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_wake_ns(const struct job *job)
{
	uint64_t wake_ns = min_ns(dispatch_next_due_ns(job->dispatch), job->link_timer_ns);

	if (job->cancelled_ns != NEVER)
		return min_ns(wake_ns, job->cancelled_ns + CANCEL_WAIT_NS);
	return min_ns(wake_ns, job->drain_until_ns);
}

/* A timer that stays armed while answers come in: a timeout given to each wait would be programmed
 * into the clock and taken out again for every answer. It is exact, too: timerfd does not add the
 * thread's timer slack. */
static void arm_timer(struct job *job, uint64_t wake_ns)
{
	uint64_t when_ns = job->config.dispatch.origin_ns + wake_ns;
	struct itimerspec timer = {
	    .it_value = {(time_t)(when_ns / NS_PER_S), (long)(when_ns % NS_PER_S)},
	};

	if (wake_ns == job->armed_ns)
		return;
	timerfd_settime(job->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
	job->armed_ns = wake_ns;
}

static int wait_for_events(struct job *job, struct epoll_event *events)
{
	uint64_t wake_ns = next_wake_ns(job);

	if (wake_ns < run_time_ns(job) + SPIN_NS)
		return epoll_wait(job->epoll_fd, events, MAX_EVENTS, 0);
	arm_timer(job, wake_ns);
	return epoll_wait(job->epoll_fd, events, MAX_EVENTS, -1);
}

/* An answer takes a few microseconds to work off, in which the next op may fall due. */
static void work_off(struct job *job, const struct epoll_event *events, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t now_ns;

		if (events[i].data.ptr == &job->timer_fd)
			continue; /* the loop looks at the clock anyway */
		if (events[i].data.ptr == &job->wake_fd) {
			take_stop(job, run_time_ns(job));
			continue;
		}
		now_ns = handle_event(job, &events[i]);
		if (dispatch_next_due_ns(job->dispatch) <= now_ns)
			dispatch_due(job->dispatch, now_ns);
	}
}

static void *job_thread(void *arg)
{
	struct job *job = arg;
	struct epoll_event events[MAX_EVENTS];
	const struct clock *clock = job->config.dispatch.clock;
	uint64_t one = 1;

	clock->sleep_until_ns(clock->ctx, job->config.dispatch.origin_ns);
	while (!job->gave_up && !dispatch_finished(job->dispatch)) {
		uint64_t now_ns = run_time_ns(job);

		dispatch_due(job->dispatch, now_ns);
		run_timers(job, now_ns);
		work_off(job, events, wait_for_events(job, events));
		atomic_store_explicit(
		    &job->ops_scheduled, dispatch_ops_scheduled(job->dispatch), memory_order_relaxed);
	}
	atomic_store(&job->ended, true);
	if (write(job->config.done_fd, &one, sizeof(one)) < 0) {
		/* The counter is full: whoever waits is awake. */
	}
	return NULL;
}

/* Start and end */

static int watch(struct job *job, int *fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = fd};

	return *fd < 0 ? -1 : epoll_ctl(job->epoll_fd, EPOLL_CTL_ADD, *fd, &event);
}

static int set_up_loop(struct job *job, struct err *err)
{
	job->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	job->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	job->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (job->epoll_fd < 0 || watch(job, &job->wake_fd) < 0 || watch(job, &job->timer_fd) < 0)
		return err_errno(err, ERR_ENV, "cannot set up an event loop");
	return 0;
}

static int take_over_sessions(struct job *job, struct err *err)
{
	for (size_t i = 0; i < job->n_links; i++) {
		struct link *link = &job->links[i];

		link->slot = i;
		link->arm = i / job->config.dispatch.slots_per_arm;
		link->setup = job->config.setups[link->arm];
		if (link_init(link, job->epoll_fd, job->config.sessions[i], err) < 0)
			return ERR_ENV;
		job->config.sessions[i] = NULL;
		job->n_up[link->arm]++;
		dispatch_session_up(job->dispatch, i);
	}
	return 0;
}

static void job_free(struct job *job)
{
	for (size_t i = 0; i < job->n_links; i++)
		link_release(&job->links[i]);
	free(job->links);
	dispatch_free(job->dispatch);
	buf_release(&job->scratch);
	buf_release(&job->text);
	free(job->values);
	if (job->epoll_fd >= 0)
		close(job->epoll_fd);
	if (job->wake_fd >= 0)
		close(job->wake_fd);
	if (job->timer_fd >= 0)
		close(job->timer_fd);
	free(job);
}

/* Signals are for the thread that started the run. */
static int start_thread(struct job *job, struct err *err)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&job->thread, NULL, job_thread, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return error ? err_errno(err, ERR_ENV, "cannot start a thread") : 0;
}

int job_start(const struct job_config *config, struct job **ret, struct err *err)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->config = *config;
	job->config.dispatch.ops = (struct dispatch_ops){
	    .send_op = send_op,
	    .send_control = send_control,
	    .sample = put_sample,
	    .error = note_error,
	    .ctx = job,
	};
	job->epoll_fd = job->wake_fd = job->timer_fd = -1;
	job->link_timer_ns = job->cancelled_ns = NEVER;
	job->drain_until_ns = config->dispatch.end_ns + config->drain_timeout_ns;
	job->n_links = (size_t)config->dispatch.n_arms * config->dispatch.slots_per_arm;
	job->links = xcalloc(job->n_links, sizeof(job->links[0]));
	job->values = xcalloc(config->requests[0]->max_params, sizeof(job->values[0]));
	job->dispatch = dispatch_new(&job->config.dispatch);
	if (set_up_loop(job, err) < 0 || take_over_sessions(job, err) < 0 ||
	    start_thread(job, err) < 0) {
		job_free(job);
		return err->code;
	}
	*ret = job;
	return 0;
}

void job_stop(struct job *job, uint64_t end_ns, enum stop_manner manner)
{
	uint64_t one = 1;

	atomic_store(&job->end_ns, end_ns);
	atomic_store(&job->manner, manner);
	if (write(job->wake_fd, &one, sizeof(one)) < 0) {
		/* The counter is full: the job is awake. */
	}
}

bool job_ended(const struct job *job)
{
	return atomic_load(&job->ended);
}

uint64_t job_ops_scheduled(const struct job *job)
{
	return atomic_load_explicit(&job->ops_scheduled, memory_order_relaxed);
}

bool job_lost_its_server(const struct job *job)
{
	return atomic_load(&job->lost);
}

void job_join(struct job *job, struct job_result *ret)
{
	pthread_join(job->thread, NULL);
	*ret = job->result;
	job_free(job);
}
