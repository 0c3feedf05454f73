/*
 * gate: what to rehearse and what must hold: gate.yaml, checked and with defaults filled in.
 *
 * Errors name file, line, key and the accepted values; an unknown key names the nearest known
 * one. Paths in the file are relative to the working directory first and to the file second;
 * the struct holds resolved paths. Results are always relative to the working directory.
 */
#ifndef MODEL_GATE_H
#define MODEL_GATE_H

#include "base/err.h"
#include "base/strv.h"
#include "model/metric.h"
#include "model/names.h"
#include "model/protocol.h"
#include "model/schedule.h"
#include "model/turns.h"
#include "model/workload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bound_kind {
	BOUND_MAX, /* candidate's value at most limit */
	BOUND_MIN,
	BOUND_MAX_RATIO, /* candidate / baseline at most limit */
	BOUND_MIN_RATIO,
	BOUND_MAX_INCREASE, /* candidate - baseline at most limit, in the metric's unit */
};
const char *bound_kind_name(enum bound_kind kind); /* "max_ratio", ... */
bool bound_kind_parse(const char *name, enum bound_kind *ret);

enum scope_kind {
	SCOPE_ALL, /* one check over everything together */
	SCOPE_ALL_READS,
	SCOPE_ALL_WRITES,
	SCOPE_EACH, /* one check per statement (per index or table for those families) */
	SCOPE_EACH_READ,
	SCOPE_EACH_WRITE,
	SCOPE_NAME,    /* name:X */
	SCOPE_QUERYID, /* queryid:N */
	SCOPE_TABLE,   /* table:X: statements that touch it, or the table itself */
	SCOPE_INDEX,   /* index:X */
};

struct scope {
	enum scope_kind kind;
	char *argument; /* after the colon; NULL otherwise */
};
int scope_parse(const char *text, struct scope *ret, struct err *err);
char *scope_format(const struct scope *scope); /* "each read"; caller frees */
/* Is it one check per statement, table or index? */
bool scope_is_each(const struct scope *scope);
/* What a scope asks of a statement; borrowed. */
struct scope_subject {
	const char *name;
	const char *queryid; /* NULL: not known */
	bool writes;
	const struct strv *tables;
};
bool scope_covers(const struct scope *scope, const struct scope_subject *subject);
/* "orders" is public.orders as well as shop.orders; "public.orders" is also a bare orders. */
bool scope_same_relation(const char *a, const char *b);

/* Without a scope a threshold means SCOPE_ALL; for index.* and table.* SCOPE_EACH, because their
 * sums would hide the one that matters. */
struct threshold {
	const struct metric *metric;
	struct scope scope;
	enum bound_kind bound;
	double limit; /* seconds, bytes, fraction, ... by metric->unit; a ratio for ratios */
	double over;  /* slow.count: the latency in seconds that counts as slow; else NAN */
	int line;     /* in gate.yaml; 0 for the default policy */
};

enum staging_kind { STAGING_LAB, STAGING_DSN };
enum clone_driver_kind { CLONE_TEMPLATE, CLONE_EXISTING, CLONE_PHYSICAL, CLONE_COMMAND };
const char *clone_driver_name(enum clone_driver_kind driver); /* "template", ... */

struct replay_options {
	double rate_per_s; /* ops per second and arm; 0 means production's own */
	uint64_t duration_ns;
	uint64_t max_duration_ns; /* gate --max-time; 0 means duration_ns */
	int clients;              /* sessions per arm */
	int jobs;                 /* generator threads */
	enum protocol protocol;   /* CAPTURED means prepared where nothing better is known */
	enum arrivals arrivals;
	uint64_t seed;
	enum design design;            /* who runs when: see model/turns.h */
	double alone;                  /* pairs: share of the time in which one arm runs alone */
	uint64_t slice_ns;             /* how long an arm runs alone at a time */
	uint64_t pair_gap_ns;          /* second arm of a pair after the first; default 1 ms */
	uint64_t statement_timeout_ns; /* default 30 s */
	uint64_t drain_timeout_ns;     /* how long unanswered ops may take after the last due time */
	bool early_stop;               /* stop when the verdict is clear; default true */
};
extern const struct replay_options replay_options_default; /* 100/s, 60 s, 8 clients, 1 job, ... */

