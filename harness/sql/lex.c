#include "sql/lex.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PARAM_MAX 65535 /* the protocol counts parameters in 16 bits */

static const char squash_mark[] = "/*, ... */";

static bool word_start(unsigned char c)
{
	return isalpha(c) || c == '_' || c >= 0x80;
}

static bool word_char(unsigned char c)
{
	return word_start(c) || isdigit(c) || c == '$';
}

static bool space_char(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool operator_char(char c)
{
	return c && strchr("~!@#^&|`?+-*/%<>=", c);
}

/* Past a nested block comment that starts at i; len when it does not end. */
static size_t skip_block_comment(const char *s, size_t i, size_t len)
{
	int depth = 0;

	while (i + 1 < len) {
		if (s[i] == '/' && s[i + 1] == '*') {
			depth++;
			i += 2;
		} else if (s[i] == '*' && s[i + 1] == '/') {
			i += 2;
			if (--depth == 0)
				return i;
		} else {
			i++;
		}
	}
	return len + 1;
}

static size_t skip_line_comment(const char *s, size_t i, size_t len)
{
	while (i < len && s[i] != '\n' && s[i] != '\r')
		i++;
	return i;
}

static bool is_squash_mark(const struct lex *lex, size_t i)
{
	return strncmp(lex->text + i, squash_mark, sizeof(squash_mark) - 1) == 0;
}

/* To the start of the next token. */
static size_t skip_blank(struct lex *lex, size_t i)
{
	const char *s = lex->text;

	while (i < lex->len) {
		if (space_char((unsigned char)s[i])) {
			i++;
		} else if (s[i] == '-' && s[i + 1] == '-') {
			i = skip_line_comment(s, i, lex->len);
		} else if (s[i] == '/' && s[i + 1] == '*' && !is_squash_mark(lex, i)) {
			i = skip_block_comment(s, i, lex->len);
			if (i > lex->len)
				lex->unterminated_comment = true;
		} else {
			return i;
		}
	}
	return lex->len;
}

/* Literals go on after white space with a line end: SELECT 'a'<newline>'b' is one. */
static size_t continuation(const char *s, size_t i, size_t len)
{
	bool line_end = false;

	while (i < len) {
		if (space_char((unsigned char)s[i])) {
			line_end |= s[i] == '\n' || s[i] == '\r';
			i++;
		} else if (s[i] == '-' && s[i + 1] == '-') {
			i = skip_line_comment(s, i, len);
		} else {
			return line_end && s[i] == '\'' ? i : 0;
		}
	}
	return 0;
}

/* From the opening quote at i to after the closing one. */
static size_t skip_quoted(const struct lex *lex, size_t i, bool escapes, struct lex_token *token)
{
	const char *s = lex->text;
	char quote = s[i++];

	while (i < lex->len) {
		if (s[i] == '\\') {
			token->backslash |= !escapes && quote == '\'';
			i += escapes && i + 1 < lex->len ? 2 : 1;
		} else if (s[i] == quote && s[i + 1] == quote) {
			i += 2;
		} else if (s[i] == quote) {
			size_t more = quote == '\'' ? continuation(s, i + 1, lex->len) : 0;

			if (!more)
				return i + 1;
			i = more + 1;
		} else {
			i++;
		}
	}
	token->unterminated = true;
	return lex->len;
}

/* U&'...' UESCAPE '!' is one literal. */
static size_t skip_uescape(struct lex *lex, size_t i, struct lex_token *token)
{
	size_t next = skip_blank(lex, i);

	if (strncasecmp(lex->text + next, "uescape", 7) != 0)
		return i;
	next = skip_blank(lex, next + 7);
	return lex->text[next] == '\'' ? skip_quoted(lex, next, false, token) : i;
}

/* After the opening $tag$ at i, or 0 when there is none. */
static size_t dollar_tag_end(const char *s, size_t i)
{
	size_t end = i + 1;

	if (word_start((unsigned char)s[end]))
		while (word_char((unsigned char)s[end]) && s[end] != '$')
			end++;
	return s[end] == '$' ? end + 1 : 0;
}

static size_t skip_dollar(const struct lex *lex, size_t i, struct lex_token *token)
{
	size_t open_end = dollar_tag_end(lex->text, i);
	size_t tag = open_end - i;

	for (size_t at = open_end; at + tag <= lex->len; at++)
		if (lex->text[at] == '$' && memcmp(lex->text + at, lex->text + i, tag) == 0)
			return at + tag;
	token->unterminated = true;
	return lex->len;
}

static size_t skip_number(const char *s, size_t i)
{
	while (isdigit((unsigned char)s[i]) || s[i] == '_')
		i++;
	if (s[i] == '.' && s[i + 1] != '.') {
		i++;
		while (isdigit((unsigned char)s[i]) || s[i] == '_')
			i++;
	}
	if ((s[i] == 'e' || s[i] == 'E') && (s[i + 1] == '+' || s[i + 1] == '-') &&
	    isdigit((unsigned char)s[i + 2]))
		i += 2;
	while (word_char((unsigned char)s[i]))
		i++; /* exponent, hexadecimal digits, junk */
	return i;
}

/* As in scan.l: the longest run, not into a comment, and without a trailing + or - unless a
 * character is there that standard operators do not have. */
static size_t skip_operator(const char *s, size_t start)
{
	size_t i = start, special = start;

	while (operator_char(s[i])) {
		if ((s[i] == '-' && s[i + 1] == '-') || (s[i] == '/' && s[i + 1] == '*'))
			break;
		i++;
	}
	while (special < i && !strchr("~!@#^&|`?%", s[special]))
		special++;
	if (special == i)
		while (i > start + 1 && (s[i - 1] == '+' || s[i - 1] == '-'))
			i--;
	return i;
}

static size_t string_prefix(const char *s)
{
	if (strchr("bBxXnNeE", s[0]) && s[1] == '\'')
		return 1;
	if ((s[0] == 'u' || s[0] == 'U') && s[1] == '&' && (s[2] == '\'' || s[2] == '"'))
		return 2;
	return 0;
}

static struct lex_token quoted_token(struct lex *lex, size_t i)
{
	struct lex_token token = {.start = i};
	size_t prefix = string_prefix(lex->text + i);
	char quote = lex->text[i + prefix];
	bool escapes = prefix == 1 && (lex->text[i] == 'e' || lex->text[i] == 'E');

	token.kind = quote == '"' ? LEX_QUOTED : LEX_STRING;
	token.end = skip_quoted(lex, i + prefix, escapes, &token);
	if (prefix == 2 && !token.unterminated)
		token.end = skip_uescape(lex, token.end, &token);
	return token;
}

static struct lex_token next_token(struct lex *lex, size_t i)
{
	const char *s = lex->text;
	unsigned char c = (unsigned char)s[i];
	struct lex_token token = {.kind = LEX_PUNCT, .start = i, .end = i + 1};

	if (c == '\'' || c == '"' || string_prefix(s + i))
		return quoted_token(lex, i);
	if (word_start(c)) {
		token.kind = LEX_WORD;
		while (word_char((unsigned char)s[token.end]))
			token.end++;
	} else if (isdigit(c) || (c == '.' && isdigit((unsigned char)s[i + 1]))) {
		token.kind = LEX_NUMBER;
		token.end = skip_number(s, i);
	} else if (c == '$' && isdigit((unsigned char)s[i + 1])) {
		token.kind = LEX_PARAM;
		while (isdigit((unsigned char)s[token.end]))
			token.end++;
	} else if (c == '$' && dollar_tag_end(s, i)) {
		token.kind = LEX_STRING;
		token.end = skip_dollar(lex, i, &token);
	} else if (is_squash_mark(lex, i)) {
		token.kind = LEX_SQUASHED;
		token.end = i + sizeof(squash_mark) - 1;
	} else if (operator_char((char)c)) {
		token.kind = LEX_OPERATOR;
		token.end = skip_operator(s, i);
	} else if (c == ':' && (s[i + 1] == ':' || s[i + 1] == '=')) {
		token.kind = LEX_OPERATOR;
		token.end = i + 2;
	}
	return token;
}

void lex_init(struct lex *ret, const char *text)
{
	*ret = (struct lex){.text = text, .len = strlen(text)};
	for (size_t i = skip_blank(ret, 0); i < ret->len;) {
		struct lex_token token = next_token(ret, i);

		GROW(ret->tokens, ret->n, ret->cap);
		ret->tokens[ret->n++] = token;
		i = skip_blank(ret, token.end);
	}
}

void lex_release(struct lex *lex)
{
	free(lex->tokens);
	*lex = (struct lex){0};
}

struct lex_token lex_token(const struct lex *lex, size_t i)
{
	return i < lex->n ? lex->tokens[i]
	                  : (struct lex_token){.kind = LEX_END, .start = lex->len, .end = lex->len};
}

size_t lex_at(const struct lex *lex, size_t offset)
{
	size_t low = 0, high = lex->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lex->tokens[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool lex_is(const struct lex *lex, size_t i, const char *word)
{
	struct lex_token token = lex_token(lex, i);

	if (token.kind != LEX_WORD && token.kind != LEX_PUNCT && token.kind != LEX_OPERATOR)
		return false;
	return token.end - token.start == strlen(word) &&
	       strncasecmp(lex->text + token.start, word, token.end - token.start) == 0;
}

bool lex_is_any(const struct lex *lex, size_t i, const char *list)
{
	for (; *list; list += strlen(list) + 1)
		if (lex_is(lex, i, list))
			return true;
	return false;
}

int lex_param_number(const struct lex *lex, size_t i)
{
	struct lex_token token = lex_token(lex, i);
	int number = 0;

	if (token.kind != LEX_PARAM)
		return 0;
	for (size_t at = token.start + 1; at < token.end; at++) {
		number = number * 10 + (lex->text[at] - '0');
		if (number > PARAM_MAX)
			return 0;
	}
	return number;
}

int lex_highest_param(const struct lex *lex)
{
	int highest = 0;

	for (size_t i = 0; i < lex->n; i++) {
		int number = lex_param_number(lex, i);

		highest = number > highest ? number : highest;
	}
	return highest;
}

size_t lex_closing(const struct lex *lex, size_t i)
{
	int depth = 0;

	for (; i < lex->n; i++) {
		if (lex_is_any(lex, i, "(\0[\0"))
			depth++;
		else if (lex_is_any(lex, i, ")\0]\0") && --depth <= 0)
			return i;
	}
	return lex->n;
}

size_t lex_name_end(const struct lex *lex, size_t i)
{
	size_t end = i;

	for (;;) {
		enum lex_kind kind = lex_token(lex, end).kind;

		if (kind != LEX_WORD && kind != LEX_QUOTED)
			return i;
		end++;
		if (!lex_is(lex, end, "."))
			return end;
		end++;
	}
}
