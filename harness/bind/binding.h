/*
 * binding: one statement on its way from normalised text to vectors. Shared by bind's own files.
 *
 *     lists_settle()        how long lists of unknown length are                    lists.c
 *     executable_choose()   a text that prepares, and the type of every parameter   executable.c
 *     identify()            production's form: literals, declared types             identify.c
 *     slots_plan()          a rule per parameter: what kind of value it wants       slots.c
 *     filter_choose()       a filter whose selectivity is known                     filter.c
 *     writes_plan()         unique keys, foreign keys, SET, DELETE                  writes.c
 *     sources_fill()        pools of rows for the rules to draw from                sources.c
 *     values_draw()         the choices among all these                             values.c
 *     calibrate()           form and settings under which the work is production's  calibrate.c
 *     settings_choose()     how wide, how long, how many                            settings.c
 *     slots_generate()      the vectors                                             generate.c
 *     check_*()             do they run?                                            check.c
 *
 * A pool is a table of texts: rows drawn from staging, one column per parameter. A slot is a
 * parameter with its rule and the column of the pool that it reads. A setting is a number that a
 * rule needs beside the row (how wide, how many, how long); calibrate() chooses among the
 * settings of the rule's scale. A form (form.h) says which parameters production wrote as literals.
 */
#ifndef BIND_BINDING_H
#define BIND_BINDING_H

#include "base/buf.h"
#include "base/random.h"
#include "bind/bind.h"
#include "bind/catalog.h"
#include "bind/number.h"
#include "sql/sql.h"

/* What the statements of one bind_workload() share. */
struct bind_run {
	struct db *db;
	struct catalog *catalog;
	struct oracle *oracle;
	const char *plan_cache_mode; /* of the connection */
	const struct bind_options *options;
	double replayable_calls; /* the calls that expected_ops are shared out by */
	const char *search_path; /* production's, of the capture's session; NULL */
	double time_shift_s;     /* that statements' clock is moved back by; 0: not */
	size_t n_shifted;        /* statements bound with it */
	double calibrate_s;      /* that is left for all */
	double share_s;          /* of it, this statement's */
	uint64_t read_until_ns;  /* rows of staging for this statement */
	uint64_t calibrating_ns; /* since when; 0 not yet; monotonic clock */
	uint64_t deadline_ns;    /* of this statement's calibration */
};

struct pool {
	char **cells; /* n_rows * n_columns, row-major; NULL is SQL NULL */
	size_t n_rows, n_columns, cap_rows;
	size_t stride; /* rows that one vector uses up: elements of a list, rows of VALUES */
	enum value_source source;
};

enum slot_rule {
	RULE_CONSTANT, /* slot.constant */
	RULE_GIVEN,    /* the override's row, as it is */
	RULE_ROW,      /* the row's own value */
	RULE_OTHER,    /* another row's value: SET, <> */
	RULE_LOW,      /* the lower end of a range, setting = share of the column's span; see mate */
	RULE_HIGH,     /* the upper end */
	RULE_ABOVE,    /* partner > $n: setting = share of the rows that are above the value */
	RULE_BELOW,    /* partner < $n */
	RULE_ARRAY,    /* setting = how many elements */
	RULE_PATTERN,  /* setting = how many leading characters */
	RULE_LIMIT,    /* setting = the value */
	RULE_OFFSET,
	RULE_COUNT,    /* a number that nothing in staging tells: HAVING count(*) > $n */
	RULE_INTERVAL, /* setting = seconds */
	RULE_KEY,      /* a key of a jsonb document; becomes a constant, see key_rank */
	RULE_FRESH,    /* never used before: from the op's ordinal */
};

/* Values by how common they are, see told.h. */
struct told {
	char **values; /* n; none: not told */
	double *shares;
	size_t n;
};

