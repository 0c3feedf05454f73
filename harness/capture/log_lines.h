/*
 * log_lines: the lines of a file, however large; gzip is unpacked on the way. "-" is standard input.
 *
 *     struct log_lines *lines = log_lines_open(path, err);
 *     while ((rc = log_lines_next(lines, &line, err)) > 0) use(line.data, line.len);
 *     log_lines_close(lines);
 *
 * Memory does not grow with the file. A file that is no text (another compression, NUL bytes) is
 * refused by open, with what it seems to be.
 */
#ifndef CAPTURE_LOG_LINES_H
#define CAPTURE_LOG_LINES_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

#define LOG_LINE_MAX_BYTES ((size_t)4 << 20) /* the rest of a longer line is skipped */

struct log_lines;

struct log_lines *log_lines_open(const char *path, struct err *err);
void log_lines_close(struct log_lines *lines);
/* 1 and a line without its end, 0 at the end, or negative. */
int log_lines_next(struct log_lines *lines, struct buf *ret, struct err *err);
/* Did the last line have no end, as while it is being written? */
bool log_lines_cut_off(const struct log_lines *lines);
/* The file ends in the middle of its compression; what came before was read. */
bool log_lines_torn(const struct log_lines *lines);

#endif
