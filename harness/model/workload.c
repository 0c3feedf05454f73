#include "model/workload.h"

#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

static const char *const kind_names[] = {
    [STATEMENT_SELECT] = "select",
    [STATEMENT_INSERT] = "insert",
    [STATEMENT_UPDATE] = "update",
    [STATEMENT_DELETE] = "delete",
    [STATEMENT_MERGE] = "merge",
    [STATEMENT_OTHER] = "other",
};
#define N_KINDS ((int)(sizeof(kind_names) / sizeof(kind_names[0])))

const char *statement_kind_name(enum statement_kind kind)
{
	return kind_names[kind];
}

enum statement_kind statement_kind_load(struct json_reader *r, const json_t *object)
{
	json_need_string(r, object, "kind");
	return (enum statement_kind)json_get_choice(
	    r, object, "kind", kind_names, N_KINDS, STATEMENT_OTHER);
}

static void statement_release(struct statement *statement)
{
	free(statement->name);
	free(statement->queryid);
	free(statement->fingerprint);
	free(statement->text);
	free(statement->skip_reason);
	strv_release(&statement->tables);
	statement_quals_release(statement);
}

void workload_release(struct workload *workload)
{
	workload_source_release(&workload->source);
	free(workload->log.formats);
	for (size_t i = 0; i < workload->n_statements; i++)
		statement_release(&workload->statements[i]);
	free(workload->statements);
	for (size_t i = 0; i < workload->n_dropped; i++)
		free(workload->dropped[i].reason);
	free(workload->dropped);
	*workload = (struct workload){0};
}

char *queryid_load(struct json_reader *r, const json_t *object)
{
	const char *id = json_need_string(r, object, "queryid");

	if (id) {
		const char *digits = id + (*id == '-');
		size_t n = strspn(digits, "0123456789");

		if (n == 0 || n > 20 || digits[n])
			json_reject(r, "queryid", "is \"%.40s\"; it must be a decimal number in a string", id);
	}
	return xstrdup(id);
}

static void load_statement(struct json_reader *r, const json_t *object, void *ctx)
{
	struct workload *workload = ctx;
	struct statement *s;
	struct json_reader inner;

	GROW(workload->statements, workload->n_statements, workload->cap_statements);
	s = &workload->statements[workload->n_statements++];
	*s = (struct statement){0};
	s->name = xstrdup(json_need_string(r, object, "name"));
	s->queryid = queryid_load(r, object);
	s->fingerprint = xstrdup(json_get_string(r, object, "fingerprint", ""));
	s->text = xstrdup(json_need_string(r, object, "text"));
	s->kind = statement_kind_load(r, object);
	s->writes = json_get_bool(r, object, "writes", false);
	json_get_strings(r, object, "tables", &s->tables);
	work_from_json(&inner, json_enter(r, object, "work", &inner), &s->work);
	json_each(r, object, "quals", statement_qual_load, s);
	s->skip_reason = json_dup_string(r, object, "skip_reason");
	if (!r->failed && s->name[0] == '\0')
		json_reject(r, "name", "must not be empty");
}

static void load_dropped(struct json_reader *r, const json_t *object, void *ctx)
{
	struct workload *workload = ctx;
	struct workload_dropped *dropped;

	GROW(workload->dropped, workload->n_dropped, workload->cap_dropped);
	dropped = &workload->dropped[workload->n_dropped++];
	dropped->reason = xstrdup(json_need_string(r, object, "reason"));
	dropped->entries = json_get_amount(r, object, "entries", 0);
	dropped->calls = json_get_amount(r, object, "calls", 0);
	dropped->exec_ms = json_get_amount(r, object, "exec_ms", 0);
}

