#include "base/buf.h"
#include "pg/db.h"

#include <stdlib.h>
#include <string.h>

/* Words that need quotes as an identifier in PostgreSQL 13 to 18: all but the unreserved ones of
 * src/include/parser/kwlist.h. Sorted. */
static const char *const quoted_words[] = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
};

static int compare_word(const void *word, const void *entry)
{
	return strcmp(word, *(const char *const *)entry);
}

static bool needs_quotes(const char *identifier)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz_";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

	if (!*identifier || !strchr(first, *identifier))
		return true;
	if (identifier[strspn(identifier, rest)])
		return true;
	return bsearch(identifier, quoted_words, sizeof(quoted_words) / sizeof(quoted_words[0]),
	    sizeof(quoted_words[0]), compare_word);
}

char *db_quote_ident(const char *identifier)
{
	struct buf buf = BUF_INIT;

	if (!needs_quotes(identifier)) {
		buf_adds(&buf, identifier);
		return buf_detach(&buf);
	}
	buf_addc(&buf, '"');
	for (const char *p = identifier; *p; p++) {
		if (*p == '"')
			buf_addc(&buf, '"');
		buf_addc(&buf, *p);
	}
	buf_addc(&buf, '"');
	return buf_detach(&buf);
}

char *db_quote_literal(const char *value)
{
	struct buf buf = BUF_INIT;

	/* E'' keeps its meaning whatever standard_conforming_strings says. */
	if (strchr(value, '\\'))
		buf_addc(&buf, 'E');
	buf_addc(&buf, '\'');
	for (const char *p = value; *p; p++) {
		if (*p == '\'' || *p == '\\')
			buf_addc(&buf, *p);
		buf_addc(&buf, *p);
	}
	buf_addc(&buf, '\'');
	return buf_detach(&buf);
}
