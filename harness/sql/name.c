#include "base/buf.h"
#include "base/mem.h"
#include "base/strv.h"
#include "sql/lex.h"
#include "sql/span.h"
#include "sql/sql.h"

#include <ctype.h>
#include <string.h>

#define COLUMNS_MAX 3 /* per part: enough to tell statements apart, short enough to read */

/* Appends a word when it fits; once one did not, nothing more is added. */
struct namer {
	struct buf out;
	bool full;
};

static void add_word(struct namer *namer, const char *word, size_t n)
{
	if (namer->out.len + (namer->out.len > 0) + n > SQL_NAME_MAX)
		namer->full = true;
	if (namer->full || n == 0)
		return;
	if (namer->out.len)
		buf_addc(&namer->out, ' ');
	for (size_t i = 0; i < n; i++)
		buf_addc(&namer->out, (char)tolower((unsigned char)word[i]));
}

static void add(struct namer *namer, const char *word)
{
	add_word(namer, word, strlen(word));
}

/* An identifier without its quotes. */
static void add_token(struct namer *namer, const struct lex *lex, size_t i)
{
	size_t start = lex->tokens[i].start, end = lex->tokens[i].end;

	if (lex->tokens[i].kind == LEX_QUOTED) {
		start += lex->text[start] == '"' ? 1 : 3;
		end -= end > start && lex->text[end - 1] == '"';
	}
	add_word(namer, lex->text + start, end > start ? end - start : 0);
}

static bool is_name(const struct lex *lex, size_t i)
{
	enum lex_kind kind = lex_token(lex, i).kind;

	return kind == LEX_WORD || kind == LEX_QUOTED;
}

/* The names in [first, end) without their qualifiers and without these words. */
static void add_names(
    struct namer *namer, const struct lex *lex, struct span span, size_t max, const char *noise)
{
	for (size_t i = span.first; i < span.end && max > 0; i++) {
		if (!is_name(lex, i) || lex_is(lex, i + 1, ".") || lex_is_any(lex, i, noise))
			continue;
		add_token(namer, lex, i);
		max--;
	}
}

static void add_text_names(struct namer *namer, const char *text, size_t max)
{
	struct lex lex;

	lex_init(&lex, text);
	add_names(namer, &lex, (struct span){0, lex.n}, max, "and\0or\0not\0as\0null\0");
	lex_release(&lex);
}

static bool selects_rows(const struct sql_param *param)
{
	switch (param->role) {
	case PARAM_COMPARE:
	case PARAM_BETWEEN_LOW:
	case PARAM_BETWEEN_HIGH:
	case PARAM_IN:
	case PARAM_ANY:
	case PARAM_LIKE:
	case PARAM_ELEMENT:
	case PARAM_INTERVAL:
		return true;
	default:
		return false;
	}
}

/* " by a b", " set c": the partners of parameters, each once. */
static void add_partners(struct namer *namer, const struct sql_analysis *analysis, bool set)
{
	struct strv seen = {0};

	for (size_t i = 0; i < analysis->n_param_items && seen.n < COLUMNS_MAX; i++) {
		const struct sql_param *param = &analysis->params[i];

		if (!param->partner || param->partner_params || strv_contains(&seen, param->partner) ||
		    (set ? param->role != PARAM_SET : !selects_rows(param)))
			continue;
		if (seen.n == 0)
			add(namer, set ? "set" : "by");
		strv_add(&seen, param->partner);
		add_text_names(namer, param->partner, 2);
	}
	strv_release(&seen);
}

static size_t find_outer(const struct lex *lex, size_t from, const char *word)
{
	struct span span = {from, from};

	while (span.end < lex->n && !lex_is(lex, span.end, word)) {
		if (lex_is_any(lex, span.end, "(\0[\0"))
			span.end = lex_closing(lex, span.end);
		span.end++;
	}
	return span.end;
}

/* "count" of SELECT count(*): the first function of the select list. */
static void add_function(struct namer *namer, const struct lex *lex)
{
	size_t select = find_outer(lex, 0, "select");
	struct span list = span_until(lex, select + 1, "from\0where\0");

	for (size_t i = list.first; i < list.end; i++) {
		if (lex_is_any(lex, i, "(\0[\0")) {
			i = lex_closing(lex, i);
		} else if (lex_token(lex, i).kind == LEX_WORD && lex_is(lex, i + 1, "(")) {
			add_token(namer, lex, i);
			return;
		}
	}
}

/* " order a b" or " group a": what ORDER BY or GROUP BY of the outer query names. */
static void add_clause(struct namer *namer, const struct lex *lex, const char *word)
{
	size_t at = find_outer(lex, 0, word);
	struct span span = span_until(lex, at + 1, "having\0order\0limit\0offset\0fetch\0for\0union\0");

	if (!lex_is(lex, at + 1, "by"))
		return;
	span.first++;
	add(namer, word);
	add_names(namer, lex, span, COLUMNS_MAX, "asc\0desc\0nulls\0first\0last\0using\0");
}

static void add_parts(
    struct namer *namer, const struct sql_analysis *analysis, const struct lex *lex)
{
	add(namer, sql_kind_name(analysis->kind));
	if (analysis->kind == SQL_SELECT)
		add_function(namer, lex);
	for (size_t i = 0; i < analysis->tables.n && i < COLUMNS_MAX; i++)
		add_text_names(namer, analysis->tables.items[i], 1);
	add_partners(namer, analysis, false);
	add_partners(namer, analysis, true);
	if (analysis->kind == SQL_INSERT && find_outer(lex, 0, "conflict") < lex->n)
		add(namer, "on conflict");
	if (analysis->kind == SQL_SELECT) {
		add_clause(namer, lex, "group");
		add_clause(namer, lex, "order");
	}
	if (analysis->has_limit)
		add(namer, "limit");
	if (analysis->locks_rows)
		add(namer, "lock");
}

int sql_name(const char *text, char **ret, struct err *err)
{
	struct sql_analysis analysis = {0};
	struct namer namer = {0};
	struct lex lex;

	if (strnlen(text, SQL_MAX_BYTES + 1) > SQL_MAX_BYTES)
		return err_set(err, ERR_USAGE, "the text is longer than %zu bytes", SQL_MAX_BYTES);
	lex_init(&lex, text);
	if (sql_analyze(text, &analysis, NULL) == 0 && analysis.kind <= SQL_MERGE)
		add_parts(&namer, &analysis, &lex);
	else /* a utility statement, or a text that was cut off: its words */
		add_names(&namer, &lex, (struct span){0, lex.n}, 8, "");
	if (!namer.out.len)
		buf_adds(&namer.out, "statement"); /* nothing in it, or one endless word */
	sql_analysis_release(&analysis);
	lex_release(&lex);
	*ret = buf_detach(&namer.out);
	return 0;
}
