/*
 * run: the run record: everything a rehearsal found out, and run.json, its file.
 *
 * replay/ and measure/ fill it, judge/ adds checks and the verdict, report/ reads it. It is
 * complete: judging and reporting need this file and samples.bin and no database. Strings are
 * owned; figures that are not known are NAN (null in JSON). The schema is run.schema.json.
 */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include "base/err.h"
#include "base/strv.h"
#include "model/gate.h"
#include "model/run_plan.h"
#include "model/sample.h"
#include "model/work.h"
#include "model/workload.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUN_FORMAT "pgrehearse-run/1"

/* Summary of a latency distribution, seconds; NAN where count is 0. */
struct latency {
	double count;
	double mean, p50, p90, p95, p99, p999, max;
	char *histogram; /* HdrHistogram V2, zlib, base64; nanoseconds; NULL when not kept */
};

struct error_count {
	char sqlstate[6]; /* "00000" for ops that got no answer */
	char *message;    /* of the first one; may be NULL */
	double count;
};

/* "SQLSTATE 42703: column ... does not exist", or "no answer: the connection was lost"; caller
 * frees. */
char *error_count_text(const struct error_count *error);

struct run_statement_arm {
	double scheduled, ok, errors, unfinished;
	double rows; /* returned or affected, over ok ops */
	struct latency service, response;
	struct work work; /* pg_stat_statements delta on this clone; work_unknown when not available */
	struct error_count *error_counts;
	size_t n_error_counts, cap_error_counts;
	struct run_plans plans; /* empty when not taken */
};

/* A statement that the candidate arm sends another text for, and what both texts returned for the
 * same values over the same data. sql is NULL when it is not rewritten. */
struct run_rewrite {
	char *sql;
	double compared;   /* vectors */
	double mismatches; /* of them: other rows */
	double unstable;   /* of them: the statement itself returns other rows when run again */
	double reordered;  /* of them: the same rows in another order */
	double unknown;    /* not compared: took too long, too large, or the statement itself failed */
	char *difference;  /* of the first mismatch; NULL */
};

struct run_statement {
	char *name;
	char *queryid;
	char *text; /* the normalised text */
	enum statement_kind kind;
	bool writes;
	struct strv tables;
	double share_time, share_calls; /* of production */
	char *value_source;             /* value_source_name() */
	char *note;                     /* from bind; NULL */
	char *skip_reason;              /* not replayed; NULL when it was */
	struct work production;
	struct run_statement_arm arms[N_ARMS];
	struct run_plans predicted; /* what HypoPG makes of the candidate, place by place; or empty */
	struct run_plan_changes plan_changes;
	struct run_rewrite rewrite;
};

struct run_table_arm {
	double inserted, updated, hot_updated, deleted; /* rows during the replay */
	double dead_tuples;                             /* at the end, before VACUUM */
	double size_bytes;                              /* heap, at the end */
	double growth_bytes;                            /* since the start */
	double vacuum_seconds;
};
struct run_table {
	char *name; /* schema.table */
	struct run_table_arm arms[N_ARMS];
};

struct run_index_arm {
	bool exists;
	bool valid;
	double size_bytes;   /* at the end */
	double growth_bytes; /* during the replay */
	double scans;        /* idx_scan during the replay */
	double tuples_read, tuples_fetched;
	/* Share of its size at the end that a fresh build would not need; B-trees only, NAN else. */
	double bloat;
	bool bloat_measured; /* by pgstattuple, which reads every page; else estimated */
};

/* What an index costs those who write its table: the same calls with it and without it, each of them
 * undone, as EXPLAIN (ANALYZE, WAL) counts them. NAN when not measured. */
