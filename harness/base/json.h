/*
 * json: reading a jansson document with errors that name the file and the path of the key.
 *
 *     struct json_reader r = {.file = path, .err = &err};
 *     const char *name = json_need_string(&r, object, "name");
 *     double ms = json_get_double(&r, object, "time_ms", 0.0);
 *     if (r.failed) return err.code;
 *
 * The first failure wins and later calls return zero values, so a loader checks once per object.
 * Strings are borrowed from the document. Writing is jansson's own (json_pack, json_object_set_new).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct json_reader {
	const char *file;
	const char *where; /* e.g. "statements[3]"; may be NULL */
	struct err *err;
	bool failed;
};

/* Parse a file of at most 1 GiB; the root must be an object whose "format" equals format (pass
 * NULL for any). A document of another version of the format says so. Caller json_decref()s. */
json_t *json_load_document(const char *path, const char *format, struct err *err);

/* Write with a stable key order, two-space indent and a final newline; atomic. */
int json_save_document(const json_t *root, const char *path, mode_t mode, struct err *err);

const char *json_need_string(struct json_reader *r, const json_t *object, const char *key);
const char *json_get_string(struct json_reader *r, const json_t *object, const char *key,
	const char *otherwise);
double json_need_double(struct json_reader *r, const json_t *object, const char *key);
double json_get_double(struct json_reader *r, const json_t *object, const char *key,
	double otherwise);
int64_t json_get_int(struct json_reader *r, const json_t *object, const char *key,
	int64_t otherwise);
bool json_get_bool(struct json_reader *r, const json_t *object, const char *key, bool otherwise);
const json_t *json_get_array(struct json_reader *r, const json_t *object, const char *key);
const json_t *json_get_object(struct json_reader *r, const json_t *object, const char *key);

/* A JSON real, or null for NaN and infinities, which JSON cannot hold. */
json_t *json_number(double value);
/* A JSON string of possibly invalid UTF-8: bad bytes become U+FFFD. NULL gives null. */
json_t *json_text(const char *s);

#endif
