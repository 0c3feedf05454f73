#include "base/json.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

#define JSON_MAX_BYTES ((size_t)1 << 30)

/* "pgrehearse-run/1" against "pgrehearse-run/2": the same kind, another version. */
static int check_format(const char *path, const json_t *root, const char *format, struct err *err)
{
	const char *found = json_string_value(json_object_get(root, "format"));
	size_t kind = strcspn(format, "/");

	if (found && strcmp(found, format) == 0)
		return 0;
	if (found && strncmp(found, format, kind + 1) == 0)
		err_set(err, ERR_USAGE, "%s has format \"%.40s\"; this version reads \"%s\"", path, found,
		    format);
	else
		err_set(err, ERR_USAGE, "%s is not a %.*s file (its \"format\" is %s%.40s%s)", path,
		    (int)kind, format, found ? "\"" : "", found ? found : "missing", found ? "\"" : "");
	return err_hint(
	    err, "write it again with this version of pgrehearse, or use the version that wrote it");
}

json_t *json_load_document(const char *path, const char *format, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	json_error_t where;
	json_t *root;

	if (file_read(path, JSON_MAX_BYTES, &text, err) < 0)
		return NULL;
	root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &where);
	if (!root) {
		err_set(err, ERR_USAGE, "%s:%d:%d: not valid JSON: %s", path, where.line, where.column,
		    where.text);
		return NULL;
	}
	if (!json_is_object(root)) {
		err_set(err, ERR_USAGE, "%s: not a JSON object", path);
		json_decref(root);
		return NULL;
	}
	if (format && check_format(path, root, format, err) < 0) {
		json_decref(root);
		return NULL;
	}
	return root;
}

int json_save_document(const json_t *root, const char *path, mode_t mode, struct err *err)
{
	_cleanup_free_ char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	_cleanup_free_ char *line = NULL;

	if (!text)
		return err_set(err, ERR_BUG, "%s: cannot serialise the document", path);
	line = xasprintf("%s\n", text);
	return file_write_atomic(path, line, strlen(line), mode, err);
}

/* "statements[3].arms.baseline." in out: the path of the object that r reads. */
static void add_path(const struct json_reader *r, struct buf *out)
{
	if (r->parent) {
		add_path(r->parent, out);
		buf_adds(out, r->key);
		if (r->index != JSON_NO_INDEX)
			buf_addf(out, "[%zu]", r->index);
		buf_addc(out, '.');
	}
	if (r->where)
		buf_addf(out, "%s.", r->where);
}

void json_reject(struct json_reader *r, const char *key, const char *what, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list args;

	if (r->failed)
		return;
	buf_addf(&text, "%s: ", r->file);
	add_path(r, &text);
	if (key)
		buf_addf(&text, "%s ", key);
	else if (text.data[text.len - 1] == '.')
		text.data[text.len - 1] = ' ';
	va_start(args, what);
	buf_vaddf(&text, what, args);
	va_end(args);
	err_set(r->err, ERR_USAGE, "%s", text.data);
	for (struct json_reader *each = r; each; each = each->parent)
		each->failed = true;
}

static void fail(struct json_reader *r, const char *key, const char *what)
{
	json_reject(r, key, "%s", what);
}

