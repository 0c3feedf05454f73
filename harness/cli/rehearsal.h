/*
 * rehearsal: one gate, end to end: staging, clones, candidate, replay, figures, verdict.
 *
 *     struct rehearsal_options options = {.gate = &gate, .keep_clones = false};
 *     rc = rehearse(&options, cli_progress(), &run, &err);
 *
 * Whatever happens (an error, a signal, a server that dies) the clones and the lab that were made
 * are removed before it returns, and what was measured is in the result directory. A process killed
 * outright leaves clones that `clone list` shows and `clone drop --orphans` drops; a lab that the
 * gate started ends with it.
 */
#ifndef CLI_REHEARSAL_H
#define CLI_REHEARSAL_H

#include "base/err.h"
#include "base/progress.h"
#include "model/gate.h"
#include "model/run.h"

#include <stdbool.h>

struct rehearsal_options {
	const struct gate *gate;
	const char *command; /* how to reproduce */
	bool keep_clones;
	bool plans_only;   /* no replay and no verdict: plans, and facts about indexes */
	bool hypothetical; /* with plans_only: build nothing, let HypoPG tell */
};

struct rehearsal_result {
	struct run run;
	char *dir; /* results/<run-id>; NULL when nothing was measured */
};

/* 0 when there is a verdict in ret->run.verdict; negative when there is none or the run was cut
 * short (signal, server lost): ret->dir then tells whether something was kept. */
int rehearse(const struct rehearsal_options *options, const struct progress *progress,
    struct rehearsal_result *ret, struct err *err);
void rehearsal_result_release(struct rehearsal_result *result);

#endif
