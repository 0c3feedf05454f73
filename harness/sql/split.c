#include "base/mem.h"
#include "sql/classify.h"
#include "sql/lex.h"
#include "sql/sql.h"
#include "sql/tree.h"

#include <string.h>

/* Lines are counted once over the script, however many statements it has. */
struct splitter {
	const struct lex *lex;
	struct sql_script *script;
	size_t line_offset; /* where the statement at hand starts */
	int line;           /* its line */
};

static void advance_to(struct splitter *at, size_t offset)
{
	for (; at->line_offset < offset; at->line_offset++)
		at->line += at->lex->text[at->line_offset] == '\n';
}

/* The line of an offset within the statement at hand. */
static int line_of(const struct splitter *at, size_t offset)
{
	int line = at->line;

	for (size_t i = at->line_offset; i < offset; i++)
		line += at->lex->text[i] == '\n';
	return line;
}

static bool is_routine(const struct lex *lex, size_t i)
{
	if (!lex_is(lex, i, "create"))
		return false;
	i += lex_is(lex, i + 1, "or") ? 3 : 1;
	return lex_is_any(lex, i, "function\0procedure\0");
}

/* The token after the statement that starts at token i: its semicolon, or the end. Semicolons
 * within brackets (CREATE RULE) and within BEGIN ATOMIC ... END do not count. */
static size_t statement_end(const struct lex *lex, size_t i)
{
	bool routine = is_routine(lex, i);
	int brackets = 0, blocks = 0;

	for (; i < lex->n; i++) {
		if (lex_is(lex, i, "("))
			brackets++;
		else if (lex_is(lex, i, ")"))
			brackets -= brackets > 0;
		else if (routine && ((lex_is(lex, i, "begin") && lex_is(lex, i + 1, "atomic")) ||
		                        (blocks && lex_is(lex, i, "case"))))
			blocks++;
		else if (blocks && lex_is(lex, i, "end"))
			blocks--;
		else if (lex_is(lex, i, ";") && !brackets && !blocks)
			break;
	}
	return i;
}

/* What the server would never see, or cannot take as a statement. */
static int check_tokens(const struct splitter *at, size_t start, size_t end, struct err *err)
{
	const struct lex *lex = at->lex;

	for (size_t i = start; i < end; i++) {
		const struct lex_token *token = &lex->tokens[i];
		const char *text = lex->text + token->start;

		if (lex_is(lex, i, "\\")) {
			err_set(err, ERR_USAGE, "line %d: \"%.*s\" is a command of psql, not SQL",
			    line_of(at, token->start), (int)strcspn(text, " \t\r\n;"), text);
			return err_hint(err, "statements are sent to the server one by one; write it in SQL");
		}
		if (token->unterminated)
			return err_set(err, ERR_USAGE, "line %d: quoted text that begins with %.12s has no end",
			    line_of(at, token->start), text);
		if (lex_is(lex, start, "copy") && lex_is(lex, i, "from") && lex_is(lex, i + 1, "stdin")) {
			err_set(err, ERR_USAGE, "line %d: COPY FROM STDIN wants its data from psql", at->line);
			return err_hint(err, "a candidate script holds SQL statements only");
		}
	}
	return 0;
}

static int add_statement(struct splitter *at, size_t start, size_t end, struct err *err)
{
	const struct lex *lex = at->lex;
	size_t offset = lex->tokens[start].start, mistake = 0;
	struct sql_statement statement = {.offset = offset, .line = at->line};
	json_t *tree = NULL;
	struct lex own;
	int rc = check_tokens(at, start, end, err);

	if (rc < 0)
		return rc;
	statement.text = xstrndup(lex->text + offset, lex->tokens[end - 1].end - offset);
	rc = tree_parse_at(statement.text, &tree, &mistake, err);
	if (rc == 0 && tree_statement_count(tree) != 1)
		rc = err_set(err, ERR_USAGE, "cannot tell where the statement ends");
	if (rc == 0) {
		lex_init(&own, statement.text);
		classify_statement(tree_statement(tree, 0), &own, &statement);
		lex_release(&own);
		GROW(at->script->statements, at->script->n, at->script->cap);
		at->script->statements[at->script->n++] = statement;
	} else {
		err_wrap(err, "line %d", line_of(at, offset + mistake));
		free(statement.text);
	}
	json_decref(tree);
	return rc;
}

int sql_split(const char *text, struct sql_script *ret, struct err *err)
{
	struct sql_script script = {0};
	struct lex lex;
	struct splitter at = {.lex = &lex, .script = &script, .line = 1};
	int rc = 0;

	if (strnlen(text, SQL_MAX_BYTES + 1) > SQL_MAX_BYTES)
		return err_set(err, ERR_USAGE, "the script is longer than %zu bytes", SQL_MAX_BYTES);
	lex_init(&lex, text);
	if (lex.unterminated_comment)
		rc = err_set(err, ERR_USAGE, "a comment that begins with /* has no end");
	for (size_t i = 0; i < lex.n && rc == 0;) {
		size_t end = statement_end(&lex, i);

		advance_to(&at, lex.tokens[i].start);
		if (end > i)
			rc = add_statement(&at, i, end, err);
		i = end + 1;
	}
	lex_release(&lex);
	if (rc < 0)
		sql_script_release(&script);
	else
		*ret = script;
	return rc;
}

void sql_script_release(struct sql_script *script)
{
	for (size_t i = 0; i < script->n; i++) {
		free(script->statements[i].text);
		free(script->statements[i].object);
		free(script->statements[i].table);
	}
	free(script->statements);
	*script = (struct sql_script){0};
}