struct run_index_cost {
	double calls;                       /* of statements that write the table, as they were tried */
	double wal_without, wal_with;       /* bytes per call, without page images */
	double hot_without, hot_with;       /* share of the updated rows that were HOT */
};
extern const struct run_index_cost run_index_cost_unknown;
enum index_role { INDEX_EXISTING, INDEX_CREATED, INDEX_DROPPED };
const char *index_role_name(enum index_role role); /* "existing", "created", "dropped" */
struct run_index {
	char *name; /* schema.index */
	char *table;
	char *definition;     /* pg_get_indexdef */
	enum index_role role; /* what the candidate did with it */
	bool is_unique, is_primary, is_constraint;
	double build_seconds; /* created ones; NAN when not timed alone */
	double predicted_bytes; /* by HypoPG, before it was built; NAN when not asked */
	struct strv used_by;    /* statements with a plan that uses it, on the arm that has it */
	char *redundant_with;   /* the index that can do all that this one does; NULL */
	struct run_index_arm arms[N_ARMS];
	struct run_index_cost cost;
};

/* One statement of up.sql as it ran on the candidate arm. */
struct run_change {
	char *sql;
	char *kind; /* "create index", "drop index", "reindex", ... */
	double seconds;
	double wal_bytes; /* of the whole server meanwhile; NAN when it had other work */
	double temp_bytes;   /* of temporary files; NAN before PostgreSQL 15, or as for wal_bytes */
	char *locks;         /* "ShareLock on public.orders, ..."; NULL when none was seen */
	double lock_seconds; /* waited for locks; NAN when not watched */
	char *error;      /* NULL when it worked */
};

/* How the replay fared before, during and after the candidate was applied under load: response times
 * in seconds, of all statements together. */
enum build_phase { BUILD_BEFORE, BUILD_DURING, BUILD_AFTER, N_BUILD_PHASES };
const char *build_phase_name(enum build_phase phase); /* "before", ... */
struct run_phase {
	double ops, errors;
	double p50, p95, p99, max; /* NAN without an op */
};
struct run_build {
	bool under_load;
	double start_s, end_s; /* since the start of the replay; NAN when it did not begin or end */
	struct run_phase phases[N_BUILD_PHASES][N_ARMS];
};

/* Blocks that an arm's database asked for between two looks, a second or so apart. */
struct run_cache_look {
	double at_s;          /* of the second look, since the start of the replay */
	double touched, read; /* in all, and those of them that its buffer cache did not have */
};

struct run_arm {
	char *server_version;
	int server_version_num;
	char *database;
	char *system_identifier;
	struct workload_setting *settings; /* planner and write settings that differ from the default */
	size_t n_settings, cap_settings;
	double database_bytes_before, database_bytes_after;
	double sessions_lost; /* connections that broke during the run */
	/* Standbys of its server, looked at every second of the replay; NAN where not known. */
	double standbys;                          /* that replay WAL */
	double replica_lag_max, replica_lag_mean; /* bytes that the slowest had yet to replay */
	double replica_share;  /* of that, what is its own by its WAL; 1 when the server is its own */
	char *replica_problem; /* why it is not known, or only in part; NULL */
	struct run_cache_look *cache;
	size_t n_cache, cap_cache;
};

/* One second of the run on one arm. */
struct run_slice {
	double start_s;
	double ok, errors;
	double p50, p95, p99, max; /* response time, seconds */
	double service_p50;
	double lag_p99, lag_max; /* how late the generator was, seconds */
};

struct run_generator {
	double scheduled, completed, errors, unfinished; /* ops over both arms */
	double lag_p50, lag_p99, lag_max;                /* seconds */
	double queueing_p99;                             /* waiting for a free session, seconds */
	double cpu_seconds;                              /* of this process during the replay */
	double machine_busy;                      /* share of this machine's CPU time in use, 0..1 */
	double machine_stalls, machine_stall_max; /* heartbeat: stalls above 5 ms, and the longest */
	double offered_rate, achieved_rate;       /* ops/s per arm */
	double duration_s;                        /* from the first due time to the last answer */
	double warmup_s;                          /* cut from the judged samples */
};

/* The machine did not run anything for a while, as the heartbeat of the replay saw it. */
struct run_stall {
	double start_s, length_s;
};

