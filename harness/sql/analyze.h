/*
 * analyze: the parts of sql_analyze(). Private to sql/.
 *
 * analyze_statement.c walks statements, analyze_scope.c keeps FROMs and names, analyze_expr.c walks
 * expressions and says where each parameter stands. The walk carries a struct want: what a
 * parameter found right here would be. Expressions that hand a value through (casts, COALESCE)
 * pass it on; all others pass on want_nothing().
 */
#ifndef SQL_ANALYZE_H
#define SQL_ANALYZE_H

#include "sql/lex.h"
#include "sql/span.h"
#include "sql/sql.h"

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
};

struct want {
	enum param_role role;
	int scope;
	struct span partner;
	const json_t *partner_node;
	const char *op;
	struct span base;
	const char *base_op;
	struct span type;
	bool typed_constant; /* type $n */
	bool direct, needs_type, aggregate;
	const char *likely_type; /* with needs_type: what fits mostly; NULL */
	int group;
	int position;
};

struct want want_nothing(int scope);

/* analyze_statement.c: a statement's node inside scope parent (-1: none). own is a scope made for its
 * first SELECT, or -1. Returns the scope of that SELECT or of the target. */
int analyze_statement(struct analyzer *a, const json_t *node, int parent, int own);
int analyze_select(struct analyzer *a, const json_t *select, int parent, int own);

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

/* analyze_link.c: takes a->derived, so that no inner SELECT sees it. */
struct derived derived_take(struct analyzer *a);
/* Points want, of the i-th column (called name, or ""), to the partner of that column. */
void derived_want(struct analyzer *a, const struct derived *derived, size_t i, const char *name,
    struct want *want);

/* analyze_expr.c */
void analyze_node(struct analyzer *a, const json_t *node, const struct want *want);
/* Every field of a body. */
void analyze_fields(struct analyzer *a, const json_t *body, const struct want *want);

#endif
