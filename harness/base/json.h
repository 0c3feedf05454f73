/*
 * json: reading a jansson document with errors that name the file and the path of the key.
 *
 *     struct json_reader r = {.file = path, .err = &err};
 *     const char *name = json_need_string(&r, object, "name");
 *     double ms = json_get_double(&r, object, "time_ms", 0.0);
 *     if (r.failed) return err.code;
 *
 * The first failure wins and later calls return zero values, so a loader checks once per object.
 * Strings are borrowed from the document. Writing is jansson's own (json_pack,
 * json_object_set_new).
 *
 * Nested objects get a reader of their own, so that a message says
 * "statements[3].arms.baseline.ok":
 *
 *     struct json_reader inner;
 *     const json_t *arm = json_enter(&r, object, "baseline", &inner);
 *     json_each(&r, object, "tables", load_table, run);    // one call per element, each an object
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/err.h"
#include "base/strv.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_NO_INDEX SIZE_MAX

struct json_reader {
	const char *file;
	const char *where; /* e.g. "statements[3]"; may be NULL */
	struct err *err;
	bool failed;
	/* Set by json_enter and json_each: the reader of the enclosing object and our place in it. */
	struct json_reader *parent;
	const char *key;
	size_t index; /* JSON_NO_INDEX when the value is not an array's element */
};

/* Parse a file of at most 1 GiB; the root must be an object whose "format" equals format (pass
 * NULL for any). A document of another version of the format says so. Caller json_decref()s. */
json_t *json_load_document(const char *path, const char *format, struct err *err);

/* Write with a stable key order, two-space indent and a final newline; atomic. */
int json_save_document(const json_t *root, const char *path, mode_t mode, struct err *err);

const char *json_need_string(struct json_reader *r, const json_t *object, const char *key);
const char *json_get_string(
    struct json_reader *r, const json_t *object, const char *key, const char *otherwise);
double json_need_double(struct json_reader *r, const json_t *object, const char *key);
double json_get_double(
    struct json_reader *r, const json_t *object, const char *key, double otherwise);
int64_t json_get_int(
    struct json_reader *r, const json_t *object, const char *key, int64_t otherwise);
bool json_get_bool(struct json_reader *r, const json_t *object, const char *key, bool otherwise);
const json_t *json_get_array(struct json_reader *r, const json_t *object, const char *key);
const json_t *json_get_object(struct json_reader *r, const json_t *object, const char *key);

/* As json_get_int, within [min, max]. */
int64_t json_get_int_in(struct json_reader *r, const json_t *object, const char *key, int64_t min,
    int64_t max, int64_t otherwise);
/* A number of at least 0; the same as json_get_double else. */
double json_get_amount(
    struct json_reader *r, const json_t *object, const char *key, double otherwise);
/* The index of the string among n names; fails and lists them for any other. A missing key gives
 * otherwise. */
int json_get_choice(struct json_reader *r, const json_t *object, const char *key,
    const char *const *names, int n, int otherwise);
/* Append the strings of an array to ret. */
void json_get_strings(
    struct json_reader *r, const json_t *object, const char *key, struct strv *ret);
/* An owned copy; NULL when the key is missing or null. */
char *json_dup_string(struct json_reader *r, const json_t *object, const char *key);

/* The object under key, with a reader for it; fails when it is missing. */
const json_t *json_enter(
    struct json_reader *r, const json_t *object, const char *key, struct json_reader *ret_inner);
/* Call load for every element of the array under key, each of which must be an object. A missing
 * key is an empty array. Stops at the first failure. */
typedef void json_load_fn(struct json_reader *r, const json_t *element, void *ctx);
void json_each(
    struct json_reader *r, const json_t *object, const char *key, json_load_fn *load, void *ctx);
/* Report a value that has the right type and makes no sense; `what` reads after the key's path. */
void json_reject(struct json_reader *r, const char *key, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* A JSON number: an integer where the value is whole, null for NaN and infinities. */
json_t *json_number(double value);
/* The strings as an array. */
json_t *json_strings(const struct strv *strv);
/* Set key unless value is NULL or JSON null (takes the reference either way). */
void json_set_known(json_t *object, const char *key, json_t *value);
/* A JSON string of possibly invalid UTF-8: bad bytes become U+FFFD. NULL gives null. */
json_t *json_text(const char *s);

#endif
