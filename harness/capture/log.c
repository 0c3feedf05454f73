/* Entries in, calls out: which statement, from which session, how long, with which values. */
#include "capture/log.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/units.h"
#include "capture/log_book.h"
#include "capture/log_entry.h"
#include "capture/log_lines.h"
#include "capture/log_sampler.h"
#include "capture/log_traffic.h"
#include "capture/log_workload.h"
#include "pg/counters.h"
#include "sql/sent.h"
#include "sql/sql.h"

#include <math.h>
#include <string.h>

#define DEFAULT_ROWS     200
#define SESSION_SLOTS    8192 /* of concurrent sessions; more of them lose a duration now and then */
#define LINES_PER_GLANCE 65536

/* The statement whose duration comes in an entry of its own. */
struct waiting {
	uint64_t session;
	size_t statement; /* LOG_BOOK_NONE: nothing is waited for */
	bool counts;      /* its duration is that of one call */
};

struct log_capture {
	const struct log_options *options;
	struct workload *workload;
	struct log_book *book;
	struct log_sampler *sampler; /* NULL: no values wanted */
	struct log_traffic traffic;
	struct log_tallies tallies;
	struct waiting *waiting;
};

static uint64_t session_hash(const struct log_entry *entry)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < entry->session.len; i++)
		hash = splitmix64(hash ^ (unsigned char)entry->session.data[i]);
	return hash;
}

static bool is_ours(const struct log_entry *entry, const char *text)
{
	return strncmp(entry->application.data, "pgrehearse", strlen("pgrehearse")) == 0 ||
	       strstr(text, COUNTERS_MARK) != NULL;
}

static bool is_wanted(const struct log_capture *c, const struct log_entry *entry)
{
	const char *database = c->options->database;

	return entry->is_log &&
	       (!database || entry->database.len == 0 || strcmp(entry->database.data, database) == 0);
}

static void count(struct log_capture *c, const struct log_entry *entry, uint64_t session,
    const char *text, double duration_ms, const struct log_parameters *parameters, bool alone)
{
	struct waiting *waiting = &c->waiting[session % SESSION_SLOTS];
	const char *why;
	size_t statement = log_book_find(c->book, text, &why);

	log_traffic_add(&c->traffic, entry->time_s, session);
	c->workload->log.calls++;
	c->workload->log.transactions += why == log_book_transaction && log_book_begins(text);
	*waiting = (struct waiting){session, statement, alone && isnan(duration_ms)};
	if (statement == LOG_BOOK_NONE) {
		log_tallies_leave_out(&c->tallies, why, duration_ms);
		return;
	}
	log_tallies_add(&c->tallies, statement, duration_ms);
	if (alone && entry->queryid.len)
		log_tallies_queryid(&c->tallies, statement, entry->queryid.data);
	if (c->sampler)
		log_sampler_add(c->sampler, statement, text, parameters);
}

/* A duration that comes alone belongs to the statement that the session logged last. */
static void take_duration(struct log_capture *c, uint64_t session, double duration_ms)
{
	struct waiting *waiting = &c->waiting[session % SESSION_SLOTS];

	if (waiting->session == session && waiting->counts && waiting->statement != LOG_BOOK_NONE)
		log_tallies_duration(&c->tallies, waiting->statement, duration_ms);
	waiting->counts = false;
}

static void take_statement(struct log_capture *c, const struct log_entry *entry, uint64_t session,
    const struct log_message *message)
{
	struct strv parts = {0};
	bool alone;

	sql_cut(message->text, &parts);
	alone = parts.n == 1;
	for (size_t i = 0; i < parts.n; i++)
		count(c, entry, session, parts.items[i], alone ? message->duration_ms : NAN, NULL, alone);
	strv_release(&parts);
}

static void take_execute(struct log_capture *c, const struct log_entry *entry, uint64_t session,
    const struct log_message *message)
{
	struct log_parameters parameters = {0};
	bool told = log_parameters_read(entry->detail.data, &parameters);

	count(c, entry, session, message->text, message->duration_ms, told ? &parameters : NULL, true);
	log_parameters_release(&parameters);
}

static void take_entry(void *ctx, const struct log_entry *entry)
{
	struct log_capture *c = ctx;
	struct log_message message;
	uint64_t session = session_hash(entry);

	c->workload->log.entries++;
	if (!is_wanted(c, entry))
		return;
	log_message_read(entry->message.data, &message);
	if (message.text && (is_ours(entry, message.text) || strlen(message.text) > SQL_MAX_BYTES))
		return;
	if (message.kind == MESSAGE_STATEMENT)
		take_statement(c, entry, session, &message);
	else if (message.kind == MESSAGE_EXECUTE)
		take_execute(c, entry, session, &message);
	else if (message.kind == MESSAGE_DURATION)
		take_duration(c, session, message.duration_ms);
}

