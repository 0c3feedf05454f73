/*
 * The search: for every number of parameters that the text allows, the types that clients declare
 * and the ways in which a literal is written. Likely forms first: what the server infers, then
 * one habit for all parameters of a kind (a driver has such), then single and double exceptions.
 */
#include "bind/identify.h"

#include "bind/form.h"
#include "bind/lists.h"
#include "bind/oracle.h"
#include "bind/types.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TRIES   250
#define MOST_TIME_NS (200 * NS_PER_MS)
#define MOST_OPTIONS 6

enum kind { KIND_NUMBER, KIND_STRING, KIND_OTHER, N_KINDS };

/* One $n of production's text. */
struct place {
	const struct slot *slot; /* the bound statement's */
	int leader; /* index of the place whose choice is this one's: the first of its list; itself */
	enum kind kind;
	uint32_t types[MOST_OPTIONS]; /* declared, when it is a parameter */
	size_t n_types;
	char *literals[MOST_OPTIONS];
	size_t n_literals;
	size_t choice;
};

struct search {
	struct binding *b;
	struct place *places;
	int n;
	int k; /* parameters */
	size_t tries;
	uint64_t deadline_ns;
	const char **texts;
	uint32_t *types;
};

static void add_type(struct place *p, uint32_t type)
{
	if (p->n_types < MOST_OPTIONS)
		p->types[p->n_types++] = type;
}

static void add_literal(struct place *p, char *text)
{
	if (p->n_literals < MOST_OPTIONS)
		p->literals[p->n_literals++] = text;
	else
		free(text);
}

static void add_types(struct place *p, const uint32_t *types)
{
	for (; *types; types++)
		if (*types != p->slot->type->oid)
			add_type(p, *types);
}

static void add_literals(struct place *p, const char *const *texts)
{
	for (; *texts; texts++)
		add_literal(p, xstrdup(*texts));
}

static void offer_number(struct place *p)
{
	static const uint32_t types[] = {TYPE_INT4, TYPE_INT8, TYPE_INT2, TYPE_NUMERIC, 0};
	static const char *const whole[] = {"1", "3000000000", "1.5", "'1'", NULL};
	static const char *const decimal[] = {"1.5", "1", "'1'", "3000000000", NULL};
	uint32_t base = p->slot->type->base;

	p->kind = KIND_NUMBER;
	add_types(p, types);
	add_literals(
	    p, base == TYPE_NUMERIC || base == TYPE_FLOAT8 || base == TYPE_FLOAT4 ? decimal : whole);
}

static void offer_string(struct place *p)
{
	static const uint32_t types[] = {TYPE_VARCHAR, TYPE_TEXT, 0};
	static const uint32_t any[] = {TYPE_VARCHAR, TYPE_TEXT, TYPE_INT4, TYPE_INT8, 0};
	static const char *const constants[] = {"1", "1.5", "NULL", "true", NULL};
	bool any_type = !p->slot->item || p->slot->item->role == PARAM_OTHER;

	p->kind = KIND_STRING;
	add_types(p, any_type ? any : types);
	if (any_type)
		add_literals(p, constants);
}

static void offer_other(struct place *p)
{
	static const uint32_t times[] = {TYPE_TIMESTAMPTZ, TYPE_TIMESTAMP, TYPE_DATE, 0};

	p->kind = KIND_OTHER;
	if (p->slot->type->category == 'D')
		add_types(p, times);
	if (p->slot->type->base == TYPE_BOOL)
		add_literal(p, xstrdup("true"));
}

static void offer(struct search *s, struct place *p)
{
	char *guess = guess_value(s->b, p->slot);
	bool is_number = p->slot->type->category == 'N';

	add_type(p, p->slot->declared);
	if (!is_number)
		add_literal(p, guess ? db_quote_literal(guess) : xstrdup("NULL"));
	if (is_number)
		offer_number(p);
	else if (p->slot->type->category == 'S')
		offer_string(p);
	else
		offer_other(p);
	free(guess);
}

