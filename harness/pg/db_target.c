#include "base/buf.h"
#include "base/mem.h"
#include "pg/db_internal.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_CONNECT_TIMEOUT_S "10"

struct db_target db_target_copy(const struct db_target *target)
{
	return (struct db_target){
	    .conninfo = xstrdup(target->conninfo),
	    .host = xstrdup(target->host),
	    .port = xstrdup(target->port),
	    .user = xstrdup(target->user),
	    .dbname = xstrdup(target->dbname),
	};
}

void db_target_release(struct db_target *target)
{
	free(target->conninfo);
	free(target->host);
	free(target->port);
	free(target->user);
	free(target->dbname);
	*target = (struct db_target){0};
}

/* As libpq's recognized_connection_string(): what -d may hold besides a database name. */
static bool is_conninfo(const char *text)
{
	return strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0 ||
	       strchr(text, '=');
}

static const char *keywords_get(const struct db_keywords *keywords, const char *name)
{
	for (int i = 0; i < keywords->n; i++)
		if (strcmp(keywords->names[i], name) == 0)
			return keywords->values[i];
	return NULL;
}

static void keywords_set(struct db_keywords *keywords, const char *name, const char *value)
{
	int i = 0;

	while (i < keywords->n && strcmp(keywords->names[i], name) != 0)
		i++;
	if (i == DB_MAX_KEYWORDS)
		return;
	if (i == keywords->n) {
		strv_add(&keywords->owned, name);
		keywords->names[i] = keywords->owned.items[keywords->owned.n - 1];
		keywords->n++;
	}
	strv_add(&keywords->owned, value);
	keywords->values[i] = keywords->owned.items[keywords->owned.n - 1];
}

/* libpq quotes the piece it stumbled over, and that piece can be the password. */
static void mask_quoted(char *message)
{
	char *in = message, *out = message;
	bool quoted = false;

	for (; *in; in++) {
		if (*in == '"')
			quoted = !quoted;
		if (*in == '"' || !quoted)
			*out++ = *in;
	}
	*out = '\0';
}

static int parse_error(const char *conninfo, char *message, struct err *err)
{
	char line[400] = "it cannot be parsed";

	if (message) {
		if (strstr(conninfo, "password") || strchr(conninfo, '@'))
			mask_quoted(message);
		db_one_line(line, sizeof(line), message);
		PQfreemem(message);
	}
	err_set(err, ERR_USAGE, "connection string: %s", line);
	return err_hint(err,
	    "give a database name, a URI (postgresql://user@host:port/dbname) or keywords "
	    "(\"host=... dbname=...\"); quote values that hold spaces, and percent-encode special "
	    "characters in a URI");
}

static int add_database(struct db_keywords *keywords, const char *text, struct err *err)
{
	char *message = NULL;
	PQconninfoOption *options;

	if (!text || !*text)
		return 0;
	if (!is_conninfo(text)) {
		keywords_set(keywords, "dbname", text);
		return 0;
	}
	options = PQconninfoParse(text, &message);
	if (!options)
		return parse_error(text, message, err);
	for (PQconninfoOption *option = options; option->keyword; option++)
		if (option->val)
			keywords_set(keywords, option->keyword, option->val);
	PQconninfoFree(options);
	return 0;
}

static int add_target(struct db_keywords *keywords, const struct db_target *target, struct err *err)
{
	int rc = add_database(keywords, target->conninfo, err);

	if (rc == 0)
		rc = add_database(keywords, target->dbname, err);
	if (target->host && *target->host)
		keywords_set(keywords, "host", target->host);
	if (target->port && *target->port)
		keywords_set(keywords, "port", target->port);
	if (target->user && *target->user)
		keywords_set(keywords, "user", target->user);
	return rc;
}

int db_keywords_build(const struct db_target *target, struct db_keywords *ret, struct err *err)
{
	int rc;

	*ret = (struct db_keywords){0};
	rc = add_target(ret, target, err);
	if (rc < 0) {
		db_keywords_release(ret);
		return rc;
	}
	keywords_set(ret, "application_name", "pgrehearse");
	keywords_set(ret, "client_encoding", "UTF8");
	if (!keywords_get(ret, "connect_timeout") && !getenv("PGCONNECT_TIMEOUT"))
		keywords_set(ret, "connect_timeout", DEFAULT_CONNECT_TIMEOUT_S);
	return 0;
}

void db_keywords_release(struct db_keywords *keywords)
{
	strv_release(&keywords->owned);
	*keywords = (struct db_keywords){0};
}

static void add_pair(struct buf *buf, const char *name, const char *value)
{
	if (buf->len)
		buf_addc(buf, ' ');
	buf_adds(buf, name);
	buf_adds(buf, "='");
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_addc(buf, '\\');
		buf_addc(buf, *value);
	}
	buf_addc(buf, '\'');
}

char *db_target_conninfo(const struct db_target *target)
{
	struct db_keywords keywords = {0};
	struct buf buf = BUF_INIT;

	/* What cannot be parsed is handed on as it is, so that connecting reports it. */
	if (add_target(&keywords, target, NULL) < 0)
		buf_adds(&buf, target->conninfo ? target->conninfo : target->dbname);
	else
		for (int i = 0; i < keywords.n; i++)
			add_pair(&buf, keywords.names[i], keywords.values[i]);
	db_keywords_release(&keywords);
	return buf_detach(&buf);
}

/* What libpq would use for a keyword that the target leaves out. */
static char *default_value(const PQconninfoOption *defaults, const char *name)
{
	for (const PQconninfoOption *option = defaults; option && option->keyword; option++)
		if (strcmp(option->keyword, name) == 0 && option->val && *option->val)
			return xstrdup(option->val);
	return NULL;
}

static char *resolve(
    const struct db_keywords *keywords, const PQconninfoOption *defaults, const char *name)
{
	const char *given = keywords_get(keywords, name);

	return given && *given ? xstrdup(given) : default_value(defaults, name);
}

char *db_target_describe(const struct db_target *target)
{
	struct db_keywords keywords = {0};
	PQconninfoOption *defaults = PQconndefaults();
	char *out;

	if (add_target(&keywords, target, NULL) < 0) {
		out = xstrdup("the server");
	} else {
		_cleanup_free_ char *user = resolve(&keywords, defaults, "user");
		_cleanup_free_ char *dbname = resolve(&keywords, defaults, "dbname");
		_cleanup_free_ char *host = resolve(&keywords, defaults, "host");
		_cleanup_free_ char *hostaddr = resolve(&keywords, defaults, "hostaddr");
		_cleanup_free_ char *port = resolve(&keywords, defaults, "port");
		const char *service = keywords_get(&keywords, "service");

		if (service)
			out = xasprintf("service %s", service);
		else
			out = xasprintf("%s at %s:%s",
			    dbname ? dbname
			    : user ? user
			           : "?",
			    host       ? host
			    : hostaddr ? hostaddr
			               : "local socket",
			    port ? port : "5432");
	}
	PQconninfoFree(defaults);
	db_keywords_release(&keywords);
	return out;
}
