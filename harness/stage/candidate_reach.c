#include "stage/candidate_reach.h"

#include "base/buf.h"
#include "base/mem.h"
#include "pg/db.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A word, a quoted identifier, or one other character. */
struct word {
	const char *start;
	size_t len;
};

static const char *skip_comment(const char *at)
{
	int depth = 0;

	if (at[0] == '-')
		return at + strcspn(at, "\n");
	do {
		if (at[0] == '/' && at[1] == '*') {
			depth++;
			at += 2;
		} else if (at[0] == '*' && at[1] == '/') {
			depth--;
			at += 2;
		} else if (*at) {
			at++;
		}
	} while (depth > 0 && *at);
	return at;
}

static const char *skip_space(const char *at)
{
	for (;;) {
		if (isspace((unsigned char)*at))
			at++;
		else if ((at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*'))
			at = skip_comment(at);
		else
			return at;
	}
}

static size_t quoted_length(const char *at)
{
	size_t len = 1;

	while (at[len] && (at[len] != '"' || at[len + 1] == '"'))
		len += at[len] == '"' ? 2 : 1;
	return at[len] ? len + 1 : len;
}

static struct word next_word(const char **at)
{
	struct word word = {.start = skip_space(*at)};
	unsigned char first = (unsigned char)*word.start;

	if (first == '"') {
		word.len = quoted_length(word.start);
	} else if (isalnum(first) || first == '_' || first >= 0x80) {
		while (isalnum((unsigned char)word.start[word.len]) || word.start[word.len] == '_' ||
		       word.start[word.len] == '$' || (unsigned char)word.start[word.len] >= 0x80)
			word.len++;
	} else {
		word.len = first != '\0';
	}
	*at = word.start + word.len;
	return word;
}

static bool is(struct word word, const char *text)
{
	return word.len == strlen(text) && strncasecmp(word.start, text, word.len) == 0;
}

enum reach { SESSION, ONE_DATABASE, WHOLE_SERVER };

/* ret_database is where ONE_DATABASE is named. */
static enum reach find_reach(const char *text, struct word *ret_database)
{
	struct word object;

	if (!is(next_word(&text), "alter"))
		return SESSION;
	object = next_word(&text);
	if (is(object, "role") || is(object, "user")) {
		next_word(&text); /* the role */
		if (!is(next_word(&text), "in"))
			return WHOLE_SERVER;
		object = next_word(&text);
	}
	if (!is(object, "database"))
		return WHOLE_SERVER;
	*ret_database = next_word(&text);
	return ONE_DATABASE;
}

int candidate_reach_setting(const char *text, struct err *err)
{
	struct word database;

	if (find_reach(text, &database) != WHOLE_SERVER)
		return 0;
	err_set(err, ERR_USAGE, "this setting would change both arms, not only the candidate");
	return err_hint(err,
	    "set it for the database (ALTER DATABASE ... SET, or ALTER ROLE ... IN DATABASE ... SET);"
	    " the clone takes the place of the database that is named; a setting that only a whole "
	    "server"
	    " can have needs a server per arm: make them yourself, and name both in clone: {driver:"
	    " existing}");
}

/* CREATE|ALTER|DROP <kind of object> ..., COMMENT ON <kind of object> ... */
int candidate_reach_object(const char *text, struct err *err)
{
	static const char *const shared[] = {"database", "role", "user", "group", "tablespace",
	    "subscription", "server", "system", "parameter"};
	struct word word;

	next_word(&text);
	word = next_word(&text);
	if (is(word, "on"))
		word = next_word(&text);
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		if (!is(word, shared[i]))
			continue;
		err_set(err, ERR_USAGE, "a %s is not part of the clone: the change would reach beyond it",
		    shared[i]);
		return err_hint(err, "make this change apart from the candidate");
	}
	return 0;
}

char *candidate_reach_text(const char *text, const char *database)
{
	_cleanup_free_ char *name = db_quote_ident(database);
	struct buf out = BUF_INIT;
	struct word named;

	if (find_reach(text, &named) != ONE_DATABASE)
		return xstrdup(text);
	buf_add(&out, text, (size_t)(named.start - text));
	buf_adds(&out, name);
	buf_adds(&out, named.start + named.len);
	return buf_detach(&out);
}
