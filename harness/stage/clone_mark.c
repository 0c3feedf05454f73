#include "stage/clone_mark.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/sample.h"
#include "stage/clone.h"
#include "stage/fnv.h"

#include <string.h>

#define WORD           "pgrehearse-clone"
#define NAME_PREFIX    "pgrehearse_"
#define NAME_MAX_BYTES 63 /* NAMEDATALEN - 1: PostgreSQL cuts longer ones */

static const char *const origin_names[] = {
    [ORIGIN_RUN] = "run",
    [ORIGIN_KEPT] = "kept",
    [ORIGIN_MARKED] = "marked",
};

int clone_name(const char *run_id, const char *arm, char **ret, struct err *err)
{
	char *name;

	if (!run_id[0] || run_id[strspn(run_id, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return err_set(
		    err, ERR_USAGE, "run id \"%.60s\" has characters other than a-z, 0-9 and _", run_id);
	name = xasprintf(NAME_PREFIX "%s_%s", run_id, arm);
	if (strlen(name) > NAME_MAX_BYTES) {
		err_set(err, ERR_USAGE, "run id \"%.80s\" is too long for the name of a database", run_id);
		free(name);
		return err->code;
	}
	*ret = name;
	return 0;
}

/* 'd' a decimal digit, 'x' a hexadecimal one, anything else itself. */
static bool has_form(const char *s, const char *form)
{
	for (; *form; form++, s++) {
		bool digit = *s >= '0' && *s <= '9';

		if (*form == 'd'   ? !digit
		    : *form == 'x' ? !digit && !(*s >= 'a' && *s <= 'f')
		                   : *s != *form)
			return false;
	}
	return true;
}

char *clone_name_run_id(const char *database)
{
	static const char form[] = "dddddddd_dddddd_xxxx_";
	const char *run_id = database + strlen(NAME_PREFIX);
	const char *arm;

	if (strncmp(database, NAME_PREFIX, strlen(NAME_PREFIX)) != 0 || !has_form(run_id, form))
		return NULL;
	arm = run_id + strlen(form);
	for (int i = 0; i < N_ARMS; i++)
		if (strcmp(arm, arm_name((enum arm)i)) == 0)
			return xstrndup(run_id, strlen(form) - 1);
	return NULL;
}

int32_t clone_lock_key(const char *run_id)
{
	return (int32_t)(fnv_add(FNV_START, run_id, strlen(run_id)) & INT32_MAX);
}

static bool read_fields(const json_t *root, const char *database, struct clone_mark *ret)
{
	const char *origin = json_string_value(json_object_get(root, "origin"));
	const char *name = json_string_value(json_object_get(root, "database"));
	const char *run_id = json_string_value(json_object_get(root, "run"));

	if (!origin || !name || !run_id || strcmp(name, database) != 0)
		return false;
	*ret = (struct clone_mark){
	    .run_id = xstrdup(run_id),
	    .arm = xstrdup(json_string_value(json_object_get(root, "arm"))),
	    .source = xstrdup(json_string_value(json_object_get(root, "source"))),
	    .made = xstrdup(json_string_value(json_object_get(root, "made"))),
	    .origin = ORIGIN_MARKED, /* an origin of a later version: leave it alone */
	};
	for (int i = ORIGIN_RUN; i <= ORIGIN_MARKED; i++)
		if (strcmp(origin, origin_names[i]) == 0)
			ret->origin = (enum clone_origin)i;
	return true;
}

bool clone_mark_parse(const char *comment, const char *database, struct clone_mark *ret)
{
	size_t word = strlen(WORD);
	json_t *root;
	bool found;

	if (strncmp(comment, WORD, word) != 0 || comment[word] != ' ')
		return false;
	root = json_loads(comment + word, JSON_REJECT_DUPLICATES, NULL);
	found = root && read_fields(root, database, ret);
	json_decref(root);
	return found;
}

void clone_mark_release(struct clone_mark *mark)
{
	free(mark->run_id);
	free(mark->arm);
	free(mark->source);
	free(mark->made);
	*mark = (struct clone_mark){0};
}

char *clone_mark_format(const struct clone_mark *mark, const char *database)
{
	json_t *root = json_object();
	_cleanup_free_ char *json = NULL;

	json_object_set_new(root, "run", json_text(mark->run_id));
	json_object_set_new(root, "arm", json_text(mark->arm));
	json_object_set_new(root, "source", json_text(mark->source));
	json_object_set_new(root, "made", json_text(mark->made));
	json_object_set_new(root, "origin", json_string(origin_names[mark->origin]));
	json_object_set_new(root, "database", json_text(database));
	json = json_dumps(root, JSON_PRESERVE_ORDER);
	json_decref(root);
	return xasprintf(WORD " %s", json);
}

int clone_mark_set(
    struct db *db, const char *database, const struct clone_mark *mark, struct err *err)
{
	struct clone_mark stamped = *mark;
	char now[21];
	_cleanup_free_ char *comment = NULL, *literal = NULL, *name = db_quote_ident(database);

	clock_wall_iso8601(now);
	if (!stamped.made)
		stamped.made = now;
	comment = clone_mark_format(&stamped, database);
	literal = db_quote_literal(comment);
	if (db_execf(db, err, "COMMENT ON DATABASE %s IS %s", name, literal) < 0)
		return err_wrap(err, "cannot mark database \"%s\" as a clone", database);
	return 0;
}

int clone_mark_get(struct db *db, struct clone_mark *ret, struct err *err)
{
	struct db_rows *rows = db_query(db, err,
	    "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
	    " WHERE datname = current_database()");
	int found;

	if (!rows)
		return err ? (int)err->code : ERR_ENV;
	found = db_rows_count(rows) == 1 && clone_mark_parse(db_text(rows, 0, 0), db_name(db), ret);
	db_rows_free(rows);
	return found;
}

int clone_mark(
    struct db *db, const char *run_id, const char *arm, const char *source, struct err *err)
{
	struct clone_mark mark = {.run_id = (char *)run_id,
	    .arm = (char *)arm,
	    .source = (char *)source,
	    .origin = ORIGIN_MARKED};

	return clone_mark_set(db, db_name(db), &mark, err);
}

int clone_require_mark(struct db *db, struct err *err)
{
	struct clone_mark mark;
	int found = clone_mark_get(db, &mark, err);

	if (found < 0)
		return found;
	if (found) {
		clone_mark_release(&mark);
		return 0;
	}
	err_set(err, ERR_ENV,
	    "%s is not marked as a clone, and only clones are written to: nothing was changed",
	    db_describe(db));
	return err_hint(
	    err, "if everything in it may be lost, mark it: pgrehearse clone mark -d %s", db_name(db));
}
