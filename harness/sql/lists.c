/* Lists that PostgreSQL 18 squashed: by the lexer, as the mark is a comment. */
#include "base/buf.h"
#include "base/mem.h"
#include "sql/lex.h"
#include "sql/sql.h"

#include <stdlib.h>

static bool is_list(const struct lex *lex, size_t token)
{
	return lex_param_number(lex, token) > 0 && lex_token(lex, token + 1).kind == LEX_SQUASHED;
}

static int compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

size_t sql_squashed_lists(const char *text, int **ret_numbers)
{
	int *numbers = NULL;
	size_t n = 0, cap = 0;
	struct lex lex;

	lex_init(&lex, text);
	for (size_t i = 0; i < lex.n; i++) {
		if (!is_list(&lex, i))
			continue;
		GROW(numbers, n, cap);
		numbers[n++] = lex_param_number(&lex, i);
	}
	lex_release(&lex);
	if (n)
		qsort(numbers, n, sizeof(*numbers), compare_numbers);
	*ret_numbers = numbers;
	return n;
}

/* What $number is called when the lists before it are written out. */
static int moved(int number, const int *numbers, const int *lengths, size_t n)
{
	int by = 0;

	for (size_t i = 0; i < n; i++)
		by += numbers[i] < number ? lengths[i] - 1 : 0;
	return number + by;
}

static int length_of(int number, const int *numbers, const int *lengths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (numbers[i] == number)
			return lengths[i];
	return 1;
}

char *sql_widen_lists(const char *text, const int *lengths)
{
	int *numbers = NULL;
	size_t n = sql_squashed_lists(text, &numbers), copied = 0;
	struct buf out = BUF_INIT;
	struct lex lex;

	lex_init(&lex, text);
	for (size_t i = 0; n && i < lex.n; i++) {
		int number = lex_param_number(&lex, i), first;

		if (number < 1)
			continue;
		first = moved(number, numbers, lengths, n);
		buf_add(&out, text + copied, lex.tokens[i].start - copied);
		buf_addf(&out, "$%d", first);
		copied = lex.tokens[i].end;
		if (!is_list(&lex, i))
			continue;
		for (int more = 1; more < length_of(number, numbers, lengths, n); more++)
			buf_addf(&out, ", $%d", first + more);
		copied = lex.tokens[i + 1].end;
	}
	buf_adds(&out, text + copied);
	lex_release(&lex);
	free(numbers);
	return buf_detach(&out);
}
