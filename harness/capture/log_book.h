/*
 * log_book: which statement of a workload a text in a log is.
 *
 * With a workload from statistics a text is looked up among its statements; with grows set, the
 * statements are made from the texts themselves, redacted like those of statistics. The parser sees
 * a shape once: memory and time per call do not grow with the log.
 */
#ifndef CAPTURE_LOG_BOOK_H
#define CAPTURE_LOG_BOOK_H

#include "model/workload.h"

#include <stdbool.h>

#define LOG_BOOK_NONE SIZE_MAX

struct log_book;

/* workload is borrowed; with grows it is appended to. */
struct log_book *log_book_new(struct workload *workload, bool grows);
void log_book_free(struct log_book *book);

/* Index of the statement, or LOG_BOOK_NONE and in *ret_why a static string. */
size_t log_book_find(struct log_book *book, const char *text, const char **ret_why);

extern const char log_book_transaction[]; /* BEGIN, COMMIT, ... */
extern const char log_book_unparsed[];
extern const char log_book_unknown[]; /* not a statement of the workload */

/* Does the text open a transaction? */
bool log_book_begins(const char *text);

#endif
