/*
 * guardian: a process that outlives its maker by as long as it takes to clean up.
 *
 * It holds one end of a pipe whose other end lives in the maker; the end of file comes however
 * the maker ends, also by SIGKILL. Then the lab's server is stopped and the directory removed,
 * unless the lab there is not the one that was entrusted (its id says so). Shown as
 * "pgrehearse-lab" by ps. It ignores SIGINT, SIGTERM and SIGHUP: those are for the maker.
 */
#ifndef STAGE_GUARDIAN_H
#define STAGE_GUARDIAN_H

#include "base/err.h"

/* Entrust the lab in dir (absolute). The maker's end of the pipe stays open until it ends. */
int guardian_start(const char *dir, const char *id, struct err *err);

#endif
