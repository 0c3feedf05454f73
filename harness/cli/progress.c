/*
 * progress: what the user sees of long work, on stderr.
 *
 * On a terminal the latest tick is live: the next message replaces its lines. Elsewhere (a CI
 * log) messages are plain lines, and a tick is printed at most every TICK_PERIOD_NS.
 */
#include "base/clock.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TICK_PERIOD_NS (10 * NS_PER_S)

static struct {
	bool started, terminal, colour;
	int live_lines; /* of the tick that stands there; the cursor is at the end of the last */
	uint64_t began_ns, last_tick_ns;
} sink;

static void start(void)
{
	const char *term = getenv("TERM");

	if (sink.started)
		return;
	sink.started = true;
	sink.terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	sink.colour = cli_colour(STDERR_FILENO);
	sink.began_ns = clock_now_ns(&clock_monotonic);
}

static void clear_live_lines(void)
{
	if (sink.live_lines > 0)
		fputs("\r\033[K", stderr);
	for (; sink.live_lines > 1; sink.live_lines--)
		fputs("\033[A\033[K", stderr);
	sink.live_lines = 0;
}

/* Bytes of a line's text that fill at most `columns` columns, never cutting a UTF-8 sequence;
 * colours take no room. */
static int fit(const char *text, int columns)
{
	int bytes = 0;

	while (text[bytes] && text[bytes] != '\n') {
		if (text[bytes] == '\033') {
			bytes += (int)strcspn(text + bytes, "m");
			bytes += text[bytes] == 'm';
			continue;
		}
		if (columns-- == 0)
			break;
		bytes++;
		while ((text[bytes] & 0xc0) == 0x80)
			bytes++;
	}
	return bytes;
}

static void tick_plain(const char *text)
{
	uint64_t now = clock_now_ns(&clock_monotonic);

	if (sink.last_tick_ns && now - sink.last_tick_ns < TICK_PERIOD_NS)
		return;
	sink.last_tick_ns = now;
	fprintf(stderr, "  %s\n", text);
}

static void tick_live(const char *text)
{
	struct winsize size = {0};
	int columns = 79;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 2)
		columns = size.ws_col - 1;
	clear_live_lines();
	do {
		text += sink.live_lines > 0; /* past the line end */
		fprintf(stderr, "%s  %.*s%s", sink.live_lines > 0 ? "\n" : "", fit(text, columns - 2), text,
		    sink.colour ? "\033[0m" : "");
		sink.live_lines++;
		text += strcspn(text, "\n");
	} while (*text);
	fflush(stderr);
}

static void say(void *ctx, enum progress_level level, const char *text)
{
	(void)ctx;
	start();
	if (cli_quiet() && level != PROGRESS_WARNING)
		return;
	if (level == PROGRESS_DETAIL && !cli_verbose())
		return;
	if (level == PROGRESS_TICK) {
		if (sink.terminal)
			tick_live(text);
		else
			tick_plain(text);
		return;
	}
	clear_live_lines();
	switch (level) {
	case PROGRESS_STAGE:
		sink.last_tick_ns = 0;
		fprintf(stderr, "%s[%5.1f s] %s%s\n", sink.colour ? "\033[1m" : "",
		    (double)(clock_now_ns(&clock_monotonic) - sink.began_ns) / 1e9, text,
		    sink.colour ? "\033[0m" : "");
		break;
	case PROGRESS_WARNING:
		fprintf(stderr, "%swarning:%s %s\n", sink.colour ? "\033[33m" : "",
		    sink.colour ? "\033[0m" : "", text);
		break;
	default:
		fprintf(stderr, "  %s\n", text);
	}
}

static const struct progress sink_progress = {.say = say};

const struct progress *cli_progress(void)
{
	start();
	return &sink_progress;
}

bool cli_progress_live(void)
{
	start();
	return sink.terminal && !cli_quiet();
}

void cli_progress_finish(void)
{
	clear_live_lines();
	fflush(stderr);
}
