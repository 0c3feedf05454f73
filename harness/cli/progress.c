/*
 * progress: what the user sees of long work, on stderr.
 *
 * On a terminal the latest tick is one live line that the next message replaces. Elsewhere (a
 * CI log) messages are plain lines, and a tick is printed at most every TICK_PERIOD_NS.
 */
#include "base/clock.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TICK_PERIOD_NS (10 * NS_PER_S)

static struct {
	bool started, terminal, colour;
	bool live; /* a tick stands on the current line */
	uint64_t began_ns, last_tick_ns;
} sink;

static void start(void)
{
	if (sink.started)
		return;
	sink.started = true;
	sink.terminal = isatty(STDERR_FILENO);
	sink.colour = cli_colour(STDERR_FILENO);
	sink.began_ns = clock_now_ns(&clock_monotonic);
}

static void clear_live_line(void)
{
	if (sink.live)
		fputs("\r\033[K", stderr);
	sink.live = false;
}

/* Bytes of text that fill at most `columns` columns, never cutting a UTF-8 sequence. */
static int fit(const char *text, int columns)
{
	int bytes = 0;

	while (text[bytes] && columns > 0) {
		bytes++;
		while ((text[bytes] & 0xc0) == 0x80)
			bytes++;
		columns--;
	}
	return bytes;
}

static void tick(const char *text)
{
	uint64_t now = clock_now_ns(&clock_monotonic);
	struct winsize size = {0};
	int columns = 79;

	if (!sink.terminal) {
		if (sink.last_tick_ns && now - sink.last_tick_ns < TICK_PERIOD_NS)
			return;
		sink.last_tick_ns = now;
		fprintf(stderr, "  %s\n", text);
		return;
	}
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		columns = size.ws_col - 1;
	clear_live_line();
	fprintf(stderr, "  %.*s", fit(text, columns - 2), text);
	fflush(stderr);
	sink.live = true;
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
		tick(text);
		return;
	}
	clear_live_line();
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

void cli_progress_finish(void)
{
	clear_live_line();
	fflush(stderr);
}