struct slot {
	int number;                   /* n of $n */
	const struct sql_param *item; /* where it stands; NULL when the text does not say */
	const struct catalog_type *type;
	uint32_t declared; /* in Parse; 0 lets the server infer it */
	bool literal;      /* production wrote it into the text */
	enum literal_form written;
	enum slot_rule rule;
	int pool; /* index into binding.pools; -1 none */
	int column;
	size_t turn;        /* which of the rows that a vector uses up */
	int mate;           /* index of the slot at the other end of a range; -1 none */
	bool pinned;        /* a partial index names its constant; see pins.h */
	bool together;      /* a list whose elements come from rows that agree in those slots of ... */
	bool together_with; /* ... its pool that have this */
	bool selects;       /* decides which rows the statement finds or writes */
	double setting;
	bool calibrated; /* the setting was chosen by measuring */
	bool wild;       /* RULE_PATTERN: a _ or % in the value stays a wildcard */
	char *constant;
	enum value_source source;
	struct told told;
	struct param fresh;    /* RULE_FRESH: kind, prefix, base */
	const char **distinct; /* of the pool's column, when it has few values; borrowed cells */
	size_t n_distinct;
	char **sorted;   /* ranges: the pool's column in the type's order */
	double *numbers; /* the same as numbers; NULL when the type has no distance */
	size_t n_sorted;
};

/* What sessions settle for when they execute a prepared statement many times. */
enum plan_choice { PLAN_UNKNOWN, PLAN_CUSTOM, PLAN_GENERIC };

struct binding {
	struct bind_run *run;
	const struct statement *statement;
	struct lists *lists;          /* of unknown length; borrowed */
	struct sql_analysis analysis; /* of sql */
	char *text; /* production's, normalised; names of tables with their schema where that is known,
	             * lists written out */
	char *sql;
	char *rewrite; /* the candidate arm's text, with the same parameters; NULL */
	char
	    *probe; /* what is executed in its place to measure it; NULL: itself, where it only reads */
	struct buf note;
	const char *filter; /* a column whose filter's share of rows is production's; NULL; borrowed */
	double filter_kept; /* that share, of the rows that it looks at */
	bool shifted;       /* sql's clock is moved back */
	struct slot *slots; /* $1, $2, ... */
	size_t n_slots;
	struct pool *pools;
	size_t n_pools, cap_pools;
	enum vector_order order;
	size_t n_wanted;               /* vectors */
	bool prepared;                 /* as PREPARED_NAME on the connection */
	const struct override *given;  /* NULL: values are drawn */
	bool identified;               /* the form has production's queryid */
	bool more_schemas;             /* to try, where this form has it not */
	size_t n_literals;             /* slots */
	enum plan_choice plan;         /* of this form, found with an earlier setting */
	enum protocol protocol;        /* SIMPLE: all literals; EXTENDED: planned in every call */
	enum value_source best_source; /* better ones were tried, and their values did not work */
	bool no_statistics;            /* what rows do not give is guessed, not taken from one column */
	size_t key_rank;               /* which of a document's keys to take, 0 the commonest */
	size_t literal_rank;           /* which values for literals beside parameters, likewise */
	bool pinned;                   /* parameters that have pins are settled on them */
	double miss_share;             /* of the vectors: they find nothing */
	bool loose;                    /* some vectors combine values of several rows, or miss */
};

#define NO_ROWS       0.02 /* per call: a write that finds nothing only reads */
#define PREPARED_NAME "pgrehearse_bind"

