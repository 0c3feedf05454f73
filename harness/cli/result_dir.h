/*
 * result_dir: results/<run-id>/, made under a hidden name and renamed when it is complete.
 *
 * While a run works, its files are in results/.<run-id>.partial, locked with flock(); a partial
 * directory whose lock is free belongs to a run that was killed, and the next run removes it.
 */
#ifndef CLI_RESULT_DIR_H
#define CLI_RESULT_DIR_H

#include "base/err.h"

struct result_dir {
	char *partial; /* where to write */
	char *final;   /* where it will be */
	int lock_fd;
};

/* Create it (and results_dir), after removing what killed runs left there. */
int result_dir_open(const char *results_dir, const char *run_id, struct result_dir *ret,
	struct err *err);
/* Rename to the final name; ret->partial is gone after. */
int result_dir_publish(struct result_dir *dir, struct err *err);
/* Remove it when it was not published; release memory. Safe on a zeroed struct. */
void result_dir_close(struct result_dir *dir);

#endif
