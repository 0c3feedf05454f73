#include "base/buf.h"
#include "sql/lex.h"
#include "sql/sql.h"

char *sql_substitute(const char *text, const char *const *literals, int n)
{
	struct buf out = BUF_INIT;
	struct lex lex;
	size_t copied = 0;

	lex_init(&lex, text);
	for (size_t i = 0; i < lex.n; i++) {
		int number = lex_param_number(&lex, i);
		const struct lex_token *token = &lex.tokens[i];

		if (number < 1 || number > n || !literals[number - 1])
			continue;
		buf_add(&out, text + copied, token->start - copied);
		/* A negative number must not make an operator or a comment with what stands before. */
		if (token->start > 0 && literals[number - 1][0] == '-')
			buf_addc(&out, ' ');
		buf_adds(&out, literals[number - 1]);
		copied = token->end;
	}
	buf_adds(&out, text + copied);
	lex_release(&lex);
	return buf_detach(&out);
}
