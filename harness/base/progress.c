#include "base/progress.h"

#include <stdarg.h>
#include <stdio.h>

void progress_say(
    const struct progress *progress, enum progress_level level, const char *format, ...)
{
	char text[2048];
	va_list args;

	if (!progress || !progress->say)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	progress->say(progress->ctx, level, text);
}
