/* Mutated logs of every form: entries come out whole, and what is refused names the file. */
#include "capture/log_entry.h"
#include "capture/log_message.h"
#include "smoke.h"
#include "sql/sent.h"

static const char debian[] =
    "2026-01-01 00:00:00.000 UTC [1] a@b LOG:  duration: 1.5 ms  execute s/p: SELECT $1 FROM t\n"
    "2026-01-01 00:00:00.000 UTC [1] a@b DETAIL:  parameters: $1 = 'it''s', $2 = NULL\n"
    "2026-01-01 00:00:00.000 UTC [1] a@b LOG:  statement: SELECT E'a\\x41' FROM t\n\tWHERE a = "
    "-1;\n";
static const char csv[] =
    "2026-01-01 00:00:00.000 UTC,\"a\",\"b\",1,\"[local]\",1.1,1,\"SELECT\",2026-01-01 00:00:00 "
    "UTC,3/1,0,LOG,00000,\"statement: SELECT \"\"x\"\"\n FROM t\",\"Parameters: $1 = "
    "'1'\",,,,,,,,\"psql\"\n";
static const char json[] = "{\"timestamp\":\"2026-01-01 00:00:00.000 "
                           "UTC\",\"session_id\":\"1.1\",\"error_severity\":\"LOG\","
                           "\"message\":\"duration: 2 ms\",\"detail\":\"parameters: $1 = 'a'\"}\n";
static const char cloud[] =
    "  \"textPayload\": \"2026-01-01 00:00:00.000 UTC [1]: [1-1] db=a,user=b LOG: "
    " statement: SELECT 1\",\n";

static const char *const words[] = {"\n", "\t", "\"", "'", "''", "$1", " = ",
    "LOG:  ", "DETAIL:  ", "duration: ", " ms", "statement: ", "execute ", "NULL", "{", "}", "\\",
    "\\u0000", "\xff", ",", ": ", "$$", "E'", "\\x", "--", "/*", "2026-01-01 00:00:00",
    "textPayload"};

static void take(void *ctx, const struct log_entry *entry)
{
	struct log_message message;
	struct log_parameters parameters = {0};
	struct sent_values values = {0};
	uint64_t shape[2];

	(void)ctx;
	SMOKE_CHECK(entry->message.len <= LOG_ENTRY_MAX_BYTES);
	SMOKE_CHECK(entry->message.data && entry->detail.data && entry->session.data);
	log_message_read(entry->message.data, &message);
	if (log_parameters_read(entry->detail.data, &parameters))
		SMOKE_CHECK(parameters.n > 0);
	log_parameters_release(&parameters);
	if (!message.text)
		return;
	sql_shape(message.text, shape);
	if (sent_match("SELECT $1 FROM t WHERE a = $2", message.text, &values)) {
		SMOKE_CHECK(values.n == 2);
		for (size_t i = 0; i < values.n; i++)
			SMOKE_CHECK((values.items[i].kind == SENT_TEXT) == (values.items[i].text != NULL));
	}
	sent_values_release(&values);
}

static void try_prefix(const char *prefix, const char *data, size_t len)
{
	struct err err = {0};
	struct log_reader *reader = log_reader_new("a.log", prefix, take, NULL, &err);
	_cleanup_buf_ struct buf line = BUF_INIT;
	const char *end = data + len;

	for (const char *p = data; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		newline = newline ? newline : end;
		buf_clear(&line);
		buf_adds(&line, "");
		buf_add(&line, p, (size_t)(newline - p));
		log_reader_line(reader, &line);
		p = newline + 1;
	}
	if (log_reader_finish(reader, len % 2, &err) < 0)
		SMOKE_CHECK(err.code == ERR_USAGE && strstr(err.message, "a.log"));
	log_reader_free(reader);
}

static void try_input(const char *data, size_t len)
{
	try_prefix(NULL, data, len);
	try_prefix("%m [%p] %u@%d %a%q%r", data, len);
}

int main(int argc, char **argv)
{
	static const struct smoke_seed seeds[] = {
	    {debian, sizeof(debian) - 1},
	    {csv, sizeof(csv) - 1},
	    {json, sizeof(json) - 1},
	    {cloud, sizeof(cloud) - 1},
	};

	return smoke_main(argc, argv, seeds, 4, words, sizeof(words) / sizeof(words[0]), try_input);
}
