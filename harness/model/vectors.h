/*
 * vectors: the workload made executable: texts that run on staging, and values for them.
 *
 * Made by bind/, read by replay/. Identical for both arms. The file holds staging values and is
 * written with mode 0600.
 *
 * A bound statement is its executable text (parameters $1..$n), the declared type of every
 * parameter, and a table of vectors: n_vectors rows of n_params text values. Which row an op
 * uses is a pure function of the seed and of how many ops of that statement came before:
 * vectors_pick() below. A parameter that must be new in every call (a unique key) is
 * FRESH: its value comes from the op's ordinal instead of the row.
 */
#ifndef MODEL_VECTORS_H
#define MODEL_VECTORS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "model/protocol.h"
#include "model/sample.h"
#include "model/workload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VECTORS_FORMAT "pgrehearse-vectors/1"

enum fresh_kind {
	FRESH_NONE,
	FRESH_INTEGER, /* base + ordinal */
	FRESH_TEXT,    /* prefix followed by base + ordinal */
	FRESH_UUID,    /* a UUID made from base + ordinal */
};

/* How production wrote the value where it sent no parameter but a literal. */
enum literal_form {
	LITERAL_TYPED,  /* not known: 'text'::type */
	LITERAL_NUMBER, /* 42: the parser gives it the smallest integer type that holds it, or numeric */
	LITERAL_STRING, /* 'text': the parser gives it the type that its place wants */
};

struct param {
	uint32_t type_oid;         /* declared in Parse; 0 lets the server infer it */
	char *type_name;           /* as format_type() says; "" when inferred */
	enum literal_form literal; /* when the values are sent inside the text */
	enum fresh_kind fresh;
	char *fresh_prefix; /* FRESH_TEXT; else NULL */
	int64_t fresh_base;
};

enum vector_order {
	VECTOR_SAMPLED,    /* drawn by weight, evenly spread; rows of like cost stand together */
	VECTOR_SEQUENTIAL, /* one after the other: a DELETE never reuses a row */
};

enum value_source { /* where the values came from, best first */
	VALUES_NONE,    /* the statement has no parameters */
	VALUES_OVERRIDE,
	VALUES_LOG,
	VALUES_CALIBRATED,
	VALUES_WITNESS,    /* whole rows of staging */
	VALUES_STATISTICS, /* column by column */
	VALUES_GUESS,      /* by type only */
};
const char *value_source_name(enum value_source source); /* "witness", ... */

struct bound_statement {
	char *name; /* the workload statement's */
	char *queryid;
	char *sql; /* executable text; no trailing semicolon */
	char *candidate_sql; /* what the candidate arm sends instead, with the same parameters; NULL */
	enum statement_kind kind;
	bool writes;
	struct strv tables;
	double calls;           /* production's, for the mix */
	double exec_ms;         /* production's total, for coverage */
	struct work production; /* production's work over the window, for fidelity */
	enum value_source source;
	enum protocol protocol; /* production's, as far as it decides plans; CAPTURED when not known */
	char *note;             /* how the text was repaired or why the values are weak; may be NULL */
	struct param *params;
	size_t n_params;
	enum vector_order order;
	char **values;   /* n_vectors * n_params, row-major; NULL is SQL NULL */
	double *weights; /* n_vectors, or NULL for equal weights */
	size_t n_vectors;
};

struct skipped_statement {
	char *name;
	char *reason;
	double calls, exec_ms;
};

/* Ops that one session sends between BEGIN and COMMIT; a single statement is a transaction of
 * one and has no BEGIN. Indexes point into vectors.statements. */
struct transaction {
	size_t *statements;
	size_t n_statements;
	double weight; /* relative rate of this transaction in the mix */
};

struct vectors {
	struct bound_statement *statements;
	size_t n_statements, cap_statements;
	struct skipped_statement *skipped;
	size_t n_skipped, cap_skipped;
	struct transaction *transactions;
	size_t n_transactions, cap_transactions;
	double total_ms, total_calls; /* of production, dropped statements included */
	double production_rate;       /* production's calls per second; 0 when unknown */
	char *time_shift;             /* what statements' clock was moved back by; NULL when not */
	char *oracle_silence; /* why queryids could not tell how production sent its statements; NULL
	                       * when they did */
};

int vectors_load(const char *path, struct vectors *ret, struct err *err);
int vectors_save(const struct vectors *vectors, const char *path, struct err *err); /* mode 0600 */
void vectors_release(struct vectors *vectors);
void bound_statement_release(struct bound_statement *statement);
/* The text of an arm. */
const char *bound_statement_sql(const struct bound_statement *statement, enum arm arm);

/* Shares of production that the bound statements reproduce, 0..1. */
double vectors_coverage_time(const struct vectors *vectors);
double vectors_coverage_calls(const struct vectors *vectors);

/*
 * Prepared draws, made once, read-only after and so shared by threads. Borrows vectors, which must
 * outlive it.
 */
struct vector_picker;
struct vector_picker *vector_picker_new(const struct vectors *vectors, uint64_t seed);
void vector_picker_free(struct vector_picker *picker);

/* The values of the ordinal-th op of a statement (0, 1, ...): n_params pointers in ret_values,
 * borrowed from vectors or from scratch, which is cleared first: one scratch holds one pick. Returns the
 * row number. Pure: the same arguments give the same values on either arm and in any thread. */
size_t vector_pick(const struct vector_picker *picker, size_t statement, uint64_t ordinal,
    struct buf *scratch, const char **ret_values);

#endif
