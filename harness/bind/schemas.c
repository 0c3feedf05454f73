#include "bind/schemas.h"

#include "bind/identify.h"
#include "bind/lists.h"
#include "bind/literal.h"
#include "bind/oracle.h"

#include "base/mem.h"
#include "sql/qualify.h"

#include <stdlib.h>
#include <string.h>

#define MOST_SCHEMAS 24

/* In step. */
struct candidates {
	struct strv texts;
	struct strv schemas; /* written into the text; "" for none */
};

/* Schemas that hold tables of these names and are not where the search_path finds them all; those
 * of production's search_path first. */
static const char schemas_sql[] =
    "WITH used AS (SELECT n.nspname, c.relname, c.oid, to_regclass(quote_ident(c.relname)) AS found"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND n.nspname !~ '^(pg_|information_schema$)')"
    " SELECT quote_ident(nspname), array_to_string(array_agg(relname ORDER BY relname), E'\\n')"
    " FROM used GROUP BY nspname HAVING bool_or(found IS DISTINCT FROM oid::regclass)"
    " ORDER BY position(nspname IN $2) = 0, position(nspname IN $2), nspname LIMIT $3::int";

static const char missing_sql[] =
    "SELECT bool_or(to_regclass(quote_ident(n)) IS NULL) FROM unnest($1::text[]) n";

static struct strv lines_of(const char *text)
{
	struct strv lines = {0};

	while (*text) {
		size_t n = strcspn(text, "\n");
		strv_addf(&lines, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
	return lines;
}

static int add_candidates(
    struct db_rows *rows, const char *text, struct candidates *ret, struct err *err)
{
	int rc = 0;

	for (int i = 0; i < db_rows_count(rows) && rc == 0; i++) {
		struct strv names = lines_of(db_text(rows, i, 1));
		char *qualified = NULL;

		rc = sql_qualify(text, db_text(rows, i, 0), &names, &qualified, err);
		if (rc == 0) {
			strv_add(&ret->texts, qualified);
			strv_add(&ret->schemas, db_text(rows, i, 0));
		}
		free(qualified);
		strv_release(&names);
	}
	return rc;
}

static void add_own(struct candidates *ret, const char *text)
{
	strv_add(&ret->texts, text);
	strv_add(&ret->schemas, "");
}

static int look(const struct bind_run *run, const char *text, const struct strv *tables,
    struct candidates *ret, struct err *err)
{
	const char *path = run->search_path ? run->search_path : "";
	_cleanup_free_ char *names = literal_array((const char *const *)tables->items, tables->n);
	_cleanup_free_ char *most = xasprintf("%d", MOST_SCHEMAS);
	struct db_rows *missing = db_query(run->db, err, missing_sql, names);
	struct db_rows *rows = missing ? db_query(run->db, err, schemas_sql, names, path, most) : NULL;
	int rc = rows ? 0 : err->code;

	if (rc == 0 && (!db_bool(missing, 0, 0) || db_rows_count(rows) == 0))
		add_own(ret, text);
	if (rc == 0)
		rc = add_candidates(rows, text, ret, err);
	db_rows_free(missing);
	db_rows_free(rows);
	return rc;
}

static int find(
    const struct bind_run *run, const char *text, struct candidates *ret, struct err *err)
{
	struct strv tables = {0};
	int rc = 0;

	if (sql_unqualified_tables(text, &tables, NULL) == 0 && tables.n > 0)
		rc = look(run, text, &tables, ret, err);
	else
		add_own(ret, text);
	strv_release(&tables);
	return rc;
}

static int start(struct binding *b, const char *text, struct err *err)
{
	struct binding fresh = {.run = b->run,
	    .statement = b->statement,
	    .lists = b->lists,
	    .given = b->given,
	    .prepared = b->prepared};

	binding_release(b);
	*b = fresh;
	b->text = lists_written_out(b->lists, text);
	return executable_choose(b, err);
}

/* Returns the index of the candidate that b holds, n when none works; err is the first's. */
static size_t try_all(struct binding *b, const struct candidates *c, struct err *err)
{
	size_t works = c->texts.n;

	for (size_t i = 0; i < c->texts.n; i++) {
		struct err failed = {0};
		int rc = start(b, c->texts.items[i], &failed);

		b->more_schemas = i + 1 < c->texts.n;
		if (rc == 0)
			rc = identify(b, &failed);
		if (bind_server_failed(b, &failed) || (rc < 0 && i == 0))
			*err = failed;
		if (bind_server_failed(b, &failed))
			return c->texts.n;
		if (rc == 0 && works == c->texts.n)
			works = i;
		if (rc == 0 && (b->identified || oracle_silence(b->run->oracle)))
			return i;
	}
	if (works + 1 < c->texts.n && start(b, c->texts.items[works], err) < 0)
		return c->texts.n;
	return works;
}

int schemas_choose(struct binding *b, struct err *err)
{
	struct candidates c = {0};
	int rc = find(b->run, b->statement->text, &c, err);
	size_t chosen;

	if (rc == 0) {
		chosen = try_all(b, &c, err);
		rc = chosen < c.texts.n ? 0 : err->code;
		if (rc == 0) {
			*err = (struct err){0};
			if (c.schemas.items[chosen][0])
				binding_note(b, "its tables are those of schema %s%s", c.schemas.items[chosen],
				    b->identified ? ", says production's queryid" : "");
		}
	}
	strv_release(&c.texts);
	strv_release(&c.schemas);
	return rc;
}