static int compare_names(const void *a, const void *b)
{
	const struct statement *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Thresholds and vectors refer to statements by name. */
static void check_names(struct json_reader *r, const struct workload *workload)
{
	size_t n = workload->n_statements;
	_cleanup_free_ const struct statement **sorted = xcalloc(n, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = &workload->statements[i];
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < n; i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			json_reject(r, "statements", "has two entries named \"%.100s\"", sorted[i]->name);
}

int workload_load(const char *path, struct workload *ret, struct err *err)
{
	struct workload workload = {0};
	struct err ignored = {0};
	struct json_reader r = {.file = path, .err = err ? err : &ignored};
	struct json_reader inner;
	json_t *root = json_load_document(path, WORKLOAD_FORMAT, r.err);

	if (!root)
		return r.err->code;
	workload_source_load(&inner, json_enter(&r, root, "source", &inner), &workload.source);
	if (json_object_get(root, "log"))
		workload_log_load(&inner, json_enter(&r, root, "log", &inner), &workload.log);
	if (!json_object_get(root, "statements"))
		json_reject(&r, "statements", "is missing");
	json_each(&r, root, "statements", load_statement, &workload);
	json_each(&r, root, "dropped", load_dropped, &workload);
	if (!r.failed)
		check_names(&r, &workload);
	json_decref(root);
	if (r.failed) {
		workload_release(&workload);
		return r.err->code;
	}
	*ret = workload;
	return 0;
}

static json_t *statement_to_json(const struct statement *s)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", json_text(s->name));
	json_object_set_new(object, "queryid", json_text(s->queryid));
	json_object_set_new(object, "fingerprint", json_text(s->fingerprint ? s->fingerprint : ""));
	json_object_set_new(object, "kind", json_string(statement_kind_name(s->kind)));
	json_object_set_new(object, "writes", json_boolean(s->writes));
	json_object_set_new(object, "tables", json_strings(&s->tables));
	json_object_set_new(object, "text", json_text(s->text));
	json_set_known(object, "skip_reason", json_text(s->skip_reason));
	json_object_set_new(object, "work", work_to_json(&s->work));
	if (s->n_quals)
		json_object_set_new(object, "quals", statement_quals_to_json(s));
	return object;
}

int workload_save(const struct workload *workload, const char *path, struct err *err)
{
	json_t *root = json_object();
	json_t *statements = json_array();
	json_t *dropped = json_array();
	int rc;

	json_object_set_new(root, "format", json_string(WORKLOAD_FORMAT));
	json_object_set_new(root, "source", workload_source_to_json(&workload->source));
	if (workload->log.formats)
		json_object_set_new(root, "log", workload_log_to_json(&workload->log));
	for (size_t i = 0; i < workload->n_statements; i++)
		json_array_append_new(statements, statement_to_json(&workload->statements[i]));
	json_object_set_new(root, "statements", statements);
	for (size_t i = 0; i < workload->n_dropped; i++) {
		const struct workload_dropped *d = &workload->dropped[i];
		json_t *object = json_object();

		json_object_set_new(object, "reason", json_text(d->reason));
		json_object_set_new(object, "entries", json_number(d->entries));
		json_object_set_new(object, "calls", json_number(d->calls));
		json_object_set_new(object, "exec_ms", json_number(d->exec_ms));
		json_array_append_new(dropped, object);
	}
	json_object_set_new(root, "dropped", dropped);
	rc = json_save_document(root, path, 0644, err);
	json_decref(root);
	return rc;
}

double workload_total_ms(const struct workload *workload)
{
	double sum = 0;

	for (size_t i = 0; i < workload->n_statements; i++)
		if (!isnan(workload->statements[i].work.exec_ms))
			sum += workload->statements[i].work.exec_ms;
	for (size_t i = 0; i < workload->n_dropped; i++)
		sum += workload->dropped[i].exec_ms;
	return sum;
}

double workload_total_calls(const struct workload *workload)
{
	double sum = 0;

	for (size_t i = 0; i < workload->n_statements; i++)
		sum += workload->statements[i].work.calls;
	for (size_t i = 0; i < workload->n_dropped; i++)
		sum += workload->dropped[i].calls;
	return sum;
}

const struct statement *workload_find(const struct workload *workload, const char *name)
{
	for (size_t i = 0; i < workload->n_statements; i++)
		if (strcmp(workload->statements[i].name, name) == 0)
			return &workload->statements[i];
	return NULL;
}
