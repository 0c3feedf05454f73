#include "capture/log_format.h"

#include "base/mem.h"

#include <string.h>

#define MOST_PREFIX_BYTES 2000

enum severity { SEVERITY_NONE, SEVERITY_LOG, SEVERITY_OTHER, SEVERITY_DETAIL, SEVERITY_MORE };

static const struct {
	const char *word;
	enum severity severity;
} severities[] = {
    {"LOG", SEVERITY_LOG},
    {"DETAIL", SEVERITY_DETAIL},
    {"ERROR", SEVERITY_OTHER},
    {"FATAL", SEVERITY_OTHER},
    {"PANIC", SEVERITY_OTHER},
    {"WARNING", SEVERITY_OTHER},
    {"NOTICE", SEVERITY_OTHER},
    {"INFO", SEVERITY_OTHER},
    {"DEBUG", SEVERITY_OTHER},
    {"DEBUG1", SEVERITY_OTHER},
    {"DEBUG2", SEVERITY_OTHER},
    {"DEBUG3", SEVERITY_OTHER},
    {"DEBUG4", SEVERITY_OTHER},
    {"DEBUG5", SEVERITY_OTHER},
    {"HINT", SEVERITY_MORE},
    {"CONTEXT", SEVERITY_MORE},
    {"STATEMENT", SEVERITY_MORE},
    {"QUERY", SEVERITY_MORE},
    {"LOCATION", SEVERITY_MORE},
    {"BACKTRACE", SEVERITY_MORE},
};
#define N_SEVERITIES (sizeof(severities) / sizeof(severities[0]))

/* The severity whose word ends at the colon at line + end. */
static enum severity severity_before(const char *line, size_t end, size_t *ret_start)
{
	for (size_t i = 0; i < N_SEVERITIES; i++) {
		size_t n = strlen(severities[i].word);

		if (end < n || memcmp(line + end - n, severities[i].word, n) != 0)
			continue;
		if (end > n && line[end - n - 1] >= 'A' && line[end - n - 1] <= 'Z')
			continue;
		*ret_start = end - n;
		return severities[i].severity;
	}
	return SEVERITY_NONE;
}

struct head {
	enum severity severity;
	struct log_prefix_found found;
	size_t text; /* where the message begins */
};

/* "<prefix>LOG:  message": the first place where the rest before it is a prefix. With prefix NULL
 * the first severity there is. */
static bool find_head(
    const struct log_prefix *prefix, const char *line, size_t len, struct head *ret)
{
	for (size_t i = 0; i + 2 < len && i < MOST_PREFIX_BYTES; i++) {
		size_t start = 0;

		if (line[i] != ':' || line[i + 1] != ' ' || line[i + 2] != ' ')
			continue;
		ret->severity = severity_before(line, i, &start);
		if (ret->severity == SEVERITY_NONE)
			continue;
		ret->text = i + 3;
		if (!prefix || log_prefix_match(prefix, line, start, &ret->found))
			return true;
	}
	return false;
}

static bool try_usual(struct log_stderr *state, const char *line, size_t len, struct head *head)
{
	const char *format;

	for (size_t i = 0; (format = log_prefix_usual(i)) != NULL; i++) {
		struct log_prefix *prefix = log_prefix_new(format, NULL);

		if (prefix && find_head(prefix, line, len, head)) {
			log_prefix_free(state->prefix);
			state->prefix = prefix;
			state->tried = true;
			return true;
		}
		log_prefix_free(prefix);
	}
	return false;
}

static void set_part(struct buf *into, const struct log_part *part)
{
	buf_clear(into);
	buf_add(into, part->text ? part->text : "", part->len);
}

static void append(struct buf *into, const char *text, size_t len)
{
	size_t room = into->len < LOG_ENTRY_MAX_BYTES ? LOG_ENTRY_MAX_BYTES - into->len : 0;

	buf_add(into, text, len < room ? len : room);
}

static void close_entry(struct log_stderr *state)
{
	if (state->open)
		log_emit(state->sink, &state->entry);
	state->open = false;
	state->target = NULL;
}

static bool same_session(const struct log_stderr *state, const struct log_prefix_found *found)
{
	const struct log_part *part = found->session.len ? &found->session : &found->pid;
	const struct buf *session = &state->entry.session;

	return part->len == session->len &&
	       (part->len == 0 || memcmp(part->text, session->data, part->len) == 0);
}

static void begin_entry(struct log_stderr *state, const struct head *head)
{
	const struct log_prefix_found *found = &head->found;

	close_entry(state);
	log_entry_clear(&state->entry);
	state->open = true;
	state->entry.is_log = head->severity == SEVERITY_LOG;
	state->entry.time_s = log_time(found->time.text ? found->time.text : "", found->time.len);
	set_part(&state->entry.session, found->session.len ? &found->session : &found->pid);
	set_part(&state->entry.database, &found->database);
	set_part(&state->entry.application, &found->application);
	set_part(&state->entry.queryid, &found->queryid);
	state->target = &state->entry.message;
}

static void take_head(struct log_stderr *state, const struct head *head)
{
	bool ours = state->open && same_session(state, &head->found);

	switch (head->severity) {
	case SEVERITY_DETAIL:
		state->target = ours ? &state->entry.detail : NULL;
		break;
	case SEVERITY_MORE:
		state->target = NULL;
		break;
	default:
		begin_entry(state, head);
	}
}

void log_stderr_line(struct log_stderr *state, const char *line, size_t len)
{
	struct head head = {0};

	/* Continuation lines begin with a tab; a statement's own text may look like a head. */
	if (len > 0 && line[0] == '\t' && state->prefix) {
		line++;
		len--;
	} else if ((state->prefix && find_head(state->prefix, line, len, &head)) ||
	           ((!state->prefix || state->tried) && try_usual(state, line, len, &head))) {
		take_head(state, &head);
		if (state->target)
			append(state->target, line + head.text, len - head.text);
		return;
	} else if (find_head(NULL, line, len, &head)) {
		state->strangers++;
		state->target = NULL;
	}
	if (state->target) {
		append(state->target, "\n", 1);
		append(state->target, line, len);
	}
}

void log_stderr_finish(struct log_stderr *state, bool drop)
{
	if (drop && state->open) {
		state->open = false;
		state->sink->broken++;
	}
	close_entry(state);
}

void log_stderr_release(struct log_stderr *state)
{
	log_prefix_free(state->prefix);
	log_entry_release(&state->entry);
}
