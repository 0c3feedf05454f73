/*
 * vectors_internal: the words of vectors.json, for the files that load and save it.
 */
#ifndef MODEL_VECTORS_INTERNAL_H
#define MODEL_VECTORS_INTERNAL_H

#include "model/vectors.h"

enum {
	N_VALUE_SOURCES = VALUES_GUESS + 1,
	N_FRESH_KINDS = FRESH_UUID + 1,
	N_LITERAL_FORMS = LITERAL_STRING + 1,
	N_VECTOR_ORDERS = VECTOR_SEQUENTIAL + 1,
	MAX_PARAMS = 65535,                /* of the protocol's Bind message */
	MAX_BOUND_STATEMENTS = UINT16_MAX, /* struct sample numbers them with 16 bits */
};

extern const char *const value_source_names[N_VALUE_SOURCES];
extern const char *const fresh_kind_names[N_FRESH_KINDS];
extern const char *const literal_form_names[N_LITERAL_FORMS];
extern const char *const vector_order_names[N_VECTOR_ORDERS];

#endif
