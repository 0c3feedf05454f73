#include "bind/oracle.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_VERSION  140000 /* with pg_stat_activity.query_id */
#define MOST_MISSES    8      /* before the first match */
#define READ_STATEMENT "pgrehearse_oracle"

struct oracle {
	struct db *reader; /* borrowed */
	struct db *parser;
	char pid[16];
	const char *silence;
	size_t misses, matches;
};

static const char *open_parser(struct oracle *o)
{
	struct db_target target = db_sibling_target(o->reader, db_name(o->reader));
	int rc = db_connect(&target, &o->parser, NULL);
	struct db_rows *rows;

	db_target_release(&target);
	if (rc < 0)
		return "a second connection to staging is refused";
	/* Only a superuser may; it may well be on already. */
	db_exec(o->parser, "SET compute_query_id = on", NULL);
	db_exec(o->parser, "SET pg_stat_statements.track = none", NULL);
	rows = db_query(o->parser, NULL, "SELECT pg_backend_pid()");
	if (rows)
		snprintf(o->pid, sizeof(o->pid), "%s", db_text(rows, 0, 0));
	db_rows_free(rows);
	return rows ? NULL : "the second connection to staging was lost";
}

/* The queryid of what the parser's connection saw last; false when there is none. */
static bool read_queryid(struct oracle *o, char *ret, size_t size)
{
	const char *pid = o->pid;
	struct db_rows *rows = db_execute(o->reader, READ_STATEMENT, 1, &pid, NULL);
	bool there = rows && db_rows_count(rows) == 1 && !db_is_null(rows, 0, 0);

	if (there)
		snprintf(ret, size, "%s", db_text(rows, 0, 0));
	db_rows_free(rows);
	return there;
}

static const char *prepare_reading(struct oracle *o)
{
	char queryid[32];

	if (db_prepare(o->reader, READ_STATEMENT, "SELECT query_id FROM pg_stat_get_activity($1)", 0,
	        NULL, NULL, NULL, NULL) < 0)
		return "pg_stat_activity cannot be read";
	if (!read_queryid(o, queryid, sizeof(queryid)))
		return "staging computes no queryids (compute_query_id)";
	return NULL;
}

struct oracle *oracle_open(struct db *staging)
{
	struct oracle *o = xcalloc(1, sizeof(*o));

	o->reader = staging;
	if (db_server_version(staging) < FIRST_VERSION)
		o->silence = "staging is older than PostgreSQL 14";
	if (!o->silence)
		o->silence = open_parser(o);
	if (!o->silence)
		o->silence = prepare_reading(o);
	return o;
}

void oracle_close(struct oracle *o)
{
	if (!o)
		return;
	if (o->parser)
		db_exec(o->reader, "DEALLOCATE " READ_STATEMENT, NULL);
	db_close(o->parser);
	free(o);
}

const char *oracle_silence(const struct oracle *o)
{
	return o->silence;
}

bool oracle_agrees(
    struct oracle *o, const char *sql, int n_types, const uint32_t *types, const char *queryid)
{
	char found[32];

	if (db_prepare(o->parser, "", sql, n_types, types, NULL, NULL, NULL) < 0)
		return false;
	return read_queryid(o, found, sizeof(found)) && strcmp(found, queryid) == 0;
}

static const char no_oids[] =
    "staging does not have production's relation OIDs (restored from a dump?)";

void oracle_learn(struct oracle *o, bool found)
{
	o->matches += found;
	o->misses += !found;
	if (o->matches == 0 && o->misses >= MOST_MISSES && !o->silence)
		o->silence = no_oids;
}

void oracle_conclude(struct oracle *o)
{
	if (o->matches == 0 && o->misses > 0 && !o->silence)
		o->silence = no_oids;
}
