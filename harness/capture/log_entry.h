/*
 * log_entry: the entries of a server's log, whatever its format: csvlog, jsonlog, stderr with any
 * log_line_prefix, and the lines that Cloud Logging keeps in its textPayload.
 *
 *     struct log_reader *reader = log_reader_new(path, prefix, take, ctx, err);
 *     log_reader_line(reader, &line, err);          for every line of the file
 *     log_reader_finish(reader, cut_off, err);      the last entry, and whether it was a log at all
 *     log_reader_free(reader);
 *
 * The format is found by the first line that has one; lines before it are skipped, as a file that was
 * cut out of another begins with half an entry. Entries are handed over one by one.
 */
#ifndef CAPTURE_LOG_ENTRY_H
#define CAPTURE_LOG_ENTRY_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define LOG_ENTRY_MAX_BYTES ((size_t)8 << 20) /* the rest of a longer message is skipped */

/* Empty texts are not known. */
struct log_entry {
	double time_s;      /* since 1970; NAN */
	struct buf session; /* the process, or better the session */
	struct buf database;
	struct buf application;
	struct buf queryid;
	struct buf message;
	struct buf detail;
	bool is_log; /* its severity is LOG: an error quotes statements too */
};

typedef void log_take(void *ctx, const struct log_entry *entry);

struct log_reader;

/* prefix NULL: one of the usual ones, by trying. */
struct log_reader *log_reader_new(
    const char *path, const char *prefix, log_take *take, void *ctx, struct err *err);
void log_reader_line(struct log_reader *reader, const struct buf *line);
/* cut_off: the last line has no end, and the entry it belongs to is dropped. ERR_USAGE when no line
 * could be read, with the first one. */
int log_reader_finish(struct log_reader *reader, bool cut_off, struct err *err);
void log_reader_free(struct log_reader *reader);
/* "csvlog", "jsonlog", "stderr"; NULL before the first entry. */
const char *log_reader_format(const struct log_reader *reader);
/* Entries or lines that were broken and were left out. */
size_t log_reader_broken(const struct log_reader *reader);

/* For the formats' files: empty again. */
void log_entry_clear(struct log_entry *entry);
void log_entry_release(struct log_entry *entry);

#endif
