/*
 * link: a session in an event loop: registered with epoll, and connected again when it broke.
 *
 *     UP --connection lost--> WAITING --pause over--> CONNECTING --ready--> UP
 *                                ^----------failed or too slow-------'
 */
#ifndef REPLAY_LINK_H
#define REPLAY_LINK_H

#include "base/err.h"
#include "pg/session.h"

#include <stdint.h>

enum link_state { LINK_UP, LINK_CONNECTING, LINK_WAITING };

struct link {
	enum link_state state;
	struct session *session; /* NULL while WAITING */
	const struct session_setup *setup;
	size_t slot;
	size_t arm; /* position */
	int epoll_fd;
	uint32_t events;   /* registered; 0 when not */
	uint64_t timer_ns; /* WAITING: when to try again; CONNECTING: when to give up */
	uint64_t pause_ns; /* before the next attempt */
};

/* Take over a connected session. */
int link_init(struct link *link, int epoll_fd, struct session *session, struct err *err);
void link_release(struct link *link);

/* An answer is not complete. libpq may have left bytes in the socket, for which there would be no
 * further event: registering again makes one when there are any. */
void link_expect_more(struct link *link);
/* The session may want to be polled for something else than before. */
void link_update_events(struct link *link);

/* The connection is gone, or an attempt failed: close it and try again after a pause. */
void link_break(struct link *link, uint64_t now_ns);
/* Its socket is ready, or its timer ran out: go on with connecting. True when it is UP now. What
 * went wrong is in err, if anything did. */
bool link_connect(struct link *link, uint64_t now_ns, struct err *err);

#endif
