#include "model/vectors.h"

#include "base/mem.h"
#include "model/vectors_internal.h"

#include <math.h>

const char *const value_source_names[N_VALUE_SOURCES] = {
    [VALUES_NONE] = "none",
    [VALUES_OVERRIDE] = "override",
    [VALUES_LOG] = "log sample",
    [VALUES_CALIBRATED] = "calibrated",
    [VALUES_WITNESS] = "witness",
    [VALUES_STATISTICS] = "statistics",
    [VALUES_GUESS] = "guess",
};

const char *const fresh_kind_names[N_FRESH_KINDS] = {
    [FRESH_NONE] = "none",
    [FRESH_INTEGER] = "integer",
    [FRESH_TEXT] = "text",
    [FRESH_UUID] = "uuid",
};

const char *const literal_form_names[N_LITERAL_FORMS] = {
    [LITERAL_TYPED] = "typed",
    [LITERAL_NUMBER] = "number",
    [LITERAL_STRING] = "string",
};

const char *const vector_order_names[N_VECTOR_ORDERS] = {
    [VECTOR_SAMPLED] = "sampled",
    [VECTOR_SEQUENTIAL] = "sequential",
};

const char *value_source_name(enum value_source source)
{
	return value_source_names[source];
}

const char *bound_statement_sql(const struct bound_statement *statement, enum arm arm)
{
	return arm == ARM_CANDIDATE && statement->candidate_sql ? statement->candidate_sql
	                                                        : statement->sql;
}

void bound_statement_release(struct bound_statement *statement)
{
	free(statement->name);
	free(statement->queryid);
	free(statement->sql);
	free(statement->candidate_sql);
	free(statement->note);
	strv_release(&statement->tables);
	if (statement->values)
		for (size_t i = 0; i < statement->n_vectors * statement->n_params; i++)
			free(statement->values[i]);
	free(statement->values);
	free(statement->weights);
	for (size_t i = 0; i < statement->n_params; i++) {
		free(statement->params[i].type_name);
		free(statement->params[i].fresh_prefix);
	}
	free(statement->params);
	*statement = (struct bound_statement){0};
}

void vectors_release(struct vectors *vectors)
{
	for (size_t i = 0; i < vectors->n_statements; i++)
		bound_statement_release(&vectors->statements[i]);
	free(vectors->statements);
	for (size_t i = 0; i < vectors->n_skipped; i++) {
		free(vectors->skipped[i].name);
		free(vectors->skipped[i].reason);
	}
	free(vectors->skipped);
	for (size_t i = 0; i < vectors->n_transactions; i++)
		free(vectors->transactions[i].statements);
	free(vectors->transactions);
	free(vectors->time_shift);
	free(vectors->oracle_silence);
	*vectors = (struct vectors){0};
}

double vectors_coverage_time(const struct vectors *vectors)
{
	double bound = 0;

	for (size_t i = 0; i < vectors->n_statements; i++)
		bound += isnan(vectors->statements[i].exec_ms) ? 0 : vectors->statements[i].exec_ms;
	return vectors->total_ms > 0 ? bound / vectors->total_ms : 0;
}

double vectors_coverage_calls(const struct vectors *vectors)
{
	double bound = 0;

	for (size_t i = 0; i < vectors->n_statements; i++)
		bound += vectors->statements[i].calls;
	return vectors->total_calls > 0 ? bound / vectors->total_calls : 0;
}