static size_t choice_of(const struct search *s, int i)
{
	return s->places[s->places[i].leader].choice;
}

static bool is_literal(const struct search *s, int i)
{
	return i >= s->k;
}

static size_t options_of(const struct search *s, int i)
{
	return is_literal(s, i) ? s->places[i].n_literals : s->places[i].n_types;
}

static bool may_go_on(const struct search *s)
{
	return s->tries < MOST_TRIES && clock_now_ns(&clock_monotonic) < s->deadline_ns;
}

static bool try_form(struct search *s)
{
	_cleanup_free_ char *sql = NULL;

	s->tries++;
	for (int i = 0; i < s->n; i++) {
		const struct place *p = &s->places[i];
		s->texts[i] = is_literal(s, i) ? p->literals[choice_of(s, i)] : NULL;
		s->types[i] = is_literal(s, i) ? 0 : p->types[choice_of(s, i)];
	}
	sql = sql_substitute(s->b->text, s->texts, s->n);
	return oracle_agrees(s->b->run->oracle, sql, s->k, s->types, s->b->statement->queryid);
}

static void reset_choices(struct search *s)
{
	for (int i = 0; i < s->n; i++)
		s->places[i].choice = 0;
}

static bool try_inferred(struct search *s)
{
	reset_choices(s);
	return try_form(s);
}

/* Every number as an int8, every string as a varchar: a driver's habit. */
static bool try_habits(struct search *s)
{
	for (size_t number = 0; number < MOST_OPTIONS; number++) {
		for (size_t string = 0; string < MOST_OPTIONS; string++) {
			bool any = false;
			reset_choices(s);
			for (int i = 0; i < s->n; i++) {
				struct place *p = &s->places[i];
				size_t wanted = p->kind == KIND_NUMBER   ? number
				                : p->kind == KIND_STRING ? string
				                                         : 0;
				p->choice = wanted < options_of(s, i) ? wanted : 0;
				any = any || p->choice > 0;
			}
			if (any && may_go_on(s) && try_form(s))
				return true;
		}
	}
	return false;
}

static bool try_exceptions(struct search *s, int from, int depth)
{
	for (int i = from; i < s->n && may_go_on(s); i++) {
		if (s->places[i].leader != i)
			continue;
		for (size_t c = 1; c < options_of(s, i) && may_go_on(s); c++) {
			s->places[i].choice = c;
			if (depth > 1 ? try_exceptions(s, i + 1, depth - 1) : try_form(s))
				return true;
		}
		s->places[i].choice = 0;
	}
	return false;
}

static bool try_single(struct search *s)
{
	reset_choices(s);
	return try_exceptions(s, 0, 1);
}

static bool try_double(struct search *s)
{
	reset_choices(s);
	return try_exceptions(s, 0, 2);
}

/* All parameters, all literals, then what lies between. */
static int next_count(int k, int n)
{
	if (k == n)
		return 0;
	return k == 0 ? n - 1 : k - 1 > 0 ? k - 1 : -1;
}

/* A list of parameters and literals is not squashed. */
static bool splits_list(const struct search *s, int k)
{
	return k > 0 && k < s->n && s->places[k].leader != k;
}

static bool search_forms(struct search *s, const struct sql_analysis *original)
{
	static bool (*const steps[])(struct search *) = {
	    try_inferred, try_habits, try_single, try_double};

	for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
		int k = s->n;
		for (int i = 0; i <= s->n && k >= 0 && may_go_on(s); i++, k = next_count(k, s->n)) {
			s->k = k;
			if (form_possible(original, s->n, k) && !splits_list(s, k) && steps[step](s))
				return true;
		}
	}
	return false;
}

