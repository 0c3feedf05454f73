#include "sql/classify.h"

#include "base/mem.h"
#include "sql/tree.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kind_names[] = {
    [SQL_SELECT] = "select",
    [SQL_INSERT] = "insert",
    [SQL_UPDATE] = "update",
    [SQL_DELETE] = "delete",
    [SQL_MERGE] = "merge",
    [SQL_CREATE_INDEX] = "create index",
    [SQL_DROP_INDEX] = "drop index",
    [SQL_ALTER_INDEX] = "alter index",
    [SQL_REINDEX] = "reindex",
    [SQL_CLUSTER] = "cluster",
    [SQL_CREATE_STATISTICS] = "create statistics",
    [SQL_DROP_STATISTICS] = "drop statistics",
    [SQL_ALTER_STATISTICS] = "alter statistics",
    [SQL_ANALYZE] = "analyze",
    [SQL_VACUUM] = "vacuum",
    [SQL_ALTER_TABLE] = "alter table",
    [SQL_SETTING] = "setting",
    [SQL_TRANSACTION] = "transaction",
    [SQL_DDL] = "ddl",
    [SQL_UTILITY] = "utility",
};

const char *sql_kind_name(enum sql_kind kind)
{
	return (size_t)kind < LENGTH(kind_names) ? kind_names[kind] : "unknown";
}

/* The first row that fits decides; a field and value narrow it. */
struct rule {
	const char *node;
	const char *field, *value;
	enum sql_kind kind;
};

static const struct rule rules[] = {
    {"SelectStmt", NULL, NULL, SQL_SELECT},
    {"InsertStmt", NULL, NULL, SQL_INSERT},
    {"UpdateStmt", NULL, NULL, SQL_UPDATE},
    {"DeleteStmt", NULL, NULL, SQL_DELETE},
    {"MergeStmt", NULL, NULL, SQL_MERGE},
    {"IndexStmt", NULL, NULL, SQL_CREATE_INDEX},
    {"DropStmt", "removeType", "OBJECT_INDEX", SQL_DROP_INDEX},
    {"DropStmt", "removeType", "OBJECT_STATISTIC_EXT", SQL_DROP_STATISTICS},
    {"AlterTableStmt", "objtype", "OBJECT_INDEX", SQL_ALTER_INDEX},
    {"AlterTableStmt", "objtype", "OBJECT_TABLE", SQL_ALTER_TABLE},
    {"RenameStmt", "renameType", "OBJECT_INDEX", SQL_ALTER_INDEX},
    {"RenameStmt", "renameType", "OBJECT_STATISTIC_EXT", SQL_ALTER_STATISTICS},
    {"RenameStmt", "renameType", "OBJECT_TABLE", SQL_ALTER_TABLE},
    {"RenameStmt", "relationType", "OBJECT_TABLE", SQL_ALTER_TABLE},
    {"AlterObjectDependsStmt", "objectType", "OBJECT_INDEX", SQL_ALTER_INDEX},
    {"AlterObjectSchemaStmt", "objectType", "OBJECT_STATISTIC_EXT", SQL_ALTER_STATISTICS},
    {"AlterObjectSchemaStmt", "objectType", "OBJECT_TABLE", SQL_ALTER_TABLE},
    {"AlterOwnerStmt", "objectType", "OBJECT_STATISTIC_EXT", SQL_ALTER_STATISTICS},
    {"ReindexStmt", NULL, NULL, SQL_REINDEX},
    {"ClusterStmt", NULL, NULL, SQL_CLUSTER},
    {"CreateStatsStmt", NULL, NULL, SQL_CREATE_STATISTICS},
    {"AlterStatsStmt", NULL, NULL, SQL_ALTER_STATISTICS},
    {"VacuumStmt", "is_vacuumcmd", NULL, SQL_VACUUM},
    {"VacuumStmt", NULL, NULL, SQL_ANALYZE},
    {"AlterSystemStmt", NULL, NULL, SQL_SETTING},
    {"AlterDatabaseSetStmt", NULL, NULL, SQL_SETTING},
    {"AlterRoleSetStmt", NULL, NULL, SQL_SETTING},
    {"VariableSetStmt", NULL, NULL, SQL_SETTING},
    {"TransactionStmt", NULL, NULL, SQL_TRANSACTION},
    {"ViewStmt", NULL, NULL, SQL_DDL},
    {"RuleStmt", NULL, NULL, SQL_DDL},
    {"DefineStmt", NULL, NULL, SQL_DDL},
    {"CompositeTypeStmt", NULL, NULL, SQL_DDL},
    {"CommentStmt", NULL, NULL, SQL_DDL},
};

