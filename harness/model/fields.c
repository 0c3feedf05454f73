#include "model/fields.h"

#include "base/mem.h"

#include <limits.h>
#include <math.h>

static void load_field(
    struct json_reader *r, const json_t *object, void *member, const struct field *field)
{
	switch (field->type) {
	case FIELD_NUMBER:
		*(double *)member = json_get_double(r, object, field->key, NAN);
		break;
	case FIELD_AMOUNT:
		*(double *)member = json_get_amount(r, object, field->key, NAN);
		break;
	case FIELD_NAME:
		*(char **)member = xstrdup(json_need_string(r, object, field->key));
		break;
	case FIELD_TEXT:
		*(char **)member = json_dup_string(r, object, field->key);
		break;
	case FIELD_BOOL:
		*(bool *)member = json_get_bool(r, object, field->key, false);
		break;
	case FIELD_INT:
		*(int *)member = (int)json_get_int_in(r, object, field->key, 0, INT_MAX, 0);
		break;
	}
}

static json_t *field_to_json(const void *member, const struct field *field)
{
	switch (field->type) {
	case FIELD_NUMBER:
	case FIELD_AMOUNT:
		return json_number(*(const double *)member);
	case FIELD_NAME:
	case FIELD_TEXT:
		return json_text(*(char *const *)member);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)member);
	case FIELD_INT:
		return json_integer(*(const int *)member);
	}
	return json_null();
}

void fields_load(
    struct json_reader *r, const json_t *object, void *target, const struct field *fields)
{
	for (const struct field *field = fields; field->key; field++)
		load_field(r, object, (char *)target + field->offset, field);
}

void fields_save(json_t *object, const void *source, const struct field *fields)
{
	for (const struct field *field = fields; field->key; field++)
		json_object_set_new(
		    object, field->key, field_to_json((const char *)source + field->offset, field));
}

void fields_release(void *target, const struct field *fields)
{
	for (const struct field *field = fields; field->key; field++)
		if (field->type == FIELD_NAME || field->type == FIELD_TEXT)
			free(*(char **)((char *)target + field->offset));
}
