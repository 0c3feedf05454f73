#include "capture/redact.h"

#include "base/mem.h"
#include "sql/sql.h"

#include <ctype.h>
#include <string.h>

static const char blocks[] = "takes an advisory lock, which would outlive its transaction";
static const char signals_others[] = "acts on other sessions or on the server itself";
static const char leaves[] = "reaches out of the database";
static const char sets[] = "changes a setting of its session";

/* Functions that a replay must not call; a name ending in '*' is a prefix. */
static const struct {
	const char *function, *why;
} unsafe_functions[] = {
    {"pg_advisory_lock", blocks},
    {"pg_advisory_lock_shared", blocks},
    {"pg_try_advisory_lock", blocks},
    {"pg_try_advisory_lock_shared", blocks},
    {"pg_advisory_unlock*", blocks},
    {"pg_sleep*", "sleeps on purpose"},
    {"pg_cancel_backend", signals_others},
    {"pg_terminate_backend", signals_others},
    {"pg_reload_conf", signals_others},
    {"pg_rotate_logfile", signals_others},
    {"pg_promote", signals_others},
    {"pg_switch_wal", signals_others},
    {"pg_start_backup", signals_others},
    {"pg_stop_backup", signals_others},
    {"pg_backup_start", signals_others},
    {"pg_backup_stop", signals_others},
    {"pg_create_restore_point", signals_others},
    {"pg_stat_reset*", signals_others},
    {"pg_stat_statements_reset", signals_others},
    {"pg_create_logical_replication_slot", signals_others},
    {"pg_create_physical_replication_slot", signals_others},
    {"pg_drop_replication_slot", signals_others},
    {"pg_logical_slot_get*", signals_others},
    {"dblink*", leaves},
    {"lo_import", leaves},
    {"lo_export", leaves},
    {"pg_read_file", leaves},
    {"pg_read_binary_file", leaves},
    {"pg_notify", leaves},
    {"http_get", leaves},
    {"http_post", leaves},
    {"set_config", sets},
};

static bool matches(const char *pattern, const char *name, size_t len)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return len >= n - 1 && strncasecmp(pattern, name, n - 1) == 0;
	return len == n && strncasecmp(pattern, name, n) == 0;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

const char *redact_unsafe(const char *text)
{
	const char *p = text;

	/* The text is normalised: no literals and no comments in which a name could be but a word. */
	while (*p) {
		size_t len = 0, after;

		while (is_word(p[len]))
			len++;
		after = len + strspn(p + len, "\" ");
		for (size_t i = 0; len && p[after] == '('; i++) {
			if (i == sizeof(unsafe_functions) / sizeof(unsafe_functions[0]))
				break;
			if (matches(unsafe_functions[i].function, p, len))
				return unsafe_functions[i].why;
		}
		p += len ? len : 1;
	}
	return NULL;
}

static bool kind_of(enum sql_kind kind, enum statement_kind *ret)
{
	static const struct {
		enum sql_kind sql;
		enum statement_kind statement;
	} kinds[] = {
	    {SQL_SELECT, STATEMENT_SELECT},
	    {SQL_INSERT, STATEMENT_INSERT},
	    {SQL_UPDATE, STATEMENT_UPDATE},
	    {SQL_DELETE, STATEMENT_DELETE},
	    {SQL_MERGE, STATEMENT_MERGE},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].sql == kind) {
			*ret = kinds[i].statement;
			return true;
		}
	}
	return false;
}

/* Why a statement of this kind stays out, or NULL and its kind. */
static const char *drop_by_kind(enum sql_kind kind, enum statement_kind *ret)
{
	if (kind == SQL_TRANSACTION)
		return "transaction control";
	return kind_of(kind, ret) ? NULL : "utility statement";
}

static const char *parse_statement(const char *text, struct statement *ret)
{
	static const char unparsable[] = "text cannot be parsed";
	struct sql_analysis analysis = {0};
	struct err ignored = {0}; /* its message may quote the text */
	_cleanup_free_ char *named = NULL;
	const char *why;

	/* The kind first: a utility statement with parameters for its constants is no grammar. */
	if (sql_analyze(text, &analysis, &ignored) < 0) {
		text = named = sql_name_subqueries(text);
		if (!text || sql_analyze(text, &analysis, &ignored) < 0)
			return unparsable;
	}
	why = drop_by_kind(analysis.kind, &ret->kind);
	sql_analysis_release(&analysis);
	if (why)
		return why;
	if (sql_normalize(text, &ret->text, &ignored) < 0 ||
	    sql_analyze(ret->text, &analysis, &ignored) < 0)
		return unparsable;
	ret->writes = analysis.writes;
	for (size_t i = 0; i < analysis.tables.n; i++)
		strv_add(&ret->tables, analysis.tables.items[i]);
	sql_analysis_release(&analysis);
	if (sql_fingerprint(ret->text, &ret->fingerprint, &ignored) < 0)
		return unparsable;
	ret->skip_reason = xstrdup(redact_unsafe(ret->text));
	return NULL;
}

const char *redact_statement(const char *text, struct statement *ret)
{
	struct statement statement = {0};
	const char *why = text ? parse_statement(text, &statement) : "text is not available";

	if (!why) {
		*ret = statement;
		return NULL;
	}
	free(statement.text);
	strv_release(&statement.tables);
	return why;
}
