#include "model/vectors_internal.h"

#include "base/json.h"

static json_t *params_to_json(const struct bound_statement *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->n_params; i++) {
		const struct param *param = &s->params[i];
		json_t *object = json_object();

		json_object_set_new(object, "type_oid", json_integer(param->type_oid));
		json_object_set_new(object, "type", json_text(param->type_name ? param->type_name : ""));
		if (param->literal != LITERAL_TYPED)
			json_object_set_new(object, "literal", json_string(literal_form_names[param->literal]));
		if (param->fresh != FRESH_NONE) {
			json_object_set_new(object, "fresh", json_string(fresh_kind_names[param->fresh]));
			json_set_known(object, "prefix", json_text(param->fresh_prefix));
			json_object_set_new(object, "base", json_integer(param->fresh_base));
		}
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *rows_to_json(const struct bound_statement *s)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < s->n_vectors; i++) {
		json_t *row = json_array();

		for (size_t p = 0; p < s->n_params; p++)
			json_array_append_new(row, json_text(s->values[i * s->n_params + p]));
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *bound_to_json(const struct bound_statement *s)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", json_text(s->name));
	json_object_set_new(object, "queryid", json_text(s->queryid));
	json_object_set_new(object, "sql", json_text(s->sql));
	json_set_known(object, "candidate_sql", json_text(s->candidate_sql));
	json_object_set_new(object, "kind", json_string(statement_kind_name(s->kind)));
	json_object_set_new(object, "writes", json_boolean(s->writes));
	json_object_set_new(object, "tables", json_strings(&s->tables));
	json_object_set_new(object, "calls", json_number(s->calls));
	json_object_set_new(object, "exec_ms", json_number(s->exec_ms));
	json_object_set_new(object, "production", work_to_json(&s->production));
	json_object_set_new(object, "values_from", json_string(value_source_name(s->source)));
	if (s->protocol != PROTOCOL_CAPTURED)
		json_object_set_new(object, "protocol", json_string(protocol_name(s->protocol)));
	json_set_known(object, "note", json_text(s->note));
	json_object_set_new(object, "order", json_string(vector_order_names[s->order]));
	json_object_set_new(object, "params", params_to_json(s));
	json_object_set_new(object, "vectors", rows_to_json(s));
	if (s->weights) {
		json_t *weights = json_array();

		for (size_t i = 0; i < s->n_vectors; i++)
			json_array_append_new(weights, json_number(s->weights[i]));
		json_object_set_new(object, "weights", weights);
	}
	return object;
}

static json_t *skipped_to_json(const struct vectors *vectors)
{
	json_t *array = json_array();

	for (size_t i = 0; i < vectors->n_skipped; i++) {
		const struct skipped_statement *skipped = &vectors->skipped[i];
		json_t *object = json_object();

		json_object_set_new(object, "name", json_text(skipped->name));
		json_object_set_new(object, "reason", json_text(skipped->reason));
		json_object_set_new(object, "calls", json_number(skipped->calls));
		json_object_set_new(object, "exec_ms", json_number(skipped->exec_ms));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *transactions_to_json(const struct vectors *vectors)
{
	json_t *array = json_array();

	for (size_t i = 0; i < vectors->n_transactions; i++) {
		const struct transaction *transaction = &vectors->transactions[i];
		json_t *object = json_object();
		json_t *list = json_array();

		for (size_t k = 0; k < transaction->n_statements; k++)
			json_array_append_new(list, json_integer((json_int_t)transaction->statements[k]));
		json_object_set_new(object, "statements", list);
		json_object_set_new(object, "weight", json_number(transaction->weight));
		json_array_append_new(array, object);
	}
	return array;
}

int vectors_save(const struct vectors *vectors, const char *path, struct err *err)
{
	json_t *root = json_object();
	json_t *statements = json_array();
	int rc;

	json_object_set_new(root, "format", json_string(VECTORS_FORMAT));
	json_object_set_new(root, "total_ms", json_number(vectors->total_ms));
	json_object_set_new(root, "total_calls", json_number(vectors->total_calls));
	json_object_set_new(root, "production_rate", json_number(vectors->production_rate));
	json_set_known(root, "time_shift", json_text(vectors->time_shift));
	json_set_known(root, "oracle_silence", json_text(vectors->oracle_silence));
	for (size_t i = 0; i < vectors->n_statements; i++)
		json_array_append_new(statements, bound_to_json(&vectors->statements[i]));
	json_object_set_new(root, "statements", statements);
	json_object_set_new(root, "skipped", skipped_to_json(vectors));
	json_object_set_new(root, "transactions", transactions_to_json(vectors));
	rc = json_save_document(root, path, 0600, err);
	json_decref(root);
	return rc;
}
