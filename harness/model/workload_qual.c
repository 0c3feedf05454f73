/* A statement's predicates in workload.json. */
#include "model/workload.h"

#include "base/json.h"
#include "base/mem.h"

void statement_quals_release(struct statement *statement)
{
	for (size_t i = 0; i < statement->n_quals; i++) {
		free(statement->quals[i].relation);
		free(statement->quals[i].column);
		free(statement->quals[i].op);
		free(statement->quals[i].values);
	}
	free(statement->quals);
	statement->quals = NULL;
	statement->n_quals = statement->cap_quals = 0;
}

static void load_value(struct json_reader *r, const json_t *object, void *ctx)
{
	struct statement_qual *qual = ctx;

	GROW(qual->values, qual->n_values, qual->cap_values);
	qual->values[qual->n_values++] = (struct qual_value){
	    .rank = (int)json_get_amount(r, object, "rank", 0),
	    .executions = json_get_amount(r, object, "executions", 0),
	};
}

static json_t *values_to_json(const struct statement_qual *qual)
{
	json_t *array = json_array();

	for (size_t i = 0; i < qual->n_values; i++) {
		json_t *object = json_object();
		json_object_set_new(object, "rank", json_integer(qual->values[i].rank));
		json_object_set_new(object, "executions", json_number(qual->values[i].executions));
		json_array_append_new(array, object);
	}
	return array;
}

void statement_qual_load(struct json_reader *r, const json_t *object, void *ctx)
{
	struct statement *statement = ctx;
	struct statement_qual *qual;

	GROW(statement->quals, statement->n_quals, statement->cap_quals);
	qual = &statement->quals[statement->n_quals++];
	*qual = (struct statement_qual){0};
	qual->relation = xstrdup(json_need_string(r, object, "table"));
	qual->column = xstrdup(json_need_string(r, object, "column"));
	qual->op = xstrdup(json_need_string(r, object, "operator"));
	qual->by_index = json_get_bool(r, object, "by_index", false);
	qual->executions = json_get_amount(r, object, "executions", 0);
	qual->evaluated = json_get_amount(r, object, "evaluated", 0);
	qual->filter_ratio = json_get_amount(r, object, "filter_ratio", 0);
	json_each(r, object, "values", load_value, qual);
}

json_t *statement_quals_to_json(const struct statement *statement)
{
	json_t *array = json_array();

	for (size_t i = 0; i < statement->n_quals; i++) {
		const struct statement_qual *qual = &statement->quals[i];
		json_t *object = json_object();

		json_object_set_new(object, "table", json_text(qual->relation));
		json_object_set_new(object, "column", json_text(qual->column));
		json_object_set_new(object, "operator", json_text(qual->op));
		json_object_set_new(object, "by_index", json_boolean(qual->by_index));
		json_object_set_new(object, "executions", json_number(qual->executions));
		json_object_set_new(object, "evaluated", json_number(qual->evaluated));
		json_object_set_new(object, "filter_ratio", json_number(qual->filter_ratio));
		if (qual->n_values)
			json_object_set_new(object, "values", values_to_json(qual));
		json_array_append_new(array, object);
	}
	return array;
}
