/* Which format it is, and the lines handed to it. */
#include "capture/log_entry.h"

#include "base/mem.h"
#include "capture/log_format.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define SHOWN_BYTES 160

enum format { FORMAT_UNKNOWN, FORMAT_CSV, FORMAT_JSON, FORMAT_STDERR };

struct log_reader {
	char *path;
	char *given_prefix; /* NULL */
	enum format format;
	struct log_sink sink;
	struct log_stderr text;
	struct log_csv csv;
	struct log_entry json;
	struct buf payload;
	size_t lines;
	char *first; /* the first line that is not empty */
};

void log_emit(struct log_sink *sink, struct log_entry *entry)
{
	/* The texts end in a NUL whatever was added. */
	struct buf *const texts[] = {&entry->session, &entry->database, &entry->application,
	    &entry->queryid, &entry->message, &entry->detail};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		buf_adds(texts[i], "");
	sink->entries++;
	sink->take(sink->ctx, entry);
}

void log_entry_clear(struct log_entry *entry)
{
	entry->time_s = NAN;
	entry->is_log = false;
	buf_clear(&entry->session);
	buf_clear(&entry->database);
	buf_clear(&entry->application);
	buf_clear(&entry->queryid);
	buf_clear(&entry->message);
	buf_clear(&entry->detail);
}

void log_entry_release(struct log_entry *entry)
{
	buf_release(&entry->session);
	buf_release(&entry->database);
	buf_release(&entry->application);
	buf_release(&entry->queryid);
	buf_release(&entry->message);
	buf_release(&entry->detail);
}

struct log_reader *log_reader_new(
    const char *path, const char *prefix, log_take *take, void *ctx, struct err *err)
{
	struct log_prefix *parsed = prefix ? log_prefix_new(prefix, err) : NULL;
	struct log_reader *reader;

	if (prefix && !parsed)
		return NULL;
	reader = xcalloc(1, sizeof(*reader));
	reader->path = xstrdup(strcmp(path, "-") == 0 ? "standard input" : path);
	reader->given_prefix = xstrdup(prefix);
	reader->sink = (struct log_sink){.take = take, .ctx = ctx};
	reader->text = (struct log_stderr){.sink = &reader->sink, .prefix = parsed};
	reader->csv.sink = &reader->sink;
	return reader;
}

void log_reader_free(struct log_reader *reader)
{
	if (!reader)
		return;
	log_stderr_release(&reader->text);
	log_csv_release(&reader->csv);
	log_entry_release(&reader->json);
	buf_release(&reader->payload);
	free(reader->given_prefix);
	free(reader->first);
	free(reader->path);
	free(reader);
}

static void json_line(struct log_reader *reader, const char *line, size_t len)
{
	const char *p, *end, *newline;

	if (!log_json_line(&reader->sink, &reader->json, line, len, &reader->payload)) {
		reader->sink.broken += len > 0 && line[0] == '{';
		return;
	}
	reader->format = FORMAT_JSON;
	for (p = reader->payload.data, end = p + reader->payload.len; p < end; p = newline + 1) {
		newline = memchr(p, '\n', (size_t)(end - p));
		newline = newline ? newline : end;
		log_stderr_line(&reader->text, p, (size_t)(newline - p));
	}
}

/* A prefix that was given says that it is stderr, but for what can be nothing else. */
static void find_format(struct log_reader *reader, const char *line, size_t len)
{
	if (len > 0 && (line[0] == '{' || line[0] == '['))
		json_line(reader, line, len);
	else if (reader->format == FORMAT_UNKNOWN && memmem(line, len, "\"textPayload\":", 14))
		json_line(reader, line, len);
	if (reader->format != FORMAT_UNKNOWN)
		return;
	if (!reader->given_prefix && log_csv_begins(line, len)) {
		reader->format = FORMAT_CSV;
		log_csv_line(&reader->csv, line, len);
		return;
	}
	log_stderr_line(&reader->text, line, len);
	if (reader->text.open) {
		reader->format = FORMAT_STDERR;
	} else if (log_csv_begins(line, len)) {
		reader->format = FORMAT_CSV;
		log_csv_line(&reader->csv, line, len);
	}
}

void log_reader_line(struct log_reader *reader, const struct buf *line)
{
	reader->lines += line->len > 0;
	if (!reader->first && line->len > 0)
		reader->first = xstrndup(line->data, line->len < SHOWN_BYTES ? line->len : SHOWN_BYTES);
	switch (reader->format) {
	case FORMAT_UNKNOWN:
		find_format(reader, line->data, line->len);
		break;
	case FORMAT_CSV:
		log_csv_line(&reader->csv, line->data, line->len);
		break;
	case FORMAT_JSON:
		json_line(reader, line->data, line->len);
		break;
	case FORMAT_STDERR:
		log_stderr_line(&reader->text, line->data, line->len);
		break;
	}
}

static int not_a_log(const struct log_reader *reader, struct err *err)
{
	for (char *p = reader->first; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	if (reader->given_prefix)
		err_set(err, ERR_USAGE, "%s: no line has the prefix \"%.200s\"; the first is: %s",
		    reader->path, reader->given_prefix, reader->first);
	else if (reader->text.strangers)
		err_set(err, ERR_USAGE,
		    "%s: its log_line_prefix is none of the usual ones; the first line is: %s",
		    reader->path, reader->first);
	else
		err_set(err, ERR_USAGE,
		    "%s is no log of PostgreSQL in English (csvlog, jsonlog or stderr); its first line is: "
		    "%s",
		    reader->path, reader->first);
	return err_hint(err, "give the prefix as the server says (SHOW log_line_prefix): "
	                     "--log-line-prefix '%%m [%%p] '");
}

int log_reader_finish(struct log_reader *reader, bool cut_off, struct err *err)
{
	log_stderr_finish(&reader->text, cut_off && reader->format == FORMAT_STDERR);
	log_csv_finish(&reader->csv, cut_off && reader->format == FORMAT_CSV);
	return reader->format == FORMAT_UNKNOWN && reader->first ? not_a_log(reader, err) : 0;
}

const char *log_reader_format(const struct log_reader *reader)
{
	static const char *const names[] = {NULL, "csvlog", "jsonlog", "stderr"};

	return names[reader->format];
}

size_t log_reader_broken(const struct log_reader *reader)
{
	return reader->sink.broken;
}
