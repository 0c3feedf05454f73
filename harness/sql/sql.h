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

/*
 * Constants become $1, $2, ... (continuing after the highest parameter already there); comments
 * are dropped and white space between tokens becomes one space. Caller frees. This is the text
 * that may leave production: it holds no literal, in utility statements neither. Kept are type
 * modifiers (numeric(10,2)), ordinals (ORDER BY 1), TRUE, FALSE, NULL, and the mark that
 * PostgreSQL 18 leaves in a squashed list. A query that does not parse (cut off, or of a newer
 * grammar) is normalised all the same; another statement that does not parse is ERR_USAGE.
 */
int sql_normalize(const char *text, char **ret, struct err *err);

/* A text that lacks nothing but names of subqueries in FROM, which PostgreSQL 16 does not ask for,
 * with "AS unnamed_1" and so on: the same rows by the same plan, of another queryid. NULL when that
 * makes it no text of our grammar. Caller frees. */
char *sql_name_subqueries(const char *text);

/* Has it a '...' with a backslash? Where such a literal ends depends on the session's
 * standard_conforming_strings: with it off, what looks like words may be inside. */
bool sql_has_unsure_literal(const char *text);

/* libpg_query's fingerprint, 16 hexadecimal digits; the same for texts that differ in constants,
 * list lengths and aliases only. Caller frees. */
int sql_fingerprint(const char *text, char **ret, struct err *err);

/* A readable name made from the text alone, at most SQL_NAME_MAX bytes, lower case: "select orders
 * by customer_id order created_at limit", "update inventory by product_id set quantity". Different
 * texts may have the same name. Caller frees. */
#define SQL_NAME_MAX 60
int sql_name(const char *text, char **ret, struct err *err);

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
	SQL_ALTER_TABLE, /* any; see sql_statement.only_settings */
	SQL_SETTING,     /* ALTER SYSTEM, ALTER DATABASE/ROLE ... SET, SET */
	SQL_TRANSACTION, /* BEGIN, COMMIT, ... */
	SQL_DDL,         /* other CREATE/ALTER/DROP within the database: migration */
	SQL_UTILITY,     /* everything else: COPY, DO, CALL, GRANT, roles, databases, ... */
};
const char *sql_kind_name(enum sql_kind kind); /* "create index", "select", ... */

/* A statement of a script. */
struct sql_statement {
	char *text;    /* without the semicolon and surrounding white space and comments */
	size_t offset; /* of text in the script */
	int line;      /* 1 ... */
	enum sql_kind kind;
	bool concurrently;  /* CREATE/DROP INDEX, REINDEX, outside a transaction block */
	bool only_settings; /* ALTER TABLE/INDEX that only sets storage parameters or statistics */
	char *object;       /* name of the index, table, ... as written, the first of several; NULL */
	char *table;        /* the table it acts on, as written, where the text tells; NULL */
};
struct sql_script {
	struct sql_statement *statements;
	size_t n, cap;
};
/* ERR_USAGE names the line: bad syntax, a psql command (\\...), COPY FROM STDIN. */
int sql_split(const char *text, struct sql_script *ret, struct err *err);
void sql_script_release(struct sql_script *script);

/* Where a parameter of a normalised statement stands, and so what value it wants. */
enum param_role {
	PARAM_COMPARE, /* expr <op> $n: partner is expr, op the operator */
	PARAM_BETWEEN_LOW,
	PARAM_BETWEEN_HIGH,
	PARAM_IN,     /* expr IN (..., $n, ...) or = ANY(ARRAY[..., $n, ...]): an element */
	PARAM_ANY,    /* expr = ANY($n): an array */
	PARAM_LIKE,   /* expr LIKE/ILIKE/~ $n */
	PARAM_INSERT, /* INSERT ... VALUES: partner is the target column */
	PARAM_SET,    /* UPDATE ... SET column = <expression of $n> */
	PARAM_LIMIT,
	PARAM_OFFSET,
	PARAM_INTERVAL, /* interval $n, or an operand that is moved by: now() - $n */
	PARAM_TYPED,    /* date $n, $n::type elsewhere: only the type is known */
	PARAM_OTHER,    /* a select-list constant, an argument of a function, ...; partner is the other
	                 * operand of its operator when it has one */
	PARAM_ELEMENT,  /* $n = ANY(expr): partner is the array that $n is an element of */
	PARAM_FIELD,    /* a field name: extract($n from x), date_trunc($n, x); partner is x */
};

