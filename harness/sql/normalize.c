/*
 * Literals are found by the lexer, not by the grammar: the grammar keeps passwords, payloads and
 * function bodies in places that a tree walk must know one by one, and a forgotten place would
 * leak. The parse tree only tells the numbers to keep (type modifiers, ORDER BY ordinals) and the
 * words that are values (SET x TO word). Without a tree every literal goes.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "sql/lex.h"
#include "sql/sql.h"
#include "sql/tree.h"

#include <ctype.h>
#include <string.h>

enum mark { MARK_NONE, MARK_KEEP, MARK_VALUE };

struct marks {
	const struct lex *lex;
	unsigned char *of_token; /* enum mark, one per token */
};

static void mark_at(struct marks *marks, const json_t *constant, enum mark mark)
{
	size_t location = node_location(constant);

	if (location == NO_LOCATION)
		location = 0;
	location = lex_at(marks->lex, location);
	if (location < marks->lex->n)
		marks->of_token[location] = (unsigned char)mark;
}

static bool is_integer(const json_t *constant)
{
	return node_get(constant, "ival") != NULL;
}

/* The integers directly in these lists: ordinals of output columns, or type modifiers. */
static void mark_integers(struct marks *marks, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const json_t *constant = node_as(item, "A_Const");
		const json_t *set = node_as(item, "GroupingSet");

		if (is_integer(constant))
			mark_at(marks, constant, MARK_KEEP);
		else if (set)
			mark_integers(marks, node_get(set, "content"));
		else
			mark_integers(marks, node_get(node_as(item, "List"), "items"));
	}
}

static void mark_sort(struct marks *marks, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const json_t *constant = node_as(node_get(node_as(item, "SortBy"), "node"), "A_Const");

		if (is_integer(constant))
			mark_at(marks, constant, MARK_KEEP);
	}
}

/* SET x TO word, 'text', 5: all values; SET TRANSACTION's words are not. */
static void mark_setting(struct marks *marks, const json_t *set)
{
	const json_t *item;
	size_t i;

	if (!node_is(set, "kind", "VAR_SET_VALUE"))
		return;
	json_array_foreach (node_get(set, "args"), i, item) {
		const json_t *constant = node_as(item, "A_Const");

		if (constant)
			mark_at(marks, constant, MARK_VALUE);
	}
}

static void mark_node(struct marks *marks, const char *kind, const json_t *body)
{
	size_t location = node_location(body), token;

	if (strcmp(kind, "SelectStmt") == 0) {
		mark_integers(marks, node_get(body, "groupClause"));
		mark_integers(marks, node_get(body, "distinctClause"));
		mark_sort(marks, node_get(body, "sortClause"));
	} else if (strcmp(kind, "VariableSetStmt") == 0 || strcmp(kind, "setstmt") == 0) {
		mark_setting(marks, body);
	} else if (strcmp(kind, "typeName") == 0 || strcmp(kind, "TypeName") == 0) {
		mark_integers(marks, node_get(body, "typmods"));
	} else if (strcmp(kind, "A_Const") == 0 && location != NO_LOCATION) {
		token = lex_at(marks->lex, location); /* the minus of a negative number */
		if (lex_is(marks->lex, token, "-"))
			marks->of_token[token] = MARK_VALUE;
	}
}

/* Inner nodes come after outer ones, and none of them takes a mark back. */
static void mark_tree(struct marks *marks, const json_t *value)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach (value, i, inner)
			mark_tree(marks, inner);
		return;
	}
	json_object_foreach ((json_t *)value, key, inner) {
		if (json_is_object(inner))
			mark_node(marks, key, inner);
		if (json_is_object(inner) || json_is_array(inner))
			mark_tree(marks, inner);
	}
}

/* A text the parser refuses may still be normalised when it is a query: utility statements have
 * values that look like names, and a backslash makes the end of a literal uncertain. The parser's
 * message is not passed on: it quotes the text. */
