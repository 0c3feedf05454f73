/* Mutated SQL: read, or refused with a message; what is read keeps its promises. The parser may
 * crash in its own process, never here. */
#include "base/err.h"
#include "smoke.h"
#include "sql/lex.h"
#include "sql/sql.h"

static const char *const texts[] = {
    "SELECT o.id, count(*) FROM orders o JOIN items i ON i.order_id = o.id AND i.kind = $1 WHERE "
    "(o.a, o.b) < ($2, $3) AND o.c IN ($4 /*, ... */) GROUP BY 1 HAVING sum(i.q) > $5 LIMIT $6",
    "SELECT * FROM t WHERE a BETWEEN now() - interval $1 day AND date $2 AND extract($3 from b) = "
    "$4 "
    "AND lower(c) LIKE lower($5) || '%' AND d = ANY(ARRAY[$6, $7]::int[]) AND (e ->> 'k')::int > "
    "-5",
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + $1 FROM x WHERE n < $2) SELECT * FROM "
    "x, "
    "LATERAL (SELECT * FROM y WHERE y.a = x.n AND y.b = $3) z WHERE EXISTS (SELECT 1 FROM w)",
    "INSERT INTO s.\"T\" AS t (a, b) VALUES ($1, 'it''s'), (E'\\'', $q$x$q$) ON CONFLICT (a) DO "
    "UPDATE "
    "SET b = t.b + $2, c = excluded.c WHERE t.d <> $3 RETURNING *",
    "UPDATE ONLY t SET (a, b) = ($1, $2), c = CASE d WHEN $3 THEN $4 ELSE c END FROM u WHERE u.i = "
    "t.i",
    "DELETE FROM a USING b WHERE a.i = b.i AND b.x = any($1::text[]) -- end\n",
    "MERGE INTO t USING (VALUES ($1, $2)) AS s(a, b) ON t.a = s.a WHEN MATCHED THEN DELETE",
    "CREATE INDEX CONCURRENTLY i ON t (a) WHERE b = 'x'; DROP INDEX j; ANALYZE t (a);",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; SET a.b TO c; DO $$ x $$",
};

static const char *const words[] = {"(", ")", "'", "\"", "$1", "$99999", "$$", "$a$", "/*", "*/",
    "--", "\n", ";", "E'\\", "U&'", "::", "[", "]", ",", ".", "CASE ", " END ", " AND ", " FROM ",
    " WHERE ", " IN (", " = ANY(", "(SELECT ", " interval ", " extract(",
    " OPERATOR(pg_catalog.=) ", " IS NOT ", " UNION ", " WITH x AS (", " LIMIT ", "-", "1+",
    "((((((((", " COLLATE ", "\xff", "\xc3", "/*, ... */", "\\", " BETWEEN ", " DISTINCT ",
    " VALUES ", "e1", "0x", " OVER ("};

static void try_normalize(const char *text)
{
	_cleanup_free_ char *once = NULL, *twice = NULL;
	struct err err = {0};
	struct lex lex;

	if (sql_normalize(text, &once, &err) < 0) {
		SMOKE_CHECK(err.message[0]);
		return;
	}
	lex_init(&lex, once);
	for (size_t i = 0; i < lex.n; i++)
		SMOKE_CHECK(lex.tokens[i].kind != LEX_STRING);
	lex_release(&lex);
	/* A text that was cut off may lose its form, but never gains a literal. */
	if (sql_normalize(once, &twice, &err) == 0)
		SMOKE_CHECK(strlen(twice) <= strlen(once) + 16);
}

static void try_analyze(const char *text)
{
	struct sql_analysis analysis = {0};
	struct err err = {0};
	struct lex lex;
	size_t params = 0;

	if (sql_analyze(text, &analysis, &err) < 0) {
		SMOKE_CHECK(err.message[0]);
		return;
	}
	lex_init(&lex, text);
	for (size_t i = 0; i < lex.n; i++)
		params += lex_param_number(&lex, i) > 0;
	lex_release(&lex);
	SMOKE_CHECK(params == analysis.n_param_items);
	for (size_t i = 0; i < analysis.n_param_items; i++) {
		const struct sql_param *param = &analysis.params[i];

		SMOKE_CHECK(param->number >= 1 && param->number <= analysis.n_params);
		SMOKE_CHECK(text[param->offset] == '$');
		SMOKE_CHECK(i == 0 || param->offset > analysis.params[i - 1].offset);
		SMOKE_CHECK(param->scope >= 0 && (size_t)param->scope < analysis.n_scopes);
		SMOKE_CHECK(!param->partner || strstr(text, param->partner));
	}
	sql_analysis_release(&analysis);
}

static void try_executable(const char *text)
{
	_cleanup_free_ char *repaired = NULL, *note = NULL, *filled = NULL;
	const char *literals[] = {"'a'", "'b'", NULL, "-4"};
	struct sql_analysis analysis = {0};
	struct err err = {0};

	filled = sql_substitute(text, literals, 4);
	if (sql_executable(text, &repaired, &note, &err) < 0) {
		SMOKE_CHECK(err.message[0]);
		return;
	}
	if (sql_analyze(repaired, &analysis, &err) < 0)
		SMOKE_CHECK(err.code == ERR_ENV);
	sql_analysis_release(&analysis);
}

static void try_split(const char *text)
{
	struct sql_script script = {0};
	struct err err = {0};

	if (sql_split(text, &script, &err) < 0) {
		SMOKE_CHECK(err.message[0]);
		return;
	}
	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *statement = &script.statements[i];

		SMOKE_CHECK(
		    strncmp(text + statement->offset, statement->text, strlen(statement->text)) == 0);
	}
	sql_script_release(&script);
}

static void try_input(const char *data, size_t len)
{
	_cleanup_free_ char *text = xstrndup(data, len);
	_cleanup_free_ char *name = NULL;

	try_normalize(text);
	try_analyze(text);
	try_executable(text);
	try_split(text);
	SMOKE_CHECK(sql_name(text, &name, NULL) == 0);
	SMOKE_CHECK(name[0] && strlen(name) <= SQL_NAME_MAX);
}

int main(int argc, char **argv)
{
	struct smoke_seed seeds[sizeof(texts) / sizeof(texts[0])];
	size_t n = sizeof(texts) / sizeof(texts[0]);
	int rc;

	for (size_t i = 0; i < n; i++)
		seeds[i] = (struct smoke_seed){texts[i], strlen(texts[i])};
	rc = smoke_main(argc, argv, seeds, n, words, sizeof(words) / sizeof(words[0]), try_input);
	sql_shutdown();
	return rc;
}
