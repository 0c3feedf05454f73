#include "capture/log_format.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Columns of csvlog, which every version has in this order (elog.c, write_csvlog). */
enum column {
	COLUMN_TIME = 0,
	COLUMN_DATABASE = 2,
	COLUMN_PROCESS = 3,
	COLUMN_SESSION = 5,
	COLUMN_SEVERITY = 11,
	COLUMN_MESSAGE = 13,
	COLUMN_DETAIL = 14,
	COLUMN_APPLICATION = 22,
	COLUMN_QUERYID = 25, /* from 14 on */
	LEAST_COLUMNS = 15,
};

bool log_csv_begins(const char *line, size_t len)
{
	static const char picture[] = "0000-00-00 00:00:00";
	const char *comma;

	if (len < sizeof(picture))
		return false;
	for (size_t i = 0; picture[i]; i++)
		if (picture[i] == '0' ? !isdigit((unsigned char)line[i]) : line[i] != picture[i])
			return false;
	comma = memchr(line, ',', len < 48 ? len : 48);
	return comma && !isnan(log_time(line, (size_t)(comma - line))) &&
	       (comma[1] == '"' || comma[1] == ',');
}

static struct buf *column_of(struct log_entry *entry, size_t column, struct buf *other)
{
	switch (column) {
	case COLUMN_DATABASE:
		return &entry->database;
	case COLUMN_SESSION:
		return &entry->session;
	case COLUMN_MESSAGE:
		return &entry->message;
	case COLUMN_DETAIL:
		return &entry->detail;
	case COLUMN_APPLICATION:
		return &entry->application;
	case COLUMN_QUERYID:
		return &entry->queryid;
	default:
		return other;
	}
}

static void note(struct log_entry *entry, size_t column, const struct buf *field)
{
	if (column == COLUMN_TIME)
		entry->time_s = log_time(field->data, field->len);
	else if (column == COLUMN_SEVERITY)
		entry->is_log = strcmp(field->data, "LOG") == 0;
}

/* One field from p, quotes undone; returns what follows it: a comma or the end. */
static const char *read_field(const char *p, const char *end, struct buf *field)
{
	bool quoted = p < end && *p == '"';

	buf_clear(field);
	buf_adds(field, "");
	for (p += quoted; p < end; p++) {
		if (quoted && *p == '"') {
			if (p + 1 >= end || p[1] != '"')
				return p + 1;
			p++;
		} else if (!quoted && *p == ',') {
			break;
		}
		buf_addc(field, *p);
	}
	return p;
}

static void read_record(struct log_csv *state)
{
	const char *p = state->record.data, *end = p + state->record.len;
	struct buf other = BUF_INIT;
	size_t column = 0;

	log_entry_clear(&state->entry);
	for (;; column++, p++) {
		struct buf *field = column_of(&state->entry, column, &other);

		p = read_field(p, end, field);
		note(&state->entry, column, field);
		if (p >= end || *p != ',')
			break;
	}
	buf_release(&other);
	if (column + 1 >= LEAST_COLUMNS && p == end)
		log_emit(state->sink, &state->entry);
	else
		state->sink->broken++;
}

static bool flips(const char *line, size_t len)
{
	bool odd = false;

	for (const char *p = line; (p = memchr(p, '"', (size_t)(line + len - p))) != NULL; p++)
		odd = !odd;
	return odd;
}

void log_csv_line(struct log_csv *state, const char *line, size_t len)
{
	if (!state->quoted && !log_csv_begins(line, len)) {
		state->sink->broken += len > 0;
		return;
	}
	if (state->quoted)
		buf_addc(&state->record, '\n');
	buf_add(&state->record, line, len);
	state->quoted ^= flips(line, len);
	if (state->quoted && state->record.len < LOG_ENTRY_MAX_BYTES)
		return;
	if (state->quoted) /* a quote was lost: begin anew with the next record */
		state->sink->broken++;
	else
		read_record(state);
	state->quoted = false;
	buf_clear(&state->record);
}

void log_csv_finish(struct log_csv *state, bool drop)
{
	state->sink->broken += state->quoted || drop;
	state->quoted = false;
}

void log_csv_release(struct log_csv *state)
{
	buf_release(&state->record);
	log_entry_release(&state->entry);
}
