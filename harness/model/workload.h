/*
 * workload: what production does. One JSON file, no literals unless asked for.
 *
 *     struct workload workload = {0};
 *     if (workload_load("workload.json", &workload, &err) < 0) ...
 *     for (size_t i = 0; i < workload.n_statements; i++) ...
 *     workload_release(&workload);
 *
 * Written by capture/, read by everyone after it, never changed by them. Statement names are
 * unique, made from the text alone, and so stable across captures. Statements are ordered by
 * share of execution time, largest first.
 */
#ifndef MODEL_WORKLOAD_H
#define MODEL_WORKLOAD_H

#include "base/err.h"
#include "base/strv.h"
#include "model/work.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORKLOAD_FORMAT "pgrehearse-workload/1"

enum statement_kind {
	STATEMENT_SELECT,
	STATEMENT_INSERT,
	STATEMENT_UPDATE,
	STATEMENT_DELETE,
	STATEMENT_MERGE,
	STATEMENT_OTHER, /* utility and everything that is not replayed */
};
const char *statement_kind_name(enum statement_kind kind); /* "select", ... */
enum statement_kind statement_kind_load(struct json_reader *r, const json_t *object);
/* The object's "queryid": a decimal number in a string. Owned by the caller. */
char *queryid_load(struct json_reader *r, const json_t *object);

/* How often a predicate had a constant of this rank. */
struct qual_value {
	int rank; /* among the column's most common values in pg_stats, 1 ...; 0: not one of them */
	double executions;
};

/* A predicate as pg_qualstats saw it, without its constants. */
struct statement_qual {
	char *relation, *column, *op;
	bool by_index;       /* an index condition: the rows it skips are not counted as filtered */
	double executions;   /* of the predicate, in sampled queries */
	double evaluated;    /* rows it was evaluated for */
	double filter_ratio; /* of them, that it threw away */
	struct qual_value *values; /* where constants were tracked; those that a plan showed */
	size_t n_values, cap_values;
};

struct statement {
	char *name;
	char *queryid;     /* decimal, signed 64 bit; a string because it exceeds 2^53. "0": not known */
	char *fingerprint; /* libpg_query's, hexadecimal; "" when the text cannot be parsed */
	char *text;        /* normalised: $1, $2, ... for constants, no comments */
	enum statement_kind kind;
	bool writes;        /* INSERT/UPDATE/DELETE/MERGE, also inside WITH; SELECT FOR UPDATE reads */
	struct strv tables; /* as written in the text, schema-qualified where it is */
	struct work work;   /* over the window */
	struct statement_qual *quals;
	size_t n_quals, cap_quals;
	char *skip_reason; /* why it cannot be replayed; NULL when it can as far as capture knows */
};

void statement_quals_release(struct statement *statement);
void statement_qual_load(struct json_reader *r, const json_t *object, void *statement);
json_t *statement_quals_to_json(const struct statement *statement);

/* Production's settings that decide plans and cost, and the tables' sizes. */
struct workload_setting {
	char *name;
	char *value;
};
struct workload_relation {
	char *name; /* schema.table */
	double reltuples;
	double relpages;
};

struct workload_source {
	char *kind; /* "pg_stat_statements", "log" */
	int server_version_num;
	char *system_identifier;
	char *database;
	char *role;
	char *search_path;
	char *captured_at;      /* ISO 8601, UTC */
	double window_s;        /* time the figures cover; 0 when unknown */
	bool since_reset;       /* figures since the last reset rather than over a window */
	double dealloc;         /* entries that pg_stat_statements evicted in the window */
	double lost_time_share; /* execution time not attributable to a kept statement, 0..1 */
	struct workload_setting *settings;
	size_t n_settings, cap_settings;
	struct workload_relation *relations;
	size_t n_relations, cap_relations;
};

/* The parts of workload.json that run.json repeats. */
void workload_source_load(struct json_reader *r, const json_t *object, struct workload_source *ret);
json_t *workload_source_to_json(const struct workload_source *source);
void workload_source_release(struct workload_source *source);
void workload_settings_load(struct json_reader *r, const json_t *object,
    struct workload_setting **ret, size_t *ret_n, size_t *ret_cap);
json_t *workload_settings_to_json(const struct workload_setting *settings, size_t n);
void workload_settings_release(struct workload_setting *settings, size_t n);

/* Statements that capture dropped, by reason: they count against coverage. */
struct workload_dropped {
	char *reason; /* "utility statement", "text is not available", ... */
	double entries, calls, exec_ms;
};

/* What was read from the server's logs, beside or instead of statistics; calls is 0 without any. */
struct workload_log {
	char *formats; /* "csvlog, stderr"; NULL without logs */
	double entries;
	double broken;         /* entries that were cut off or torn */
	double calls;          /* of statements, BEGIN and the like included */
	double matched;        /* of statements of the workload */
	double unparsed;       /* whose text is not understood */
	double without_values; /* values were asked for and not told, or cut short */
	double transactions;   /* that were opened by a statement */
	double sessions;       /* an estimate; 0 when the log does not tell them apart */
	double seconds;        /* from the first call to the last; 0 when unknown */
	double peak_per_s;     /* calls in the busiest second */
};

void workload_log_load(struct json_reader *r, const json_t *object, struct workload_log *ret);
json_t *workload_log_to_json(const struct workload_log *log);

struct workload {
	struct workload_source source;
	struct workload_log log;
	struct statement *statements;
	size_t n_statements, cap_statements;
	struct workload_dropped *dropped;
	size_t n_dropped, cap_dropped;
};

int workload_load(const char *path, struct workload *ret, struct err *err);
int workload_save(const struct workload *workload, const char *path, struct err *err);
void workload_release(struct workload *workload);

/* Totals of kept and dropped statements: the denominator of every share. */
double workload_total_ms(const struct workload *workload);
double workload_total_calls(const struct workload *workload);
/* Exact name, or NULL. */
const struct statement *workload_find(const struct workload *workload, const char *name);

#endif
