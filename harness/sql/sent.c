#include "sql/sent.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/random.h"
#include "sql/lex.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_constant(const struct lex_token *token)
{
	return token->kind == LEX_STRING || token->kind == LEX_NUMBER;
}

static uint64_t mix(uint64_t hash, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = splitmix64(hash ^ (unsigned char)text[i]);
	return splitmix64(hash + n);
}

static size_t folded(const struct lex *lex, const struct lex_token *token, char out[128])
{
	size_t n = token->end - token->start;

	for (size_t i = 0; i < n && i < 128; i++) {
		char c = lex->text[token->start + i];
		out[i] = token->kind == LEX_WORD ? (char)tolower((unsigned char)c) : c;
	}
	return n;
}

void sql_shape(const char *sent, uint64_t ret[2])
{
	struct lex lex;

	ret[0] = 1;
	ret[1] = 2;
	lex_init(&lex, sent);
	for (size_t i = 0; i < lex.n; i++) {
		const struct lex_token *token = &lex.tokens[i];
		char word[128] = "?";
		size_t n = is_constant(token) ? 1 : folded(&lex, token, word);
		const char *text = n <= sizeof(word) ? word : sent + token->start;

		ret[0] = mix(ret[0], text, n);
		ret[1] = mix(ret[1], text, n);
	}
	lex_release(&lex);
}

void sql_cut(const char *sent, struct strv *ret)
{
	struct lex lex;
	size_t first = 0;

	lex_init(&lex, sent);
	for (size_t i = 0; i <= lex.n; i++) {
		_cleanup_free_ char *statement = NULL;

		if (i < lex.n && (!lex_is(&lex, i, ";") || lex_is(&lex, first, "create")))
			continue;
		if (i > first) {
			statement = xstrndup(
			    sent + lex.tokens[first].start, lex.tokens[i - 1].end - lex.tokens[first].start);
			strv_add(ret, statement);
		}
		first = i + 1;
	}
	lex_release(&lex);
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10
	                                    : -1;
}

static void add_utf8(struct buf *out, unsigned long c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		buf_addc(out, (char)(0xC0 | c >> 6));
		buf_addc(out, (char)(0x80 | (c & 0x3F)));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xE0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3F)));
		buf_addc(out, (char)(0x80 | (c & 0x3F)));
	} else {
		buf_addc(out, (char)(0xF0 | c >> 18));
		buf_addc(out, (char)(0x80 | (c >> 12 & 0x3F)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3F)));
		buf_addc(out, (char)(0x80 | (c & 0x3F)));
	}
}

/* At most n digits of a base; how many there were. */
static size_t take_digits(const char *p, const char *end, size_t n, int base, unsigned long *ret)
{
	size_t i = 0;

	for (*ret = 0; i < n && p + i < end; i++) {
		int digit = hex_digit(p[i]);
		if (digit < 0 || digit >= base)
			break;
		*ret = *ret * (unsigned long)base + (unsigned long)digit;
	}
	return i;
}

/* After a backslash of E'...'; returns what follows the escape, NULL when it is no valid one. */
static const char *unescape(const char *p, const char *end, struct buf *out)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *letter = *p ? strchr(letters, *p) : NULL;
	unsigned long code;
	size_t n;

	if (letter) {
		buf_addc(out, meant[letter - letters]);
		return p + 1;
	}
	if (*p == 'u' || *p == 'U') {
		size_t wanted = *p == 'u' ? 4 : 8;
		if (take_digits(p + 1, end, wanted, 16, &code) < wanted || code == 0 || code > 0x10FFFF ||
		    (code >= 0xD800 && code < 0xE000))
			return NULL;
		add_utf8(out, code);
		return p + 1 + wanted;
	}
	n = *p == 'x' ? take_digits(p + 1, end, 2, 16, &code) : take_digits(p, end, 3, 8, &code);
	if (n > 0) {
		if ((code & 0xFF) == 0)
			return NULL;
		buf_addc(out, (char)code);
		return p + n + (*p == 'x');
	}
	buf_addc(out, *p);
	return p + 1;
}

/* The body of '...' up to its closing quote; continuation lines ('a' newline 'b') go on. */
static bool add_quoted(const char *p, const char *end, bool escapes, struct buf *out)
{
	while (p && p < end) {
		if (*p == '\\' && escapes && p + 1 < end) {
			p = unescape(p + 1, end, out);
		} else if (*p != '\'') {
			buf_addc(out, *p++);
		} else if (p + 1 < end && p[1] == '\'') {
			buf_addc(out, '\'');
			p += 2;
		} else {
			p++;
			while (p < end && isspace((unsigned char)*p))
				p++;
			if (p == end)
				return true;
			if (*p++ != '\'')
				return false;
		}
	}
	return false;
}

static char *unquote_dollar(const char *token, size_t len)
{
	const char *tag_end = memchr(token + 1, '$', len - 1);
	size_t tag = tag_end ? (size_t)(tag_end - token) + 1 : len;

	if (len < 2 * tag || memcmp(token, token + len - tag, tag) != 0)
		return NULL;
	return xstrndup(token + tag, len - 2 * tag);
}

char *sent_unquote(const char *token, size_t len)
{
	struct buf out = BUF_INIT;
	bool escapes = false;
	size_t skip = 1;

	if (len >= 2 && token[0] == '$')
		return unquote_dollar(token, len);
	if (len >= 3 && token[1] == '\'' && strchr("eEnN", token[0])) {
		escapes = token[0] == 'e' || token[0] == 'E';
		skip = 2;
	} else if (len < 2 || token[0] != '\'') {
		return NULL;
	}
	buf_adds(&out, "");
	if (add_quoted(token + skip, token + len, escapes, &out))
		return buf_detach(&out);
	buf_release(&out);
	return NULL;
}

