#include "replay/request.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Where things end in SQL text; each gets a pointer to the opening character. */

static const char *skip_quoted(const char *p, char quote, bool backslashes)
{
	for (p++; *p; p++) {
		if (backslashes && *p == '\\' && p[1])
			p++;
		else if (*p == quote && p[1] == quote)
			p++;
		else if (*p == quote)
			return p + 1;
	}
	return p;
}

static const char *skip_block_comment(const char *p)
{
	int depth = 0;

	while (*p) {
		if (p[0] == '/' && p[1] == '*') {
			depth++;
			p += 2;
		} else if (p[0] == '*' && p[1] == '/') {
			p += 2;
			if (--depth == 0)
				return p;
		} else {
			p++;
		}
	}
	return p;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static const char *skip_dollar_quoted(const char *p)
{
	const char *tag = p, *end;
	size_t len;

	for (p++; isalnum((unsigned char)*p) || *p == '_'; p++)
		;
	if (*p != '$')
		return tag + 1;
	len = (size_t)(p + 1 - tag);
	for (end = p + 1; *end; end++)
		if (strncmp(end, tag, len) == 0)
			return end + len;
	return end;
}

/* The next token's end: whatever may hide a "$1" is one token. */
static const char *skip_token(const char *p)
{
	if (*p == '\'')
		return skip_quoted(p, '\'', false);
	if ((*p == 'e' || *p == 'E') && p[1] == '\'')
		return skip_quoted(p + 1, '\'', true);
	if (*p == '"')
		return skip_quoted(p, '"', false);
	if (p[0] == '-' && p[1] == '-')
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*')
		return skip_block_comment(p);
	if (*p == '$')
		return skip_dollar_quoted(p);
	if (!is_word(*p))
		return p + 1;
	while (is_word(*p))
		p++;
	return p;
}

static void add_piece(struct request *request, const char *text, size_t len, int param)
{
	GROW(request->pieces, request->n_pieces, request->cap_pieces);
	request->pieces[request->n_pieces++] =
	    (struct request_piece){.text = text, .len = len, .param = param};
}

static void split(struct request *request)
{
	const char *start = request->statement.sql, *p = start;

	while (*p) {
		if (*p == '$' && isdigit((unsigned char)p[1])) {
			char *end;
			long number = strtol(p + 1, &end, 10);

			if (number >= 1 && number <= request->statement.n_params) {
				add_piece(request, start, (size_t)(p - start), (int)number - 1);
				start = end;
			}
			p = end;
		} else {
			p = skip_token(p);
		}
	}
	add_piece(request, start, (size_t)(p - start), -1);
}

/* Literals */

enum { INT4_OID = 23, TEXT_OID = 25, UNKNOWN_OID = 705, VARCHAR_OID = 1043 };

static bool is_digits(const char *s, size_t max)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n <= max && s[n] == '\0';
}

/* Digits with a decimal point perhaps. A minus sign could meet another one: quoted, it is typed by
 * its place. */
static bool is_number(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits > 0 &&
	       (s[digits] == '\0' || (s[digits] == '.' && is_digits(s + digits + 1, SIZE_MAX)));
}

static void add_quoted(struct buf *out, const char *value)
{
	bool escape = strchr(value, '\\') != NULL;

	buf_adds(out, escape ? " E'" : "'");
	for (const char *p = value; *p; p++) {
		if (*p == '\'' || *p == '\\')
			buf_addc(out, *p);
		buf_addc(out, *p);
	}
	buf_addc(out, '\'');
}

static void add_literal(struct buf *out, const struct param *param, const char *value)
{
	bool typed = param->literal != LITERAL_STRING && param->type_oid &&
	             param->type_oid != TEXT_OID && param->type_oid != UNKNOWN_OID &&
	             param->type_oid != VARCHAR_OID && param->type_name && param->type_name[0];

	/* Nine digits are an int4 to the parser too; a minus sign could meet another one. */
	if (value && (param->literal == LITERAL_NUMBER
	                     ? is_number(value)
	                     : param->type_oid == INT4_OID && param->literal == LITERAL_TYPED &&
	                           is_digits(value, 9))) {
		buf_adds(out, value);
		return;
	}
	if (value)
		add_quoted(out, value);
	else
		buf_adds(out, "NULL");
	if (typed)
		buf_addf(out, "::%s", param->type_name);
}

const char *request_text(const struct request *request, const char *const *values, struct buf *out)
{
	buf_clear(out);
	buf_adds(out, "");
	for (size_t i = 0; i < request->n_pieces; i++) {
		const struct request_piece *piece = &request->pieces[i];

		buf_add(out, piece->text, piece->len);
		if (piece->param >= 0)
			add_literal(out, &request->params[piece->param], values[piece->param]);
	}
	return out->data;
}

/* The set */

static void request_init(struct request *request, const struct bound_statement *bound,
    size_t number, enum arm arm, enum protocol protocol)
{
	snprintf(request->name, sizeof(request->name), "pgr_%zu", number);
	for (size_t i = 0; i < bound->n_params; i++) {
		if (!bound->params[i].type_oid)
			continue;
		if (!request->types)
			request->types = xcalloc(bound->n_params, sizeof(request->types[0]));
		request->types[i] = bound->params[i].type_oid;
	}
	request->protocol = protocol;
	request->params = bound->params;
	request->statement = (struct session_statement){
	    .number = (uint32_t)number,
	    .name = request->name,
	    .sql = bound_statement_sql(bound, arm),
	    .n_params = (int)bound->n_params,
	    .types = request->types,
	};
	if (protocol == PROTOCOL_SIMPLE)
		split(request);
}

static enum protocol protocol_of(const struct bound_statement *bound, enum protocol wanted)
{
	if (wanted != PROTOCOL_CAPTURED)
		return wanted;
	return bound->protocol != PROTOCOL_CAPTURED ? bound->protocol : PROTOCOL_PREPARED;
}

void requests_init(
    struct requests *requests, const struct vectors *vectors, enum arm arm, enum protocol protocol)
{
	*requests = (struct requests){
	    .items = xcalloc(vectors->n_statements, sizeof(requests->items[0])),
	    .n = vectors->n_statements,
	};
	for (size_t i = 0; i < requests->n; i++) {
		const struct bound_statement *bound = &vectors->statements[i];

		request_init(&requests->items[i], bound, i, arm, protocol_of(bound, protocol));
		if (bound->n_params > requests->max_params)
			requests->max_params = bound->n_params;
	}
}

void requests_release(struct requests *requests)
{
	for (size_t i = 0; i < requests->n; i++) {
		free(requests->items[i].types);
		free(requests->items[i].pieces);
	}
	free(requests->items);
	*requests = (struct requests){0};
}
