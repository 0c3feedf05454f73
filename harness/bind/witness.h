/*
 * witness: one query for rows in which a statement's values occur together, while it is made and run.
 * Shared by witness's own files; binding.h has witness_fill(), which is what others call.
 *
 *     witness_query()        the text, from the scopes of the statement     witness_query.c
 *     witness_take_rows()    its rows into the pool                         witness_rows.c
 *     witness_fill()         which tables to draw from, and how many rows   witness.c
 */
#ifndef BIND_WITNESS_H
#define BIND_WITNESS_H

#include "bind/binding.h"

/* Elements of a list and rows of VALUES have one expression, and different rows of one pool. */
struct follower {
	struct slot *slot;
	size_t column;
};

/* One query while it is being made and run. */
struct witness {
	struct binding *b;
	const struct witness_request *request;
	struct slot **slots; /* that it fills, a column for each */
	size_t n_slots;
	struct follower *followers; /* and those that read one of these columns in another row */
	size_t n_followers, cap_followers;
	size_t wanted;                     /* rows */
	const struct catalog_table *table; /* anchor; NULL for none */
	const char *anchor, *alias;        /* its name and alias in FROM */
	bool with_nulls;
	bool any_values; /* rows with the values that are told were not found */
	struct pool pool;
	uint32_t *pages; /* of the anchor's rows, in step with the pool */
	uint64_t *seen;  /* hashes of rows, an open table; only for rows that are used once */
	size_t seen_size;
	struct rng rng;
};

/* The slot stands in one of the request's scopes. */
bool witness_in_scopes(const struct witness_request *request, const struct slot *slot);

/* The query; by_tid: with the anchor's tids as $1 and its table as $2. Caller frees. */
char *witness_query(struct witness *w, bool by_tid);
/* A row without a value for the slot is of no use: not so for what is only written. */
bool witness_must_have_value(const struct slot *slot);
/* The scope is a subquery whose names must not meet those of the others. */
bool witness_is_apart(const struct witness *w, int scope);

/* Until there are twice the wanted rows; of too many, some of all. */
void witness_take_rows(struct witness *w, const struct db_rows *rows);
/* Every third row becomes one that was not there before. */
void witness_spread(struct witness *w);
/* Only the rows of the last pages, where the newest rows mostly are. */
void witness_keep_pages(struct witness *w, size_t n_pages);

#endif