/* What reaches beyond the database, and so is no change that a clone can rehearse. */
static const char *const outside[] = {
    "CreateRoleStmt",
    "AlterRoleStmt",
    "DropRoleStmt",
    "CreatedbStmt",
    "DropdbStmt",
    "AlterDatabaseStmt",
    "AlterDatabaseRefreshCollStmt",
    "CreateTableSpaceStmt",
    "DropTableSpaceStmt",
    "AlterTableSpaceOptionsStmt",
    "AlterTableMoveAllStmt",
    "CreateSubscriptionStmt",
    "AlterSubscriptionStmt",
    "DropSubscriptionStmt",
    "CreateForeignServerStmt",
    "AlterForeignServerStmt",
    "CreateUserMappingStmt",
    "AlterUserMappingStmt",
    "DropUserMappingStmt",
    "CreateFdwStmt",
    "AlterFdwStmt",
    "AlterDefaultPrivilegesStmt",
    "DropOwnedStmt",
};

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

enum sql_kind classify_kind(const json_t *statement)
{
	const json_t *body;
	const char *node = node_kind(statement, &body);

	for (size_t i = 0; i < LENGTH(rules); i++) {
		const struct rule *rule = &rules[i];

		if (strcmp(rule->node, node) != 0)
			continue;
		if (!rule->field ||
		    (rule->value ? node_is(body, rule->field, rule->value) : node_flag(body, rule->field)))
			return rule->kind;
	}
	for (size_t i = 0; i < LENGTH(outside); i++)
		if (strcmp(outside[i], node) == 0)
			return SQL_UTILITY;
	if (starts_with(node, "Create") || starts_with(node, "Alter") || starts_with(node, "Drop") ||
	    starts_with(node, "Rename"))
		return SQL_DDL;
	return SQL_UTILITY;
}

static char *name_at(const struct lex *lex, size_t i)
{
	size_t end = lex_name_end(lex, i);

	if (end == i)
		return NULL;
	return xstrndup(
	    lex->text + lex->tokens[i].start, lex->tokens[end - 1].end - lex->tokens[i].start);
}

/* Past noise words, from token i. */
static size_t skip_words(const struct lex *lex, size_t i, const char *list)
{
	while (lex_is_any(lex, i, list))
		i++;
	return i;
}

static size_t find_word(const struct lex *lex, size_t i, const char *word)
{
	while (i < lex->n && !lex_is(lex, i, word)) {
		if (lex_is_any(lex, i, "(\0[\0"))
			i = lex_closing(lex, i);
		i++;
	}
	return i;
}

/* CREATE [UNIQUE] INDEX [CONCURRENTLY] [[IF NOT EXISTS] name] ON [ONLY] table */
static void name_create_index(const struct lex *lex, struct sql_statement *ret)
{
	size_t i = skip_words(lex, 0, "create\0unique\0index\0concurrently\0if\0not\0exists\0");

	if (!lex_is(lex, i, "on"))
		ret->object = name_at(lex, i);
	i = find_word(lex, i, "on");
	ret->table = name_at(lex, skip_words(lex, i, "on\0only\0"));
}

/* CREATE STATISTICS [[IF NOT EXISTS] name] [(kinds)] ON columns FROM table */
static void name_create_statistics(const struct lex *lex, struct sql_statement *ret)
{
	size_t i = skip_words(lex, 0, "create\0statistics\0if\0not\0exists\0");

	if (!lex_is(lex, i, "on"))
		ret->object = name_at(lex, i);
	i = find_word(lex, i, "from");
	ret->table = name_at(lex, i + 1);
}