struct gate {
	char *file; /* where it was read from */
	char *name;
	enum staging_kind staging;
	char *fixture; /* STAGING_LAB: a directory */
	char *bindir;  /* STAGING_LAB: where the server's programs are; NULL: as lab start finds them */
	char *dsn;     /* STAGING_DSN */
	char *workload;
	enum clone_driver_kind driver;
	char *existing_dsn[2];           /* CLONE_EXISTING: baseline, candidate */
	char *clone_create, *clone_drop; /* CLONE_COMMAND */
	char *up, *down;                 /* SQL files; NULL for the unchanged candidate */
	char *up_sql, *down_sql;         /* their text, read at load; NULL likewise */
	bool allow_migration;            /* candidate.kind: migration */
	bool build_under_load;           /* candidate.build: under_load */
	char *rewrites_file;             /* candidate.rewrites; NULL */
	struct statement_names rewrites; /* what it says: none without a file */
	double time_shift_s;             /* or TIME_SHIFT_AUTO, the default; see model/time_shift.h */
	char *overrides;                 /* bind overrides file; NULL */
	char *samples;                   /* values of the log, from capture --samples; NULL */
	struct replay_options replay;
	struct threshold *thresholds;
	size_t n_thresholds, cap_thresholds;
	bool default_policy; /* no thresholds were given: the documented defaults apply */
	double alpha;        /* gate-wide error, default 0.01 */
	double dead_band;    /* tau of JUDGE section 3, default 0.02 */
	double guard;        /* default 0.25 */
	struct strv formats; /* reports to write; empty means all; names are checked by report/ */
	int formats_line;    /* in gate.yaml, for messages about formats; 0 when none were given */
	char *results_dir;   /* default "results" */
};

int gate_load(const char *path, struct gate *ret, struct err *err);
/* Sections that the caller has in another way: they may be missing, and the files that they name
 * are not looked for. A candidate that is left out must be set before gate->name is used. */
enum gate_part {
	GATE_WORKLOAD = 1,
	GATE_STAGING = 2,
	GATE_CANDIDATE = 4,
	GATE_OVERRIDES = 8,
	GATE_ALL_FILES = 15,
};
int gate_load_without(const char *path, unsigned parts, struct gate *ret, struct err *err);
/* Rehearse this SQL file instead; one without a statement is the unchanged candidate. */
int gate_set_candidate(struct gate *gate, const char *path, struct err *err);
/* Rehearse no change: both arms are the same. */
void gate_set_unchanged(struct gate *gate);
/* Do name: and queryid: scopes refer to statements of the workload? */
int gate_check_scopes(const struct gate *gate, const struct workload *workload, struct err *err);
void gate_release(struct gate *gate);
/* Are there statements of the rewrites' names in the workload, and do they only read? */
int gate_check_rewrites(const struct gate *gate, const struct workload *workload, struct err *err);
/* No rewrite may return other rows: result.mismatches of each rewritten statement at most 0,
 * appended where the gate itself says nothing about that metric. */
void gate_add_rewrite_thresholds(struct gate *gate);
/* Alone, the candidate is not slower than the baseline alone: appended when the arms run alone for a
 * part of the time and the gate itself says nothing about alone.*. */
void gate_add_alone_threshold(struct gate *gate);
/* The default policy's thresholds, appended. */
void gate_add_default_thresholds(struct gate *gate);
/* Why the policy has its i-th threshold, for manuals; NULL beyond the last. */
const char *gate_default_reason(size_t i);
/* Parse one "metric scope bound" for `judge --threshold` from YAML flow text. */
int threshold_parse(const char *yaml, struct threshold *ret, struct err *err);
void threshold_release(struct threshold *threshold);

#endif