static int read_lines(struct log_lines *lines, struct log_reader *reader, const char *path,
    const struct progress *progress, struct err *err)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	double n_lines = 0;
	int rc;

	while ((rc = log_lines_next(lines, &line, err)) > 0) {
		char count[32];

		if (!log_lines_cut_off(lines))
			log_reader_line(reader, &line);
		if (fmod(++n_lines, LINES_PER_GLANCE) > 0)
			continue;
		if (stop_requested())
			return stop_error(err);
		progress_say(
		    progress, PROGRESS_TICK, "%s: %s lines", path, units_format_count(count, n_lines));
	}
	return rc;
}

static int read_file(
    struct log_capture *c, const char *path, const struct progress *progress, struct err *err)
{
	struct log_lines *lines = log_lines_open(path, err);
	struct log_reader *reader;
	int rc;

	if (!lines)
		return err->code;
	reader = log_reader_new(path, c->options->prefix, take_entry, c, err);
	if (!reader) {
		log_lines_close(lines);
		return err->code;
	}
	rc = read_lines(lines, reader, path, progress, err);
	if (rc == 0)
		rc = log_reader_finish(reader, log_lines_cut_off(lines), err);
	if (rc == 0 && log_lines_torn(lines))
		progress_say(progress, PROGRESS_WARNING, "%s ends in the middle of its compression", path);
	c->workload->log.broken += (double)log_reader_broken(reader);
	log_workload_add_format(c->workload, log_reader_format(reader));
	log_reader_free(reader);
	log_lines_close(lines);
	return rc;
}

static int read_files(struct log_capture *c, const struct progress *progress, struct err *err)
{
	c->workload->log = (struct workload_log){0};
	for (size_t i = 0; i < c->options->files->n; i++) {
		const char *path = c->options->files->items[i];

		progress_say(progress, PROGRESS_STAGE, "reading %s", path);
		if (read_file(c, path, progress, err) < 0)
			return err->code;
	}
	c->workload->log.seconds = log_traffic_seconds(&c->traffic);
	c->workload->log.sessions = log_traffic_sessions(&c->traffic);
	c->workload->log.peak_per_s = c->traffic.peak;
	return 0;
}

static int no_calls(const struct workload *workload, struct err *err)
{
	err_set(err, ERR_USAGE, "the log holds %.0f entries and no statement that can be replayed",
	    workload->log.entries);
	return err_hint(err, "log statements for a while: log_min_duration_statement = 0 logs all with "
	                     "their durations, log_min_duration_sample and log_statement_sample_rate "
	                     "logs some");
}

int capture_log(const struct log_options *options, const struct progress *progress,
    struct workload *workload, struct logged_values *ret_samples, struct err *err)
{
	bool grows = workload->n_statements == 0;
	struct logged_values samples = {.seed = options->seed};
	struct log_sampler sampler = {.workload = workload,
	    .samples = &samples,
	    .most_rows = options->most_rows ? options->most_rows : DEFAULT_ROWS};
	struct log_capture c = {
	    .options = options, .workload = workload, .sampler = ret_samples ? &sampler : NULL};
	struct err local = {0};
	int rc;

	err = err ? err : &local;
	rng_init(&sampler.rng, options->seed, 0);
	log_traffic_init(&c.traffic);
	c.book = log_book_new(workload, grows);
	c.waiting = xcalloc(SESSION_SLOTS, sizeof(*c.waiting));
	rc = read_files(&c, progress, err);
	if (rc == 0 && grows && workload->n_statements == 0)
		rc = no_calls(workload, err);
	if (rc == 0)
		rc = log_workload_fill(workload, &c.tallies, grows, options->names_file, progress, err);
	if (rc == 0 && ret_samples) {
		log_sampler_finish(&sampler);
		workload->log.without_values = sampler.without_values;
	}
	if (rc == 0 && grows)
		log_workload_sort(workload);
	if (rc == 0 && ret_samples)
		*ret_samples = samples;
	else
		logged_values_release(&samples);
	log_tallies_release(&c.tallies);
	log_traffic_release(&c.traffic);
	log_book_free(c.book);
	free(c.waiting);
	return rc;
}
