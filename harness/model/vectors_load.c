#include "model/vectors_internal.h"

#include "base/json.h"
#include "base/mem.h"
#include "model/alias.h"

static void load_param(struct json_reader *r, const json_t *object, void *ctx)
{
	struct bound_statement *s = ctx;
	struct param *param;

	if (s->n_params >= MAX_PARAMS) {
		json_reject(r, NULL, "is one parameter too many: a statement has at most %d", MAX_PARAMS);
		return;
	}
	s->params = xrealloc(s->params, (s->n_params + 1) * sizeof(*s->params));
	param = &s->params[s->n_params++];
	*param = (struct param){0};
	param->type_oid = (uint32_t)json_get_int_in(r, object, "type_oid", 0, UINT32_MAX, 0);
	param->type_name = xstrdup(json_get_string(r, object, "type", ""));
	param->literal = (enum literal_form)json_get_choice(
	    r, object, "literal", literal_form_names, N_LITERAL_FORMS, LITERAL_TYPED);
	param->fresh = (enum fresh_kind)json_get_choice(
	    r, object, "fresh", fresh_kind_names, N_FRESH_KINDS, FRESH_NONE);
	param->fresh_prefix = json_dup_string(r, object, "prefix");
	param->fresh_base = json_get_int(r, object, "base", 0);
}

static bool load_row(
    struct json_reader *r, const json_t *row, size_t number, size_t n_params, char **values)
{
	if (json_array_size(row) != n_params || !json_is_array(row)) {
		json_reject(r, "vectors", "element %zu must be an array of %zu values", number, n_params);
		return false;
	}
	for (size_t i = 0; i < n_params; i++) {
		const json_t *value = json_array_get(row, i);

		if (!json_is_string(value) && !json_is_null(value)) {
			json_reject(r, "vectors", "element %zu must hold strings or null", number);
			return false;
		}
		values[i] = xstrdup(json_string_value(value));
	}
	return true;
}

static void load_rows(struct json_reader *r, const json_t *object, struct bound_statement *s)
{
	const json_t *rows = json_get_array(r, object, "vectors");
	size_t n = json_array_size(rows);

	s->values = n > 0 && s->n_params > 0 ? xcalloc(n * s->n_params, sizeof(*s->values)) : NULL;
	for (size_t i = 0; i < n; i++) {
		s->n_vectors = i + 1;
		if (!load_row(r, json_array_get(rows, i), i, s->n_params, s->values + i * s->n_params))
			return;
	}
}

static void load_weights(struct json_reader *r, const json_t *object, struct bound_statement *s)
{
	const json_t *weights = json_get_array(r, object, "weights");
	struct alias alias;

	if (!weights)
		return;
	if (json_array_size(weights) != s->n_vectors) {
		json_reject(r, "weights", "has %zu elements for %zu vectors", json_array_size(weights),
		    s->n_vectors);
		return;
	}
	s->weights = xcalloc(s->n_vectors, sizeof(*s->weights));
	for (size_t i = 0; i < s->n_vectors; i++) {
		const json_t *weight = json_array_get(weights, i);

		/* A string or null becomes -1, which no distribution has. */
		s->weights[i] = json_is_number(weight) ? json_number_value(weight) : -1;
	}
	if (alias_init(&alias, s->weights, s->n_vectors))
		alias_release(&alias);
	else
		json_reject(r, "weights", "must be numbers of at least 0, not all 0");
}

/* A statement whose parameters are not all fresh needs a row to take the others from. */
static void check_rows(struct json_reader *r, const struct bound_statement *s)
{
	for (size_t i = 0; i < s->n_params; i++) {
		if (s->params[i].fresh == FRESH_NONE && s->n_vectors == 0) {
			json_reject(
			    r, "vectors", "is empty, but parameter $%zu takes its values from there", i + 1);
			return;
		}
	}
}

static void load_protocol(struct json_reader *r, const json_t *object, struct bound_statement *s)
{
	const char *name = json_get_string(r, object, "protocol", "captured");

	if (!protocol_parse(name, &s->protocol))
		json_reject(r, "protocol", "must be captured, simple, extended or prepared");
}

