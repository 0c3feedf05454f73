#include "capture/log_sampler.h"

#include "base/mem.h"
#include "sql/sent.h"

#include <string.h>

static struct logged_statement *samples_of(struct log_sampler *sampler, size_t statement)
{
	struct logged_values *samples = sampler->samples;

	while (samples->n <= statement) {
		GROW(samples->statements, samples->n, samples->cap);
		samples->statements[samples->n++] = (struct logged_statement){.n_sent = -2};
	}
	return &samples->statements[statement];
}

/* The row that the call's values go to; most_rows when they are not kept. */
static size_t draw_row(struct log_sampler *sampler, const struct logged_statement *s)
{
	size_t row;

	if (s->n_rows < sampler->most_rows)
		return s->n_rows;
	row = (size_t)rng_below(&sampler->rng, (uint64_t)s->seen + 1);
	return row < sampler->most_rows ? row : sampler->most_rows;
}

/* Takes the texts over; false when a value is not told. */
static bool take_values(
    struct sent_values *sent, const struct log_parameters *parameters, char **ret)
{
	for (size_t i = 0; i < sent->n; i++) {
		struct sent_value *value = &sent->items[i];
		size_t param = (size_t)value->param;

		if (value->kind == SENT_UNKNOWN)
			return false;
		if (value->kind == SENT_PARAM) {
			if (!parameters || parameters->truncated || param < 1 || param > parameters->n)
				return false;
			ret[i] = xstrdup(parameters->items[param - 1]);
		} else {
			ret[i] = value->text;
			value->text = NULL;
		}
	}
	return true;
}

static void put_row(struct logged_statement *s, size_t row, char **values)
{
	if (row == s->n_rows) {
		if (s->n_rows == s->cap_rows) {
			s->cap_rows = s->cap_rows ? s->cap_rows * 2 : 16;
			s->values = xrealloc(s->values, s->cap_rows * s->n_values * sizeof(*s->values));
		}
		memset(s->values + row * s->n_values, 0, s->n_values * sizeof(*s->values));
		s->n_rows++;
	}
	for (size_t i = 0; i < s->n_values; i++) {
		free(s->values[row * s->n_values + i]);
		s->values[row * s->n_values + i] = values[i];
	}
}

static void take_row(struct log_sampler *sampler, struct logged_statement *s, size_t row,
    struct sent_values *sent, const struct log_parameters *parameters)
{
	_cleanup_free_ char **values = xcalloc(sent->n + 1, sizeof(*values));

	if (take_values(sent, parameters, values)) {
		s->n_values = sent->n;
		s->n_sent = s->n_sent == -2 || s->n_sent == sent->n_params ? sent->n_params : -1;
		put_row(s, row, values);
		s->seen++;
		return;
	}
	sampler->without_values++;
	for (size_t i = 0; i < sent->n; i++)
		free(values[i]);
}

void log_sampler_add(struct log_sampler *sampler, size_t statement, const char *text,
    const struct log_parameters *parameters)
{
	const char *normalised = sampler->workload->statements[statement].text;
	struct logged_statement *s = samples_of(sampler, statement);
	struct sent_values sent = {0};
	size_t row;

	if (!strchr(normalised, '$'))
		return;
	row = draw_row(sampler, s);
	if (row == sampler->most_rows && s->n_rows > 0) {
		s->seen++;
		return;
	}
	if (!sent_match(normalised, text, &sent))
		sampler->without_values++;
	else if (sent.n > 0)
		take_row(sampler, s, row, &sent, parameters);
	sent_values_release(&sent);
}

void log_sampler_finish(struct log_sampler *sampler)
{
	for (size_t i = 0; i < sampler->samples->n; i++) {
		struct logged_statement *s = &sampler->samples->statements[i];
		const struct statement *statement = &sampler->workload->statements[i];

		s->name = xstrdup(statement->name);
		s->text = xstrdup(statement->text);
		if (s->n_sent == -2)
			s->n_sent = -1;
	}
}
