#include "capture/log_book.h"

#include "base/mem.h"
#include "capture/redact.h"
#include "sql/sent.h"
#include "sql/sql.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define CACHE_SLOTS     (1u << 15)
#define CACHE_FULL      (CACHE_SLOTS / 2)
#define MOST_STATEMENTS 20000

const char log_book_transaction[] = "transaction control";
const char log_book_unparsed[] = "text cannot be parsed";
const char log_book_unknown[] = "not a statement of the workload";
static const char too_many[] = "beyond the number of statements that are kept";

struct shape {
	uint64_t hash[2];
	size_t statement;
	const char *why;
	bool used;
};

struct log_book {
	struct workload *workload;
	bool grows;
	struct shape *shapes;
	size_t n_shapes;
};

struct log_book *log_book_new(struct workload *workload, bool grows)
{
	struct log_book *book = xcalloc(1, sizeof(*book));

	book->workload = workload;
	book->grows = grows;
	book->shapes = xcalloc(CACHE_SLOTS, sizeof(*book->shapes));
	return book;
}

void log_book_free(struct log_book *book)
{
	if (!book)
		return;
	free(book->shapes);
	free(book);
}

static bool first_word_is(const char *text, const char *const *words)
{
	while (isspace((unsigned char)*text))
		text++;
	for (; *words; words++) {
		size_t n = strlen(*words);
		if (strncasecmp(text, *words, n) == 0 && !isalnum((unsigned char)text[n]) && text[n] != '_')
			return true;
	}
	return false;
}

bool log_book_begins(const char *text)
{
	static const char *const words[] = {"begin", "start", NULL};

	return first_word_is(text, words);
}

static bool is_transaction_control(const char *text)
{
	static const char *const words[] = {
	    "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", NULL};

	return first_word_is(text, words);
}

/* Among statements with one fingerprint (lists of other lengths) the one that lines up best. */
static size_t look_up(const struct workload *workload, const char *text, const char **ret_why)
{
	_cleanup_free_ char *fingerprint = NULL;
	size_t found = LOG_BOOK_NONE;
	bool found_lines_up = false;
	struct err ignored = {0}; /* its message may quote the text */

	*ret_why = log_book_unparsed;
	if (sql_fingerprint(text, &fingerprint, &ignored) < 0)
		return LOG_BOOK_NONE;
	*ret_why = log_book_unknown;
	for (size_t i = 0; i < workload->n_statements; i++) {
		const struct statement *statement = &workload->statements[i];
		struct sent_values values = {0};
		bool lines_up, exact;

		if (strcmp(statement->fingerprint, fingerprint) != 0)
			continue;
		lines_up = sent_match(statement->text, text, &values);
		exact = lines_up && values.exact;
		sent_values_release(&values);
		if (exact)
			return i;
		if (found == LOG_BOOK_NONE || (lines_up && !found_lines_up))
			found = i;
		found_lines_up = found_lines_up || lines_up;
	}
	return found;
}

static void discard(struct statement *statement)
{
	free(statement->text);
	free(statement->fingerprint);
	free(statement->skip_reason);
	strv_release(&statement->tables);
}

static size_t add(struct workload *workload, const char *text, const char **ret_why)
{
	struct statement statement = {0};

	*ret_why = redact_statement(text, &statement);
	if (*ret_why && strcmp(*ret_why, log_book_unparsed) == 0)
		*ret_why = log_book_unparsed;
	if (*ret_why)
		return LOG_BOOK_NONE;
	for (size_t i = 0; i < workload->n_statements; i++) {
		if (strcmp(workload->statements[i].text, statement.text) == 0) {
			discard(&statement);
			return i;
		}
	}
	if (workload->n_statements == MOST_STATEMENTS) {
		discard(&statement);
		*ret_why = too_many;
		return LOG_BOOK_NONE;
	}
	statement.work = work_unknown;
	statement.queryid = xstrdup("0");
	GROW(workload->statements, workload->n_statements, workload->cap_statements);
	workload->statements[workload->n_statements] = statement;
	return workload->n_statements++;
}

static void resolve(struct log_book *book, const char *text, struct shape *shape)
{
	if (is_transaction_control(text)) {
		shape->statement = LOG_BOOK_NONE;
		shape->why = log_book_transaction;
	} else if (book->grows) {
		shape->statement = add(book->workload, text, &shape->why);
	} else {
		shape->statement = look_up(book->workload, text, &shape->why);
	}
}

size_t log_book_find(struct log_book *book, const char *text, const char **ret_why)
{
	struct shape *shape;
	uint64_t hash[2];

	sql_shape(text, hash);
	if (book->n_shapes >= CACHE_FULL) { /* the frequent ones are back soon */
		memset(book->shapes, 0, CACHE_SLOTS * sizeof(*book->shapes));
		book->n_shapes = 0;
	}
	for (size_t i = hash[0];; i++) {
		shape = &book->shapes[i % CACHE_SLOTS];
		if (!shape->used || (shape->hash[0] == hash[0] && shape->hash[1] == hash[1]))
			break;
	}
	if (!shape->used) {
		*shape = (struct shape){.hash = {hash[0], hash[1]}, .used = true};
		resolve(book, text, shape);
		book->n_shapes++;
	}
	*ret_why = shape->why;
	return shape->statement;
}
