/*
 * oracle: which queryid would the server give this text?
 *
 * A statement's queryid is a hash of its parsed and resolved tree: relation and function OIDs,
 * operators, the types of constants, and for parameters their number and type. So on a database
 * that has production's OIDs (a physical copy, or a clone made by CREATE DATABASE ... TEMPLATE)
 * the text that has production's queryid is production's text, constants' values aside.
 *
 * The text is parsed on a connection of its own, never executed; pg_stat_activity tells the
 * queryid to the other connection. Some half a millisecond per question.
 */
#ifndef BIND_ORACLE_H
#define BIND_ORACLE_H

#include "pg/db.h"

struct oracle;

/* Never fails: an oracle that cannot answer says why (oracle_silence). staging is borrowed. */
struct oracle *oracle_open(struct db *staging);
void oracle_close(struct oracle *oracle); /* NULL is fine */
/* NULL while it answers, or why it does not. */
const char *oracle_silence(const struct oracle *oracle);

/* Is this the queryid of sql under these declared types (0 to infer)? False for a text that does
 * not parse. */
bool oracle_agrees(struct oracle *oracle, const char *sql, int n_types, const uint32_t *types,
    const char *queryid);

/* The search for a statement's form ended. An oracle that never agreed falls silent: this
 * database does not have production's OIDs. */
void oracle_learn(struct oracle *oracle, bool found);
/* All searches ended: one that never agreed, few as the questions may have been, falls silent. */
void oracle_conclude(struct oracle *oracle);

#endif
