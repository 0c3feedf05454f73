/*
 * lex: SQL text as tokens, by PostgreSQL's lexical rules, for texts that need not be valid.
 *
 *     struct lex lex;
 *     lex_init(&lex, text);
 *     for (size_t i = 0; i < lex.n; i++) use(text + lex.tokens[i].start, ...);
 *     lex_release(&lex);
 *
 * The server's scanner stops at the first broken token; statistics views and logs cut texts
 * anywhere. So here an unterminated literal reaches to the end of the text and is marked, and
 * nothing fails. White space and comments are not tokens, except the mark that PostgreSQL 18
 * leaves where it squashed a list: LEX_SQUASHED. The rules are those of scan.l with
 * standard_conforming_strings on. The text is borrowed and must outlive the struct.
 */
#ifndef SQL_LEX_H
#define SQL_LEX_H

#include <stdbool.h>
#include <stddef.h>

enum lex_kind {
	LEX_WORD,     /* keyword or unquoted identifier */
	LEX_QUOTED,   /* "identifier", U&"..." with its UESCAPE */
	LEX_STRING,   /* '...', E'', B'', X'', N'', U&'', $tag$...$tag$, with continuation lines */
	LEX_NUMBER,   /* also with trailing junk */
	LEX_PARAM,    /* $1 */
	LEX_OPERATOR, /* + <> ->> :: := => ... */
	LEX_PUNCT,    /* one of ( ) [ ] , ; . : \ and bytes that SQL has no use for */
	LEX_SQUASHED, /* the comment that stands for the rest of a squashed list */
	LEX_END,      /* after the last token: what lex_token() gives out of range */
};

struct lex_token {
	enum lex_kind kind;
	size_t start, end; /* bytes [start, end) */
	bool unterminated;
	bool backslash; /* a plain '...' with a backslash in it */
};

struct lex {
	const char *text;
	size_t len;
	struct lex_token *tokens;
	size_t n, cap;
	bool unterminated_comment;
};

void lex_init(struct lex *ret, const char *text);
void lex_release(struct lex *lex);

/* The i-th token; a token of kind LEX_END when i is out of range, so looking around is safe. */
struct lex_token lex_token(const struct lex *lex, size_t i);
/* The first token that ends after offset: the one there, or the next; lex->n when none. */
size_t lex_at(const struct lex *lex, size_t offset);
/* Is token i this word (lower case), or this punctuation or operator? */
bool lex_is(const struct lex *lex, size_t i, const char *word);
/* ... one of these words; list is "from\0where\0group\0". */
bool lex_is_any(const struct lex *lex, size_t i, const char *list);
/* The n of the parameter token i; 0 when it is none or absurdly high. */
int lex_param_number(const struct lex *lex, size_t i);
/* The highest parameter number in the text. */
int lex_highest_param(const struct lex *lex);
/* The token closing the bracket that token i opens, or lex->n. */
size_t lex_closing(const struct lex *lex, size_t i);
/* A name a.b.c from token i: the index after its last token; i when there is none. */
size_t lex_name_end(const struct lex *lex, size_t i);

#endif
