#include "model/logged_values.h"

#include "base/json.h"
#include "base/mem.h"

#include <limits.h>
#include <string.h>

#define MOST_VALUES 65535 /* parameters of one statement, as the protocol has it */

static void load_row(struct json_reader *r, const json_t *row, struct logged_statement *s)
{
	const json_t *cell;
	size_t i;

	if (!json_is_array(row) || json_array_size(row) != s->n_values) {
		json_reject(r, "rows", "must hold lists of %zu values", s->n_values);
		return;
	}
	s->values = xrealloc(s->values, (s->n_rows + 1) * s->n_values * sizeof(*s->values));
	memset(s->values + s->n_rows * s->n_values, 0, s->n_values * sizeof(*s->values));
	s->n_rows++;
	json_array_foreach (row, i, cell) {
		if (json_is_string(cell))
			s->values[(s->n_rows - 1) * s->n_values + i] = xstrdup(json_string_value(cell));
		else if (!json_is_null(cell))
			json_reject(r, "rows", "must hold strings and nulls");
	}
}

static void load_statement(struct json_reader *r, const json_t *object, void *ctx)
{
	struct logged_values *samples = ctx;
	struct logged_statement *s;
	const json_t *row;
	size_t i;

	GROW(samples->statements, samples->n, samples->cap);
	s = &samples->statements[samples->n++];
	*s = (struct logged_statement){0};
	s->name = xstrdup(json_need_string(r, object, "name"));
	s->text = xstrdup(json_need_string(r, object, "text"));
	s->n_values = (size_t)json_get_int_in(r, object, "parameters", 1, MOST_VALUES, 0);
	s->n_sent = (int)json_get_int_in(r, object, "sent", -1, MOST_VALUES, -1);
	s->seen = json_get_amount(r, object, "seen", 0);
	if (!r->failed && s->n_values == 0)
		json_reject(r, "parameters", "is missing");
	json_array_foreach (json_get_array(r, object, "rows"), i, row) {
		if (r->failed)
			return;
		load_row(r, row, s);
	}
}

int logged_values_load(const char *path, struct logged_values *ret, struct err *err)
{
	struct logged_values samples = {0};
	struct err ignored = {0};
	struct json_reader r = {.file = path, .err = err ? err : &ignored};
	json_t *root = json_load_document(path, LOGGED_VALUES_FORMAT, r.err);

	if (!root)
		return r.err->code;
	samples.seed = (uint64_t)json_get_int_in(&r, root, "seed", 0, INT64_MAX, 0);
	json_each(&r, root, "statements", load_statement, &samples);
	json_decref(root);
	if (r.failed) {
		logged_values_release(&samples);
		return r.err->code;
	}
	*ret = samples;
	return 0;
}

static json_t *statement_to_json(const struct logged_statement *s)
{
	json_t *object = json_object(), *rows = json_array();

	json_object_set_new(object, "name", json_text(s->name));
	json_object_set_new(object, "text", json_text(s->text));
	json_object_set_new(object, "parameters", json_integer((json_int_t)s->n_values));
	json_object_set_new(object, "sent", json_integer(s->n_sent));
	json_object_set_new(object, "seen", json_number(s->seen));
	for (size_t i = 0; i < s->n_rows; i++) {
		json_t *row = json_array();
		for (size_t v = 0; v < s->n_values; v++)
			json_array_append_new(row, json_text(s->values[i * s->n_values + v]));
		json_array_append_new(rows, row);
	}
	json_object_set_new(object, "rows", rows);
	return object;
}

int logged_values_save(const struct logged_values *samples, const char *path, struct err *err)
{
	json_t *root = json_object(), *statements = json_array();
	int rc;

	json_object_set_new(root, "format", json_string(LOGGED_VALUES_FORMAT));
	json_object_set_new(root, "seed", json_integer((json_int_t)samples->seed));
	for (size_t i = 0; i < samples->n; i++)
		if (samples->statements[i].n_rows > 0)
			json_array_append_new(statements, statement_to_json(&samples->statements[i]));
	json_object_set_new(root, "statements", statements);
	rc = json_save_document(root, path, 0600, err);
	json_decref(root);
	return rc;
}

void logged_values_release(struct logged_values *samples)
{
	for (size_t i = 0; i < samples->n; i++) {
		struct logged_statement *s = &samples->statements[i];
		for (size_t v = 0; v < s->n_rows * s->n_values; v++)
			free(s->values[v]);
		free(s->values);
		free(s->name);
		free(s->text);
	}
	free(samples->statements);
	*samples = (struct logged_values){0};
}

const struct logged_statement *logged_values_find(
    const struct logged_values *samples, const char *text)
{
	for (size_t i = 0; samples && i < samples->n; i++)
		if (strcmp(samples->statements[i].text, text) == 0)
			return &samples->statements[i];
	return NULL;
}
