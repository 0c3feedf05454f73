/*
 * sql: everything that needs PostgreSQL's grammar. The only includer of pg_query.h.
 *
 * libpg_query runs in a child process (sql/worker.c), so that a text that crashes or hangs the
 * parser costs that text and not the run: such a call fails with ERR_ENV and a message that says
 * the text could not be analysed. The child starts with the first call and ends with
 * sql_shutdown() or with us. Calls are made from one thread.
 *
 * Texts are at most SQL_MAX_BYTES; offsets are bytes into the text given.
 */
#ifndef SQL_SQL_H
#define SQL_SQL_H

#include "base/err.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SQL_MAX_BYTES ((size_t)1 << 20)

void sql_shutdown(void);

/* Constants become $1, $2, ... (continuing after the highest parameter already there); comments
 * are dropped and white space between tokens becomes one space. Caller frees. This is the text
 * that may leave production: it holds no literal. */
int sql_normalize(const char *text, char **ret, struct err *err);

/* libpg_query's fingerprint, 16 hexadecimal digits; the same for texts that differ in constants,
 * list lengths and aliases only. Caller frees. */
int sql_fingerprint(const char *text, char **ret, struct err *err);

enum sql_kind {
	SQL_SELECT,
	SQL_INSERT,
	SQL_UPDATE,
	SQL_DELETE,
	SQL_MERGE,
	SQL_CREATE_INDEX,
	SQL_DROP_INDEX,
	SQL_ALTER_INDEX,
	SQL_REINDEX,
	SQL_CLUSTER,
	SQL_CREATE_STATISTICS,
	SQL_DROP_STATISTICS,
	SQL_ALTER_STATISTICS,
	SQL_ANALYZE,
	SQL_VACUUM,
	SQL_ALTER_TABLE,   /* any; see sql_statement.only_settings */
	SQL_SETTING,       /* ALTER SYSTEM, ALTER DATABASE/ROLE ... SET, SET */
	SQL_TRANSACTION,   /* BEGIN, COMMIT, ... */
	SQL_DDL,           /* other CREATE/ALTER/DROP: migration */
	SQL_UTILITY,       /* everything else: COPY, DO, CALL, GRANT, ... */
};
const char *sql_kind_name(enum sql_kind kind); /* "create index", "select", ... */

/* A statement of a script. */
struct sql_statement {
	char *text;     /* without the semicolon and surrounding white space and comments */
	size_t offset;  /* of text in the script */
	int line;       /* 1 ... */
	enum sql_kind kind;
	bool concurrently; /* CREATE/DROP INDEX, REINDEX, outside a transaction block */
	bool only_settings; /* ALTER TABLE/INDEX that only sets storage parameters or statistics */
	char *object;   /* name of the index, table, ... as written; NULL when there is none */
	char *table;    /* the table it acts on, as written; NULL */
};
struct sql_script {
	struct sql_statement *statements;
	size_t n, cap;
};
int sql_split(const char *text, struct sql_script *ret, struct err *err);
void sql_script_release(struct sql_script *script);

/* Where a parameter of a normalised statement stands, and so what value it wants. */
enum param_role {
	PARAM_COMPARE,  /* expr <op> $n: partner is expr, op the operator */
	PARAM_BETWEEN_LOW,
	PARAM_BETWEEN_HIGH,
	PARAM_IN,       /* expr IN (..., $n, ...) or = ANY(ARRAY[..., $n, ...]): an element */
	PARAM_ANY,      /* expr = ANY($n): an array */
	PARAM_LIKE,     /* expr LIKE/ILIKE/~ $n */
	PARAM_INSERT,   /* INSERT ... VALUES: partner is the target column */
	PARAM_SET,      /* UPDATE ... SET column = <expression of $n> */
	PARAM_LIMIT,
	PARAM_OFFSET,
	PARAM_INTERVAL, /* interval $n, or an operand that is moved by: now() - $n */
	PARAM_TYPED,    /* date $n, $n::type elsewhere: only the type is known */
	PARAM_OTHER,    /* a select-list constant, an argument of a function, ... */
};

struct sql_param {
	int number;         /* n of $n, 1 ... */
	size_t offset;      /* of the '$' */
	size_t length;      /* of "$n" */
	enum param_role role;
	char *partner;      /* expression text, as in the statement; NULL */
	char *op;           /* "=", "<", ">=", "~~", "@>", ...; normalised to partner <op> $n; NULL */
	char *type;         /* type named in the text next to it (interval, date, int4, ...); NULL */
	size_t type_offset, type_length; /* of the type name when it is a typed constant `type $n` */
	bool direct;        /* PARAM_SET/PARAM_INSERT: the value is $n itself, not computed from it */
	int scope;          /* index into sql_analysis.scopes: whose FROM the partner's names come from */
	int group;          /* the same for the elements of one IN list or one VALUES row; else -1 */
};

/* One FROM with its WHERE: the outer query is scope 0; subqueries and CTEs have their own. */
struct sql_scope {
	int parent;         /* -1 for the outer one */
	char *from;         /* text of the FROM list ("orders o JOIN items i ON ..."), or of the target
	                     * table with alias for INSERT/UPDATE/DELETE; NULL when there is none */
	char *target;       /* INSERT/UPDATE/DELETE: the table; NULL */
	struct strv plain_conjuncts; /* top-level AND terms of WHERE without parameters and without
	                              * subqueries, as text */
	struct strv tables;          /* base tables of this FROM, as written, in order */
	struct strv aliases;         /* their aliases (the name when there is none), in step */
	bool correlated;    /* names outer columns, so FROM cannot run on its own */
};

struct sql_analysis {
	enum sql_kind kind;
	bool writes;         /* any INSERT/UPDATE/DELETE/MERGE, also inside WITH */
	bool locks_rows;     /* FOR UPDATE/SHARE */
	struct strv tables;  /* every base table, as written, each once, CTE names left out */
	int n_params;        /* highest $n */
	struct sql_param *params; /* in order of offset; the same number may stand twice */
	size_t n_param_items, cap_param_items;
	struct sql_scope *scopes;
	size_t n_scopes, cap_scopes;
	struct strv insert_columns; /* INSERT (a, b): names; empty when not given */
	bool has_limit;
};
int sql_analyze(const char *text, struct sql_analysis *ret, struct err *err);
void sql_analysis_release(struct sql_analysis *analysis);

/*
 * Executable text: parameters where the grammar wants a constant are wrapped, byte by byte at the
 * places the parser names; the rest of the text is not touched:
 *     interval $1 -> CAST($1 AS interval)      date $1 -> CAST($1 AS date)
 *     extract($1 from x) -> literal field name  IN ($1 ...squashed) -> list_length elements
 * Returns the repaired text (caller frees) and in ret_note what was done (NULL when nothing;
 * caller frees). Parameters keep their numbers; new ones of a widened list are numbered after
 * the highest. ERR_USAGE when the text cannot be made executable, saying why.
 */
int sql_executable(const char *text, int list_length, char **ret, char **ret_note,
	struct err *err);

/* Replace $n by texts (already quoted literals, NULL entries stay parameters); outside string
 * literals, comments and identifiers. Caller frees. Needs no parser and never fails. */
char *sql_substitute(const char *text, const char *const *literals, int n);

#endif
