#include "capture/log_format.h"

#include "base/json.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

static json_t *parse(const char *line, size_t len)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	if (utf8_valid_bytes(line, len) == len)
		return json_loadb(line, len, 0, NULL);
	/* A database in another encoding: what is no UTF-8 becomes a mark. */
	for (size_t i = 0; i < len;) {
		size_t n = utf8_sequence_bytes(line + i, len - i);

		if (n)
			buf_add(&clean, line + i, n);
		else
			buf_adds(&clean, "\xef\xbf\xbd");
		i += n ? n : 1;
	}
	return json_loadb(clean.data, clean.len, 0, NULL);
}

static void copy(struct buf *into, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	buf_clear(into);
	if (json_is_string(value))
		buf_add(into, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buf_addf(into, "%lld", (long long)json_integer_value(value));
}

static void read_entry(struct log_entry *entry, const json_t *object)
{
	const char *time = json_string_value(json_object_get(object, "timestamp"));
	const char *severity = json_string_value(json_object_get(object, "error_severity"));

	log_entry_clear(entry);
	entry->time_s = time ? log_time(time, strlen(time)) : NAN;
	entry->is_log = severity && strcmp(severity, "LOG") == 0;
	copy(&entry->session, object, "session_id");
	copy(&entry->database, object, "dbname");
	copy(&entry->application, object, "application_name");
	copy(&entry->queryid, object, "query_id");
	copy(&entry->message, object, "message");
	copy(&entry->detail, object, "detail");
}

/* A line of an indented list of entries: "textPayload": "...", */
static bool read_member(const char *line, size_t len, struct buf *ret_payload)
{
	static const char key[] = "\"textPayload\":";
	_cleanup_buf_ struct buf object = BUF_INIT;
	json_t *root;

	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == ','))
		len--;
	if (len < sizeof(key) || memcmp(line, key, sizeof(key) - 1) != 0)
		return false;
	buf_addc(&object, '{');
	buf_add(&object, line, len);
	buf_addc(&object, '}');
	root = parse(object.data, object.len);
	copy(ret_payload, root, "textPayload");
	json_decref(root);
	return ret_payload->len > 0;
}

bool log_json_line(struct log_sink *sink, struct log_entry *entry, const char *line, size_t len,
    struct buf *ret_payload)
{
	json_t *root = len > 0 && line[0] == '{' ? parse(line, len) : NULL;
	bool known = true;

	buf_clear(ret_payload);
	if (!root)
		return read_member(line, len, ret_payload);
	if (json_object_get(root, "textPayload")) {
		copy(ret_payload, root, "textPayload");
	} else if (json_object_get(root, "error_severity")) {
		read_entry(entry, root);
		log_emit(sink, entry);
	} else {
		known = false;
	}
	json_decref(root);
	return known;
}
