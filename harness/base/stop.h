/*
 * stop: has somebody asked us to stop?
 *
 * cli/ installs the signal handlers; long stages ask stop_requested() between steps and unwind
 * with ERR_INTERRUPTED, so that clones are dropped and what was measured is kept. A second
 * signal does not shorten the clean-up; SIGKILL leaves what `clone list` finds.
 */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>

#include "base/err.h"

void stop_install(void);         /* SIGINT, SIGTERM, SIGHUP; SIGPIPE, SIGXFSZ ignored */
bool stop_requested(void);       /* async-signal-safe */
int stop_signal(void);           /* the signal's number, 0 if none */
int stop_fd(void);               /* becomes readable at the first signal; -1 before stop_install */
int stop_error(struct err *err); /* fills err; returns ERR_INTERRUPTED */

#endif