/* REINDEX [(options)] INDEX | TABLE | SCHEMA | DATABASE | SYSTEM [CONCURRENTLY] [name] */
static void name_reindex(const struct lex *lex, const json_t *body, struct sql_statement *ret)
{
	size_t i = lex_is(lex, 1, "(") ? lex_closing(lex, 1) + 1 : 1;

	ret->object = name_at(lex, skip_words(lex, i + 1, "concurrently\0"));
	if (node_is(body, "kind", "REINDEX_OBJECT_TABLE") && ret->object)
		ret->table = xstrdup(ret->object);
}

/* VACUUM, ANALYZE, CLUSTER: the first table, wherever the options end. */
static void name_relation(const struct lex *lex, const json_t *relation, struct sql_statement *ret)
{
	size_t location = node_location(relation);

	if (location == NO_LOCATION)
		return;
	ret->table = name_at(lex, lex_at(lex, location));
	ret->object = xstrdup(ret->table);
}

/* ALTER|DROP|CREATE <kind of object> [CONCURRENTLY] [IF [NOT] EXISTS] [ONLY] name */
static void name_general(const struct lex *lex, struct sql_statement *ret)
{
	size_t i = skip_words(lex, 1,
	    "or\0replace\0global\0local\0temporary\0temp\0unlogged\0foreign\0materialized\0recursive\0"
	    "unique\0");

	i = skip_words(lex, i + 1, "concurrently\0if\0not\0exists\0only\0");
	ret->object = name_at(lex, i);
	if (ret->object && (lex_is(lex, 1, "table") || ret->kind == SQL_ALTER_TABLE))
		ret->table = xstrdup(ret->object);
}

static bool only_settings(const json_t *commands)
{
	static const char *const harmless[] = {"AT_SetRelOptions", "AT_ResetRelOptions",
	    "AT_ReplaceRelOptions", "AT_SetStatistics", "AT_SetOptions", "AT_ResetOptions"};
	const json_t *command;
	size_t i;

	json_array_foreach (commands, i, command) {
		const json_t *body = node_as(command, "AlterTableCmd");
		bool found = false;

		for (size_t k = 0; k < LENGTH(harmless); k++)
			found |= node_is(body, "subtype", harmless[k]);
		if (!found)
			return false;
	}
	return json_array_size(commands) > 0;
}

static bool has_option(const json_t *options, const char *name)
{
	const json_t *option;
	size_t i;

	json_array_foreach (options, i, option) {
		const json_t *body = node_as(option, "DefElem");
		const char *value = node_text(node_as(node_get(body, "arg"), "String"), "sval");

		if (node_is(body, "defname", name) && strcasecmp(value, "false") != 0 &&
		    strcasecmp(value, "off") != 0 && strcmp(value, "0") != 0)
			return true;
	}
	return false;
}

void classify_statement(const json_t *statement, const struct lex *lex, struct sql_statement *ret)
{
	const json_t *body, *relation;

	node_kind(statement, &body);
	ret->kind = classify_kind(statement);
	ret->concurrently =
	    node_flag(body, "concurrent") || has_option(node_get(body, "params"), "concurrently");
	ret->only_settings = only_settings(node_get(body, "cmds"));
	switch (ret->kind) {
	case SQL_CREATE_INDEX:
		name_create_index(lex, ret);
		break;
	case SQL_CREATE_STATISTICS:
		name_create_statistics(lex, ret);
		break;
	case SQL_REINDEX:
		name_reindex(lex, body, ret);
		break;
	case SQL_CLUSTER:
		name_relation(lex, node_get(body, "relation"), ret);
		break;
	case SQL_ANALYZE:
	case SQL_VACUUM:
		relation = node_as(json_array_get(node_get(body, "rels"), 0), "VacuumRelation");
		name_relation(lex, node_get(relation, "relation"), ret);
		break;
	case SQL_INSERT:
	case SQL_UPDATE:
	case SQL_DELETE:
	case SQL_MERGE:
		name_relation(lex, node_get(body, "relation"), ret);
		break;
	case SQL_DROP_INDEX:
	case SQL_DROP_STATISTICS:
	case SQL_ALTER_INDEX:
	case SQL_ALTER_STATISTICS:
	case SQL_ALTER_TABLE:
	case SQL_DDL:
		name_general(lex, ret);
		break;
	case SQL_SELECT:
	case SQL_SETTING:
	case SQL_TRANSACTION:
	case SQL_UTILITY:
		break;
	}
}
