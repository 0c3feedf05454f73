#include "replay/link.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/epoll.h>

#define FIRST_PAUSE_NS (20 * NS_PER_MS)
#define MAX_PAUSE_NS   (500 * NS_PER_MS)
#define ATTEMPT_NS     (5 * NS_PER_S)

/* Edge-triggered: a level-triggered socket that was read empty stays on epoll's ready list and is
 * polled once more by the next wait, which costs every answer a fraction of a microsecond. */
static uint32_t wanted_events(const struct link *link)
{
	int wants = session_wants(link->session);

	return (uint32_t)EPOLLET | EPOLLRDHUP | (wants & SESSION_WANT_READ ? EPOLLIN : 0u) |
	       (wants & SESSION_WANT_WRITE ? EPOLLOUT : 0u);
}

static int register_events(struct link *link)
{
	struct epoll_event event = {.events = wanted_events(link), .data.ptr = link};
	int fd = session_fd(link->session);

	link->events = event.events;
	if (epoll_ctl(link->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	/* New, or closed and opened again by libpq under the same number. */
	return errno == ENOENT ? epoll_ctl(link->epoll_fd, EPOLL_CTL_ADD, fd, &event) : -1;
}

int link_init(struct link *link, int epoll_fd, struct session *session, struct err *err)
{
	link->state = LINK_UP;
	link->epoll_fd = epoll_fd;
	link->session = session;
	link->pause_ns = FIRST_PAUSE_NS;
	if (register_events(link) < 0)
		return err_errno(err, ERR_ENV, "cannot watch a connection");
	return 0;
}

void link_release(struct link *link)
{
	session_free(link->session);
	link->session = NULL;
}

void link_expect_more(struct link *link)
{
	register_events(link);
}

void link_update_events(struct link *link)
{
	if (link->session && wanted_events(link) != link->events)
		register_events(link);
}

void link_break(struct link *link, uint64_t now_ns)
{
	link_release(link);
	link->state = LINK_WAITING;
	link->events = 0;
	link->timer_ns = now_ns + link->pause_ns;
	link->pause_ns = link->pause_ns * 2 < MAX_PAUSE_NS ? link->pause_ns * 2 : MAX_PAUSE_NS;
}

static bool begin_attempt(struct link *link, uint64_t now_ns, struct err *err)
{
	if (session_start(link->setup, &link->session, err) < 0) {
		link->session = NULL;
		link_break(link, now_ns);
		return false;
	}
	link->state = LINK_CONNECTING;
	link->timer_ns = now_ns + ATTEMPT_NS;
	if (register_events(link) < 0)
		link_break(link, now_ns);
	return false;
}

bool link_connect(struct link *link, uint64_t now_ns, struct err *err)
{
	if (link->state == LINK_WAITING)
		return begin_attempt(link, now_ns, err);
	if (now_ns >= link->timer_ns) {
		err_set(err, ERR_ENV, "no answer to a connection attempt within 5 s");
		link_break(link, now_ns);
		return false;
	}
	if (session_poll_connect(link->session, err) < 0) {
		link_break(link, now_ns);
		return false;
	}
	if (register_events(link) < 0) {
		link_break(link, now_ns);
		return false;
	}
	if (session_state(link->session) != SESSION_IDLE)
		return false;
	link->state = LINK_UP;
	link->pause_ns = FIRST_PAUSE_NS;
	return true;
}