static const json_t *get(struct json_reader *r, const json_t *object, const char *key)
{
	const json_t *value = r->failed ? NULL : json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

const char *json_get_string(
    struct json_reader *r, const json_t *object, const char *key, const char *otherwise)
{
	const json_t *value = get(r, object, key);

	if (value && !json_is_string(value))
		fail(r, key, "must be a string");
	return json_is_string(value) ? json_string_value(value) : otherwise;
}

const char *json_need_string(struct json_reader *r, const json_t *object, const char *key)
{
	const char *value = json_get_string(r, object, key, NULL);

	if (!value)
		fail(r, key, "is missing");
	return value;
}

double json_get_double(
    struct json_reader *r, const json_t *object, const char *key, double otherwise)
{
	const json_t *value = get(r, object, key);

	if (value && !json_is_number(value))
		fail(r, key, "must be a number");
	return json_is_number(value) ? json_number_value(value) : otherwise;
}

double json_need_double(struct json_reader *r, const json_t *object, const char *key)
{
	if (!get(r, object, key))
		fail(r, key, "is missing");
	return json_get_double(r, object, key, 0);
}

int64_t json_get_int(
    struct json_reader *r, const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = get(r, object, key);

	if (value && !json_is_integer(value))
		fail(r, key, "must be a whole number");
	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_get_bool(struct json_reader *r, const json_t *object, const char *key, bool otherwise)
{
	const json_t *value = get(r, object, key);

	if (value && !json_is_boolean(value))
		fail(r, key, "must be true or false");
	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

const json_t *json_get_array(struct json_reader *r, const json_t *object, const char *key)
{
	const json_t *value = get(r, object, key);

	if (value && !json_is_array(value))
		fail(r, key, "must be an array");
	return json_is_array(value) ? value : NULL;
}

const json_t *json_get_object(struct json_reader *r, const json_t *object, const char *key)
{
	const json_t *value = get(r, object, key);

	if (value && !json_is_object(value))
		fail(r, key, "must be an object");
	return json_is_object(value) ? value : NULL;
}

int64_t json_get_int_in(struct json_reader *r, const json_t *object, const char *key, int64_t min,
    int64_t max, int64_t otherwise)
{
	int64_t value = json_get_int(r, object, key, otherwise);

	if (!r->failed && get(r, object, key) && (value < min || value > max)) {
		json_reject(
		    r, key, "must be a whole number from %lld to %lld", (long long)min, (long long)max);
		return otherwise;
	}
	return value;
}

double json_get_amount(
    struct json_reader *r, const json_t *object, const char *key, double otherwise)
{
	double value = json_get_double(r, object, key, otherwise);

	if (value < 0 && get(r, object, key)) {
		fail(r, key, "must not be negative");
		return otherwise;
	}
	return value;
}

int json_get_choice(struct json_reader *r, const json_t *object, const char *key,
    const char *const *names, int n, int otherwise)
{
	_cleanup_buf_ struct buf list = BUF_INIT;
	const char *value = json_get_string(r, object, key, NULL);

	if (!value)
		return otherwise;
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], value) == 0)
			return i;
	for (int i = 0; i < n; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", names[i]);
	json_reject(r, key, "is \"%.60s\"; it must be one of: %s", value, list.data);
	return otherwise;
}

void json_get_strings(
    struct json_reader *r, const json_t *object, const char *key, struct strv *ret)
{
	const json_t *array = json_get_array(r, object, key);
	size_t i;
	const json_t *item;

	json_array_foreach (array, i, item) {
		if (!json_is_string(item)) {
			json_reject(r, key, "must be an array of strings; element %zu is not one", i);
			return;
		}
		strv_add(ret, json_string_value(item));
	}
}

char *json_dup_string(struct json_reader *r, const json_t *object, const char *key)
{
	return xstrdup(json_get_string(r, object, key, NULL));
}

static struct json_reader reader_inside(struct json_reader *r, const char *key, size_t index)
{
	return (struct json_reader){.file = r->file,
	    .err = r->err,
	    .failed = r->failed,
	    .parent = r,
	    .key = key,
	    .index = index};
}

const json_t *json_enter(
    struct json_reader *r, const json_t *object, const char *key, struct json_reader *ret_inner)
{
	const json_t *value = json_get_object(r, object, key);

	if (!value && !r->failed)
		fail(r, key, "is missing");
	*ret_inner = reader_inside(r, key, JSON_NO_INDEX);
	return value;
}

void json_each(
    struct json_reader *r, const json_t *object, const char *key, json_load_fn *load, void *ctx)
{
	const json_t *array = json_get_array(r, object, key);
	size_t i;
	const json_t *item;

	json_array_foreach (array, i, item) {
		struct json_reader inner = reader_inside(r, key, i);

		if (!json_is_object(item))
			json_reject(&inner, NULL, "must be an object");
		else
			load(&inner, item, ctx);
		if (r->failed)
			return;
	}
}

#define EXACT_INTEGER_MAX 9007199254740992.0 /* 2^53 */

json_t *json_number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (value == floor(value) && fabs(value) <= EXACT_INTEGER_MAX)
		return json_integer((json_int_t)value);
	return json_real(value);
}

json_t *json_strings(const struct strv *strv)
{
	json_t *array = json_array();

	for (size_t i = 0; i < strv->n; i++)
		json_array_append_new(array, json_text(strv->items[i]));
	return array;
}

void json_set_known(json_t *object, const char *key, json_t *value)
{
	if (json_is_null(value) || !value)
		json_decref(value);
	else
		json_object_set_new(object, key, value);
}

json_t *json_text(const char *s)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;
	json_t *plain;
	size_t n;

	if (!s)
		return json_null();
	plain = json_string(s);
	if (plain)
		return plain;
	n = strlen(s);
	for (size_t i = 0; i < n;) {
		size_t len = utf8_sequence_bytes(s + i, n - i);

		if (len)
			buf_add(&clean, s + i, len);
		else
			buf_adds(&clean, "\xef\xbf\xbd");
		i += len ? len : 1;
	}
	return json_string(clean.data);
}