struct run_disturbance {
	char *kind;       /* "checkpoint", "autovacuum", "stall", "cache", "cpu", "settings" */
	char *text;       /* a sentence */
	bool blocks_pass; /* the run is INCONCLUSIVE because of it */
};

#define RUN_STATISTICS_DIFFER "statistics" /* the kind of a disturbance that the judge knows */

enum outcome { OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_INCONCLUSIVE };
const char *outcome_name(enum outcome outcome); /* "PASS", ... */

/* One threshold applied to one metric in one scope. */
struct check {
	char *id; /* "latency.p95 of customer timeline": unique, stable between runs */
	const struct metric *metric;
	char *scope; /* the statement, table or index, or "all reads"; as in the threshold otherwise */
	enum bound_kind bound;
	double limit;
	double baseline, candidate; /* values on each arm */
	double estimate;            /* what is held against the limit: ratio, value or increase */
	double lower, upper;        /* its interval; NAN when the figure is exact */
	double samples[N_ARMS];     /* ops behind it */
	/* Timing: the estimate without the pairs that met a stall of the machine, and how many these
	 * are; NAN and 0 when none did. */
	double unstalled, stalled_pairs;
	double needs_seconds;       /* INCONCLUSIVE: further replay it would take; NAN unknown */
	enum outcome outcome;
	bool proven; /* upper bound below its own limit, not only below the guard */
	bool timed;  /* FAIL rests on how fast answers came; known while judging only */
	char *why;   /* one plain sentence */
};

struct verdict {
	enum outcome outcome;
	bool proven;          /* every check is */
	struct strv reasons;  /* why not PASS; empty for PASS */
	double needs_seconds; /* INCONCLUSIVE: the longest of its checks'; NAN unknown */
};

struct run {
	char *run_id;
	char *name;                     /* of the gate */
	char *started_at, *finished_at; /* ISO 8601, UTC */
	char *version;                  /* pgrehearse's */
	char *command;                  /* how to reproduce, no secrets */
	char *stopped_by;     /* "time", "verdict", "signal 2", "server lost" ...; NULL while running */
	char *candidate_name; /* file name of up.sql, or "unchanged" */
	char *up_sql, *down_sql;
	struct replay_options replay;
	char *clone_driver;
	struct workload_source source; /* of the workload */
	double coverage_time, coverage_calls;
	char *time_shift;     /* that the clock of statements was moved back by; NULL when not */
	char *oracle_silence; /* vectors.oracle_silence */
	struct run_arm arms[N_ARMS];
	struct run_generator generator;
	struct run_statement *statements; /* replayed first, in the order of samples; then skipped */
	size_t n_statements, cap_statements;
	size_t n_replayed; /* statements[0 .. n_replayed) have samples */
	struct run_table *tables;
	size_t n_tables, cap_tables;
	struct run_index *indexes;
	size_t n_indexes, cap_indexes;
	struct run_change *changes;
	size_t n_changes, cap_changes;
	struct run_build build;
	struct run_slice *slices[N_ARMS]; /* one per second from the start */
	size_t n_slices;
	struct run_stall *stalls; /* in the order of time */
	size_t n_stalls, cap_stalls;
	struct run_disturbance *disturbances;
	size_t n_disturbances, cap_disturbances;
	struct threshold *thresholds; /* as judged last */
	size_t n_thresholds, cap_thresholds;
	double alpha, dead_band, guard;
	struct check *checks;
	size_t n_checks, cap_checks;
	struct verdict verdict;
};

int run_load(const char *path, struct run *ret, struct err *err);
int run_save(const struct run *run, const char *path, struct err *err);
/* The document that run_save writes; caller json_decref()s. */
json_t *run_to_json(const struct run *run);
void run_release(struct run *run);
/* Of the blocks that looks [from, to) saw touched, the share read from outside the buffer cache;
 * NAN when they saw none. */
double run_cache_read_share(const struct run_arm *arm, size_t from, size_t to);
void check_release(struct check *check);
void run_add_disturbance(struct run *run, const char *kind, bool blocks_pass, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

#endif
