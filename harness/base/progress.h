/*
 * progress: how a long stage tells what it is doing, without printing.
 *
 * Stages call these with a borrowed struct progress; cli/ supplies the sink (a live line on a
 * terminal, plain lines otherwise, silence with --quiet). A NULL progress is silence.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

enum progress_level {
	PROGRESS_STAGE,   /* a new stage begins: "binding 14 statements" */
	PROGRESS_NOTE,    /* a fact worth a line: "index built in 1.2 s" */
	PROGRESS_WARNING, /* something the user should act on */
	PROGRESS_DETAIL,  /* only with --verbose */
	PROGRESS_TICK,    /* the current state of the stage; replaces the previous tick */
};

struct progress {
	void (*say)(void *ctx, enum progress_level level, const char *text);
	void *ctx;
};

void progress_say(const struct progress *progress, enum progress_level level, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

#endif
