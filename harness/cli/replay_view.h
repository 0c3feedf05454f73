/*
 * replay_view: how a replay stands, second by second: time, rate, schedule lag, errors, the latency
 * of both arms lately and the checks so far. A few lines on a terminal, one line in a log.
 */
#ifndef CLI_REPLAY_VIEW_H
#define CLI_REPLAY_VIEW_H

#include "base/buf.h"
#include "model/run.h"
#include "replay/replay.h"

struct replay_view {
	uint64_t planned_ns;   /* the replay's time; state->duration_ns is the longest it may take */
	const struct run *run; /* its checks so far */
	bool live;             /* lines for a terminal */
	bool colour;
};

void replay_view(struct buf *out, const struct replay_view *view, const struct replay_state *state);

#endif