static int check_unparsed(const struct lex *lex, struct err *err)
{
	static const char queries[] = "select\0insert\0update\0delete\0merge\0with\0values\0table\0(\0";

	for (size_t i = 0; i < lex->n; i++) {
		bool first = (i == 0 || lex_is(lex, i - 1, ";")) && !lex_is(lex, i, ";");

		if (first && !lex_is_any(lex, i, queries))
			return err_set(err, ERR_USAGE,
			    "the text cannot be parsed and is not a query: its literals cannot be told");
		if (lex->tokens[i].backslash)
			return err_set(err, ERR_USAGE,
			    "the text cannot be parsed and has backslashes: its literals cannot be told");
	}
	return 0;
}

bool sql_has_unsure_literal(const char *text)
{
	struct lex lex;
	bool found = false;

	lex_init(&lex, text);
	for (size_t i = 0; i < lex.n; i++)
		found = found || lex.tokens[i].backslash;
	lex_release(&lex);
	return found;
}

static bool word_byte(const struct buf *out)
{
	unsigned char c = out->len ? (unsigned char)out->data[out->len - 1] : ' ';

	return isalnum(c) || c == '_' || c == '$' || c >= 0x80;
}

/* How many tokens from i are one literal; 0 when token i is none. */
static size_t literal_tokens(const struct marks *marks, size_t i)
{
	const struct lex *lex = marks->lex;
	enum lex_kind kind = lex->tokens[i].kind;
	size_t end = i;

	if (marks->of_token[i] == MARK_KEEP && kind == LEX_NUMBER)
		return 0;
	if (kind == LEX_STRING || kind == LEX_NUMBER)
		return 1;
	if (marks->of_token[i] != MARK_VALUE)
		return 0;
	while (lex_is(lex, end, "-"))
		end++;
	if (end > i)
		return lex_token(lex, end).kind == LEX_NUMBER ? end + 1 - i : 0;
	return kind == LEX_WORD || kind == LEX_QUOTED;
}

static char *write_tokens(const struct marks *marks)
{
	const struct lex *lex = marks->lex;
	int number = lex_highest_param(lex);
	struct buf out = BUF_INIT;
	size_t n = lex->n, end = 0;

	while (n > 0 && lex_is(lex, n - 1, ";"))
		n--;
	for (size_t i = 0; i < n;) {
		const struct lex_token *token = &lex->tokens[i];
		size_t literal = literal_tokens(marks, i);
		bool param = i > 0 && out.len && end == token->start;

		/* 'a'and'b' needs no spaces, $1and$2 does. */
		param = param && word_byte(&out) && (literal || token->kind == LEX_WORD);
		if (i > 0 && (token->start > end || param))
			buf_addc(&out, ' ');
		if (literal)
			buf_addf(&out, "$%d", ++number);
		else
			buf_add(&out, lex->text + token->start, token->end - token->start);
		i += literal ? literal : 1;
		end = lex->tokens[i - 1].end;
	}
	return buf_detach(&out);
}

int sql_normalize(const char *text, char **ret, struct err *err)
{
	struct marks marks = {0};
	struct err local = {0};
	json_t *tree = NULL;
	struct lex lex;
	int rc = 0;

	err = err ? err : &local;
	if (strnlen(text, SQL_MAX_BYTES + 1) > SQL_MAX_BYTES)
		return err_set(err, ERR_USAGE, "the text is longer than %zu bytes", SQL_MAX_BYTES);
	lex_init(&lex, text);
	marks = (struct marks){.lex = &lex, .of_token = xcalloc(lex.n + 1, 1)};
	if (tree_parse(text, &tree, err) < 0) {
		rc = check_unparsed(&lex, err);
	} else {
		mark_tree(&marks, tree);
		json_decref(tree);
	}
	if (rc == 0)
		*ret = write_tokens(&marks);
	free(marks.of_token);
	lex_release(&lex);
	return rc;
}