/* Token i as the value of a parameter; returns how many tokens it takes, 0 when it is none. */
static size_t value_at(const struct lex *lex, size_t i, struct sent_value *ret)
{
	struct lex_token token = lex_token(lex, i);
	const char *text = lex->text + token.start;
	struct lex_token next = lex_token(lex, i + 1);

	*ret = (struct sent_value){.kind = SENT_UNKNOWN};
	if (token.kind == LEX_PARAM) {
		ret->kind = SENT_PARAM;
		ret->param = lex_param_number(lex, i);
	} else if (token.kind == LEX_STRING) {
		ret->text = token.unterminated ? NULL : sent_unquote(text, token.end - token.start);
		ret->kind = ret->text ? SENT_TEXT : SENT_UNKNOWN;
	} else if (token.kind == LEX_NUMBER) {
		*ret = (struct sent_value){SENT_TEXT, xstrndup(text, token.end - token.start), 0};
	} else if (lex_is(lex, i, "-") && next.kind == LEX_NUMBER) {
		*ret = (struct sent_value){
		    SENT_TEXT, xasprintf("-%.*s", (int)(next.end - next.start), lex->text + next.start), 0};
		return 2;
	} else if (lex_is(lex, i, "null")) {
		ret->kind = SENT_NULL;
	} else if (lex_is(lex, i, "true") || lex_is(lex, i, "false")) {
		*ret =
		    (struct sent_value){SENT_TEXT, xstrdup(lex_is(lex, i, "true") ? "true" : "false"), 0};
	} else {
		return 0;
	}
	return 1;
}

/* The same parameter may stand twice: the first place tells. */
static void store(struct sent_values *values, int number, struct sent_value *value)
{
	if (number >= 1 && (size_t)number <= values->n &&
	    values->items[number - 1].kind == SENT_UNKNOWN)
		values->items[number - 1] = *value;
	else
		free(value->text);
}

static bool same_token(const struct lex *a, size_t i, const struct lex *b, size_t j)
{
	struct lex_token x = lex_token(a, i), y = lex_token(b, j);
	size_t n = x.end - x.start;

	if (x.kind != y.kind || n != y.end - y.start)
		return false;
	return x.kind == LEX_WORD ? strncasecmp(a->text + x.start, b->text + y.start, n) == 0
	                          : memcmp(a->text + x.start, b->text + y.start, n) == 0;
}

/* The elements of a list that PostgreSQL 18 squashed, up to its closing bracket. */
static size_t skip_list(const struct lex *lex, size_t i)
{
	int depth = 0;

	for (; i < lex->n; i++) {
		if (lex_is(lex, i, "(") || lex_is(lex, i, "["))
			depth++;
		else if ((lex_is(lex, i, ")") || lex_is(lex, i, "]")) && depth-- == 0)
			break;
	}
	return i;
}

static bool match_tokens(const struct lex *pattern, const struct lex *sent, struct sent_values *ret)
{
	size_t j = 0;

	for (size_t i = 0; i < pattern->n; i++) {
		struct sent_value value;
		int number = lex_param_number(pattern, i);
		size_t taken;

		if (lex_token(pattern, i + 1).kind == LEX_SQUASHED) {
			j = skip_list(sent, j);
			i++;
			continue;
		}
		if (number == 0) {
			if (!same_token(pattern, i, sent, j))
				return false;
			j++;
			continue;
		}
		taken = value_at(sent, j, &value);
		if (taken == 0)
			return false;
		store(ret, number, &value);
		j += taken;
	}
	while (lex_is(sent, j, ";"))
		j++;
	return j == sent->n;
}

static bool match_order(const struct lex *pattern, const struct lex *sent, struct sent_values *ret)
{
	size_t i = 0;

	for (size_t j = 0; j < sent->n; j++) {
		struct sent_value value;

		if (lex_is_any(sent, j, "true\0false\0null\0"))
			return false;
		if (!is_constant(&sent->tokens[j]) && sent->tokens[j].kind != LEX_PARAM)
			continue;
		while (i < pattern->n && pattern->tokens[i].kind != LEX_PARAM)
			i++;
		if (i == pattern->n || lex_token(pattern, i + 1).kind == LEX_SQUASHED)
			return false;
		if (j > 0 && lex_is(sent, j - 1, "-")) /* a sign or an operator: who can tell */
			return false;
		value_at(sent, j, &value);
		store(ret, lex_param_number(pattern, i), &value);
		i++;
	}
	for (; i < pattern->n; i++)
		if (pattern->tokens[i].kind == LEX_PARAM)
			return false;
	return true;
}

static void forget(struct sent_values *values)
{
	for (size_t i = 0; i < values->n; i++) {
		free(values->items[i].text);
		values->items[i] = (struct sent_value){0};
	}
}

bool sent_match(const char *normalised, const char *sent, struct sent_values *ret)
{
	struct lex pattern, text;
	struct sent_values values = {0};
	int highest;
	bool matched;

	lex_init(&pattern, normalised);
	lex_init(&text, sent);
	highest = lex_highest_param(&pattern);
	values.n = highest > 0 ? (size_t)highest : 0;
	values.items = xcalloc(values.n + 1, sizeof(*values.items));
	values.n_params = lex_highest_param(&text);
	matched = match_tokens(&pattern, &text, &values);
	values.exact = matched;
	if (!matched) {
		forget(&values);
		matched = match_order(&pattern, &text, &values);
	}
	lex_release(&pattern);
	lex_release(&text);
	if (matched)
		*ret = values;
	else
		sent_values_release(&values);
	return matched;
}

void sent_values_release(struct sent_values *values)
{
	forget(values);
	free(values->items);
	*values = (struct sent_values){0};
}
