/*
 * analyze: the parts of sql_analyze(). Private to sql/.
 *
 * analyze_select.c and analyze_write.c walk statements, analyze_scope.c keeps FROMs and names,
 * analyze_expr.c walks expressions, with analyze_operator.c and analyze_call.c, and records where
 * each parameter stands.
 */
#ifndef SQL_ANALYZE_H
#define SQL_ANALYZE_H

#include "sql/lex.h"
#include "sql/span.h"
#include "sql/sql.h"
#include "sql/want.h"

#include <jansson.h>

/* The CTEs that a name may mean. */
struct sight {
	size_t n_ctes;    /* of analyzer.ctes, innermost last */
	struct span with; /* the innermost WITH, as far as its CTEs are in sight */
	bool with_writes;
};

/* A subquery or CTE whose columns have names: where they are used tells about its constants. */
struct derived {
	const char *name; /* NULL: none */
	const json_t *columns;
	int scope; /* where the name is in sight */
};

struct analyzer {
	struct lex lex;
	struct sql_analysis *out;
	struct strv *names; /* per scope: names that qualify columns, folded as the parser does */
	size_t cap_names;
	const json_t *root;     /* the whole statement */
	struct derived derived; /* of the SELECT to be walked next */
	struct sight sight;
	const char **ctes; /* borrowed from the tree */
	size_t cap_ctes;
	bool *recorded; /* per token: INSERT ... SELECT is read as columns, then as a query */
	int groups;
	bool negated; /* the subquery to be walked next stands below NOT */
};

/* analyze_write.c: any statement's node inside scope parent (-1: none). own is a scope made for its
 * first SELECT, or -1. Returns the scope of that SELECT or of the target. */
int analyze_statement(struct analyzer *a, const json_t *node, int parent, int own);
/* analyze_select.c: a SELECT; a WITH, whose names the caller takes out of a->sight again. */
int analyze_select(struct analyzer *a, const json_t *select, int parent, int own);
void analyze_with(struct analyzer *a, const json_t *with, int scope);

/* analyze_scope.c */
int scope_new(struct analyzer *a, int parent);
/* The FROM of a SELECT: text, tables, names. Does not walk it. */
void scope_set_from(struct analyzer *a, int scope, const json_t *from_clause);
/* The target of a writing statement, and the list that stands after word ("from", "using"). */
void scope_set_target(struct analyzer *a, int scope, const json_t *relation);
void scope_add_source(struct analyzer *a, int scope, const json_t *list, const char *word);
/* The top-level AND terms of a WHERE. */
void scope_add_conjuncts(struct analyzer *a, int scope, const json_t *where);
/* Where the columns of an expression come from: scope, or an outer one when all name that. */
int scope_of(struct analyzer *a, int scope, const json_t *node);
bool scope_is_cte(const struct analyzer *a, const json_t *range_var);

/* analyze_operator.c: an A_Expr. analyze_call.c: a FuncCall, a CaseExpr, and a list of expressions
 * each of which may be the value of the whole. */
void analyze_operator(struct analyzer *a, const json_t *body, const struct want *want);
void analyze_call(struct analyzer *a, const json_t *call, const struct want *want);
void analyze_case(struct analyzer *a, const json_t *body, const struct want *want);
void analyze_alternatives(struct analyzer *a, const json_t *list, const struct want *want);
void analyze_items(struct analyzer *a, const json_t *items, struct want want);

/* analyze_link.c: takes a->derived, so that no inner SELECT sees it. */
struct derived derived_take(struct analyzer *a);
/* Points want, of the i-th column (called name, or ""), to the partner of that column. */
void derived_want(struct analyzer *a, const struct derived *derived, size_t i, const char *name,
    struct want *want);

/* analyze_expr.c */
/* Records the parameter at a token, unless that was done or there is none. */
void analyze_param(struct analyzer *a, size_t token, const struct want *want);
void analyze_node(struct analyzer *a, const json_t *node, const struct want *want);
/* Every field of a body. */
void analyze_fields(struct analyzer *a, const json_t *body, const struct want *want);

#endif
