/*
 * assemble: from the figures of a window to the statements of a workload.
 *
 * Texts are redacted, entries with the same normalised text (other users' settings, search_path
 * or parameter types) are added up under the queryid that cost most, small ones are dropped as
 * the options say, and all get names. What is dropped is counted by reason, so that kept and
 * dropped together are all of the window.
 */
#ifndef CAPTURE_ASSEMBLE_H
#define CAPTURE_ASSEMBLE_H

#include "capture/capture.h"
#include "capture/window.h"
#include "model/names.h"

/* Appends to ret->statements and ret->dropped, and sets source.window_s, dealloc and
 * lost_time_share. */
int assemble_workload(const struct window *window, const struct capture_options *options,
	const struct statement_names *names, const struct progress *progress, struct workload *ret, struct err *err);

#endif
