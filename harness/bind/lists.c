#include "bind/lists.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LENGTH 10
#define LONGEST        1000
#define GOOD_ENOUGH    0.05 /* a score below which no other length is tried */
#define WORTH_CHANGING 0.01 /* of the score */
#define APPROACHES     6
#define LEAST_POWER    0.7

/* A list of a single element is not squashed, and one row is what any count returns. */
static int first_length(const struct statement *statement)
{
	double rows = work_per_call(&statement->work, statement->work.rows);

	if (!(rows >= 1.5) || strcasestr(statement->text, "limit $"))
		return DEFAULT_LENGTH;
	return rows > LONGEST ? LONGEST : (int)lround(rows);
}

void lists_init(struct lists *ret, const struct statement *statement)
{
	int first = first_length(statement);

	*ret = (struct lists){0};
	ret->n = sql_squashed_lists(statement->text, &ret->numbers);
	ret->lengths = xcalloc(ret->n + 1, sizeof(*ret->lengths));
	if (ret->n > 1)
		first = (int)lround(pow(first, 1.0 / (double)ret->n));
	for (size_t i = 0; i < ret->n; i++)
		ret->lengths[i] = first > 2 ? first : 2;
}

void lists_release(struct lists *lists)
{
	free(lists->numbers);
	free(lists->lengths);
	*lists = (struct lists){0};
}

char *lists_written_out(const struct lists *lists, const char *text)
{
	return lists->n ? sql_widen_lists(text, lists->lengths) : xstrdup(text);
}

void lists_note(struct binding *b)
{
	for (size_t i = 0; i < b->lists->n; i++)
		binding_note(b, "list of unknown length at $%d given %d elements", b->lists->numbers[i],
		    b->lists->lengths[i]);
}

int lists_leader(const struct lists *lists, int number)
{
	int moved = 0;

	for (size_t i = 0; i < lists->n; i++) {
		int first = lists->numbers[i] + moved;

		if (number >= first && number < first + lists->lengths[i])
			return first;
		moved += lists->lengths[i] - 1;
	}
	return number;
}

/* The search, while it lasts: the lengths of b->lists are those tried last. */
struct search {
	struct binding *b;
	int (*draw)(struct binding *b, struct err *err);
	int *best_lengths;
	double best; /* score */
	struct check_result found;
};

static size_t size_of(const struct search *s)
{
	return s->b->lists->n * sizeof(int);
}

static bool is_best(const struct search *s)
{
	return memcmp(s->b->lists->lengths, s->best_lengths, size_of(s)) == 0;
}

static bool may_go_on(const struct search *s)
{
	return s->best > GOOD_ENOUGH && !check_is_late(s->b);
}

/* Negative when the server failed; a length that does not work is one not to choose. */
static int try_lengths(struct search *s, struct err *err)
{
	struct err refused = {0};
	double score;
	int rc;

	s->b->lists->unidentified = !s->b->identified;
	rc = s->draw(s->b, &refused);

	if (rc < 0 && bind_server_failed(s->b, &refused)) {
		*err = refused;
		return rc;
	}
	score = rc < 0 ? INFINITY : calibrate_found(s->b, &s->found);
	if (score < s->best - WORTH_CHANGING) {
		s->best = score;
		memcpy(s->best_lengths, s->b->lists->lengths, size_of(s));
	}
	return 0;
}

static int scaled(int length, double factor)
{
	double scaled = round(length * factor);

	return scaled < 2 ? 2 : scaled > LONGEST ? LONGEST : (int)scaled;
}

/* All lengths by one factor; false when that changes none. */
static bool scale_all(const struct lists *lists, double factor)
{
	bool changed = false;

	for (size_t i = 0; i < lists->n; i++) {
		int length = scaled(lists->lengths[i], factor);

		changed = changed || length != lists->lengths[i];
		lists->lengths[i] = length;
	}
	return changed;
}

/* Work grows with some power of the lengths: that of their number where all of them restrict the
 * same rows. Each step tells more of it. */
static int approach(struct search *s, struct err *err)
{
	const struct lists *lists = s->b->lists;
	double power = (double)lists->n;

	for (int i = 0; i < APPROACHES && may_go_on(s); i++) {
		double ratio = calibrate_wanted_ratio(s->b, &s->found);
		double factor = pow(fmin(fmax(ratio, 0.01), 100), 1 / power);

		if (!scale_all(lists, factor))
			return 0;
		if (try_lengths(s, err) < 0)
			return err->code;
		if (s->found.measured == 0)
			return 0;
		power = log(ratio / calibrate_wanted_ratio(s->b, &s->found)) / log(factor);
		power = fmin(fmax(power, LEAST_POWER), (double)lists->n);
	}
	return 0;
}

/* Rows and blocks are two figures: where they disagree, the lists are not equally long. */
static int vary_each(struct search *s, struct err *err)
{
	static const double factors[] = {4, 0.25, 2, 0.5, 1.4, 0.7};
	const struct lists *lists = s->b->lists;

	for (size_t f = 0; f < sizeof(factors) / sizeof(factors[0]); f++) {
		for (size_t l = 0; l < lists->n && may_go_on(s); l++) {
			memcpy(lists->lengths, s->best_lengths, size_of(s));
			lists->lengths[l] = scaled(lists->lengths[l], factors[f]);
			if (!is_best(s) && try_lengths(s, err) < 0)
				return err->code;
		}
	}
	return 0;
}

int lists_settle(
    struct binding *b, int (*draw)(struct binding *b, struct err *err), struct err *err)
{
	struct search s = {.b = b, .draw = draw};
	int rc = 0;

	if (b->lists->n == 0)
		return 0;
	s.best = calibrate_found(b, &s.found);
	if (isinf(s.best)) /* not executed: nothing to measure */
		return 0;
	s.best_lengths = xcalloc(b->lists->n, sizeof(int));
	memcpy(s.best_lengths, b->lists->lengths, size_of(&s));
	rc = approach(&s, err);
	if (rc == 0 && b->lists->n > 1)
		rc = vary_each(&s, err);
	if (rc == 0 && !is_best(&s)) {
		memcpy(b->lists->lengths, s.best_lengths, size_of(&s));
		rc = draw(b, err);
	}
	free(s.best_lengths);
	return rc;
}
