/*
 * err: what went wrong, where, and what to do about it.
 *
 * A function that can fail returns 0 (or a count) on success and a negative enum err_code on
 * failure, and fills the struct err that the caller passes last:
 *
 *     struct err err = {0};
 *     if (workload_load(path, &workload, &err) < 0)
 *         return err_wrap(&err, "gate %s", gate->name);
 *
 * A struct err owns nothing: it is cleared with `= {0}` and copied by assignment. Library code
 * never prints; only cli/ shows an error and turns its code into an exit code.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err_code {
	ERR_NONE = 0,
	ERR_USAGE = -1,       /* wrong command line or configuration file: exit 2 */
	ERR_ENV = -2,         /* server, clone, disk, permission: exit 3 */
	ERR_INTERRUPTED = -3, /* a signal asked us to stop: exit 128+n */
	ERR_BUG = -4,         /* an assumption of ours does not hold: exit 70 */
};

struct err {
	enum err_code code;
	char sqlstate[6]; /* "" unless a server said so */
	char message[1200];
	char hint[600]; /* what to do; "" when the message says it */
};

/* Fill *err and return code, so that `return err_set(err, ERR_ENV, ...)` reads well. A NULL err
 * is allowed everywhere here and loses the message. */
int err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set, with ": strerror(errno)" appended. */
int err_errno(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put context before the message ("binding q7: ..."); returns the code that is already there. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Say what to do about it; returns the code that is already there. */
int err_hint(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The process exit code of DESIGN for an error code. */
int err_exit_code(enum err_code code);

#endif
