#include "base/buf.h"
#include "base/mem.h"
#include "sql/lex.h"
#include "sql/sql.h"

#include <string.h>
#include <strings.h>

/* Writes the text with replacements from left to right. */
struct splicer {
	const struct lex *lex;
	size_t copied; /* up to here */
	struct buf out;
	struct buf repaired; /* for the note */
};

static void splice(struct splicer *s, size_t start, size_t end, const char *replacement)
{
	buf_add(&s->out, s->lex->text + s->copied, start - s->copied);
	buf_adds(&s->out, replacement);
	s->copied = end;
}

static void mention(struct buf *list, int number)
{
	buf_addf(list, "%s$%d", list->len ? ", " : "", number);
}

/* interval $1 DAY TO SECOND(3): the token after the qualifier; i itself when there is none. */
static size_t qualifier_end(const struct lex *lex, size_t i)
{
	static const char units[] = "year\0month\0day\0hour\0minute\0second\0";

	if (!lex_is_any(lex, i, units))
		return i;
	i++;
	if (lex_is(lex, i, "to") && lex_is_any(lex, i + 1, units))
		i += 2;
	return lex_is(lex, i, "(") ? lex_closing(lex, i) + 1 : i;
}

/* CAST(x AS char) would cut to one letter; a constant's char does not. */
static const char *cast_name(const char *type)
{
	static const char *const unbounded[][2] = {
	    {"char", "bpchar"}, {"character", "bpchar"}, {"nchar", "bpchar"}, {"bit", "varbit"}};

	for (size_t i = 0; i < sizeof(unbounded) / sizeof(unbounded[0]); i++)
		if (strcasecmp(type, unbounded[i][0]) == 0)
			return unbounded[i][1];
	return type;
}

static void splice_typed_constant(struct splicer *s, const struct sql_param *param)
{
	const struct lex *lex = s->lex;
	size_t after = lex_at(lex, param->offset) + 1, end = after;
	_cleanup_buf_ struct buf cast = BUF_INIT;

	if (strncasecmp(param->type, "interval", 8) == 0)
		end = qualifier_end(lex, after);
	buf_addf(&cast, "CAST($%d AS %s", param->number, cast_name(param->type));
	if (end > after)
		buf_addf(&cast, " %.*s", (int)(lex->tokens[end - 1].end - lex->tokens[after].start),
		    lex->text + lex->tokens[after].start);
	buf_addc(&cast, ')');
	splice(s, param->type_offset, lex->tokens[end - 1].end, cast.data);
	mention(&s->repaired, param->number);
}

static bool is_extract(const struct lex *lex, size_t token)
{
	return token >= 2 && lex_is(lex, token - 1, "(") && lex_is(lex, token - 2, "extract") &&
	       lex_is(lex, token + 1, "from");
}

static void splice_extract(struct splicer *s, const struct sql_param *param, size_t token)
{
	const struct lex_token *name = &s->lex->tokens[token - 2], *from = &s->lex->tokens[token + 1];

	splice(s, name->start, name->end, "pg_catalog.extract");
	splice(s, from->start, from->end, ",");
	mention(&s->repaired, param->number);
}

static void splice_all(struct splicer *s, const struct sql_analysis *analysis)
{
	for (size_t i = 0; i < analysis->n_param_items; i++) {
		const struct sql_param *param = &analysis->params[i];
		size_t token = lex_at(s->lex, param->offset);

		if (param->type_length)
			splice_typed_constant(s, param);
		else if (is_extract(s->lex, token))
			splice_extract(s, param, token);
	}
}

static char *finish_note(struct splicer *s, const struct sql_analysis *analysis)
{
	_cleanup_buf_ struct buf untyped = BUF_INIT;
	struct buf note = BUF_INIT;

	for (size_t i = 0; i < analysis->n_param_items; i++)
		if (analysis->params[i].needs_type)
			mention(&untyped, analysis->params[i].number);
	if (s->repaired.len)
		buf_addf(&note, "constant syntax replaced at %s", s->repaired.data);
	if (untyped.len)
		buf_addf(&note, "%sa type must be declared for %s", note.len ? "; " : "", untyped.data);
	buf_release(&s->repaired);
	return note.len ? buf_detach(&note) : NULL;
}

static int check_query(const struct sql_analysis *analysis, struct err *err)
{
	switch (analysis->kind) {
	case SQL_INSERT:
	case SQL_UPDATE:
	case SQL_DELETE:
	case SQL_MERGE:
		return 0;
	case SQL_SELECT:
		if (!analysis->creates_table)
			return 0;
		return err_set(err, ERR_USAGE, "SELECT INTO creates a table, so it runs only once");
	default:
		return err_set(
		    err, ERR_USAGE, "a %s statement is not replayed", sql_kind_name(analysis->kind));
	}
}

int sql_executable(const char *text, char **ret, char **ret_note, struct err *err)
{
	struct sql_analysis analysis = {0};
	struct lex lex;
	struct splicer s = {.lex = &lex};
	size_t end;
	int rc = sql_analyze(text, &analysis, err);

	if (rc == 0)
		rc = check_query(&analysis, err);
	if (rc < 0) {
		sql_analysis_release(&analysis);
		return rc;
	}
	lex_init(&lex, text);
	splice_all(&s, &analysis);
	for (end = lex.n; end > 0 && lex_is(&lex, end - 1, ";");)
		end--;
	end = end > 0 ? lex.tokens[end - 1].end : 0;
	if (end > s.copied)
		splice(&s, end, lex.len, "");
	*ret_note = finish_note(&s, &analysis);
	*ret = buf_detach(&s.out);
	lex_release(&lex);
	sql_analysis_release(&analysis);
	return 0;
}

char *sql_executable_before_14(const char *executable)
{
	struct lex lex;
	struct splicer s = {.lex = &lex};

	lex_init(&lex, executable);
	for (size_t i = 2; i + 1 < lex.n; i++)
		if (lex_is(&lex, i, "extract") && lex_is(&lex, i - 1, ".") &&
		    lex_is(&lex, i - 2, "pg_catalog") && lex_is(&lex, i + 1, "("))
			splice(&s, lex.tokens[i].start, lex.tokens[i].end, "date_part");
	splice(&s, lex.len, lex.len, "");
	lex_release(&lex);
	return buf_detach(&s.out);
}