/* Texts are cut out of the statement, byte for byte. */
struct sql_param {
	int number;    /* n of $n, 1 ... */
	size_t offset; /* of the '$' */
	size_t length; /* of "$n" */
	enum param_role role;
	char *partner;       /* expression text, as in the statement; NULL */
	bool partner_params; /* the partner has parameters of its own: data ->> $1 = $2 */
	bool aggregate;      /* the partner stands in HAVING: it is no value of one row */
	char *op;            /* "=", "<", ">=", "~~", "@>", ...; normalised to partner <op> $n; NULL.
	                     * An operand that is computed with has that operator: x + $n is "+" */
	char *base;    /* partner <op> base <base_op> $n: "now()" of created_at > now() - $n, or the
	                     * old value of SET a = a + $n; NULL */
	char *base_op; /* "-", "+", ...; NULL when base is */
	char *type;    /* type named in the text next to it, as written (interval, int[]); with
	                     * needs_type the likely one when the partner does not tell; NULL */
	size_t type_offset, type_length; /* of the type name when it is a typed constant `type $n` */
	bool direct;                     /* the value is $n itself, not computed from it */
	bool needs_type; /* the server cannot infer its type, or infers text where the partner has
	                     * another: declare one (ARRAY[$1, $2], concat($1), $1 + $2) */
	bool squashed;   /* stands for a list of unknown length (PostgreSQL 18) */
	int position;    /* PARAM_INSERT: place in the row, 1 ...; else 0 */
	int scope;       /* index into sql_analysis.scopes: whose FROM the partner's names come from */
	int group;       /* the same for the elements of one IN list or one VALUES row; else -1 */
};

/* One FROM with its WHERE: the outer query is scope 0; subqueries, CTEs and each branch of a UNION
 * have their own. */
struct sql_scope {
	int parent;       /* the scope it stands in; -1 for an outer one */
	char *from;       /* text of the FROM list ("orders o JOIN items i ON ..."), or of the target
	                     * table with alias for INSERT/UPDATE/DELETE/MERGE, followed by ", " and
	                     * the list of UPDATE ... FROM, DELETE ... USING or MERGE ... USING; NULL
	                     * when there is none */
	bool from_params; /* from has parameters: FROM (VALUES ($1), ($2)) v */
	char *with;       /* from names CTEs: the text of their "WITH ..."; else NULL */
	bool with_params; /* with has parameters, or writes */
	char *target;     /* INSERT/UPDATE/DELETE/MERGE: the table; NULL */
	struct strv plain_conjuncts; /* top-level AND terms of WHERE without parameters and without
	                              * subqueries, as text, that name no outer columns; fit to be
	                              * joined by AND */
	struct strv links;           /* the AND terms that do name outer columns, otherwise as those */
	char *link_outer, *link_inner; /* <outer> IN (SELECT <inner> ...), without parameters; NULL */
	bool negated;                  /* NOT EXISTS (...), NOT (x IN (...)) */
	struct strv tables;            /* base tables of this FROM, as written, in order */
	struct strv aliases;           /* their aliases (the name when there is none), in step */
	bool linked;                   /* WHERE names columns of an outer scope */
	bool scalar;                   /* it stands for one value: a second row is an error */
	bool correlated; /* FROM names outer columns (LATERAL), so it cannot run on its own */
};

struct sql_analysis {
	enum sql_kind kind;
	bool writes;              /* any INSERT/UPDATE/DELETE/MERGE, also inside WITH; INTO */
	bool locks_rows;          /* FOR UPDATE/SHARE */
	struct strv tables;       /* every base table, as written, each once, CTE names left out */
	int n_params;             /* highest $n */
	struct sql_param *params; /* in order of offset; the same number may stand twice */
	size_t n_param_items, cap_param_items;
	struct sql_scope *scopes;
	size_t n_scopes, cap_scopes;
	struct strv insert_columns; /* INSERT (a, b): names; empty when not given */
	bool has_limit;
	bool creates_table; /* SELECT INTO */
};
/* One statement; ERR_USAGE when it does not parse or is not one. Utility statements give their
 * kind and parameters only. */
int sql_analyze(const char *text, struct sql_analysis *ret, struct err *err);
void sql_analysis_release(struct sql_analysis *analysis);

/*
 * Executable text: parameters where the grammar wants a constant are wrapped, byte by byte at the
 * places the parser names; the rest of the text is not touched:
 *     interval $1          -> CAST($1 AS interval)     date $1 -> CAST($1 AS date)
 *     extract($1 from x)   -> pg_catalog.extract($1 , x), the function behind EXTRACT since
 *                             PostgreSQL 14: the same plan, and $1 is a text
 * A value for `interval $1 day` must carry its unit ('3 days'). Returns the repaired text without
 * a final semicolon (caller frees) and in ret_note what was done and which parameters need a
 * declared type (NULL when nothing; caller frees). Parameters keep their numbers. ERR_USAGE when
 * the text cannot be made executable, saying why.
 */
int sql_executable(const char *text, char **ret, char **ret_note, struct err *err);

/* The parameters that stand for lists of unknown length (PostgreSQL 18), ascending; returns how
 * many. Caller frees. Like the next, needs no parser and never fails. */
size_t sql_squashed_lists(const char *text, int **ret_numbers);
/* The lists written out, lengths in the same order, and parameters numbered as a server before 18
 * would have: IN ($2 <squashed>) AND c = $3 -> IN ($2, $3, $4) AND c = $5. Caller frees. */
char *sql_widen_lists(const char *text, const int *lengths);

/* The same text for a server before PostgreSQL 14, where the function behind EXTRACT is
 * pg_catalog.date_part. Caller frees. */
char *sql_executable_before_14(const char *executable);

/* Replace $n by texts (already quoted literals, NULL entries stay parameters); outside string
 * literals, comments and identifiers. Caller frees. Needs no parser and never fails. */
char *sql_substitute(const char *text, const char *const *literals, int n);

#endif
