/*
 * log_format: what the formats' files share: each has a state that is fed line by line and hands
 * over entries. Private to log_*.c.
 */
#ifndef CAPTURE_LOG_FORMAT_H
#define CAPTURE_LOG_FORMAT_H

#include "capture/log_entry.h"
#include "capture/log_prefix.h"

struct log_sink {
	log_take *take;
	void *ctx;
	size_t entries; /* handed over */
	size_t broken;
};

void log_emit(struct log_sink *sink, struct log_entry *entry);

/* stderr: an entry is a line with a prefix and a severity, the lines that go on with it, and the
 * DETAIL and other lines of the same process. */
struct log_stderr {
	struct log_sink *sink;
	struct log_prefix *prefix; /* NULL: not known yet */
	bool tried;                /* the prefix was found by trying, and another may be tried */
	struct log_entry entry;
	struct buf *target; /* what a line without prefix goes on with; NULL: nothing of ours */
	bool open;
	size_t strangers; /* lines with a severity whose prefix did not match */
};
void log_stderr_line(struct log_stderr *state, const char *line, size_t len);
/* drop: the last line was cut off. */
void log_stderr_finish(struct log_stderr *state, bool drop);
void log_stderr_release(struct log_stderr *state);

/* csvlog: a record may go over several lines. */
struct log_csv {
	struct log_sink *sink;
	struct log_entry entry;
	struct buf record;
	bool quoted; /* the record so far ends inside quotes */
};
bool log_csv_begins(const char *line, size_t len); /* does it look like a record's start? */
void log_csv_line(struct log_csv *state, const char *line, size_t len);
void log_csv_finish(struct log_csv *state, bool drop);
void log_csv_release(struct log_csv *state);

/* One JSON object per line: an entry of jsonlog, or of Cloud Logging with the line of a stderr log
 * in it, which goes to *ret_payload. False when it is neither. */
bool log_json_line(struct log_sink *sink, struct log_entry *entry, const char *line, size_t len,
    struct buf *ret_payload);

#endif
