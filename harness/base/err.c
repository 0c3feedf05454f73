#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Through a copy, because an argument may be this very error's message. */
static void fill(struct err *err, enum err_code code, const char *format, va_list args)
{
	struct err filled = {.code = code};

	vsnprintf(filled.message, sizeof(filled.message), format, args);
	*err = filled;
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	fill(err, code, format, args);
	va_end(args);
	return code;
}

int err_errno(struct err *err, enum err_code code, const char *format, ...)
{
	int saved = errno;
	size_t used;
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	fill(err, code, format, args);
	va_end(args);
	used = strlen(err->message);
	snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(saved));
	return code;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char inner[sizeof(err->message)];
	size_t used;
	va_list args;

	if (!err)
		return ERR_ENV;
	memcpy(inner, err->message, sizeof(inner));
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	used = strlen(err->message);
	snprintf(err->message + used, sizeof(err->message) - used, ": %s", inner);
	return err->code;
}

int err_hint(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return ERR_ENV;
	va_start(args, format);
	vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
	return err->code;
}

int err_exit_code(enum err_code code)
{
	switch (code) {
	case ERR_NONE:
		return 0;
	case ERR_USAGE:
		return 2;
	case ERR_ENV:
		return 3;
	case ERR_INTERRUPTED:
		return 128 + 2;
	case ERR_BUG:
		break;
	}
	return 70;
}
