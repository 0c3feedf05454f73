/* PostgreSQL 16 takes FROM (SELECT ...) without a name; our grammar says where it misses one. */
#include "base/buf.h"
#include "base/mem.h"
#include "sql/lex.h"
#include "sql/sql.h"
#include "sql/tree.h"

#include <string.h>

#define MOST_SUBQUERIES 30

/* text with a name for the subquery that opens at offset; NULL when it has no end. Caller frees. */
static char *name_subquery(const char *text, size_t offset, int number)
{
	struct buf out = BUF_INIT;
	struct lex lex;
	size_t closing;

	lex_init(&lex, text);
	closing = lex_closing(&lex, lex_at(&lex, offset));
	if (closing < lex.n) {
		size_t end = lex.tokens[closing].end;

		buf_add(&out, text, end);
		buf_addf(&out, " AS unnamed_%d", number);
		buf_adds(&out, text + end);
	}
	lex_release(&lex);
	return out.len ? buf_detach(&out) : NULL;
}

char *sql_name_subqueries(const char *text)
{
	char *named = xstrdup(text);

	for (int number = 1; named && number <= MOST_SUBQUERIES; number++) {
		struct err err = {0};
		json_t *tree = NULL;
		size_t offset;
		char *next;

		if (tree_parse_at(named, &tree, &offset, &err) == 0) {
			json_decref(tree);
			return named;
		}
		next = strstr(err.message, "in FROM must have an alias")
		           ? name_subquery(named, offset, number)
		           : NULL;
		free(named);
		named = next;
	}
	free(named);
	return NULL;
}