/* Splices and merged constants change numbers, not the order of the places. */
static bool map_places(struct search *s, const struct sql_analysis *original)
{
	const struct sql_analysis *ours = &s->b->analysis;

	if (original->n_param_items != ours->n_param_items)
		return false;
	for (size_t i = 0; i < original->n_param_items; i++) {
		int theirs = original->params[i].number, number = ours->params[i].number;
		if (theirs > s->n || (size_t)number > s->b->n_slots)
			return false;
		s->places[theirs - 1].slot = &s->b->slots[number - 1];
	}
	for (int i = 0; i < s->n; i++) {
		if (!s->places[i].slot)
			return false;
		s->places[i].leader = lists_leader(s->b->lists, i + 1) - 1;
	}
	return true;
}

static enum literal_form written_as(const char *literal)
{
	return literal[0] >= '0' && literal[0] <= '9' ? LITERAL_NUMBER : LITERAL_STRING;
}

static int adopt_type(struct binding *b, struct slot *slot, uint32_t type, struct err *err)
{
	const struct catalog_type *found;

	if (type == slot->declared)
		return 0;
	found = catalog_type(b->run->catalog, type, err);
	if (!found)
		return err->code;
	slot->declared = type;
	slot->type = found;
	return 0;
}

static int adopt(struct search *s, struct err *err)
{
	struct binding *b = s->b;

	form_set(b, (int)b->n_slots);
	for (int i = 0; i < s->n; i++) {
		struct place *p = &s->places[i];
		struct slot *slot = &b->slots[p->slot->number - 1];
		if (!is_literal(s, i)) {
			if (adopt_type(b, slot, p->types[choice_of(s, i)], err) < 0)
				return err->code;
			continue;
		}
		b->n_literals += !slot->literal;
		slot->literal = true;
		slot->written = written_as(p->literals[choice_of(s, i)]);
	}
	b->identified = true;
	if (b->n_literals == b->n_slots && b->n_slots > 0)
		b->protocol = PROTOCOL_SIMPLE;
	return 0;
}

/* The declared types that production had may not suit the repaired text: then keep ours. */
static int adopt_if_it_prepares(struct search *s, struct err *err)
{
	struct binding *b = s->b;
	struct err refused = {0};
	_cleanup_free_ struct slot *before = xcalloc(b->n_slots + 1, sizeof(*before));
	char **none = xcalloc(b->n_slots + 1, sizeof(*none));
	int rc;

	memcpy(before, b->slots, b->n_slots * sizeof(*before));
	rc = adopt(s, err);
	if (rc == 0 && b->n_literals == 0 && form_prepare(b, none, &refused) < 0) {
		memcpy(b->slots, before, b->n_slots * sizeof(*before));
		b->identified = false;
		rc = form_prepare(b, none, err);
	}
	free(none);
	return rc;
}

static void release(struct search *s)
{
	for (int i = 0; i < s->n; i++)
		for (size_t j = 0; j < s->places[i].n_literals; j++)
			free(s->places[i].literals[j]);
	free(s->places);
	free(s->texts);
	free(s->types);
}

int identify(struct binding *b, struct err *err)
{
	struct sql_analysis original = {0};
	struct search s = {.b = b};
	struct err ignored = {0};
	bool mapped, found = false;
	int rc = 0;

	if (oracle_silence(b->run->oracle) || b->lists->unidentified ||
	    strcmp(b->statement->queryid, "0") == 0 || sql_analyze(b->text, &original, &ignored) < 0)
		return 0;
	s.n = original.n_params;
	s.places = xcalloc((size_t)s.n + 1, sizeof(*s.places));
	s.texts = xcalloc((size_t)s.n + 1, sizeof(*s.texts));
	s.types = xcalloc((size_t)s.n + 1, sizeof(*s.types));
	s.deadline_ns = clock_now_ns(&clock_monotonic) + MOST_TIME_NS;
	mapped = map_places(&s, &original);
	for (int i = 0; mapped && i < s.n; i++)
		offer(&s, &s.places[i]);
	if (mapped) {
		found = search_forms(&s, &original);
		if (found || !b->more_schemas)
			oracle_learn(b->run->oracle, found);
	}
	if (found)
		rc = adopt_if_it_prepares(&s, err);
	release(&s);
	sql_analysis_release(&original);
	return rc;
}
