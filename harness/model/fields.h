/*
 * fields: the plain members of a struct as a table, read from and written to a JSON object.
 *
 *     static const struct field slice_fields[] = {
 *         FIELD(NUMBER, run_slice, start_s), FIELD(NUMBER, run_slice, ok), {0}};
 *     fields_save(object, slice, slice_fields);
 *     fields_load(&reader, object, slice, slice_fields);
 *
 * One table serves both directions, so that what is written is what is read. The key is the
 * member's name. A number that is not known is NAN and null.
 */
#ifndef MODEL_FIELDS_H
#define MODEL_FIELDS_H

#include "base/json.h"

#include <stddef.h>

enum field_type {
	FIELD_NUMBER, /* double */
	FIELD_AMOUNT, /* double, at least 0 */
	FIELD_NAME,   /* char *, must be there */
	FIELD_TEXT,   /* char *, NULL is null */
	FIELD_BOOL,
	FIELD_INT, /* int, at least 0 */
};

struct field {
	const char *key;
	size_t offset;
	enum field_type type;
};
#define FIELD(type, structure, member)                                                             \
	{                                                                                              \
#member, offsetof(struct structure, member), FIELD_##type                                  \
	}

void fields_load(
    struct json_reader *r, const json_t *object, void *target, const struct field *fields);
void fields_save(json_t *object, const void *source, const struct field *fields);
void fields_release(void *target, const struct field *fields); /* frees NAME and TEXT members */

#endif
