#include "base/mem.h"
#include "base/nearest.h"
#include "model/gate.h"

#include <string.h>

static int reject_name(
    const char *file, int line, const char *name, const struct workload *workload, struct err *err)
{
	_cleanup_free_ const char **names = xcalloc(workload->n_statements, sizeof(*names));
	const char *nearest;

	for (size_t i = 0; i < workload->n_statements; i++)
		names[i] = workload->statements[i].name;
	nearest = nearest_word(name, names, workload->n_statements);
	return err_set(err, ERR_USAGE, "%s:%d: the workload has no statement named \"%.60s\"%s%s%s",
	    file, line, name, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
	    nearest ? "\"?" : "");
}

static bool has_queryid(const struct workload *workload, const char *queryid)
{
	for (size_t i = 0; i < workload->n_statements; i++)
		if (strcmp(workload->statements[i].queryid, queryid) == 0)
			return true;
	return false;
}

int gate_check_scopes(const struct gate *gate, const struct workload *workload, struct err *err)
{
	for (size_t i = 0; i < gate->n_thresholds; i++) {
		const struct threshold *t = &gate->thresholds[i];

		if (t->scope.kind == SCOPE_NAME && !workload_find(workload, t->scope.argument))
			return reject_name(gate->file, t->line, t->scope.argument, workload, err);
		if (t->scope.kind == SCOPE_QUERYID && !has_queryid(workload, t->scope.argument))
			return err_set(err, ERR_USAGE, "%s:%d: the workload has no statement with queryid %s",
			    gate->file, t->line, t->scope.argument);
	}
	return 0;
}

int gate_check_rewrites(const struct gate *gate, const struct workload *workload, struct err *err)
{
	for (size_t i = 0; i < gate->rewrites.n; i++) {
		const struct statement_name *rewrite = &gate->rewrites.items[i];
		const struct statement *statement = workload_find(workload, rewrite->name);

		if (!statement)
			return reject_name(gate->rewrites_file, rewrite->line, rewrite->name, workload, err);
		if (statement->kind != STATEMENT_SELECT || statement->writes)
			return err_set(err, ERR_USAGE,
			    "%s:%d: \"%.60s\" is no SELECT that only reads: the results of a write cannot be "
			    "compared",
			    gate->rewrites_file, rewrite->line, rewrite->name);
		if (statement->skip_reason)
			return err_set(err, ERR_USAGE, "%s:%d: \"%.60s\" is not replayed: %s",
			    gate->rewrites_file, rewrite->line, rewrite->name, statement->skip_reason);
	}
	return 0;
}