void binding_release(struct binding *b);
/* "; "-separated sentences for the user. */
void binding_note(struct binding *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* executable.c. Negative with ERR_USAGE: this statement cannot be prepared, err says why. */
int executable_choose(struct binding *b, struct err *err);

/* rewrite.c: b->rewrite, executable, where the statement has one. Call it after executable_choose. */
int rewrite_choose(struct binding *b, struct err *err);

/* slots.c */
void slots_plan(struct binding *b);
/* A rule that reads a pool. */
bool slot_needs_rows(const struct slot *slot);
/* A literal of the slot's type and a typical value, to stand in for $n; caller frees. */
char *slot_literal(const struct binding *b, const struct slot *slot);
/* text with every $n replaced by its slot_literal; caller frees. */
char *slots_substitute(const struct binding *b, const char *text);

/* columns.c: the column that slot->item->partner is, and its table; NULL when it is none that is
 * known (a column of a view's subquery, an expression), or the server failed (err filled). */
struct catalog_column *slot_column(const struct binding *b, const struct slot *slot,
    struct catalog_table **ret_table, struct err *err);

/* writes.c */
int writes_plan(struct binding *b, struct err *err);

/* sources.c */
int sources_fill(struct binding *b, struct err *err);

/* together.c: which lists have elements that belong together. */
int together_plan(struct binding *b, struct err *err);

/* generate.c. n vectors: n * b->n_slots texts, row-major; a FRESH parameter's place is NULL. */
char **slots_generate(const struct binding *b, size_t n);
void slots_values_free(const struct binding *b, char **values, size_t n);

/* check.c: what EXPLAIN says of n vectors. */
struct check_result {
	size_t measured;     /* vectors that were executed; 0 when only planned */
	double rows, blocks; /* per call, mean over measured; NAN when unknown */
	double looked, kept; /* likewise, see check_figures */
	bool timed_out;
};
int check_vectors(
    struct binding *b, char *const *values, size_t n, struct check_result *ret, struct err *err);
/* The time of this statement's calibration is over. */
bool check_is_late(const struct binding *b);
/* The same, but past the deadline of this statement's calibration a few vectors stand for all. */
int check_in_time(
    struct binding *b, char *const *values, size_t n, struct check_result *ret, struct err *err);
struct check_figures {
	double rows, blocks; /* of one vector */
	double looked, kept; /* rows that filters on b->filter looked at, and let through */
};
/* The share of the rows looked at that was let through; NAN where none was looked at. */
double check_kept_share(double looked, double kept);
/* Execute vector after vector until the deadline, or the first that fails or takes too long; n
 * figures of room. Returns how many were measured; 0 for what may not be executed. */
size_t check_each(struct binding *b, char *const *values, size_t n, struct check_figures *ret);

/* calibrate.c */
int calibrate(struct binding *b, struct err *err);
/* Production's rows and blocks per call, NAN for what cannot be aimed at: a probe finds the rows
 * of a write without its blocks, unless there are none. Of filters the share, kept of 1 looked at. */
struct check_figures calibrate_target(const struct binding *b);
/* How far the settings as they are, are from production's work; 0 is there, INFINITY when they were
 * not executed. What was found is in *ret. */
double calibrate_found(struct binding *b, struct check_result *ret);
double calibrate_distance(struct binding *b); /* the same, without the result */
/* How much more of it production did: by rows where they differ, else by blocks. */
double calibrate_wanted_ratio(const struct binding *b, const struct check_result *found);
/* The same after the settings are chosen. */
double calibrate_best_distance(struct binding *b);

/* guess.c: a value that the type and the place alone suggest. Caller frees; NULL is SQL NULL. */
char *guess_value(const struct binding *b, const struct slot *slot);
/* The function whose argument stands at offset, lower case, and which argument it is (0, ...);
 * NULL when offset is not inside a call. Caller frees. */
char *guess_enclosing_call(const char *text, size_t offset, int *ret_argument);

/* statistics.c: a pool of one column from pg_stats; 0 rows when there is nothing. */
int statistics_pool(struct binding *b, const struct slot *slot, struct pool *ret, struct err *err);

/* witness.c (and witness.h): rows in which all the slots of these scopes have their values together. 1 when the
 * slots were filled, 0 when that query does not work here, negative when the server failed. */
struct witness_request {
	const int *scopes; /* the first is the outer one */
	size_t n_scopes;
	struct slot *only; /* this slot alone; NULL for all that have no pool yet */
	bool no_conjuncts; /* leave out WHERE: it may name what the scopes do not have */
	bool anchor_alone; /* of FROM the table alone that the values come from: what it is joined with
	                    * may be made of parameters */
};
int witness_fill(struct binding *b, const struct witness_request *request, struct err *err);
/* A subquery whose rows belong to those of the statement around it: EXISTS, IN. */
bool witness_links(const struct sql_scope *scope);

/* pool.c */
void pool_release(struct pool *pool);
void pool_add_row(struct pool *pool, char *const *cells); /* takes the texts over */
void pool_swap(struct pool *pool, size_t a, size_t b);
void pool_shuffle(struct pool *pool, struct rng *rng);
/* Hand the pool over; returns its index. */
int pool_attach(struct binding *b, struct pool *pool);
/* Back to what is known from the text: number, item, type, form. */
void slot_reset(struct slot *slot);
/* Allow loose vectors: find the values of the columns that have few. */
void slots_loosen(struct binding *b);
/* Sort the column that a range rule reads, in the order of its type. */
int slot_sort(struct binding *b, struct slot *slot, struct err *err);

/* The server itself failed (gone, out of resources), not the statement. */
bool bind_server_failed(const struct binding *b, const struct err *err);

#endif