static void load_bound(struct json_reader *r, const json_t *object, void *ctx)
{
	struct vectors *vectors = ctx;
	struct bound_statement *s;
	struct json_reader inner;

	if (vectors->n_statements >= MAX_BOUND_STATEMENTS) {
		json_reject(r, NULL, "is one statement too many: the limit is %d", MAX_BOUND_STATEMENTS);
		return;
	}
	GROW(vectors->statements, vectors->n_statements, vectors->cap_statements);
	s = &vectors->statements[vectors->n_statements++];
	*s = (struct bound_statement){0};
	s->name = xstrdup(json_need_string(r, object, "name"));
	s->queryid = queryid_load(r, object);
	s->sql = xstrdup(json_need_string(r, object, "sql"));
	s->candidate_sql = json_dup_string(r, object, "candidate_sql");
	s->kind = statement_kind_load(r, object);
	s->writes = json_get_bool(r, object, "writes", false);
	json_get_strings(r, object, "tables", &s->tables);
	s->calls = json_get_amount(r, object, "calls", 0);
	s->exec_ms = json_get_amount(r, object, "exec_ms", 0);
	work_from_json(&inner, json_enter(r, object, "production", &inner), &s->production);
	s->source = (enum value_source)json_get_choice(
	    r, object, "values_from", value_source_names, N_VALUE_SOURCES, VALUES_NONE);
	load_protocol(r, object, s);
	s->note = json_dup_string(r, object, "note");
	s->order = (enum vector_order)json_get_choice(
	    r, object, "order", vector_order_names, N_VECTOR_ORDERS, VECTOR_SAMPLED);
	json_each(r, object, "params", load_param, s);
	if (!r->failed)
		load_rows(r, object, s);
	if (!r->failed)
		load_weights(r, object, s);
	check_rows(r, s);
}

static void load_skipped(struct json_reader *r, const json_t *object, void *ctx)
{
	struct vectors *vectors = ctx;
	struct skipped_statement *skipped;

	GROW(vectors->skipped, vectors->n_skipped, vectors->cap_skipped);
	skipped = &vectors->skipped[vectors->n_skipped++];
	skipped->name = xstrdup(json_need_string(r, object, "name"));
	skipped->reason = xstrdup(json_need_string(r, object, "reason"));
	skipped->calls = json_get_amount(r, object, "calls", 0);
	skipped->exec_ms = json_get_amount(r, object, "exec_ms", 0);
}

static void load_transaction(struct json_reader *r, const json_t *object, void *ctx)
{
	struct vectors *vectors = ctx;
	struct transaction *t;
	const json_t *list = json_get_array(r, object, "statements");
	size_t n = json_array_size(list);

	GROW(vectors->transactions, vectors->n_transactions, vectors->cap_transactions);
	t = &vectors->transactions[vectors->n_transactions++];
	*t = (struct transaction){.statements = xcalloc(n, sizeof(size_t)), .n_statements = n};
	t->weight = json_get_amount(r, object, "weight", 1);
	if (n == 0)
		json_reject(r, "statements", "must name at least one statement");
	for (size_t i = 0; i < n; i++) {
		const json_t *index = json_array_get(list, i);
		json_int_t value = json_is_integer(index) ? json_integer_value(index) : -1;

		if (value < 0 || (size_t)value >= vectors->n_statements) {
			json_reject(r, "statements", "must hold numbers of bound statements, 0 to %zu",
			    vectors->n_statements - 1);
			return;
		}
		t->statements[i] = (size_t)value;
	}
}

int vectors_load(const char *path, struct vectors *ret, struct err *err)
{
	struct vectors vectors = {0};
	struct err ignored = {0};
	struct json_reader r = {.file = path, .err = err ? err : &ignored};
	json_t *root = json_load_document(path, VECTORS_FORMAT, r.err);

	if (!root)
		return r.err->code;
	json_each(&r, root, "statements", load_bound, &vectors);
	json_each(&r, root, "skipped", load_skipped, &vectors);
	if (vectors.n_statements == 0 && json_array_size(json_object_get(root, "transactions")) > 0)
		json_reject(&r, "transactions", "refer to statements, but there are none");
	json_each(&r, root, "transactions", load_transaction, &vectors);
	vectors.total_ms = json_get_amount(&r, root, "total_ms", 0);
	vectors.total_calls = json_get_amount(&r, root, "total_calls", 0);
	vectors.production_rate = json_get_amount(&r, root, "production_rate", 0);
	vectors.time_shift = json_dup_string(&r, root, "time_shift");
	vectors.oracle_silence = json_dup_string(&r, root, "oracle_silence");
	json_decref(root);
	if (r.failed) {
		vectors_release(&vectors);
		return r.err->code;
	}
	*ret = vectors;
	return 0;
}
