/*
 * Which statements a candidate may have.
 */
#include "base/mem.h"
#include "sql/sql.h"
#include "stage/candidate.h"
#include "stage/candidate_reach.h"

#include <string.h>

#define SHOWN_BYTES 100

enum permission { ALLOWED, SETTINGS_ONLY, ARM_ONLY, MIGRATION, REFUSED };

struct rule {
	enum permission permission;
	const char *why, *hint; /* REFUSED */
};

static const char rows_why[] = "a candidate changes structure and settings, not rows";
static const char rows_hint[] =
    "put rows that the change needs into the fixture or into staging, before it is cloned";

/* Kinds that are not in the table are refused. */
static const struct rule rules[] = {
    [SQL_SELECT] = {REFUSED, "a query changes nothing", "remove it"},
    [SQL_INSERT] = {REFUSED, rows_why, rows_hint},
    [SQL_UPDATE] = {REFUSED, rows_why, rows_hint},
    [SQL_DELETE] = {REFUSED, rows_why, rows_hint},
    [SQL_MERGE] = {REFUSED, rows_why, rows_hint},
    [SQL_CREATE_INDEX] = {ALLOWED},
    [SQL_DROP_INDEX] = {ALLOWED},
    [SQL_ALTER_INDEX] = {ALLOWED},
    [SQL_REINDEX] = {ALLOWED},
    [SQL_CLUSTER] = {ALLOWED},
    [SQL_CREATE_STATISTICS] = {ALLOWED},
    [SQL_DROP_STATISTICS] = {ALLOWED},
    [SQL_ALTER_STATISTICS] = {ALLOWED},
    [SQL_ANALYZE] = {ALLOWED},
    [SQL_VACUUM] = {ALLOWED},
    [SQL_ALTER_TABLE] = {SETTINGS_ONLY},
    [SQL_SETTING] = {ARM_ONLY},
    [SQL_TRANSACTION] = {REFUSED, "each statement runs on its own, as CONCURRENTLY needs it",
        "remove BEGIN, COMMIT and the like"},
    [SQL_DDL] = {MIGRATION},
    [SQL_UTILITY] = {REFUSED, "it may reach beyond the clone, or is no change of structure",
        "allowed are index, statistics, maintenance and setting statements, and with"
        " \"kind: migration\" other DDL"},
};

static int refuse_undeclared(const struct sql_statement *statement, struct err *err)
{
	err_set(err, ERR_USAGE, "this %s is a migration, which the gate does not declare",
	    sql_kind_name(statement->kind));
	return err_hint(err, "if it is meant: candidate: {kind: migration, ...} in the gate's file");
}

static int check_statement(
    const struct sql_statement *statement, bool allow_migration, struct err *err)
{
	const struct rule *rule = &rules[statement->kind];

	switch (rule->permission) {
	case ALLOWED:
		return 0;
	case ARM_ONLY:
		return candidate_reach_setting(statement->text, err);
	case SETTINGS_ONLY:
		if (statement->only_settings)
			return 0;
		return allow_migration ? 0 : refuse_undeclared(statement, err);
	case MIGRATION:
		if (candidate_reach_object(statement->text, err) < 0)
			return err->code;
		return allow_migration ? 0 : refuse_undeclared(statement, err);
	case REFUSED:
		break;
	}
	err_set(err, ERR_USAGE, "%s is not allowed in a candidate: %s", sql_kind_name(statement->kind),
	    rule->why);
	return err_hint(err, "%s", rule->hint);
}

int candidate_check(const char *file, const char *up_sql, bool allow_migration, struct err *err)
{
	_cleanup_(sql_script_release) struct sql_script script = {0};

	if (!up_sql)
		return 0;
	if (sql_split(up_sql, &script, err) < 0)
		return err_wrap(err, "%s", file);
	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *statement = &script.statements[i];
		int shown = (int)strcspn(statement->text, "\n");

		if (check_statement(statement, allow_migration, err) < 0)
			return err_wrap(err, "%s:%d: \"%.*s\"", file, statement->line,
			    shown < SHOWN_BYTES ? shown : SHOWN_BYTES, statement->text);
	}
	return 0;
}
