/*
 * sessions: open the connections of a run, and prepare every statement on each of them, before
 * the clock starts.
 */
#ifndef REPLAY_SESSIONS_H
#define REPLAY_SESSIONS_H

#include "base/err.h"
#include "pg/session.h"
#include "replay/request.h"

#include <stddef.h>

/* Fills ret[0 .. n); on failure what was opened stays there for the caller to free. Statements are
 * left to be prepared by their first use when there are very many of them over all clients. A
 * statement that the server refuses is no failure here: its ops will be errors. ERR_INTERRUPTED
 * when a signal came. */
int sessions_open(const struct session_setup *setup, const struct requests *requests,
    struct session **ret, size_t n, size_t clients, struct err *err);

#endif
